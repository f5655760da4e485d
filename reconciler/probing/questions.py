"""What is declared, in force and there in; every question to ask of a gateway, and what must be answered, out."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from reconciler.asked import Asked
from reconciler.claim import mode_of
from reconciler.declarations import Declarations, at
from reconciler.kinds.subscription import ACTIVE
from reconciler.match import living
from reconciler.resource import Address, Origin, Resource, State

Must = Literal["let in", "refused", ""]
NOBODY, NONSENSE = "no key", "a wrong key"


@dataclass(frozen=True, slots=True, order=True)
class Key:
    """What a grant gives to call with, whether it must open, and why. Where `must` is empty nothing was promised.

    A token has no subscription, and only whoever has one can ask with it.
    """

    team: str
    grant: str
    subscription: str
    scope: str
    must: Must
    because: str

    @property
    def name(self) -> str:
        """Name the grant."""
        return f"{self.team}/{self.grant}"

    def __str__(self) -> str:
        """Say what is called with, as people do."""
        return self.name if self.subscription else f"{self.name} by token"


@dataclass(frozen=True, slots=True)
class Door:
    """An API as its gateway treats a call without a key; `products` hold it, one of them `opened`."""

    api: str
    asks: bool
    products: frozenset[str]
    opened: str = ""

    def without(self, closed: Mapping[Address, Must]) -> Must:
        """Say what a call with nothing must meet: rules in policies, or else what Azure asks for."""
        if (at_api := closed.get(Address("api", (self.api,)))) is not None:
            return at_api
        if self.opened:
            return closed.get(Address("product", (self.opened,)), "let in")
        return "refused" if self.asks else "let in"


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
        must, because = _must(desired.state.get(address), cut_off=address in asks.desired.cut_off)
        scope = str(resource.properties["scope"])
        if mode_of(resource, declared.products, declared.mode) == "observe":
            must, because = "", "only observed"
        elif must == "let in" and _wants_token(scope, desired.state):
            must, because = "", "granted, and a token is needed, too"
        found.append(Key(resource.origin.team, _grant(resource.origin), address.name[0], scope, must, because))
    return tuple(sorted(found))


def tokens(declarations: Declarations, asks: Asked) -> tuple[Key, ...]:
    """Give every declared grant of clients, in force or over."""
    environment, desired = asks.desired.environment, asks.desired
    let_in = {each.origin.path for address, each in desired.state.items() if address.kind == "client" and each.origin}
    cut_off = {asks.declared.state[each].origin for each in desired.cut_off if each.kind == "client"}
    paths = {origin.path for origin in cut_off if origin}
    products = {each.name: each for each in declarations.products}
    found = set()
    for grant in declarations.grants:
        says = at(grant.value, grant.value.in_, environment)
        if environment not in grant.value.environments or grant.value.api is not None or not says.get("clients"):
            continue
        product = declarations.product_id(products[grant.value.product or grant.name], environment)
        over = "suspended" if says.get("suspended") else "cut off" if grant.path in paths else "ended"
        must: Must = "let in" if grant.path in let_in else "refused"
        because = "granted" if must == "let in" else over
        if desired.products[product].mode == "observe":
            must, because = "", "only observed"
        found.add(Key(grant.team, grant.name, "", f"products/{product}", must, because))
    return tuple(sorted(found))


def _grant(origin: Origin) -> str:
    return origin.path.rpartition("/")[2].removesuffix(".yaml")


def _wants_token(scope: str, state: State) -> bool:
    """Whether a key of a product does not do alone."""
    gate = state.get(Address("gate", (scope.removeprefix("products/"),)))
    return gate is not None and gate.properties["credentials"] in ("token", "key and token")


def _must(desired: Resource | None, *, cut_off: bool) -> tuple[Must, str]:
    if desired is None:
        return "refused", "cut off" if cut_off else "ended"
    if desired.properties.get("state") != ACTIVE:
        return "refused", "suspended"
    return "let in", "granted"


def withdrawn(before: Iterable[Key], now: Iterable[Key], actual: State) -> tuple[Key, ...]:
    """Give what was declared and is not any more: of keys those whose subscription is there still."""
    left = {each.subscription or str(each) for each in now}
    there = {address.name[0] for address in actual if address.kind == "subscription"}
    return tuple(
        Key(each.team, each.grant, each.subscription, each.scope, "refused" if each.must else "", "withdrawn")
        for each in before
        if (each.subscription or str(each)) not in left and (not each.subscription or each.subscription in there)
    )


def questions(doors: Iterable[Door], asked: Iterable[Key], closed: Mapping[Address, Must]) -> Iterator[Question]:
    """Ask each API with nothing, with nonsense, and with each key that is for it. `closed` says what rules do.

    What a wrong key does where none is needed, two editions of Microsoft's page tell differently: nothing is expected.
    """
    known = tuple(asked)
    for door in doors:
        without = door.without(closed)
        why = "open" if without == "let in" else "a key is needed" if door.asks and not door.opened else "rules ask"
        certain: Must = "refused" if without == "refused" else ""
        yield Question(door.api, NOBODY, without, why)
        yield Question(door.api, NONSENSE, certain, why)
        for key in known:
            if _is_for(key.scope, door):
                must = certain if key.must == "refused" else key.must
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
