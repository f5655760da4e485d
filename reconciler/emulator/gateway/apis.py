"""A service and a request's path in, the API and the operation that it is for out, or the refusal.

The longest path of an API wins. Versions are told by segment, query or header as their version set says; `;rev=n`
behind the path asks for a revision. An API without operations takes every call here: Azure would answer 404, and
declarations of access hold no operations.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from reconciler.emulator.gateway.refusals import Refused
from reconciler.emulator.service import Entity, Service
from reconciler.emulator.wire import Call

_REVISION: Final = ";rev="
_PARAMETER: Final = re.compile(r"\{(\*?)([^{}]+)\}")


@dataclass(frozen=True, slots=True)
class Asked:
    """What a call is for. `below` is the path below the API's own."""

    api: Entity
    below: str
    operation: Entity | None = None
    parameters: Mapping[str, str] = field(default_factory=dict)

    @property
    def whole(self) -> str:
        """Name the API without its revision: that is what products hold and subscriptions are for."""
        return self.api.name.partition(_REVISION)[0]


def find_api(service: Service, call: Call, segments: tuple[str, ...]) -> Asked:
    """Find by path, version and operation; the text for a caller is that of Azure's answers to a wrong address."""
    fits = [fit for api in service.rows("apis") if (fit := _fit(service, api, call, segments)) is not None]
    best = max(fits, key=lambda fit: fit[0], default=None)
    if best is None:
        raise _absent()
    return _operation(service, call, best[1])


def _absent() -> Refused:
    """The reason and message are Microsoft's page on errors; what a caller sees is unverified."""
    message = "Unable to match incoming request to an operation."
    return Refused(404, "configuration", "OperationNotFound", message, told="Resource not found")


def _fit(service: Service, api: Entity, call: Call, segments: tuple[str, ...]) -> tuple[int, Asked] | None:
    """Give how many segments an API's address takes up, and what is left of the path."""
    path = [part for part in str(api.properties.get("path", "")).split("/") if part]
    asked = list(segments)
    last = len(path) - 1
    revision = ""
    if path and len(asked) > last:
        asked[last], _, revision = asked[last].partition(_REVISION)
    if [part.casefold() for part in asked[: len(path)]] != [part.casefold() for part in path]:
        return None
    wanted = bool(api.properties.get("isCurrent")) if not revision else api.properties.get("apiRevision") == revision
    rest = _version(service, api, call, asked[len(path) :]) if wanted else None
    if rest is None:
        return None
    return len(asked) - len(rest), Asked(api, "/".join(rest))


def _version(service: Service, api: Entity, call: Call, rest: list[str]) -> list[str] | None:
    """Take the version off the path, where the scheme has it there; None where this is not the version asked for."""
    version = api.properties.get("apiVersion")
    identifier = str(api.properties.get("apiVersionSetId") or "").rpartition("/")[2]
    scheme = service.find(("apiVersionSets",), identifier)
    if scheme is None:
        return rest
    match scheme.properties.get("versioningScheme"):
        case "Query":
            said = call.query.get(scheme.properties.get("versionQueryName", ""))
        case "Header":
            said = call.headers.get(scheme.properties.get("versionHeaderName", "").lower())
        case _ if version:
            return rest[1:] if rest[:1] == [version] else None
        case _:
            return rest
    return rest if (said or None) == (version or None) else None


def _operation(service: Service, call: Call, asked: Asked) -> Asked:
    operations = service.rows("apis", asked.api.name, "operations")
    if not operations:
        return asked
    found = list(_matching(operations, call.method, asked.below))
    if not found:
        raise _absent()
    operation, parameters = min(found, key=lambda pair: len(pair[1]))  # fewer parameters are the closer match
    return Asked(asked.api, asked.below, operation, parameters)


def _matching(operations: tuple[Entity, ...], method: str, below: str) -> Iterator[tuple[Entity, Mapping[str, str]]]:
    for operation in operations:
        template = str(operation.properties["urlTemplate"]).partition("?")[0].strip("/")
        match = _pattern(template).fullmatch(below.strip("/"))
        if match is not None and operation.properties["method"].upper() in {method, "*"}:
            yield operation, {name: value or "" for name, value in zip(_names(template), match.groups(), strict=True)}


def _names(template: str) -> list[str]:
    return [name for _, name in _PARAMETER.findall(template)]


def _pattern(template: str) -> re.Pattern[str]:
    """Read `orders/{id}`, `files/{*rest}` and a `*` at the end."""
    parts, position = [], 0
    for match in _PARAMETER.finditer(template):
        parts += [re.escape(template[position : match.start()]), "(.*)" if match[1] else "([^/]+)"]
        position = match.end()
    rest = template[position:]
    parts.append(re.escape(rest.removesuffix("*")) + ".*" if rest.endswith("*") else re.escape(rest))
    return re.compile("".join(parts), re.IGNORECASE)
