"""Everything that is looked at, as values; and the names that the workflows use."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from reconciler.declarations import Declarations
from reconciler.entra.findings import Looked
from reconciler.github.governing import Seen, Settings

PLAN: Final = "access-plan"
SWITCH, APP, APP_KEY = "RECONCILER", "RECONCILER_APP_ID", "RECONCILER_APP_KEY"
CLIENT, TENANT = "AZURE_CLIENT_ID", "AZURE_TENANT_ID"
ISSUER: Final = "https://token.actions.githubusercontent.com"
AUDIENCE: Final = "api://AzureADTokenExchange"


@dataclass(frozen=True, slots=True)
class Credential:
    """A federated credential: whose token is taken for the application's."""

    issuer: str
    subject: str
    audiences: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Service:
    """A service as it was found: why it was not reached, and why it remembers nothing; empty where all is well."""

    trouble: str = ""
    memory: str = ""


@dataclass(frozen=True, slots=True)
class Facts:
    """`brought` are the files of this version, as git digests them.

    `services`, `credentials` (by client id) and `entra` (by environment) are empty where Azure is not asked.
    """

    declarations: Declarations
    settings: Settings
    brought: Mapping[str, str]
    owners_are_fresh: bool
    services: Mapping[str, Service] = field(default_factory=dict)
    credentials: Mapping[str, Seen[tuple[Credential, ...]]] = field(default_factory=dict)
    entra: Mapping[str, Looked] = field(default_factory=dict)

    @property
    def repository(self) -> str:
        """OWNER/NAME, as GitHub writes it."""
        return self.settings.name

    @property
    def places(self) -> dict[str, str]:
        """Each environment that applies, as GitHub calls it, with its declared name."""
        return {f"access-{name}": name for name in self.declarations.environments}
