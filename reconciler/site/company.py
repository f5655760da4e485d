"""What the pages tell of, as values: teams, products, APIs, and who holds what, merged over environments."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Literal

from reconciler.access import How
from reconciler.declarations import Declared, Grant, Product, Team
from reconciler.questions import Can
from reconciler.usage import Seen, together

Kind = Literal["product", "api", "every API"]
Stands = Literal["in force", "ended", "suspended", "revoked", "opens nothing"]


@dataclass(frozen=True, slots=True)
class OwnedApi:
    """An API: its name as it is written, a title for people, whose it is, and its id in each environment."""

    name: str
    title: str
    slug: str
    teams: tuple[str, ...]
    path: str
    ids: Mapping[str, str]
    about: str
    facts: Mapping[str, str]
    products: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SoldProduct:
    """A product, and what it says; a fact that differs between environments is told for each.

    `apis` gives for each API the environments in which it is on the product, `open_at` those in which everybody may
    call it there; `until` how far a grant may run.
    """

    name: str
    title: str
    declared: Declared[Product]
    facts: tuple[tuple[str, str], ...]
    apis: Mapping[str, tuple[str, ...]]
    environments: tuple[str, ...]
    open_in: tuple[str, ...]
    open_at: Mapping[str, tuple[str, ...]]
    until: date | None
    tiers: tuple[str, ...]
    takes_keys: bool
    takes_tokens: bool


@dataclass(frozen=True, slots=True)
class Hold:
    """One grant as it stands in some environments: whose, to what, by which ways, until when, in which file.

    `to` is a product's name, an API's as it is written, or `*` for all of them; `kind` tells which. `cans` are the
    answers that it is told by, and `used` says how it is used, where that was told, for each environment; `unreviewed`,
    that it ends for want of an answer to a review.
    """

    team: str
    kind: Kind
    to: str
    hows: tuple[How, ...]
    stands: Stands
    tier: str | None
    until: date | None
    environments: tuple[str, ...]
    grant: Declared[Grant]
    unreviewed: bool = False
    used: Mapping[str, Seen] = field(default_factory=dict)
    cans: Mapping[str, Sequence[Can]] = field(default_factory=dict)

    @property
    def by_end(self) -> tuple[date, str, str]:
        """Sort by it what ends first."""
        return self.until or date.max, self.team, self.to

    @property
    def seen(self) -> Seen | None:
        """Say how it is used in all of them; None where nobody told."""
        found = [self.used[name] for name in self.environments if name in self.used]
        return together(found) if found else None


@dataclass(frozen=True, slots=True)
class Company:
    """Everything, as of a day, in the environments that are told of."""

    day: date
    environments: tuple[str, ...]
    teams: Mapping[str, Declared[Team]]
    apis: Mapping[str, OwnedApi]
    products: Mapping[str, SoldProduct]
    holds: tuple[Hold, ...]
    warn_days: int
    told_of_use: bool = False

    def team(self, name: str) -> str:
        """Give a team's name as people say it."""
        return self.teams[name].value.display_name if name in self.teams else name

    def called(self, hold: Hold) -> str:
        """Give what a grant is for, as people say it."""
        match hold.kind:
            case "every API":
                return "every API"
            case "api":
                return f"API {self.apis[hold.to].title if hold.to in self.apis else hold.to}"
            case "product":
                return self.products[hold.to].title if hold.to in self.products else hold.to

    def soon(self, hold: Hold) -> bool:
        """Whether it ends within what the guardrails call soon."""
        last = self.day + timedelta(days=self.warn_days)
        return hold.stands == "in force" and hold.until is not None and hold.until <= last
