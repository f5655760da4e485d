"""An API's operations and schemas in, a WSDL or a WADL out: the least that says what can be called, and where.

Which elements Azure writes beyond those is unverified; real exports are larger, some faulty (Azure/apiops #387).
"""

from typing import Final
from xml.sax.saxutils import escape, quoteattr

from reconciler.emulator.definitions.openapi import address
from reconciler.emulator.service import Entity, Service

_XSD: Final = "application/vnd.ms-azure-apim.xsd+xml"
_SPACES: Final = 'xmlns:wsdl="http://schemas.xmlsoap.org/wsdl/" xmlns:soap="http://schemas.xmlsoap.org/wsdl/soap/"'
_DECLARED: Final = '<?xml version="1.0" encoding="utf-8"?>\r\n'


def wsdl(service: Service, api: Entity) -> str:
    """Make a WSDL 1.1 document with one port, at the gateway."""
    name = quoteattr(api.properties["displayName"])
    space = quoteattr(api.properties.get("serviceUrl") or f"urn:{api.name}")
    operations = [quoteattr(each.properties["displayName"]) for each in service.rows("apis", api.name, "operations")]
    held = [
        (each.properties.get("document") or {}).get("value", "")
        for each in service.rows("apis", api.name, "schemas")
        if each.properties["contentType"] == _XSD
    ]
    lines = [
        f"<wsdl:definitions name={name} targetNamespace={space} xmlns:tns={space} {_SPACES}>",
        f"  <wsdl:types>{''.join(held)}</wsdl:types>",
        f"  <wsdl:portType name={name}>",
        *(f"    <wsdl:operation name={each} />" for each in operations),
        "  </wsdl:portType>",
        f"  <wsdl:service name={name}>",
        f"    <wsdl:port name={name}><soap:address location={quoteattr(address(service, api))} /></wsdl:port>",
        "  </wsdl:service>",
        "</wsdl:definitions>",
    ]
    return _DECLARED + "\r\n".join(lines)


def wadl(service: Service, api: Entity) -> str:
    """Make a WADL document."""
    resources = [
        f"    <resource path={quoteattr(each.properties['urlTemplate'])}>"
        f"<method name={quoteattr(each.properties['method'])} id={quoteattr(each.name)} /></resource>"
        for each in service.rows("apis", api.name, "operations")
    ]
    lines = [
        '<application xmlns="http://wadl.dev.java.net/2009/02">',
        f"  <doc>{escape(api.properties['displayName'])}</doc>",
        f"  <resources base={quoteattr(address(service, api))}>",
        *resources,
        "  </resources>",
        "</application>",
    ]
    return _DECLARED + "\r\n".join(lines)
