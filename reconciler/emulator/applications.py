"""What is registered about a client in: secrets, federated credentials, app roles, APIs; what holds for it out."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

EXCHANGE = "api://AzureADTokenExchange"


@dataclass(frozen=True, slots=True)
class FederatedCredential:
    """An issuer and a subject that stand for a client."""

    issuer: str
    subject: str
    audience: str = EXCHANGE


@dataclass(slots=True)
class Application:
    """One client. Without secrets and credentials it may show anything, which is how everyone begins here."""

    secrets: list[str] = field(default_factory=list)
    federated: list[FederatedCredential] = field(default_factory=list)
    roles: dict[str, list[str]] = field(default_factory=dict)  # by audience
    exposes: dict[str, int] = field(default_factory=dict)  # its own audiences, and their tokens' version

    @property
    def is_bound(self) -> bool:
        return bool(self.secrets or self.federated)

    def as_json(self) -> dict[str, Any]:
        return {
            "secrets": self.secrets,
            "federated": [
                {"issuer": each.issuer, "subject": each.subject, "audience": each.audience} for each in self.federated
            ],
            "roles": self.roles,
            "exposes": self.exposes,
        }


class Applications:
    """Everything registered, by client id without regard to case."""

    def __init__(self) -> None:
        self._known: dict[str, Application] = {}

    def of(self, client_id: str) -> Application:
        """Give what is registered; for a client that nobody mentioned, nothing."""
        return self._known.get(client_id.lower(), Application())

    def register(self, client_id: str) -> Application:
        """Give a client's registration to be filled in."""
        return self._known.setdefault(client_id.lower(), Application())

    def roles(self, client_id: str, audience: str) -> tuple[str, ...]:
        return tuple(self.of(client_id).roles.get(audience.rstrip("/"), ()))

    def exposing(self, audience: str) -> tuple[str, int] | None:
        """Give the client id behind an audience and the version of token that it accepts, where that is registered."""
        for client_id, application in self._known.items():
            if audience.rstrip("/") in application.exposes:
                return client_id, application.exposes[audience.rstrip("/")]
        return None

    def clear(self) -> None:
        self._known.clear()

    def as_json(self) -> dict[str, Any]:
        return {client_id: application.as_json() for client_id, application in self._known.items()}

    def plant(self, client_id: str, described: Mapping[str, Any]) -> None:
        """Register `{"secrets", "federated": [{"issuer", "subject"}], "roles": {audience: [...]}, "exposes"}`."""
        unknown = sorted(set(described) - {"secrets", "federated", "roles", "exposes"})
        if unknown:
            raise ValueError(f"unknown {', '.join(unknown)}; known are exposes, federated, roles, secrets")
        application = self.register(client_id)
        application.secrets.extend(_texts("secrets", described.get("secrets", [])))
        for each in described.get("federated", []):
            if not isinstance(each, Mapping) or not {"issuer", "subject"} <= set(each) <= {*_FEDERATED}:
                raise ValueError('a federated credential is {"issuer": ..., "subject": ..., "audience": ...}')
            application.federated.append(FederatedCredential(**each))
        for audience, version in described.get("exposes", {}).items():
            if version not in {1, 2}:
                raise ValueError(f"{audience}: tokens have version 1 or 2")
            application.exposes[audience.rstrip("/")] = version
        for audience, roles in described.get("roles", {}).items():
            application.roles.setdefault(audience.rstrip("/"), []).extend(_texts(audience, roles))


_FEDERATED = ("issuer", "subject", "audience")


def _texts(what: str, value: Any) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise ValueError(f"{what} must be a list of strings")
    return value
