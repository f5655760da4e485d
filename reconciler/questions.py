"""What is declared, what lives, or both in; who can use what, each with where it stands and where it is seen, out."""

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from itertools import chain
from typing import Final, Literal

from reconciler.access import EVERY_API, Access, given
from reconciler.compile import Compiled
from reconciler.declarations import Declarations
from reconciler.match import living
from reconciler.naming import fill_in
from reconciler.opening import Opens, opening
from reconciler.resource import Address, Resource, State

Seen = Literal["declared", "live", "both"]
_OWN: Final = frozenset({"subscription", "client", "product-group"})  # the last name in their addresses is whose it is


@dataclass(frozen=True, slots=True)
class Can:
    """Somebody can use something: by what it is given, in which file that stands, and on which side it was seen.

    `apis` are those that it is for, `opens` says at which of them the gateway lets a call through by it.
    """

    access: Access
    by: Address
    seen: Seen
    path: str = ""
    apis: tuple[str, ...] = ()
    opens: Opens | None = None

    @property
    def calls(self) -> bool:
        """Whether a call goes through by it: to see something in the portal is none, and rules may ask for more."""
        return self.access.how != "portal" and (self.opens is None or self.opens.apis != frozenset())

    def at(self, apis: AbstractSet[str]) -> "Can":
        """Give the same for these APIs alone."""
        if self.opens is None or not (apis & {*self.apis, *self.opens.shut}):
            return self
        left = apis - self.opens.shut if self.opens.apis is None else apis & self.opens.apis
        return replace(self, opens=Opens(frozenset(left)))

    @property
    def order(self) -> tuple[str, str, str, str]:
        """Sort by who, what and how."""
        return self.access.who, self.access.thing, self.access.how, str(self.by)


@dataclass(frozen=True, slots=True)
class Sides:
    """What is declared in one environment, and what lives there, if that was asked for.

    `undated` is what is declared as if nothing had ended: it tells whose a key is that lives on past its end.
    """

    declared: Compiled
    undated: Compiled
    live: State | None = None

    def answers(self) -> tuple[Can, ...]:
        """Give everybody who can use anything: what both sides say is one answer, told as it is declared."""
        desired, there = self._named_as_they_live(self.declared), self._living()
        ours, theirs = self._given(desired), self._given(there)
        opens = {**opening(desired, ours.values()), **opening(there, theirs.values())}
        apis = self._apis(desired, there)
        found = []
        for by in {**ours, **theirs}:
            resource, access = ours.get(by) or theirs[by]
            seen: Seen = "both" if by in ours and by in theirs else "declared" if by in ours else "live"
            path = resource.origin.path if resource.origin else ""
            opened = apis.get(access.to, ()) if access.to.kind == "product" else ()
            found.append(Can(access, by, seen, path, tuple(sorted(opened)), opens.get(by)))
        return tuple(sorted(found, key=lambda each: each.order))

    def _living(self) -> State:
        """Give what lives the origin of what declares it: so it is told by the same names."""
        ours = self._named_as_they_live(self.undated)
        return {
            address: each if address not in ours else each._replace(origin=ours[address].origin)
            for address, each in (self.live or {}).items()
        }

    def _named_as_they_live(self, compiled: Compiled) -> State:
        return (compiled if self.live is None else living(compiled, self.live)).state

    @staticmethod
    def _given(state: State) -> Mapping[Address, tuple[Resource, Access]]:
        return {resource.address: (resource, access) for resource, access in given(state)}

    @staticmethod
    def _apis(*sides: State) -> Mapping[Address, set[str]]:
        """Name the APIs of each product, by what is seen of them on either side."""
        found: dict[Address, set[str]] = {}
        for address in chain(*sides):
            if address.kind == "product-api":
                found.setdefault(Address("product", address.name[:1]), set()).add(address.name[1])
        return found


def called(declarations: Declarations, environment: str, name: str) -> frozenset[str]:
    """Give the ids that a name has in a service: that of a product so named, and its own with `$(letter)` filled in."""
    ids = (declarations.product_id(each, environment) for each in declarations.products if each.name == name)
    return frozenset((fill_in(name, declarations.variables(environment)), *ids))


def who_can(answers: Iterable[Can], ids: AbstractSet[str]) -> tuple[Can, ...]:
    """Select who can use a product or an API; keys for every API, and what is open, are among them."""
    found = (each for each in answers if each.access.to == EVERY_API or ids & {each.access.to.name[0], *each.apis})
    return tuple(each if _is_product(each, ids) else each.at(ids) for each in found)


def _is_product(each: Can, ids: AbstractSet[str]) -> bool:
    return each.access.to.kind == "product" and each.access.to.name[0] in ids


def what_can(answers: Iterable[Can], ids: AbstractSet[str]) -> tuple[Can, ...]:
    """Select what somebody can use: a team by its name; a group, an application or a subscription by its id.

    The id of a subscription, a client or a group is meant also where a team declares it.
    """
    return tuple(each for each in answers if ids & {each.access.who, each.by.name[-1] if each.by.kind in _OWN else ""})


def known(declarations: Declarations, environment: str) -> frozenset[str]:
    """Name what is declared and may be asked about, also where nobody can use it, or it can use nothing."""
    variables = declarations.variables(environment)
    products = ({each.name, declarations.product_id(each, environment)} for each in declarations.products)
    apis = (fill_in(each.value.api, variables) for each in declarations.apis)
    return frozenset({*declarations.teams, *apis}.union(*products))
