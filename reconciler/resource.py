"""Address, Resource, State: the vocabulary that the desired and the actual side share; values only.

They are tuples: a plan of a large service makes, hashes and compares them a million times.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Any, NamedTuple


class Address(NamedTuple):
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


class Origin(NamedTuple):
    """Which declaration a resource comes from: for people, never for deciding.

    `emergency` says of what was granted in one who reviews it when it is over; `secret` of a key where it is kept;
    `unreviewed` that it ends because nobody answers a review.
    """

    team: str
    path: str
    keys: tuple[str | int, ...] = ()
    until: date | None = None
    emergency: str | None = None
    secret: Secret | None = None
    unreviewed: bool = False


class Resource(NamedTuple):
    """One thing in API Management. Properties that are absent are not managed; the values are JSON's."""

    address: Address
    properties: Mapping[str, Any] = MappingProxyType({})
    origin: Origin | None = None


State = Mapping[Address, Resource]


def state(*resources: Resource) -> State:
    """Gather resources under their addresses."""
    return {resource.address: resource for resource in resources}
