"""A service in; what a GET of it answers out, as Azure makes one of which nobody has configured anything."""

from typing import Any

from reconciler.emulator.service import TYPE, Entity, Service
from reconciler.emulator.settings import Settings

_OFF = (
    "Gateway.Security.Ciphers.TripleDes168",
    "Gateway.Security.Protocols.Tls11",
    "Gateway.Security.Protocols.Tls10",
    "Gateway.Security.Protocols.Ssl30",
    "Gateway.Security.Backend.Protocols.Tls11",
    "Gateway.Security.Backend.Protocols.Tls10",
    "Gateway.Security.Backend.Protocols.Ssl30",
    "Gateway.Protocols.Server.Http2",
)
_LOCATION = "West Europe"
_CREATED = "2024-01-01T00:00:00.0000000Z"
_BY = "api@contoso.example"


def service_document(service: Service) -> dict[str, Any]:
    """Give the service itself, with the properties of the spec example; its ETag has no quotes (recorded)."""
    name = service.path.rpartition("/")[2]
    return {
        "id": service.path,
        "name": name,
        "type": TYPE,
        "tags": {},
        "location": _LOCATION,
        "etag": Entity((), name, {}, service.counter).etag.strip('"'),
        "sku": {"name": service.tier, "capacity": 0 if service.tier == "Consumption" else 1},
        "systemData": {
            "createdBy": _BY,
            "createdByType": "User",
            "createdAt": _CREATED,
            "lastModifiedBy": _BY,
            "lastModifiedByType": "User",
            "lastModifiedAt": _CREATED,
        },
        "properties": {**_properties(name), **_gateways(name, service.settings)},
    }


def _properties(name: str) -> dict[str, Any]:
    host = f"{name.lower()}.azure-api.net"
    return {
        "publisherEmail": _BY,
        "publisherName": "Contoso",
        "notificationSenderEmail": "apimgmt-noreply@mail.windowsazure.com",
        "provisioningState": "Succeeded",
        "targetProvisioningState": "",
        "createdAtUtc": _CREATED,
        "portalUrl": f"https://{name.lower()}.portal.azure-api.net",
        "developerPortalUrl": f"https://{name.lower()}.developer.azure-api.net",
        "managementApiUrl": f"https://{name.lower()}.management.azure-api.net",
        "scmUrl": f"https://{name.lower()}.scm.azure-api.net",
        "hostnameConfigurations": [
            {
                "type": "Proxy",
                "hostName": host,
                "negotiateClientCertificate": False,
                "defaultSslBinding": True,
                "certificateSource": "BuiltIn",
            }
        ],
        "publicIPAddresses": ["192.0.2.1"],
        "customProperties": {f"Microsoft.WindowsAzure.ApiManagement.{what}": "false" for what in _OFF},
        "virtualNetworkType": "None",
        "certificates": [],
        "disableGateway": False,
        "apiVersionConstraint": {},
        "publicNetworkAccess": "Enabled",
        "platformVersion": "stv2",
    }


def _gateways(name: str, settings: Settings) -> dict[str, Any]:
    """Say where the gateways are: as in Azure, or all at the address at which this server can be reached."""

    def regional(location: str) -> str:
        region = location.replace(" ", "").lower()
        return settings.gateways.format(name) or f"https://{name.lower()}-{region}-01.regional.azure-api.net"

    others = [
        {
            "location": location,
            "sku": {"name": "Premium", "capacity": 1},
            "zones": [],
            "publicIPAddresses": ["192.0.2.2"],
            "gatewayRegionalUrl": regional(location),
            "disableGateway": False,
            "platformVersion": "stv2",
        }
        for location in settings.locations
    ]
    return {
        "gatewayUrl": settings.gateways.format(name) or f"https://{name.lower()}.azure-api.net",
        "gatewayRegionalUrl": regional(_LOCATION),
        **({"additionalLocations": others} if others else {}),
    }
