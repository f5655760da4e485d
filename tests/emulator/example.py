"""A published example in; verb, path, query and body of its operation out, and how an answer departs from it.

Nothing here is written for one example: which operation a file shows is told by its name and parameters.
"""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from reconciler.emulator.published import Route, published

VERBS = {"Create": "PUT", "Update": "PATCH", "Delete": "DELETE", "Head": "HEAD", "Get": "GET", "List": "GET"}
BESIDE = {"serviceName", "resourceGroupName", "subscriptionId", "api-version", "parameters", "If-Match", "ifMatch"}
SERVICE_ID = re.compile(r"/subscriptions/[^/]+/resourceGroups/[^/]+/providers/Microsoft\.ApiManagement/service/[^/]+")


class Example:
    """One published file."""

    def __init__(self, path: Path) -> None:
        said = json.loads(path.read_text())
        self.name = path.stem.removeprefix("ApiManagement")
        self.parameters: dict[str, Any] = said["parameters"]
        self.responses: dict[str, Any] = said["responses"]
        names = self.parameters
        self.service = (
            f"/subscriptions/{names['subscriptionId']}/resourceGroups/{names['resourceGroupName']}"
            f"/providers/Microsoft.ApiManagement/service/{names['serviceName']}"
        )

    @property
    def body(self) -> Any:
        return self.parameters.get("parameters")

    @property
    def query(self) -> str:
        return "&".join(
            f"{name}={str(value).lower() if isinstance(value, bool) else value}"
            for name, value in self.parameters.items()
            if name.startswith("$") or name in ("deleteSubscriptions", "deleteRevisions", "format", "scope", "tags")
        )

    def operation(self) -> tuple[str, str] | None:
        """Find verb and path: the names fit, and most of the path's words are in the file's name."""
        verbs = [verb for word, verb in VERBS.items() if word in self.name] or ["POST", "GET"]
        if "parameters" not in self.parameters and "POST" not in verbs:
            verbs.append("POST")
        fitting = []
        for template, verb in _described():
            names = re.findall(r"\{(\w+)\}", template)
            if verb in verbs and set(names) == set(self.parameters) - BESIDE - _asked(self.parameters):
                words = [word for word in re.split(r"/|\{\w+\}", template) if word]
                fitting.append((_alike(words, self.name), verb == verbs[0], template, verb))
        if not fitting:
            return None
        *_, template, verb = max(fitting)
        return verb, re.sub(r"\{(\w+)\}", lambda name: str(self.parameters[name[1]]), template).strip("/")


def _asked(parameters: Mapping[str, Any]) -> set[str]:
    """Name the parameters of the query: those that no path has."""
    known = {name for template, _ in _described() for name in re.findall(r"\{(\w+)\}", template)}
    return {name for name in parameters if name not in known}


def _described() -> Iterator[tuple[str, str]]:
    """Give each path that is served, with Microsoft's names of its parts, and its verbs."""
    for route, template in _templates():
        fixed = ""
        parts = []
        for part in template.split("/") if template else []:
            parts.append("{" + NAMES.get(fixed, fixed) + "}" if part == "{}" else part)
            fixed = part
        for verb in route.verbs:
            yield "/".join(parts), verb


def _templates() -> Iterator[tuple[Route, str]]:
    for route in published():
        if route.template == "reports/{}":  # published as so many paths
            yield from ((route, f"reports/by{what}") for what in ("Api", "Product", "Subscription", "User"))
        else:
            yield route, route.template


NAMES = {
    "products": "productId",
    "groups": "groupId",
    "users": "userId",
    "apis": "apiId",
    "apiVersionSets": "versionSetId",
    "tags": "tagId",
    "backends": "backendId",
    "namedValues": "namedValueId",
    "subscriptions": "sid",
    "policyFragments": "id",
    "policies": "policyId",
    "operations": "operationId",
    "releases": "releaseId",
    "schemas": "schemaId",
    "groupLinks": "groupLinkId",
    "apiLinks": "apiLinkId",
    "productLinks": "productLinkId",
    "operationLinks": "operationLinkId",
}


def _alike(words: list[str], name: str) -> int:
    """Count what a path and a file's name have in common, and take off what only the path has."""
    singular = [_singular(part) for word in words for part in re.findall(r"[A-Z]?[a-z]+", word)]
    name = "".join(_singular(part) for part in re.findall(r"[A-Z][a-z]*", name))
    return sum(len(part) if part in name else -len(part) for part in singular)


def _singular(word: str) -> str:
    return re.sub(r"ies$", "y", word.lower()).removesuffix("s")


def departures(expected: Any, answered: Any, where: str = "") -> Iterator[str]:
    """Name what the example's answer has and ours has not, or has in another type; null stands for any type.

    Of what has the same name its id and its type are compared, too.
    """
    if expected is None or answered is None:
        return
    if _kind(expected) is not _kind(answered):
        yield f"{where} is {type(answered).__name__}, not {type(expected).__name__}"
    elif isinstance(expected, dict):
        yield from _identity(expected, answered, where)
        for name, value in expected.items():
            if name in answered:
                yield from departures(value, answered[name], f"{where}.{name}")
            elif value not in (None, "", [], {}):  # Azure leaves empty things out as often as it shows them
                yield f"{where}.{name} is missing"
    elif isinstance(expected, list) and expected:
        if answered:
            yield from departures(expected[0], _fitting(expected[0], answered), f"{where}[]")
        else:
            yield f"{where} has no rows"


def _kind(value: Any) -> type:
    return float if type(value) is int else type(value)  # JSON has numbers


def _identity(expected: Mapping[str, Any], answered: Mapping[str, Any], where: str) -> Iterator[str]:
    """Some examples show a thing of another service than they ask for: those say nothing of ids and types."""
    services = [SERVICE_ID.match(str(each.get("id"))) for each in (expected, answered)]
    if None in services or services[0][0] != services[1][0] or expected.get("name") != answered.get("name"):  # type: ignore[index]
        return
    for name in ("id", "type"):
        if name in expected and expected[name].lower() != str(answered.get(name)).lower():
            yield f"{where}.{name} is {answered.get(name)}, not {expected[name]}"


def _fitting(expected: Any, rows: list[Any]) -> Any:
    """Find the row that the example shows: by its name, else by what it holds."""
    if not isinstance(expected, dict):
        return rows[0]
    alike = [row for row in rows if row.get("name") == expected.get("name") and expected.get("name")]
    return next(iter([*alike, *(row for row in rows if row.keys() >= expected.keys()), rows[0]]))
