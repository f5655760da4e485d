"""A product's file and its grants in; what its rules make of a key and a token out, by docs/policies.md alone.

Nothing of `reconciler` is used here.
"""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

SOUND = ("", "of version 1")
FLAWS = ("for another audience", "without the role", "expired", "forged", "of another issuer", "no token at all")
NOBODY = ""  # a token that names no client


@dataclass(frozen=True)
class Token:
    """A token of a client, and what is wrong with it."""

    client: str
    flaw: str = ""


def has_rules(says: Mapping[str, Any]) -> bool:
    return bool(says.get("oauth") or says.get("tiers"))


@dataclass
class Rules:
    """What a call must carry, which clients are granted, and which tier each client and each key is in."""

    credentials: str
    at_api: bool
    apis: frozenset[str]
    report: bool
    tiers: Mapping[str, Mapping[str, str]]
    default: str
    clients: dict[str, str] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, says: Mapping[str, Any]) -> "Rules":
        """Read a product's file."""
        tiers = says.get("tiers") or {}
        return cls(
            credentials=says.get("credentials", "key"),
            at_api=says.get("enforce_at") == "api",
            apis=frozenset(says["apis"]),
            report=says.get("enforcement") == "report",
            tiers=tiers,
            default=says.get("default_tier") or (next(iter(tiers)) if len(tiers) == 1 else ""),
        )

    def admit(self, grant: Mapping[str, Any], subscription: str) -> None:
        """Add a grant that is in force."""
        tier = grant.get("tier") or self.default
        self.clients |= dict.fromkeys(grant.get("clients") or (), tier)
        if grant.get("key"):
            self.keys[subscription] = tier

    def status(self, subscription: str, token: Token | None, counts: Counter[str]) -> int:
        """Answer a call that came through the check of keys, and count it. A report refuses and counts nobody."""
        if self.report:
            return 200
        has_key = bool(subscription)
        if self.credentials in ("key", "key or token") and has_key:
            return self._counted(subscription, self.keys.get(subscription, self.default), counts)
        if self.credentials in ("key", "key and token") and not has_key:
            return 401
        if token is None or token.flaw not in SOUND:
            return 401
        if token.client not in self.clients:
            return 403
        return self._counted(token.client, self.clients[token.client], counts)

    def _counted(self, who: str, tier: str, counts: Counter[str]) -> int:
        """Above its rate a consumer gets 429, above its quota 403."""
        limits = self.tiers.get(tier, {})
        for name, status in (("rate", 429), ("quota", 403)):
            if (limit := limits.get(name)) and counts[who] >= int(re.match(r"\d+", limit)[0]):  # type: ignore[index]
                return status
        counts[who] += 1
        return 200
