"""A request above a single service in, its answer out: subscriptions and the services they hold."""

from typing import Any

from reconciler.emulator.azure import Azure
from reconciler.emulator.errors import not_found
from reconciler.emulator.service import PROVIDER, Service
from reconciler.emulator.service_document import service_document
from reconciler.emulator.wire import Answer, Call


def answered(call: Call, azure: Azure) -> Answer | None:
    """Answer what stands above a service; None for everything else."""
    lowered = tuple(segment.lower() for segment in call.segments)
    if call.method not in ("GET", "HEAD"):
        return None
    return _of_services(call, lowered, azure) or _of_the_account(call, lowered, azure)


def _of_services(call: Call, lowered: tuple[str, ...], azure: Azure) -> Answer | None:
    provider = PROVIDER.lower()
    match lowered:
        case ("subscriptions", _, "providers", namespace, "service") if namespace == provider:
            return _services(azure, call.segments[:2])
        case ("subscriptions", _, "resourcegroups", _, "providers", namespace, "service") if namespace == provider:
            return _services(azure, call.segments[:4])
        case ("subscriptions", subscription, "providers", namespace, "locations", _, kind, _) if (
            namespace == provider and kind in ("operationstatuses", "operationresults")
        ):
            return _operation(azure, call, subscription, whole=kind == "operationstatuses")
    return None


def _of_the_account(call: Call, lowered: tuple[str, ...], azure: Azure) -> Answer | None:
    match lowered:
        case ("subscriptions",):
            rows = [_subscription(name, azure.tenant) for name in azure.subscription_ids()]
            return Answer(200, {"value": rows, "count": {"type": "Total", "value": len(rows)}})
        case ("subscriptions", name):
            return Answer(200, _subscription(name, azure.tenant))
        case ("subscriptions", _, "providers"):
            return Answer(200, {"value": [_provider(call.segments[1])]})
        case ("subscriptions", _, "providers", namespace) if namespace == PROVIDER.lower():
            return Answer(200, _provider(call.segments[1]))
        case ("subscriptions", _, "resourcegroups", _):
            return _resource_group(call)
    return None


def _provider(subscription: str) -> dict[str, Any]:
    """Say that API Management may be used, which Terraform's providers ask before anything else."""
    return {
        "id": f"/subscriptions/{subscription}/providers/{PROVIDER}",
        "namespace": PROVIDER,
        "registrationState": "Registered",
        "registrationPolicy": "RegistrationRequired",
        "resourceTypes": [],
    }


def _resource_group(call: Call) -> Answer:
    """Every well-formed group is there, as every service is."""
    if call.method == "HEAD":
        return Answer(204)
    return Answer(
        200,
        {
            "id": call.path,
            "name": call.segments[3],
            "type": "Microsoft.Resources/resourceGroups",
            "location": "westeurope",
            "properties": {"provisioningState": "Succeeded"},
        },
    )


def _operation(azure: Azure, call: Call, subscription: str, *, whole: bool) -> Answer:
    """Poll an operation by its number alone: its status, or 202 until it is done (spec)."""
    begin = f"/subscriptions/{subscription}/"
    for service in azure.services.values():
        operation = service.operations.poll(call.segments[-1]) if service.path.lower().startswith(begin) else None
        if operation is None:
            continue
        if not whole:
            return Answer(200 if operation.done else 202)
        return Answer(200, {"id": call.path, "name": operation.identifier, "status": operation.status})
    raise not_found("Operation")


def _subscription(name: str, tenant: str) -> dict[str, Any]:
    return {
        "id": f"/subscriptions/{name}",
        "subscriptionId": name,
        "tenantId": tenant,
        "displayName": "Local Azure",
        "state": "Enabled",
        "authorizationSource": "RoleBased",
        "managedByTenants": [],
        "subscriptionPolicies": {
            "locationPlacementId": "Public_2014-09-01",
            "quotaId": "Local",
            "spendingLimit": "Off",
        },
    }


def _services(azure: Azure, below: tuple[str, ...]) -> Answer:
    """List the services that a seed or a request has mentioned."""
    prefix = "/".join(below).lower()
    found: list[Service] = [service for key, service in azure.services.items() if key.startswith(f"{prefix}/")]
    return Answer(200, {"value": [service_document(service) for service in found]})
