"""What is declared, in force and there in; every question to ask of a gateway, and what must be answered, out."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from reconciler.asked import Asked
from reconciler.claim import mode_of
from reconciler.kinds.subscription import ACTIVE
from reconciler.match import living
from reconciler.resource import Resource, State

Must = Literal["let in", "refused", ""]
NOBODY, NONSENSE = "no key", "a wrong key"


@dataclass(frozen=True, slots=True, order=True)
class Key:
    """The key of a grant, whether it must open, and why. Where `must` is empty nothing was promised."""

    team: str
    grant: str
    subscription: str
    scope: str
    must: Must
    because: str

    def __str__(self) -> str:
        """Name it as people do."""
        return f"{self.team}/{self.grant}"


@dataclass(frozen=True, slots=True)
class Door:
    """An API as its gateway treats a call without a key; `products` hold it."""

    api: str
    asks: bool
    products: frozenset[str]
    opened: bool


@dataclass(frozen=True, slots=True)
class Question:
    """Ask an API with a key, with none or with a wrong one, and expect this."""

    api: str
    who: str
    must: Must
    because: str
    key: Key | None = None


def keys(asks: Asked, actual: State) -> tuple[Key, ...]:
    """Give every declared key that lives, in force or over."""
    declared, desired = living(asks.declared, actual), living(asks.desired, actual)
    found = []
    for address, resource in declared.state.items():
        if address.kind != "subscription" or address not in actual or resource.origin is None:
            continue
        mode = mode_of(resource, declared.products, declared.mode)
        must, because = _must(desired.state.get(address), cut_off=address in asks.desired.cut_off)
        if mode == "observe":
            must, because = "", "only observed"
        grant = resource.origin.path.rpartition("/")[2].removesuffix(".yaml")
        found.append(
            Key(resource.origin.team, grant, address.name[0], str(resource.properties["scope"]), must, because)
        )
    return tuple(sorted(found))


def _must(desired: Resource | None, *, cut_off: bool) -> tuple[Must, str]:
    if desired is None:
        return "refused", "cut off" if cut_off else "ended"
    if desired.properties.get("state") != ACTIVE:
        return "refused", "suspended"
    return "let in", "granted"


def withdrawn(before: Iterable[Key], now: Iterable[Key], actual: State) -> tuple[Key, ...]:
    """Give the keys that were declared and are not any more, and whose subscription is there still."""
    left = {each.subscription for each in now}
    there = {address.name[0] for address in actual if address.kind == "subscription"}
    return tuple(
        Key(each.team, each.grant, each.subscription, each.scope, "refused" if each.must else "", "withdrawn")
        for each in before
        if each.subscription not in left and each.subscription in there
    )


def questions(doors: Iterable[Door], asked: Iterable[Key]) -> Iterator[Question]:
    """Ask each API with nothing, with nonsense, and with each key that is for it.

    What a wrong key does where none is needed, two editions of Microsoft's page tell differently: nothing is expected.
    """
    known = tuple(asked)
    for door in doors:
        free = door.opened or not door.asks
        why = "open" if free else "a key is needed"
        yield Question(door.api, NOBODY, "let in" if free else "refused", why)
        yield Question(door.api, NONSENSE, "" if free else "refused", why)
        for key in known:
            if _is_for(key.scope, door):
                must: Must = "" if key.must == "refused" and free else key.must
                yield Question(door.api, str(key), must, key.because, key)


def wanted(scopes: Iterable[str], products: Mapping[str, Iterable[str]]) -> frozenset[str]:
    """Name the APIs that keys of these scopes may be for; a key for all is tried at those of the products."""
    every = {api for apis in products.values() for api in apis}
    found: set[str] = set()
    for scope in scopes:
        collection, _, name = scope.partition("/")
        found |= set(products.get(name, ())) if collection == "products" else {name} if name else every
    return frozenset(found)


def _is_for(scope: str, door: Door) -> bool:
    collection, _, name = scope.partition("/")
    return name in door.products if collection == "products" else name in ("", door.api)
