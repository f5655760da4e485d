"""Address, Resource, State: the vocabulary that the desired and the actual side share; values only."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any


@dataclass(frozen=True, slots=True, order=True)
class Address:
    """What a resource is and its name: two sides that mean the same thing have equal addresses."""

    kind: str
    name: tuple[str, ...]

    def __str__(self) -> str:
        """Give `product-group orders/checkout`."""
        return f"{self.kind} {'/'.join(self.name)}"


@dataclass(frozen=True, slots=True, order=True)
class Secret:
    """The name of a secret and the address of its vault."""

    vault: str
    name: str

    def __str__(self) -> str:
        """Give `kv-checkout as prod--checkout--orders`."""
        return f"{self.vault.removeprefix('https://').partition('.')[0]} as {self.name}"


@dataclass(frozen=True, slots=True, order=True)
class Origin:
    """Which declaration a resource comes from: for people, never for deciding.

    `emergency` says of what was granted in one who reviews it when it is over; `secret` of a key where it is kept.
    """

    team: str
    path: str
    keys: tuple[str | int, ...] = ()
    until: date | None = None
    emergency: str | None = None
    secret: Secret | None = None


@dataclass(frozen=True, slots=True)
class Resource:
    """One thing in API Management. Properties that are absent are not managed; the values are JSON's."""

    address: Address
    properties: Mapping[str, Any] = field(default_factory=dict)
    origin: Origin | None = None


State = Mapping[Address, Resource]


def state(*resources: Resource) -> State:
    """Gather resources under their addresses."""
    return {resource.address: resource for resource in resources}
