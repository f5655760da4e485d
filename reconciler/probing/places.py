"""Rows of Azure in; the gateways of a service, and where an API may be asked without any effect, out."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import quote, urlencode

_HEADER = "Ocp-Apim-Subscription-Key"
_PARAMETER = re.compile(r"\{\*?[^{}]+\}")
_NOBODY = "reconciler-probe"  # stands for the id of something that is not there
_Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True, order=True)
class Gateway:
    """The gateway of a region."""

    location: str
    url: str


@dataclass(frozen=True, slots=True)
class Spot:
    """Where an API is asked: below a gateway's address, with which headers, and in which header it looks for a key."""

    method: Literal["GET", "HEAD"]
    path: str
    headers: tuple[tuple[str, str], ...]
    key_header: str
    given: bool = False  # by whoever asks, who may have been wrong: a 404 then says nothing


def gateways_of(service: _Row) -> tuple[Gateway, ...]:
    """Give the gateway of each region that has one in use; of a service that names none, its common one."""
    properties = service.get("properties") or {}
    whole = {"location": service.get("location"), **properties}
    named = [each for each in (whole, *(properties.get("additionalLocations") or ())) if not each.get("disableGateway")]
    found = {Gateway(each["location"], each["gatewayRegionalUrl"]) for each in named if each.get("gatewayRegionalUrl")}
    if not found and (common := properties.get("gatewayUrl")):
        found = {Gateway(str(service.get("location") or ""), common)}
    return tuple(sorted(found))


def spot(api: _Row, operations: Iterable[_Row], versions: _Row | None, path: str | None) -> Spot | None:
    """Choose what to ask of an API: the path that is given, else an operation that only reads; None if it has none.

    The gateway answers 404 where no operation fits, before it looks at a key, so that any path at all would not do.
    """
    properties = api["properties"]
    names = properties.get("subscriptionKeyParameterNames") or {}
    version, query, headers = _version(properties, versions)
    way = ("GET", path) if path is not None else min(_reading(operations), key=_plainness, default=None)
    if way is None:
        return None
    parts = (each.strip("/") for each in (properties.get("path") or "", version, _filled(way[1])))
    below = "/".join(quote(each) for each in parts if each)
    question = f"?{urlencode(query)}" if query else ""
    method: Literal["GET", "HEAD"] = "HEAD" if way[0] == "HEAD" else "GET"
    return Spot(method, f"/{below}{question}", headers, names.get("header") or _HEADER, given=path is not None)


def _version(properties: _Row, versions: _Row | None) -> tuple[str, dict[str, str], tuple[tuple[str, str], ...]]:
    """Say a version as its set wants it: in the path, the query or a header."""
    version, said = properties.get("apiVersion") or "", (versions or {}).get("properties") or {}
    if not version:
        return "", {}, ()
    match said.get("versioningScheme"):
        case "Query":
            return "", {said["versionQueryName"]: version}, ()
        case "Header":
            return "", {}, ((said["versionHeaderName"], version),)
        case _:
            return version, {}, ()


def _reading(operations: Iterable[_Row]) -> Iterator[tuple[str, str]]:
    for operation in operations:
        properties = operation["properties"]
        if properties.get("method") in ("GET", "HEAD"):
            yield properties["method"], (properties.get("urlTemplate") or "").partition("?")[0]


def _plainness(way: tuple[str, str]) -> tuple[int, bool, str]:
    """Rather no parameter to fill in, and rather GET: an answer to HEAD does not say who refused."""
    method, template = way
    return len(_PARAMETER.findall(template)), method != "GET", template


def _filled(template: str) -> str:
    """Fill parameters in with the name of nobody."""
    return _PARAMETER.sub(_NOBODY, template).removesuffix("*")
