"""What Azure answered about a service in; its APIs, as the service calls them, and where its gateways are, out."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from reconciler.assist.definition import Operation
from reconciler.withheld import NOTHING, Withheld

_Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class LiveApi:
    """An API of the service. `endpoints` are whole addresses, one for each name of the gateway."""

    display_name: str
    description: str
    kind: str
    endpoints: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Live:
    """One service as it was read; `operations` reads those of one API, and `withheld` is what is cut off by hand."""

    apis: Mapping[str, LiveApi] = field(default_factory=dict)
    withheld: Withheld = NOTHING
    operations: Callable[[str], tuple[Operation, ...]] = lambda _: ()


def live_apis(service: _Row, apis: Iterable[_Row], versions: Iterable[_Row]) -> dict[str, LiveApi]:
    """Give the current revision of each API, by its id."""
    gateways = _gateways(service.get("properties") or {})
    schemes = {row["name"]: row["properties"] for row in versions}
    rows = (row for row in apis if ";rev=" not in row["name"])
    return {row["name"]: _api(row["properties"], gateways, schemes) for row in rows}


def operations(rows: Iterable[_Row]) -> tuple[Operation, ...]:
    """Give the operations of an API."""
    return tuple(
        Operation(
            row["name"],
            str(row["properties"].get("method") or ""),
            str(row["properties"].get("urlTemplate") or ""),
            str(row["properties"].get("displayName") or ""),
            {key: value for key, value in row["properties"].items() if key in _TOLD},
        )
        for row in rows
    )


_TOLD = ("displayName", "description", "method", "urlTemplate", "templateParameters", "request", "responses")


def _gateways(service: _Row) -> tuple[str, ...]:
    """Give the names that callers use: those of the company's own, else the one that Azure gave."""
    told = service.get("hostnameConfigurations")
    mappings = [each for each in told if isinstance(each, dict)] if isinstance(told, list) else []
    named = [each for each in mappings if each.get("type") == "Proxy"]
    own = [each for each in named if each.get("certificateSource") != "BuiltIn" and each.get("hostName")]
    own.sort(key=lambda each: not each.get("defaultSslBinding"))
    common = str(service.get("gatewayUrl") or "").rstrip("/")
    return tuple(f"https://{each['hostName']}" for each in own) or ((common,) if common else ())


def _api(says: _Row, gateways: tuple[str, ...], schemes: Mapping[str, _Row]) -> LiveApi:
    scheme = schemes.get(str(says.get("apiVersionSetId") or "").rpartition("/")[2]) or {}
    version, query = str(says.get("apiVersion") or ""), ""
    if version and scheme.get("versioningScheme") == "Query":
        version, query = "", f"?{scheme.get('versionQueryName')}={quote(version, safe='')}"
    elif version and scheme.get("versioningScheme") == "Header":
        version, query = "", f" (with the header {scheme.get('versionHeaderName')}: {version})"
    below = "/".join(filter(None, [str(says.get("path") or "").strip("/"), version]))
    return LiveApi(
        str(says.get("displayName") or ""),
        str(says.get("description") or ""),
        str(says.get("type") or "http"),
        tuple(f"{gateway}/{below}{query}" for gateway in gateways),
    )
