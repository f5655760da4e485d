"""Who may call a product, and how often, as plain values: what its generated fragment says."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from reconciler.limits import Limit

Credentials = Literal["key", "token", "key and token", "key or token"]
DEFAULT_CLAIMS = ("azp", "appid")  # Entra's two versions of tokens


@dataclass(frozen=True, slots=True)
class OAuth:
    """Whose tokens count, and which claim names the client: `azp`, or `appid` where that is missing, if none is given.

    Of scopes and roles a token needs one: a scope if it was made for a user, who calls through the client; else a role.
    """

    configuration: str
    audiences: frozenset[str]
    issuers: frozenset[str] = frozenset()
    scopes: frozenset[str] = frozenset()
    roles: frozenset[str] = frozenset()
    claim: str = ""

    def __post_init__(self) -> None:
        """Refuse what would let in tokens that were made for somebody else."""
        if not self.audiences:
            raise ValueError("without an audience, every token of the issuer would do: name at least one")
        if not self.configuration.startswith("https://"):
            raise ValueError(f"{self.configuration!r} is no https:// address: keys read from it could be anybody's")


@dataclass(frozen=True, slots=True)
class Tier:
    """How often each consumer of a tier may call. Without rate and quota: as often as it likes."""

    rate: Limit | None = None
    quota: Limit | None = None


@dataclass(frozen=True, slots=True)
class Gate:
    """One product's gate. `clients` are application ids, `keys` subscription ids, each with its tier or ''.

    Clients that are not named are refused. Keys that are not named are let in, with the default tier: API Management
    itself has held them against their scope.
    """

    product: str
    ask: str
    credentials: Credentials
    oauth: OAuth | None = None
    clients: Mapping[str, str] = field(default_factory=dict)
    keys: Mapping[str, str] = field(default_factory=dict)
    tiers: Mapping[str, Tier] = field(default_factory=dict)
    default: str = ""
    enforcement: Literal["enforce", "report"] = "enforce"

    def __post_init__(self) -> None:
        """Refuse what contradicts itself, and what would let in calls that name nobody."""
        if (self.oauth is None) == self.by_token:
            raise ValueError(
                f"credentials `{self.credentials}` {'need' if self.by_token else 'have no use for'} `oauth`"
            )
        if self.clients and not self.by_token:
            raise ValueError(f"with credentials `{self.credentials}` no token is looked at, so no client can be named")
        if self.keys and not self.by_key:
            raise ValueError(f"with credentials `{self.credentials}` consumers are told apart by client, not by key")
        if "" in self.clients or "" in self.keys:
            raise ValueError("an empty id would stand for every call that names none")
        for tier in (*self.clients.values(), *self.keys.values(), self.default):
            if tier and tier not in self.tiers:
                raise ValueError(f"there is no tier {tier!r}; there are: {', '.join(sorted(self.tiers)) or 'none'}")
        if "" in self.tiers:
            raise ValueError("a tier needs a name")

    @property
    def by_token(self) -> bool:
        """Whether a token is looked at."""
        return self.credentials != "key"

    @property
    def by_key(self) -> bool:
        """Whether a key alone opens, so that consumers are told apart by it."""
        return self.credentials in ("key", "key or token")
