"""A key's grant, service and subscription in, the tags of its secret out; and back: whose it is, and which key."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from reconciler.naming import cut
from reconciler.resource import Secret
from reconciler.rotation import PRIMARY, SECONDARY, Given

CONTENT_TYPE: Final = "application/vnd.reconciler.apim-subscription-key"
_OURS = ("managed-by", "reconciler")
_LONGEST = 256  # characters of a tag's value (Microsoft's page "About keys, secrets and certificates")
_SLOT, _SET, _ENDS, _ENDED = "slot", "key-set", "old-key-ends", "old-key-ended"


@dataclass(frozen=True, slots=True)
class Kept:
    """What a vault's list says of a secret: never its value."""

    secret: Secret
    enabled: bool
    tags: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Mark:
    """Whose key a secret holds. `made` is when Azure made the subscription: another of the same id has other keys.

    `anew` counts how often both keys of this one were made anew, because they were compromised.
    """

    environment: str
    team: str
    grant: str
    service: str
    subscription: str
    made: str
    anew: int = 0

    def tags(self, given: Given, *, old_ended: datetime | None = None) -> dict[str, str]:
        """Say it, which of its keys the secret holds since when, and what becomes or became of the old one."""
        times = {_SET: given.since, _ENDS: given.old_ends, _ENDED: old_ended}
        said = {name: time.isoformat(timespec="seconds") for name, time in times.items() if time is not None}
        said |= {name: text for name, text in self._which().items() if text}
        return {**self._whose(), _SLOT: given.slot, **said}

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
        anew = str(self.anew) if self.anew else ""
        said = {"subscription": self.subscription, "subscription-made": self.made, "keys-made-anew": anew}
        return {name: cut(value, _LONGEST) for name, value in said.items()}


def ours(kept: Kept, environment: str, service: str) -> bool:
    """Whether a secret was made for this environment of this service, whatever the grant."""
    return _says(kept, dict([_OURS]) | {"environment": cut(environment, _LONGEST), "service": cut(service, _LONGEST)})


def given(kept: Kept) -> Given | None:
    """Read which key a secret holds; None where its tags do not tell."""
    slots = [slot for slot in (PRIMARY, SECONDARY) if kept.tags.get(_SLOT) == slot]
    try:
        since, ends = (_time(kept.tags.get(name)) for name in (_SET, _ENDS))
    except ValueError:
        return None
    return Given(slots[0], since, ends) if slots and since else None


def _time(text: str | None) -> datetime | None:
    time = datetime.fromisoformat(text) if text else None
    return time.replace(tzinfo=UTC) if time and time.tzinfo is None else time


def _says(kept: Kept, wanted: Mapping[str, str]) -> bool:
    """Compare tags without regard to case: Azure's ids have none."""
    return all((kept.tags.get(name) or "").lower() == value.lower() for name, value in wanted.items())
