"""The JSON of `reconciler plan --format json` in; what it does, in words, and what in it is risky, out."""

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any, Final

from pydantic import Field, ValidationError

from reconciler.assist.question import NoAnswer
from reconciler.assist.rereading import Unreadable, plan_of
from reconciler.assist.text import Answer, Others, inert, listed, plain
from reconciler.json_text import from_json
from reconciler.kinds.subscription import is_compromised
from reconciler.plan import Plan, unnamed
from reconciler.report.document import PlansDocument
from reconciler.report.story import Line, tell
from reconciler.words import explain

_LARGEST: Final = 4 * 1024 * 1024
_LINES, _EXAMPLES, _PLANS, _MISTAKES = 40, 5, 5, 5


class Risk(Answer):
    """Something to look at before this is approved."""

    what: str
    number: int
    examples: list[Others] = Field(default_factory=list)


class Told(Answer):
    """A plan for one environment, in words."""

    environment: str
    service: Others | None = None
    day: date
    fingerprint: str
    counts: str
    risks: list[Risk]
    access: list[Others] = Field(description="Who gains, loses or changes; - STILL IN FORCE where only observed.")
    resources: list[Others] = Field(default_factory=list, description="What changes in Azure.")
    to_know: list[Others] = Field(default_factory=list)
    left_out: int = Field(default=0, description="Lines that are not shown.")
    note: str


class Explained(Answer):
    """Plans in words."""

    plans: list[Told]


def explain_plan(text: str | dict[str, Any]) -> Explained:
    """Read plans and tell them. Raises NoAnswer where the text is none."""
    documents = _read(text)
    try:
        return Explained(plans=[_told(plan_of(each)) for each in documents.plans[:_PLANS]])
    except (Unreadable, ValueError, KeyError, TypeError, AttributeError, LookupError) as error:
        why = inert(str(error)) if isinstance(error, Unreadable) else "a property is not what a plan holds"
        raise NoAnswer(f"This is no plan that can be told: {why}. {_HOW}") from error


_HOW: Final = "Give what `reconciler plan --format json` prints, whole and unchanged."


def _read(text: str | dict[str, Any]) -> PlansDocument:
    if isinstance(text, str):
        if len(text) > _LARGEST:
            raise NoAnswer(f"The plan is too long: at most {_LARGEST:,} characters. Plan for one environment, -e.")
        try:
            text = from_json(text)
        except ValueError as error:
            raise NoAnswer(f"This is no JSON. {_HOW}") from error
    if isinstance(text, dict) and "plans" not in text and "environment" in text:
        text = {"plans": [text]}
    try:
        found = PlansDocument.model_validate(text)
    except ValidationError as error:
        raise NoAnswer(f"This is no plan: {'; '.join(_mistakes(error))}. {_HOW}") from error
    if not found.plans:
        raise NoAnswer(f"There is no plan in it. {_HOW}")
    return found


def _mistakes(error: ValidationError) -> Iterator[str]:
    for each in error.errors(include_url=False)[:_MISTAKES]:
        where = ".".join(map(str, each["loc"])) or "the whole"
        yield inert(f"{where}: {explain(each, ())[0]}")[:200]


def _told(plan: Plan) -> Told:
    story = tell(plan)
    access = [f"{line.sign} {line.text}" for line in (*story.access, *story.observed_access)]
    resources = [
        f"{row.sign} {row.kind} {row.name}{f': {row.detail}' if row.detail else ''}"
        for row in (*story.resources, *story.observed_resources)
    ]
    notes = [line.text for line in story.notes]
    shown = [each[:_LINES] for each in (access, resources, notes)]
    writes = bool(plan.written.changes)
    return Told(
        environment=plain(plan.target.environment),
        service=listed([plan.target.service])[0] if plan.target.service else None,
        day=plan.day,
        fingerprint=plain(plan.fingerprint),
        counts=story.counts,
        risks=[*_risks(plan, story.access)],
        access=listed(shown[0]),
        resources=listed(shown[1]),
        to_know=listed(shown[2]),
        left_out=sum(map(len, (access, resources, notes))) - sum(map(len, shown)),
        note="An apply would write this." if writes else "An apply would write nothing of this.",
    )


def _risks(plan: Plan, lines: Iterable[Line]) -> Iterator[Risk]:
    changes = plan.written.changes
    lost = [line.text for line in lines if line.sign == "-"]
    yield from _risk("Somebody loses access: whoever calls with it is refused from then on.", lost)
    opened = [f"{each.who}: {each.thing}" for each in plan.written.gained if each.how == "open"]
    yield from _risk("A product or an API becomes open to everybody, without key or token.", opened)
    around = [
        f"{each.who}: {each.thing}" for each in plan.written.gained if each.to.kind == "api" and each.how == "key"
    ]
    yield from _risk("A key for an API goes around products, their rules and their tiers.", around)
    gone = [str(each.address) for each in changes if each.action == "delete" and each.address.kind == "product"]
    yield from _risk("A product is deleted.", gone)
    along = [str(each.address) for change in changes for each in change.cascades if each.address.kind == "subscription"]
    yield from _risk("Subscriptions go along with it, and their keys are lost for good.", along)
    keys = [str(each.address) for each in changes if each.action == "replace" and each.address.kind == "subscription"]
    yield from _risk("A subscription is replaced: its keys are new, and the old ones open nothing.", keys)
    named = [str(each) for each in unnamed(plan)]
    yield from _risk("It takes away what no file names: whoever approves has not seen it in the files.", named)
    anew = [str(each.address) for each in changes if each.after is not None and is_compromised(each.after)]
    yield from _risk("Keys count as compromised: both are made anew.", anew)
    ways = [f"{each.product}: {each.why}" for each in plan.around if not each.accepted]
    yield from _risk("There are ways around the rules of a product that nobody accepted.", ways)
    urgent = [f"{each.who}: {each.thing}" for each in (*plan.written.gained, *plan.ending) if each.emergency]
    yield from _risk("Access is given in an emergency, and reviewed only after.", sorted(set(urgent)))
    held = [str(each.resource.address) for each in plan.held]
    yield from _risk("Something that was withdrawn stays in force: undeclared things would go along with it.", held)
    still = [f"{each.who}: {each.thing}" for each in plan.observed.lost]
    yield from _risk("Access that was withdrawn is STILL IN FORCE: this environment or product only observes.", still)


def _risk(what: str, found: list[str]) -> Iterator[Risk]:
    if found:
        yield Risk(what=what, number=len(found), examples=listed(found[:_EXAMPLES]))
