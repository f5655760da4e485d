"""Every example that Microsoft publishes for a path that is served: accepted, and answered in the shape it declares.

Nothing here is written for one example. Which operation a file shows is told by its name and parameters; what it refers
to, and what it expects to find, is seeded before it is sent.
"""

import json
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from caller import Arm

from reconciler.emulator import Azure, SeedError
from reconciler.emulator.published import Route, published

FOLDER = Path(os.environ.get("APIM_EXAMPLES") or Path(__file__).parents[3] / "shared" / "apim" / "examples")
FILES = sorted(FOLDER.glob("ApiManagement*.json"))
ABOVE = [path for path in FILES if "serviceName" not in json.loads(path.read_text())["parameters"]]
pytestmark = pytest.mark.skipif(not FILES, reason=f"Microsoft's published examples ({FOLDER.name}) are absent")
VERBS = {"Create": "PUT", "Update": "PATCH", "Delete": "DELETE", "Head": "HEAD", "Get": "GET", "List": "GET"}
BESIDE = {"serviceName", "resourceGroupName", "subscriptionId", "api-version", "parameters", "If-Match", "ifMatch"}
CONFIGURED = re.compile(
    r"\.(tags\.|identity|properties\.(additionalLocations|privateEndpointConnections|apiVersionConstraint\.))"
)
"""What somebody configured in the service that the example of a service shows."""
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


def prepared(example: Example, verb: str, path: str) -> Arm:
    """Seed what the path is nested in, what the body refers to, and what a read is to find."""
    azure = Azure()
    azure.settings.known_named_values = False  # the examples' policies name values that no example makes
    azure.seed(example.service, {}, fresh=False)
    wanted: list[tuple[str, Mapping[str, Any]]] = [(above, {}) for above in _above(path)]
    wanted += [(named, {}) for named in _named(example.body or {}, example.service)]
    if verb != "PUT":
        for response in example.responses.values():
            body = response.get("body") or {}
            if isinstance(body.get("properties"), Mapping):  # an example may ask for one and show another
                parts = path.split("/")
                wanted += [(named, {}) for named in _named(body["properties"], example.service)]
                wanted.append(("/".join(parts[: len(parts) // 2 * 2]), dict(body["properties"])))
            wanted += _held(body, example.service)
            wanted += _tagged(body, path)
        wanted.append((path, {}))
    policy = _policy(path)
    for entity, properties in wanted:
        for above in [*_above(entity), entity]:
            _plant(azure, example.service, above, properties if above == entity else {}, policy)
    return Arm(azure, base=example.service)


def _plant(azure: Azure, service: str, path: str, properties: Mapping[str, Any], policy: str) -> None:
    """Seed an entity if it is one, and not there already as it is wanted; a list or an action is none."""
    if path in azure.snapshot(service) and not properties and not path.endswith("policies/policy"):
        return
    least = ({}, {"scope": "/apis"}, {"value": policy})  # a subscription needs a scope, a policy a text
    for given in (properties, *least):
        try:
            azure.seed(service, {path: given})
        except SeedError:
            continue
        return


def _policy(path: str) -> str:
    """Give a policy; where the example is about a fragment, one that includes it."""
    collection, _, name = path.partition("/")
    include = f'<include-fragment fragment-id="{name.split("/")[0]}" />' if collection == "policyFragments" else ""
    return f"<policies><inbound>{include}</inbound></policies>"


def _tagged(body: Mapping[str, Any], path: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Give what is tagged in each row of a list of pairs, the tag, and the pair; below the API that is asked about."""
    for row in body.get("value", ()) if isinstance(body.get("value"), list) else ():
        tag = row.get("tag") if isinstance(row, Mapping) else None
        for kind in ("api", "operation", "product"):
            if tag and kind in row:
                owner = row[kind]["id"].strip("/")
                if path.startswith("apis/"):
                    owner = "/".join([*path.split("/")[:2], *owner.split("/")[2:]])
                said = {name: value for name, value in row[kind].items() if name not in _OF_A_PAIR}
                yield tag["id"].strip("/"), {}
                yield owner, {**said, "displayName": row[kind]["name"]}
                yield f"{owner}{tag['id']}", {}


_OF_A_PAIR = {"id", "name", "apiName", "apiRevision", "apiVersion", "isCurrent"}


def _above(path: str) -> Iterator[str]:
    parts = path.split("/")
    return ("/".join(parts[:end]) for end in range(2, len(parts), 2))


def _named(value: Any, service: str) -> Iterator[str]:
    """Give the paths of the things that a body refers to, by full or by short id."""
    if isinstance(value, Mapping):
        for item in value.values():
            yield from _named(item, service)
    elif isinstance(value, list):
        for item in value:
            yield from _named(item, service)
    elif isinstance(value, str) and value.startswith("/"):
        path = SERVICE_ID.sub("", value).strip("/")
        if re.fullmatch(r"\w+/[^/]+(/\w+/[^/]+)*", path):
            yield path


def _held(body: Mapping[str, Any], service: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for row in body.get("value", [body]) if isinstance(body.get("value", [body]), list) else [body]:
        if not isinstance(row, Mapping):
            continue
        if "subscriptionId" in row:  # of a report
            yield row["userId"].strip("/"), {}
            yield row["productId"].strip("/"), {}
            yield row["subscriptionId"].strip("/"), {"scope": row["productId"], "ownerId": row["userId"]}
        if not str(row.get("id", "")).startswith("/"):
            continue
        path = SERVICE_ID.sub("", row["id"]).strip("/")
        properties = dict(row.get("properties") or {})
        for named in _named(properties, service):
            yield named, {}
        yield path, properties


def departures(expected: Any, answered: Any, where: str = "") -> Iterator[str]:
    """Name what the example's answer has and ours has not, or has in another type; null stands for any type."""
    if expected is None or answered is None:
        return
    if type(expected) is not type(answered):
        yield f"{where} is {type(answered).__name__}, not {type(expected).__name__}"
    elif isinstance(expected, dict):
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


def _fitting(expected: Any, rows: list[Any]) -> Any:
    """Find the row that the example shows: by its name, else by what it holds."""
    if not isinstance(expected, dict):
        return rows[0]
    alike = [row for row in rows if row.get("name") == expected.get("name") and expected.get("name")]
    return next(iter([*alike, *(row for row in rows if row.keys() >= expected.keys()), rows[0]]))


@pytest.mark.parametrize("path", ABOVE, ids=lambda path: path.stem.removeprefix("ApiManagement"))
def test_an_operation_above_a_service_is_told_in_the_shape_of_the_example(arm: Arm, path: Path) -> None:
    said = json.loads(path.read_text())
    if "operationId" not in said["parameters"]:
        pytest.skip(f"{path.stem} shows a path that is not served")
    started = arm("PUT", "policyFragments/f", {"value": "<fragment />"}).headers["azure-asyncoperation"]
    number = started.partition("operationResults/")[2].partition("?")[0]
    kind = "operationStatuses" if "Status" in path.stem else "operationResults"
    above = f"{arm.base.partition('/resourceGroups')[0]}/providers/Microsoft.ApiManagement/locations/westeurope"
    answer = arm("GET", f"{above}/{kind}/{number}")
    expected = said["responses"][str(answer.status)].get("body")
    assert list(departures(expected, answer.json)) == []


@pytest.mark.parametrize(
    "path", [path for path in FILES if path not in ABOVE], ids=lambda path: path.stem.removeprefix("ApiManagement")
)
def test_an_example_is_accepted_and_answered_in_its_shape(path: Path) -> None:
    example = Example(path)
    found = example.operation()
    if found is None:
        pytest.skip(f"{example.name} shows a path that is not served")
    verb, where = found
    arm = prepared(example, verb, where)
    body = json.dumps(example.body).encode() if example.body is not None else b""
    etag = "*" if verb in ("DELETE", "PATCH") else ""
    answer = arm(verb, where, body=body, etag=etag, query=example.query)
    assert str(answer.status) in example.responses, f"{verb} {where}: {answer.body[:300]!r}"
    expected = example.responses[str(answer.status)].get("body")
    assert [each for each in departures(expected, answer.json) if not CONFIGURED.match(each)] == []
    if verb == "PUT":
        again = arm(verb, where, body=body, etag="*", query=example.query)
        assert again.status == 200
        assert list(departures(example.responses.get("200", {}).get("body"), again.json)) == []
