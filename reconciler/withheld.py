"""What was cut off by hand in, as `team checkout`; whether a grant, a key, a link or a client is among it out."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal, get_args

from reconciler.naming import subscription_id
from reconciler.resource import Resource

What = Literal["team", "product", "grant", "subscription", "client"]
WHATS: Final[tuple[What, ...]] = get_args(What)


@dataclass(frozen=True, slots=True, order=True)
class Selector:
    """One thing that is cut off. A product and a subscription go by their ids in the service."""

    what: What
    name: str

    def __str__(self) -> str:
        """Give `grant checkout/orders`, as it is remembered and as people say it."""
        return f"{self.what} {self.name}"

    @property
    def prefix(self) -> str:
        """Give how the ids of all keys begin that this tool makes for a team."""
        return subscription_id(self.name, "") if self.what == "team" else ""


def selector(text: str) -> Selector:
    """Read one. Raises ValueError where it is none."""
    said, _, name = text.strip().partition(" ")
    for what in WHATS:
        if what == said and name.strip():
            return Selector(what, name.strip())
    raise ValueError(f"{text!r} is none of {', '.join(WHATS)} with a name, as `team checkout`")


@dataclass(frozen=True, slots=True)
class Withheld:
    """Everything that is cut off in a service, and what follows from it for what is declared."""

    selectors: frozenset[Selector] = frozenset()

    def __bool__(self) -> bool:
        """Whether anything is."""
        return bool(self.selectors)

    def without(self, *gone: Selector) -> "Withheld":
        """Leave some out."""
        return Withheld(self.selectors - set(gone))

    def grant(self, team: str, names: Iterable[str | None], product: str | None) -> bool:
        """Whether a grant gives nothing; `names` are those it has and had, `product` is the id in the service."""
        mine = any(self._has("grant", f"{team}/{name}") for name in names if name)
        return mine or self._has("team", team) or self.product(product)

    def key(self, *names: str) -> bool:
        """Whether a subscription opens nothing, under any of its names."""
        return any(self._has("subscription", name) for name in names)

    def client(self, name: str) -> bool:
        """Whether no product takes the tokens of an application."""
        return self._has("client", name)

    def product(self, name: str | None) -> bool:
        """Whether nobody has a product."""
        return name is not None and self._has("product", name)

    def covers(self, resource: Resource) -> bool:
        """Whether a subscription or a client is among it that no file need declare."""
        if resource.address.kind == "client":
            product, client = resource.address.name
            return self.client(client) or self.product(product)
        if resource.address.kind != "subscription":
            return False
        scope = resource.properties.get("scope") or ""
        return self.key(resource.address.name[0]) or self.product(scope.removeprefix("products/"))

    def _has(self, what: What, name: str) -> bool:
        """Azure's and Entra's ids are the same in capitals."""
        return any(each.what == what and each.name.lower() == name.lower() for each in self.selectors)


NOTHING: Final = Withheld()


def withheld(texts: Iterable[str]) -> Withheld:
    """Read what a service remembers."""
    return Withheld(frozenset(map(selector, texts)))
