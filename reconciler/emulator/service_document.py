"""A service in; what a GET of it answers out, as Azure makes one of which nobody has configured anything."""

from typing import Any

from reconciler.emulator.service import TYPE, Entity, Service

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
        "location": "West Europe",
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
        "properties": _properties(name),
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
        "gatewayUrl": f"https://{host}",
        "gatewayRegionalUrl": f"https://{name.lower()}-westeurope-01.regional.azure-api.net",
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
