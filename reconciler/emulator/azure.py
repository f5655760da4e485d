"""The state of one local Azure: its services, who may do what, tokens, faults, access log and switches."""

import re
import secrets
import threading
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from reconciler.emulator.activity import Activity
from reconciler.emulator.analytics.workspaces import Workspaces
from reconciler.emulator.applications import EXCHANGE, Applications, FederatedCredential
from reconciler.emulator.audiences import RESOURCE_MANAGER
from reconciler.emulator.definitions.shelf import Shelf
from reconciler.emulator.faults import WEATHER, Fault, Faults, Storm
from reconciler.emulator.fresh import furnish
from reconciler.emulator.gateway.counters import Counters
from reconciler.emulator.gateway.journal import Journal
from reconciler.emulator.graph.directory import Directory
from reconciler.emulator.log import AccessLog
from reconciler.emulator.metering import record
from reconciler.emulator.outside import Outside
from reconciler.emulator.roles import Assignments, Described, roles_of
from reconciler.emulator.seed import Entities, SeedError, put_all
from reconciler.emulator.service import PROVIDER, Entity, Segments, Service
from reconciler.emulator.settings import Settings
from reconciler.emulator.snapshot import snapshot
from reconciler.emulator.throttling import Throttling
from reconciler.emulator.tiers import check_tier
from reconciler.emulator.tokens import Order, Tokens
from reconciler.emulator.vault.store import DEFAULT_VAULT, Vault, Vaults

DEFAULT_TENANT = "7c9e0000-0000-0000-0000-000000000000"
PORTAL = "c44b4083-3bb0-49c1-b47d-974e53cbdf3c"  # the Azure portal (Microsoft: first-party application ids)
DEFAULT_CLIENT = "c0ffee00-0000-0000-0000-000000000000"
_SERVICE_NAME = re.compile(r"^[a-zA-Z](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?$")
_LONGEST_NAME = 50
SERVICE_DEPTH = 8
_VAULTS = f"/subscriptions/{uuid.UUID(int=0)}/resourceGroups/vaults/providers/Microsoft.KeyVault/vaults"
_FIXED = {0: "subscriptions", 2: "resourceGroups", 4: "providers", 5: PROVIDER, 6: "service"}


class Azure:
    """Everything that requests and tests change. One lock guards it, so that both doors and a saver may share it."""

    def __init__(self, settings: Settings | None = None) -> None:
        self.settings = settings or Settings()
        self.lock = threading.RLock()
        self.log = AccessLog()
        self.activity = Activity(self.settings)
        self.faults = Faults()
        self.throttling = Throttling(self.settings)
        self.tokens = Tokens(self.settings)
        self.tenant = DEFAULT_TENANT
        self.applications = Applications()
        self.roles = Assignments()
        self.managed_identity = DEFAULT_CLIENT  # whose token a managed identity gets that names no client
        self.identity_header = secrets.token_hex(16).upper()
        self.outside = Outside(vaults=Vaults(self.settings), shelf=Shelf(self.settings))
        self.services: dict[str, Service] = {}
        self.earlier: dict[str, Service] = {}  # each before its newest write, while a rule may ask for it
        self.workspaces = Workspaces()
        self.journal = Journal()  # of the gateways
        self.counters: dict[str, Counters] = {}  # of rates and quotas, for each service
        self.changes = 0  # goes up with every request that may have changed something, for who saves the state

    @property
    def directory(self) -> Directory:
        """Give the groups and users that Graph shows."""
        return self.outside.directory

    @property
    def vaults(self) -> Vaults:
        return self.outside.vaults

    def vault(self, name: str = DEFAULT_VAULT) -> Vault:
        """Give a vault; one that nobody mentioned before is empty. `azure.vault("kv").set("name", "value")`."""
        return self.vaults.of(name)

    def vault_id(self, name: str) -> str:
        """Give the resource id under which a role may be granted at one vault."""
        return f"{_VAULTS}/{name}"

    def service(self, path: str) -> Service:
        """Give a service by its resource id; one that nobody mentioned before is a fresh instance."""
        segments = tuple(path.strip("/").split("/"))
        service = self.service_at(segments)
        if service is None:
            raise SeedError(f"{path}: not the resource id of an API Management service")
        return service

    def service_at(self, segments: Segments) -> Service | None:
        """Find a service by the segments of its id, without regard to case; None when they are not well formed."""
        key = "/".join(segments).lower()
        found = self.services.get(key)
        if found is None and _well_formed(segments):
            found = self.services[key] = self._empty(segments)
            furnish(found)
        return found

    def seed(self, path: str, entities: Entities, *, fresh: bool | None = None, tier: str | None = None) -> Service:
        """Put entities into a service. With `fresh=False` it begins empty, with True new, else it is as it is."""
        with self.lock:
            if fresh is not None:
                segments = tuple(path.strip("/").split("/"))
                if not _well_formed(segments):
                    raise SeedError(f"{path}: not the resource id of an API Management service")
                service = self.services["/".join(segments).lower()] = self._empty(segments)
                if fresh:
                    furnish(service)
            service = self.service(path)
            if tier is not None:
                check_tier(tier)
                service.tier = tier
            put_all(service, entities)
            return service

    def snapshot(self, path: str) -> dict[str, dict[str, Any]]:
        """Give what a service holds: entities with properties, links with {}; no ETags, no keys."""
        with self.lock:
            return snapshot(self.service(path))

    def used(self, path: str, **calls: Any) -> None:
        """Count calls for the reports: `azure.used(path, subscription="s", api="a", calls=3, when="2026-01-31")`.

        `calls` are the successful ones; others are `blocked`, `failed` and `other`. Without `when` it is now.
        """
        with self.lock:
            record(self.service(path), calls)

    def log_to(self, path: str, workspace: str) -> None:
        """Let a service send its gateway log to a workspace of Log Analytics, by its id."""
        with self.lock:
            self.workspaces.send(self.service(path).path, workspace)

    def secrets(self, path: str, entity: str) -> Mapping[str, Any]:
        """Give what no read shows, such as the keys of `subscriptions/x`."""
        return self._entity(path, entity).secrets

    def etag(self, path: str, entity: str) -> str:
        return self._entity(path, entity).etag

    def grant(self, client_id: str, role: Described | Sequence[Described], scope: str = "/") -> None:
        """Give a client a role, or several, at a scope: `"Reader"`, `{"actions": [...], "dataActions": [...]}`.

        From then on it holds what it was given and nothing else; what it held at the same scope is replaced.
        """
        self.roles.assign(client_id, roles_of(role), scope)

    def app_role(self, client_id: str, audience: str, *roles: str) -> None:
        """Let tokens of a client for an audience carry app roles, such as `Orders.Read` for `api://orders`."""
        self.applications.register(client_id).roles.setdefault(audience.rstrip("/"), []).extend(roles)

    def expose(self, client_id: str, audience: str, *, token_version: int) -> None:
        """Say which application an audience such as `api://orders` is, and which version of token it accepts."""
        self.applications.plant(client_id, {"exposes": {audience: token_version}})

    def federate(self, client_id: str, issuer: str, subject: str, audience: str = EXCHANGE) -> None:
        """Bind a client to an issuer and subject: other assertions, and secrets that are not bound, are refused."""
        self.applications.register(client_id).federated.append(FederatedCredential(issuer, subject, audience))

    def client_secret(self, client_id: str, secret: str) -> None:
        """Bind a client to a secret: others, and assertions that are not bound, are refused."""
        self.applications.register(client_id).secrets.append(secret)

    def token(
        self,
        client_id: str = DEFAULT_CLIENT,
        tenant: str | None = None,
        audience: str = RESOURCE_MANAGER,
        *,
        published: bool = False,
    ) -> str:
        """Issue a token without the round trip to the token endpoint.

        With `published` it is signed as there, so that others can check it; without, only this emulator can.
        """
        roles = self.applications.roles(client_id, audience)
        return self.tokens.issue(Order(client_id, tenant or self.tenant, audience, roles), published=published)

    def person(self, upn: str, program: str = PORTAL) -> str:
        """Issue a token of somebody who works with a program, by its application id: as a rule the Azure portal."""
        return self.tokens.issue(Order(program, self.tenant, RESOURCE_MANAGER, upn=upn), published=False)

    def fault(self, **rule: Any) -> None:
        """Set a fault: `azure.fault(method="PUT", path="/products/", status=429, headers={"Retry-After": "1"})`."""
        self.faults.add(Fault(**rule))

    def storm(self, *, seed: int, share: float = 0.1, faults: Sequence[Fault] = WEATHER) -> None:
        """Let a share of all requests meet one of the faults, drawn by the seed, until the faults are cleared."""
        self.faults.brew(Storm(seed, share, tuple(faults)))

    def fail_late(self, pattern: str) -> None:
        """Let operations on entities such as `namedValues/x` fail in the end, and revert."""
        self.settings.late_failures.append(re.compile(pattern))

    def subscription_ids(self) -> list[str]:
        """Give the Azure subscriptions of the services that were mentioned so far."""
        found = dict.fromkeys(service.path.split("/")[2] for service in self.services.values())
        return list(found) or [str(uuid.UUID(int=0))]

    def _entity(self, path: str, entity: str) -> Entity:
        segments = tuple(entity.strip("/").split("/"))
        found = self.service(path).find(segments[:-1], segments[-1])
        if found is None:
            raise KeyError(entity)
        return found

    def _empty(self, segments: Segments) -> Service:
        spelled = "/".join(_FIXED.get(place, segment) for place, segment in enumerate(segments))
        return Service(f"/{spelled}", self.settings, self.outside)


def _well_formed(segments: Segments) -> bool:
    return (
        len(segments) == SERVICE_DEPTH
        and all(segments[place].lower() == fixed.lower() for place, fixed in _FIXED.items())
        and len(segments[-1]) <= _LONGEST_NAME
        and bool(_SERVICE_NAME.match(segments[-1]))
    )
