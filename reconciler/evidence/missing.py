"""What evidence was made of in; what nobody knows here, and how it could be known, in words, out."""

from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet

from reconciler.evidence.asked import Asked
from reconciler.evidence.outside import Records
from reconciler.evidence.telling import Story
from reconciler.lives import Told
from reconciler.usage import Usage
from reconciler.words import count


def missing(
    stories: Iterable[Story],
    told: Told,
    records: Records,
    usages: Mapping[str, Usage],
    asked: Asked,
    *,
    noted: AbstractSet[str],
    github: bool,
) -> Iterator[str]:
    """Name it, each with the way out."""
    stories = tuple(stories)
    pairs = [each for story in stories for each in zip(story.judged, story.applied, story.life.events, strict=True)]
    unknown = sum(judged.verdict == "not known" for judged, _, _ in pairs)
    if unknown:
        hint = "GitHub names no approval of them." if github else "GitHub knows: --github asks it."
        yield f"Approved: who approved {count(unknown, 'event')} is not known here. {hint}"
    if any(judged.verdict == "approved by whom it is not known to be theirs" for judged, _, _ in pairs):
        yield "Approved: who is in a GitHub team, and so had the right to approve, is not known here. --github asks it."
    if words := sum(judged.says == "the commit" for judged, _, _ in pairs):
        said = count(words, "event")
        yield f"Approved: by the commits' own words alone, which anybody can write: {said}. --github asks GitHub."
    if github:
        yield "Approved: who is in a GitHub team was read when this was made; who was in it then, nobody keeps."
    without = sum(applied is None and bool(event.commit) for _, applied, event in pairs)
    if without:
        yield f"Applied: how {count(without, 'event')} were applied is not known here. {_hint(records, noted)}"
    if not usages:
        yield "Used: last calls are not known here. `reconciler usage --output FILE` writes them: --usage FILE."
    else:
        yield from _unknown_use(sorted({story.life.environment for story in stories}), usages, asked)
    if not records.drifts:
        yield "Drift: what another hand changed is not known here. `reconciler drift --format json` says it: --record."
    if not records.cuts:
        yield "Cuts: no record of `reconciler cut --record` was given. If there is one: --record."
    if told.shallow:
        yield "History: this clone is shallow. What began with its first commit may be older: fetch all of it."


def _unknown_use(environments: Iterable[str], usages: Mapping[str, Usage], asked: Asked) -> Iterator[str]:
    for name in environments:
        usage = usages.get(name)
        if usage is None or usage.source == "nothing":
            why = f": {usage.why}" if usage and usage.why else ""
            yield f"Used: the file of usage does not tell of {name}{why}."
        elif not asked.period.holds(usage.day):
            yield f"Used: what the file of usage tells of {name} is as of {usage.day}, which is not in the period."


def _hint(records: Records, noted: AbstractSet[str]) -> str:
    if not records.converged and not noted:
        return (
            "`converge --record` writes it to a file: --record FILE. `converge --notes` leaves it in git: "
            "git fetch origin 'refs/notes/reconciler/*:refs/notes/reconciler/*'."
        )
    return "No record and no note that is here tells of them."
