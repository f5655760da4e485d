"""A service's tier in, nothing out, or the refusal of what that tier does not offer or holds no more of.

The numbers are those of Microsoft's page on limits (service-limits.md, February 2026). They bind requests and not
seeds: older services were left above them. That "API tags" are all tags of a service is unverified, as is the text.
"""

from collections.abc import Mapping
from typing import Final

from reconciler.emulator.errors import AzureError, invalid
from reconciler.emulator.service import Segments, Service

TIERS: Final = (
    "Consumption",
    "Developer",
    "Basic",
    "BasicV2",
    "Standard",
    "StandardV2",
    "Premium",
    "PremiumV2",
)
_LIMITS: Final[Mapping[Segments, tuple[int | None, ...]]] = {  # Consumption, Developer, Basic, Standard, Premium
    ("apis", "operations"): (3_000, 3_000, 10_000, 50_000, 75_000),
    ("tags",): (1_500, 1_500, 1_500, 2_500, 15_000),
    ("namedValues",): (5_000, 5_000, 5_000, 10_000, 18_000),
    ("products",): (100, 100, 200, 500, 2_000),
    ("subscriptions",): (None, 10_000, 15_000, 25_000, 75_000),
    ("users",): (None, 20_000, 20_000, 50_000, 75_000),
}
_COLUMNS: Final = ("Consumption", "Developer", "Basic", "Standard", "Premium")
_NOT_IN_CONSUMPTION: Final = frozenset({"groups", "users"})


def check_tier(name: str) -> None:
    if name not in TIERS:
        raise ValueError(f"unknown tier {name}; known are {', '.join(TIERS)}")


def refuse_above_limit(service: Service, collection: Segments) -> None:
    """Refuse one more of a type."""
    fixed = collection[::2]
    limits = _LIMITS.get(fixed)
    limit = limits[_COLUMNS.index(service.tier.removesuffix("V2"))] if limits else None
    if limit is not None and service.indexes.count(*fixed) >= limit:
        raise invalid(f"The {service.tier} pricing tier holds no more than {limit} {fixed[-1]}")


def refuse_missing(service: Service, template: str) -> None:
    """Consumption has no groups and no users: status and text are quoted, for groups, in Azure/apiops #686."""
    if service.tier == "Consumption" and not _NOT_IN_CONSUMPTION.isdisjoint(template.split("/")):
        raise AzureError(400, "MethodNotAllowedInPricingTier", "Method not allowed in Consumption pricing tier")
