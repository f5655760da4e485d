"""`environments.yaml`: the API Management services governed here, and the limits of each."""

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, RootModel, WithJsonSchema

from reconciler.declarations.fields import Declaration, EntraId, Mode, Name, Percent, Url

SERVICE = re.compile(
    r"/subscriptions/(?P<subscription>[^/]+)/resourceGroups/[^/]+"
    r"/providers/Microsoft\.ApiManagement/service/(?P<name>[a-zA-Z](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?)",
    re.IGNORECASE,
)
PUBLIC_CLOUD = "https://management.azure.com"


def _service(text: str) -> str:
    if not SERVICE.fullmatch(text):
        raise ValueError(
            "write the service's resource id: /subscriptions/<id>/resourceGroups/<name>"
            "/providers/Microsoft.ApiManagement/service/<name>"
        )
    return text


class RemovalLimit(Declaration):
    """How much one plan may take away before somebody must say so."""

    percent: Percent = Field(default=10, description="Share of what is declared, for each kind and each owner.")
    at_least: Annotated[int, Field(ge=1)] = Field(default=5, description="Fewer removals than this are never refused.")


class Limits(Declaration):
    """What is refused without `apply --allow`."""

    removals: RemovalLimit = Field(default_factory=RemovalLimit)


class Environment(Declaration):
    """One API Management service."""

    service: Annotated[
        str,
        AfterValidator(_service),
        WithJsonSchema({"type": "string", "pattern": "^/subscriptions/.+/service/[^/]+$"}),
    ] = Field(description="The service's resource id in Azure.")
    tenant: EntraId | None = Field(default=None, description="Entra tenant id; needed where teams name Entra groups.")
    key_vault: Url | None = Field(
        default=None,
        description="The Key Vault that keys are delivered to, of teams that name none of their own. "
        "Without any, the plan says how the owner reads a key.",
    )
    log_analytics: EntraId | None = Field(
        default=None,
        description="Id of the Log Analytics workspace that has the service's gateway log: who calls is read there.",
    )
    variables: dict[Annotated[str, Field(pattern="^[a-z_][a-z0-9_]*$")], str] = Field(
        default_factory=dict, description="Filled in for `$(name)` in ids.", examples=[{"letter": "d"}]
    )
    endpoint: Url = Field(
        default=PUBLIC_CLOUD, description="Of Azure Resource Manager: only another cloud, or the emulator."
    )
    authority: Url = Field(
        default="https://login.microsoftonline.com", description="Of Entra, which makes tokens: only another cloud."
    )
    mode: Mode = Field(default="add", description="Of every product here, until the product says otherwise.")
    marks: list[Literal["tag", "contact"]] = Field(
        default_factory=list, description="How ownership shows on APIs in API Management; by default not at all."
    )
    limits: Limits = Field(default_factory=Limits, description="What is refused without `apply --allow`.")

    @property
    def service_name(self) -> str:
        """The last part of the service's resource id."""
        return self.service.rsplit("/", 1)[-1]

    @property
    def subscription_id(self) -> str:
        """The Azure subscription that the service is in."""
        match = SERVICE.fullmatch(self.service)
        return match["subscription"] if match else ""


class Environments(RootModel[dict[Name, Environment]]):
    """The environments by name."""
