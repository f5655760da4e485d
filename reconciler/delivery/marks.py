"""A key's grant, service and subscription in, the tags of its secret out; and back: whether a secret is ours."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from reconciler.naming import cut
from reconciler.resource import Secret

CONTENT_TYPE: Final = "application/vnd.reconciler.apim-subscription-key"
PRIMARY: Final = "primary"
_OURS = ("managed-by", "reconciler")
_LONGEST = 256  # characters of a tag's value (Microsoft's page "About keys, secrets and certificates")


@dataclass(frozen=True, slots=True)
class Kept:
    """What a vault's list says of a secret: never its value."""

    secret: Secret
    enabled: bool
    tags: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Mark:
    """Whose key a secret holds. `made` is when Azure made the subscription: another of the same id has other keys."""

    environment: str
    team: str
    grant: str
    service: str
    subscription: str
    made: str

    def tags(self, *, now: datetime) -> dict[str, str]:
        """Say it, and when it was delivered."""
        said = {**self._whose(), "slot": PRIMARY, "key-set": now.isoformat(timespec="seconds")}
        return {**said, **self._which()}

    def owns(self, kept: Kept) -> bool:
        """Whether a secret was made for this grant of this service."""
        return _says(kept, self._whose())

    def fits(self, kept: Kept) -> bool:
        """Whether it holds a key of this very subscription."""
        return _says(kept, self._which())

    def _whose(self) -> dict[str, str]:
        said = {"environment": self.environment, "team": self.team, "grant": self.grant, "service": self.service}
        return dict([_OURS]) | {name: cut(value, _LONGEST) for name, value in said.items()}

    def _which(self) -> dict[str, str]:
        said = {"subscription": self.subscription, "subscription-made": self.made}
        return {name: cut(value, _LONGEST) for name, value in said.items()}


def ours(kept: Kept, environment: str, service: str) -> bool:
    """Whether a secret was made for this environment of this service, whatever the grant."""
    return _says(kept, dict([_OURS]) | {"environment": cut(environment, _LONGEST), "service": cut(service, _LONGEST)})


def _says(kept: Kept, wanted: Mapping[str, str]) -> bool:
    """Compare tags without regard to case: Azure's ids have none."""
    return all((kept.tags.get(name) or "").lower() == value.lower() for name, value in wanted.items())
