"""A Plan in, the sentences and rows that every format prints out: written once, so that no two formats disagree."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Literal

from reconciler.access import Access, opens, who
from reconciler.budget import budget
from reconciler.diff import Change
from reconciler.effect import Effect
from reconciler.kinds.subscription import ACTIVE, cut_on, is_compromised, times_made_anew
from reconciler.plan import Plan, unnamed
from reconciler.report.picture import Edge, edges
from reconciler.resource import Resource
from reconciler.words import count

Sign = Literal["+", "-", "~", "!", "·"]
_SHOWN = {"gate": "credentials", "client": "tier", "key-tier": "tier"}
SIGNS: dict[str, Sign] = {"create": "+", "delete": "-", "update": "~", "replace": "~"}


@dataclass(frozen=True, slots=True)
class Line:
    """One sentence, and whether something comes, goes, changes, needs attention or only is."""

    sign: Sign
    text: str


@dataclass(frozen=True, slots=True)
class Row:
    """One resource that changes, in a table."""

    sign: Sign
    kind: str
    name: str
    detail: str


@dataclass(frozen=True, slots=True)
class Story:
    """A plan as people read it, in the order they read it."""

    title: str
    access: tuple[Line, ...]
    edges: tuple[Edge, ...]
    unnamed: tuple[str, ...]
    resources: tuple[Row, ...]
    observed_access: tuple[Line, ...]
    observed_resources: tuple[Row, ...]
    notes: tuple[Line, ...]
    keys: tuple[Line, ...]
    counts: str
    budget: str
    unmanaged: str
    fingerprint: str


def tell(plan: Plan) -> Story:
    """Put a plan into words."""
    return Story(
        title=f"{plan.target.environment}: {plan.target.service.rsplit('/', 1)[-1]}",
        access=tuple(_access(plan, plan.written, still=False)),
        edges=edges(plan.written),
        unnamed=tuple(map(str, unnamed(plan))),
        resources=tuple(_rows(plan, plan.written.changes)),
        observed_access=tuple(_access(plan, plan.observed, still=True)),
        observed_resources=tuple(_rows(plan, plan.observed.changes)),
        notes=tuple(_notes(plan)),
        keys=tuple(_keys(plan)),
        counts=_counts(plan),
        budget=_budget(plan),
        unmanaged=_unmanaged(plan),
        fingerprint=plan.fingerprint,
    )


def _access(plan: Plan, effect: Effect, *, still: bool) -> Iterator[Line]:
    """Say who gains and who loses; who only comes into another tier does neither."""
    had = {_same(each): each for each in effect.lost}
    has = {_same(each): each for each in effect.gained}
    for each in effect.gained:
        before = had.get(_same(each))
        yield Line("~", _moves(plan, before, each)) if before else Line("+", _gains(plan, each))
    for each in effect.lost:
        if _same(each) not in has:
            in_force = "  (STILL IN FORCE: observed only)" if still else ""
            yield Line("-", f"{_loses(plan, effect, each)}{in_force}")


def _same(each: Access) -> Access:
    return replace(each, tier=None)


def _moves(plan: Plan, before: Access, after: Access) -> str:
    tiers = f"{before.tier or 'no tier'} to {after.tier or 'no tier'}"
    return f"{after.who} goes from {tiers} with its {after.how} for {after.thing} in {plan.target.environment}"


def _gains(plan: Plan, each: Access) -> str:
    where, until = plan.target.environment, f", until {each.until}" if each.until else ""
    if each.how == "open":
        return f"{each.who} gains {each.thing} in {where}: no key is asked for"
    if each.how == "portal":
        return f"{each.who} may see {each.thing} in the portal of {where}{until}"
    tier = f", tier {each.tier}" if each.tier else ""
    return f"{each.who} gains {each.thing} in {where}: {each.how}{tier}{until}"


def _loses(plan: Plan, effect: Effect, each: Access) -> str:
    where = plan.target.environment
    ended = _ended(each) if each.until and each.until < plan.day else ""
    if each.how == "open":
        return f"{each.who} loses {each.thing} in {where}: it asks for a key or a token"
    if each.how == "portal":
        return f"{each.who} no longer sees {each.thing} in the portal of {where}{ended}"
    fate = _of_token(plan, effect, each) if each.how == "token" else _fate(plan, effect, each)
    return f"{each.who} loses {each.thing} in {where}: {fate}{ended}"


def _ended(each: Access) -> str:
    return f"; nobody reviewed it by {each.until}" if each.unreviewed else f"; it ended on {each.until}"


def _fate(plan: Plan, effect: Effect, lost: Access) -> str:
    """Say what becomes of the key: suspended, with the day of its deletion, or deleted at once."""
    for change in effect.changes:
        if change.address.kind != "subscription" or change.before is None or change.after is None:
            continue
        if _is_of(change.before, lost) and change.after.properties.get("state") == "suspended":
            if plan.why.get(change.address) == "cut off":
                return "key suspended, CUT OFF until that is lifted"
            if is_compromised(change.after):
                return "COMPROMISED, both keys are made anew and open nothing while the file says so"
            return f"key suspended, deleted on {plan.day + timedelta(days=plan.grace)}"
    return "key deleted"


def _of_token(plan: Plan, effect: Effect, lost: Access) -> str:
    clients = [each for each in effect.changes if each.address.kind == "client" and plan.why.get(each.address)]
    mine = (each for each in clients if each.address.name[:1] == lost.to.name and who(each.resource) == lost.who)
    held = any(plan.why[each.address] == "cut off" for each in mine)
    return "token refused, CUT OFF until that is lifted" if held else "token refused"


def _is_of(subscription: Resource, access: Access) -> bool:
    return opens(subscription) == access.to and who(subscription) == access.who


def _rows(plan: Plan, changes: Iterable[Change]) -> Iterator[Row]:
    for change in changes:
        yield Row(SIGNS[change.action], change.address.kind, "/".join(change.address.name), _detail(plan, change))


def _detail(plan: Plan, change: Change) -> str:
    why = plan.why.get(change.address)
    reason = {
        "withdrawn": "no longer declared",
        "expired": _over(change),
        "revoked": "revoked, and its grace is over",
        "undeclared": "nobody declared it (enforce)",
        "cut off": "CUT OFF until that is lifted",
    }.get(why or "", "")
    if change.action == "delete":
        return "; ".join(filter(None, [reason, _along(change)]))
    if why and change.action == "update":
        return f"suspended: {reason}"
    if change.action == "replace" and change.before:
        return f"replaced, with new keys: it was for {change.before.properties.get('scope')}"
    if change.action == "create" and change.address.kind in _SHOWN:
        return _brief(change.resource.properties.get(_SHOWN[change.address.kind]))
    if change.along:
        return "COMPROMISED: both keys are made anew, and suspended"
    return ", ".join(_difference(change, name) for name in change.differs if name not in change.kind.remarks)


def _over(change: Change) -> str:
    origin = change.before.origin if change.before else None
    return f"nobody reviewed it by {origin.until}" if origin and origin.unreviewed else "its grant has ended"


def _along(change: Change) -> str:
    if not change.cascades:
        return ""
    subscriptions = [each.address.name[0] for each in change.cascades if each.address.kind == "subscription"]
    links = len(change.cascades) - len(subscriptions)
    parts = [f"its {links} links"] * bool(links) + [f"subscriptions {', '.join(subscriptions)}"] * bool(subscriptions)
    return f"takes along {' and '.join(parts)}"


def _difference(change: Change, name: str) -> str:
    before = change.before.properties.get(name) if change.before else None
    after = change.after.properties.get(name) if change.after else None
    if change.address.kind == "fragment" and name == "value":
        return f"{name}: {_lines(before)} lines become {_lines(after)}"
    if isinstance(before, Mapping) or isinstance(after, Mapping):
        return "; ".join(_differences(name, before or {}, after or {}))
    return f"{name}: {_brief(before)} → {_brief(after)}"


def _differences(name: str, before: Any, after: Any) -> Iterator[str]:
    """Show of what holds several things those that differ."""
    if not (isinstance(before, Mapping) and isinstance(after, Mapping)):
        yield f"{name}: {_brief(before)} → {_brief(after)}"
        return
    for key in sorted({*before, *after}):
        was, becomes = before.get(key), after.get(key)
        if was != becomes:
            nested = isinstance(was, Mapping) or isinstance(becomes, Mapping)
            yield from _differences(f"{name} {key}", was or {} if nested else was, becomes or {} if nested else becomes)


def _lines(text: object) -> int:
    return len(str(text or "").splitlines())


def _brief(value: object) -> str:
    value = ", ".join(map(str, value)) if isinstance(value, list) else value
    text = "nothing" if value in (None, "") else " ".join(str(value).split())
    return text if len(text) <= 60 else f"{text[:57]}..."  # noqa: PLR2004  a glance, not a measure


def _notes(plan: Plan) -> Iterator[Line]:
    for waiting in plan.waiting:
        what = f"{waiting.missing.kind} {waiting.missing.name[0]}"
        yield Line("!", f"{waiting.resource.address} waits: {what} is not in the service yet")
    for held in plan.held:
        others = ", ".join(map(str, held.because[:3])) + (" and more" if len(held.because) > 3 else "")  # noqa: PLR2004
        yield Line("!", f"{held.resource.address} stays: nobody declared {others}, which would go along")
    for each in plan.withheld:
        yield Line("!", f"{each.who} stays CUT OFF from {each.thing} in {plan.target.environment}: {each.how}")
    for change in plan.written.changes:
        since = cut_on(change.before) if change.before and change.address.kind == "subscription" else None
        if since and change.after and change.after.properties.get("state") == "active":
            yield Line("!", f"{change.address} was CUT OFF on {since}: it stays so until that is lifted")
    for way in plan.around:
        sign: Sign = "\u00b7" if way.accepted else "!"
        known = "accepted" if way.accepted else f"a way around, not accepted: {way.name}"
        yield Line(sign, f"rules of {way.product}: {way.why} ({known})")
    for link, keys in plan.still_held.items():
        names = ", ".join(address.name[0] for address in keys)
        yield Line("!", f"members of {link.name[1]} still hold keys of {link.name[0]}: {names}")
    yield from dict.fromkeys(_emergency(plan, each) for each in plan.ending if each.emergency)
    yield from (Line("!", warning) for warning in plan.warnings)
    for each in plan.ending:
        days = ((each.until or plan.day) - plan.day).days
        ends = f"{each.who}'s {each.how} for {each.thing} ends on {each.until}, {_in_days(days)}"
        yield Line("!", f"{ends}, unless it is reviewed") if each.unreviewed else Line("·", ends)


def _emergency(plan: Plan, each: Access) -> Line:
    has = "would have" if each in plan.observed.gained else "has"
    what = f"{each.who} {has} {each.thing} in {plan.target.environment} until {each.until}"
    return Line("!", f"EMERGENCY: {what}; {each.emergency} reviews it after")


def _in_days(days: int) -> str:
    return {0: "today", 1: "tomorrow"}.get(days, f"in {days} days")


def _keys(plan: Plan) -> Iterator[Line]:
    """Say where a new key will be, or how its owner reads it: nobody else ever sees it, and nothing here does."""
    for change in plan.written.changes:
        if change.address.kind == "subscription" and (change.action in ("create", "replace") or _is_new(change)):
            secret = change.resource.origin.secret if change.resource.origin else None
            if secret:
                yield Line("·", f"{who(change.resource)}'s key will be delivered to {secret}")
                continue
            path = f"{plan.target.service}/subscriptions/{change.address.name[0]}/listSecrets?api-version=2024-05-01"
            yield Line("·", f"{who(change.resource)} reads the key with: az rest --method post --url {path}")


def _is_new(change: Change) -> bool:
    """Whether a subscription comes back with other keys than it had: its own were compromised."""
    before, after = change.before, change.after
    comes_back = before and after and after.properties.get("state") == ACTIVE != before.properties.get("state")
    return bool(before and comes_back and times_made_anew(before))


def _counts(plan: Plan) -> str:
    changes = plan.written.changes
    if not changes:
        shown = len(plan.observed.changes)
        return "No changes." if not shown else f"No changes. {count(shown, 'change')} only observed."
    actions = [("create", "to create"), ("update", "to change"), ("replace", "to replace"), ("delete", "to delete")]
    numbers = [(sum(change.action == action for change in changes), words) for action, words in actions]
    parts = [f"{number} {words}" for number, words in numbers if number]
    along = sum(len(change.cascades) for change in changes)
    parts += [f"{along} that go along"] * bool(along)
    parts += [f"{len(plan.observed.changes)} only observed"] * bool(plan.observed.changes)
    return f"{count(len(changes), 'change')}: {', '.join(parts)}."


def _budget(plan: Plan) -> str:
    if not plan.written.changes:
        return ""
    needed = budget(plan.written.changes)
    numbers = ((needed.writes, "write"), (needed.deletes, "deletion"), (needed.reads, "read"))
    requests = ", ".join(count(number, what) for number, what in numbers if number)
    minutes, seconds = divmod(needed.seconds, 60)
    time = " ".join([f"{minutes} min"] * bool(minutes) + [f"{seconds} s"] * bool(seconds))
    return f"It takes {requests}: {f'{time} or more' if time else 'at once'}, within Azure's limits."


def _unmanaged(plan: Plan) -> str:
    if plan.scoped:
        return "Planned for what these declarations change, and for nothing else."
    parts = [count(number, kind) for kind, number in sorted(plan.unmanaged.items()) if number]
    return f"Unmanaged, and left alone: {', '.join(parts)}." if parts else "Nothing in the service is unmanaged."
