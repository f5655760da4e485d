"""A plan's JSON document in; the plan it was written from, as far as words need it, out: the report has the words."""

from collections.abc import Iterable

from reconciler.access import Access, How
from reconciler.around import WayAround
from reconciler.claim import Held
from reconciler.diff import Change
from reconciler.effect import Effect
from reconciler.kinds import KINDS
from reconciler.match import Waiting
from reconciler.plan import Plan, Target
from reconciler.report.document import AccessDocument, ChangeDocument, EffectDocument, PlanDocument
from reconciler.resource import Address, Origin, Resource

_KINDS = frozenset(kind.name for kind in KINDS)


class Unreadable(ValueError):
    """The document is of the right form, and speaks of something that no plan does."""


def plan_of(document: PlanDocument) -> Plan:
    """Read it back. Raises Unreadable where it names what this version does not know."""
    return Plan(
        target=Target(document.environment, document.service),
        day=document.day,
        fingerprint=document.fingerprint,
        written=_effect(document.written),
        observed=_effect(document.observed),
        waiting=tuple(Waiting(Resource(_address(each)), _address(what)) for each, what in document.waiting.items()),
        held=tuple(
            Held(Resource(_address(each)), tuple(map(_address, because))) for each, because in document.held.items()
        ),
        why={
            _named(change.kind, change.name): change.why  # type: ignore[misc]  # as people read it, whatever it says
            for effect in (document.written, document.observed)
            for change in effect.changes
            if change.why
        },
        unmanaged=document.unmanaged,
        ending=_access(document.ending),
        grace=document.grace,
        scoped=document.scoped,
        warnings=tuple(document.warnings),
        withheld=_access(document.withheld),
        around=tuple(WayAround(each.product, each.name, each.why, each.accepted) for each in document.around),
    )


def _effect(document: EffectDocument) -> Effect:
    changes = tuple(map(_change, document.changes))
    return Effect(changes, _access(document.gained), _access(document.lost), _access(document.kept))


def _access(documents: Iterable[AccessDocument]) -> tuple[Access, ...]:
    return tuple(map(_one, documents))


def _one(document: AccessDocument) -> Access:
    if document.how not in ("key", "token", "portal", "open"):
        raise Unreadable(f"`how` is key, token, portal or open, not {document.how[:40]!r}")
    if (document.product is None) == (document.api is None):
        raise Unreadable("access is to a `product` or to an `api`, and to one of them")
    to = Address("product", (document.product,)) if document.product else Address("api", (document.api or "",))
    how: How = document.how  # type: ignore[assignment]
    until, emergency, unreviewed = document.until, document.emergency, document.unreviewed
    return Access(document.who, to, how, document.tier, until, emergency, unreviewed)


def _change(document: ChangeDocument) -> Change:
    address = _named(document.kind, document.name)
    path = document.declared_in or ""
    team = document.who or path.partition("/")[0]
    origin = Origin(team, path) if team else None
    about = {"scope": document.scope} if document.scope else {}
    before = Resource(address, about | document.before, origin) if document.before is not None else None
    after = Resource(address, about | document.after, origin) if document.after is not None else None
    if before is None and after is None:
        raise Unreadable(f"the change of {address} has nothing before and nothing after it")
    along = tuple(Resource(_address(each)) for each in document.cascades)
    differs = tuple(document.after or ()) if before and after else ()
    change = Change(before, after, differs, along)
    if change.action != document.action:
        raise Unreadable(f"{address} is to {document.action[:20]!r}, and what stands there is to {change.action}")
    return change


def _named(kind: str, name: list[str]) -> Address:
    if kind not in _KINDS:
        raise Unreadable(f"there is no kind {kind[:40]!r}")
    if not name:
        raise Unreadable(f"a {kind} has no name")
    return Address(kind, tuple(name))


def _address(text: str) -> Address:
    kind, _, name = text.partition(" ")
    return _named(kind, name.split("/") if name else [])
