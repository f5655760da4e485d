"""Facts in; whether the files by which GitHub runs this tool are on the main branch, and as they should be, out."""

from collections.abc import Iterator

from reconciler.doctor.facts import Facts
from reconciler.doctor.finding import Finding, judged, unseen
from reconciler.github.governing import Unseen

LABEL = "access-request"


def workflows(facts: Facts) -> Iterator[Finding]:
    """Look at the workflows, the form and its label, and CODEOWNERS."""
    yield _files(facts)
    labels = facts.settings.labels
    if isinstance(labels, Unseen):
        yield unseen("label", labels)
    else:
        wrong = "" if LABEL in labels else f"there is no label `{LABEL}`: the form would set none, and start nothing"
        yield judged("label", f"the form sets `{LABEL}`", wrong=wrong, mend=f"gh label create {LABEL}")
    yield judged(
        "CODEOWNERS",
        "it says what the teams say",
        wrong="" if facts.owners_are_fresh else "it does not say what the teams say",
        mend="reconciler codeowners, and merge it",
    )
    unknown = facts.settings.unknown_owners
    if isinstance(unknown, Unseen):
        yield unseen("code owners", unknown)
    else:
        wrong = f"GitHub asks nobody there: {'; '.join(unknown)}" if unknown else ""
        mend = "each must exist and may write to the repository: Settings > Collaborators and teams"
        yield judged("code owners", "GitHub knows everybody in it", wrong=wrong, mend=mend)


def _files(facts: Facts) -> Finding:
    there = facts.settings.files
    if isinstance(there, Unseen):
        return unseen("workflows", there)
    missing = [path.rpartition("/")[2] for path in facts.brought if path not in there]
    changed = [path.rpartition("/")[2] for path, each in facts.brought.items() if there.get(path, each) != each]
    says = f"changed here, which is allowed: {', '.join(changed)}" if changed else "as this version brings them"
    wrong = f"not on {facts.settings.branch}: {', '.join(missing)}" if missing else ""
    return judged("workflows", says, wrong=wrong, mend="reconciler init --workflows, and merge it")
