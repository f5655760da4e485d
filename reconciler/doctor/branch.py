"""Facts in; whether nothing reaches the main branch but by an approved and checked pull request, out."""

from collections.abc import Iterator

from reconciler.doctor.facts import APP, Facts
from reconciler.doctor.finding import Finding, judged, unseen
from reconciler.github.governing import Unseen

CHECKS = ("access approvals", "validate")
_WHERE = "Settings > Rules > Rulesets; docs/github.md has one ready to import"


def branch(facts: Facts) -> Iterator[Finding]:
    """Look at rulesets and branch protection, taken together."""
    name, held = facts.settings.branch, facts.settings.protection
    yield _held(
        facts,
        "pull request",
        f"{name} is changed by pull requests only",
        wrong="" if held.pull_request else f"{name} may be pushed to: what comes that way is reported, never applied",
        mend="Require a pull request before merging",
    )
    yield _held(
        facts,
        "approval",
        "a pull request needs an approval",
        wrong="" if held.approvals else "a pull request may be merged without any approval",
        mend="Required approvals: 1",
    )
    yield _held(
        facts,
        "last push",
        "somebody else approves what was pushed last",
        wrong=""
        if held.last_push
        else "whoever pushes last may merge it with an approval of before: GitHub's API does not tell who pushed last",
        mend="Require approval of the most recent reviewable push",
    )
    for check in CHECKS:
        wrong = _wrong_with(check, facts)
        yield _held(facts, f"check {check}", f"`{check}` must pass", wrong=wrong, mend=f"Require the check `{check}`")
    yield _held(
        facts,
        "force pushes",
        "history stays as it is",
        wrong="" if not held.forced else f"{name} may be pushed to by force: what was applied loses its history",
        mend="Block force pushes",
    )
    if held.pull_request or held.checks:
        yield _bypass(facts)


def _held(facts: Facts, check: str, says: str, *, wrong: str, mend: str) -> Finding:
    """What one of the two does not ask, the other may: where that cannot be seen nothing is said against it."""
    hidden = [each for each in facts.settings.protection.unseen if each.endswith("read")]
    if wrong and hidden:
        return unseen(check, Unseen(hidden[0]))
    return judged(check, says, wrong=wrong, mend=f"{mend} ({_WHERE})")


def _wrong_with(check: str, facts: Facts) -> str:
    """Whoever may set a check may pass it: that of the approvals is the app's, if there is one."""
    setters = facts.settings.protection.checks.get(check)
    if setters is None:
        return f"a pull request may be merged before `{check}` has passed"
    variables = facts.settings.variables
    app = "" if isinstance(variables, Unseen) else variables.get(APP, "")
    if check != CHECKS[0] or not app:
        return ""
    apps = facts.settings.apps
    installed = None if isinstance(apps, Unseen) else apps.get(app)
    number = installed.number if installed else int(app) if app.isdecimal() else None
    if setters == {None} or (number is not None and number not in setters):
        return f"`{check}` counts whoever sets it: name the app {installed.slug if installed else app} as its source"
    return ""


def _bypass(facts: Facts) -> Finding:
    held = facts.settings.protection
    if held.bypass:
        who = ", ".join(held.bypass)
        wrong = f"may push past all this: {who}. Such a push is reported by `converge` and never applied"
        return judged("bypass", "", wrong=wrong, mend=f"Empty the bypass list ({_WHERE})")
    if held.unseen:
        return unseen("bypass", Unseen(held.unseen[0]))
    return Finding("bypass", "well", "nobody may push past it")
