"""What is declared, what lives, or both in; who can use what, each with where it stands and where it is seen, out."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal

from reconciler.access import EVERY_API, EVERYBODY, Access, given
from reconciler.compile import Compiled
from reconciler.match import living
from reconciler.resource import Address, Resource, State

Seen = Literal["declared", "live", "both"]
_NAMED: Final = ("group", "application", "subscription")  # how `access` names whom no declaration names


@dataclass(frozen=True, slots=True)
class Can:
    """Somebody can use something: by what it is given, in which file that stands, and on which side it was seen."""

    access: Access
    by: Address
    seen: Seen
    path: str = ""
    apis: tuple[str, ...] = ()

    @property
    def order(self) -> tuple[str, str, str, str]:
        """Sort by who, what and how."""
        return self.access.who, self.access.thing, self.access.how, str(self.by)


@dataclass(frozen=True, slots=True)
class Sides:
    """Both sides of one environment; a side that was not asked for is None."""

    declared: Compiled | None = None
    live: State | None = None

    def answers(self) -> tuple[Can, ...]:
        """Give everybody who can use anything: what both sides say is one answer, told as it is declared."""
        apis = self._apis()
        ours = self._given(self._desired())
        theirs = self._given(self._named())
        found = []
        for by in {**ours, **theirs}:
            resource, access = ours.get(by) or theirs[by]
            seen: Seen = "both" if by in ours and by in theirs else "declared" if by in ours else "live"
            path = resource.origin.path if resource.origin else ""
            opened = apis.get(access.to, ()) if access.to.kind == "product" else ()
            found.append(Can(access, by, seen, path, tuple(sorted(opened))))
        return tuple(sorted(found, key=lambda each: each.order))

    def _desired(self) -> State:
        if self.declared is None:
            return {}
        return (self.declared if self.live is None else living(self.declared, self.live)).state

    def _named(self) -> State:
        """Give what lives the origin of what declares it: so it is told by the same names."""
        wanted = self._desired()
        return {
            address: each if each.origin or address not in wanted else each._replace(origin=wanted[address].origin)
            for address, each in (self.live or {}).items()
        }

    @staticmethod
    def _given(state: State) -> Mapping[Address, tuple[Resource, Access]]:
        return {resource.address: (resource, access) for resource, access in given(state)}

    def _apis(self) -> Mapping[Address, set[str]]:
        """Name the APIs of each product, by what is seen of them on either side."""
        found: dict[Address, set[str]] = {}
        for address in (*self._desired(), *(self.live or {})):
            if address.kind == "product-api":
                found.setdefault(Address("product", address.name[:1]), set()).add(address.name[1])
        return found


def who_can(answers: Iterable[Can], thing: str) -> tuple[Can, ...]:
    """Select who can use a product or an API by its id; keys for every API, and what is open, are among them."""
    return tuple(each for each in answers if _opens(each, thing))


def what_can(answers: Iterable[Can], who: str) -> tuple[Can, ...]:
    """Select what somebody can use: a team by its name; a group, an application or a subscription by its id."""
    mine = {who, *(f"{kind} {who}" for kind in _NAMED)}
    return tuple(each for each in answers if each.access.who in mine or _is_by(each, who) or _names(each, mine))


def things(answers: Iterable[Can]) -> frozenset[str]:
    """Name every product and API that can be asked about."""
    return frozenset(name for each in answers for name in (*each.apis, *each.access.to.name) if name)


def people(answers: Iterable[Can]) -> frozenset[str]:
    """Name everybody who can be asked about, but for everybody at once."""
    return frozenset(each.access.who for each in answers if each.access.who != EVERYBODY)


def lasting(answers: Iterable[Can], day: date) -> tuple[Can, ...]:
    """Leave what has not ended by then, where nobody else says so."""
    return tuple(each for each in answers if each.access.until is None or each.access.until >= day)


def _opens(each: Can, thing: str) -> bool:
    return each.access.to == EVERY_API or each.access.to.name[0] == thing or thing in each.apis


def _is_by(each: Can, who: str) -> bool:
    """Whether a subscription's or a client's own id is meant: also where a team declares it."""
    return each.by.kind in ("subscription", "client") and each.by.name[-1] == who


def _names(each: Can, mine: set[str]) -> bool:
    """A subscription that nobody declares is named with its title."""
    return any(each.access.who.startswith(f"{name} (") for name in mine)
