"""Which fields a list can be filtered and ordered by, and with which operators: as the spec says, list by list."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from caller import Arm

SPEC = Path(__file__).parents[3] / "shared" / "apim" / "swagger"
LISTS = {
    "products": "products",
    "subscriptions": "subscriptions",
    "users": "users",
    "groups": "groups",
    "policyFragments": "policyfragments",
    "tags": "tags",
    "namedValues": "namedvalues",
    "apis": "apis",
    "backends": "backends",
    "apis/{apiId}/products": "apis",
    "users/{userId}/groups": "users",
    "users/{userId}/subscriptions": "users",
    "products/{productId}/subscriptions": "products",
}
NAMES = {"apiId": "echo-api", "userId": "1", "productId": "starter"}
OPERATORS = {"eq", "ne", "gt", "ge", "lt", "le"}
FUNCTIONS = {"contains", "startswith", "endswith", "substringof"}
FIELDS = {
    "name",
    "displayName",
    "description",
    "terms",
    "state",
    "stateComment",
    "ownerId",
    "scope",
    "userId",
    "productId",
    "firstName",
    "lastName",
    "email",
    "registrationDate",
    "note",
    "externalId",
    "value",
    "tags",
    "serviceUrl",
    "path",
    "isCurrent",
    "title",
    "url",
}


def published(collection: str) -> Iterator[tuple[str, set[str]]]:
    """Read the table in the description of `$filter`: each field, its operators and functions."""
    paths = json.loads((SPEC / f"apim{LISTS[collection]}.json").read_text())["paths"]
    (operation,) = (path["get"] for name, path in paths.items() if name.endswith(f"{{serviceName}}/{collection}"))
    (text,) = (item["description"] for item in operation["parameters"] if item.get("name") == "$filter")
    for row in text.split("</br>"):
        cells = [cell.strip() for cell in row.split("|")]
        if len(cells) > 4 and "filter" in cells[2]:
            yield cells[1], set(re.findall(r"\w+", f"{cells[3]} {cells[4]}"))


def filtered(arm: Arm, path: str, clause: str) -> int:
    return arm("GET", path, query=f"$filter={quote(clause)}").status


@pytest.mark.skipif(not SPEC.is_dir(), reason="the published specification of API Management is absent")
@pytest.mark.parametrize("collection", LISTS)
def test_a_list_is_filtered_by_the_fields_and_operators_of_the_spec(arm: Arm, collection: str) -> None:
    rows = dict(published(collection))
    path = collection.format(**NAMES)
    assert rows
    for field in FIELDS:
        known = rows.get(field, set())
        for operator in OPERATORS:
            status = filtered(arm, path, f"{field} {operator} 'x'")
            assert status == (200 if operator in known else 400), (field, operator)
        for function in FUNCTIONS:
            status = filtered(arm, path, f"{function}({field}, 'x')")
            assert status == (200 if function in known else 400), (field, function)


def test_a_state_is_compared_for_equality_alone(arm: Arm) -> None:
    for clause in ("state ne 'active'", "name eq 'x' or startswith(state, 'a')", "'active' ne state"):
        assert filtered(arm, "subscriptions", clause) == 400
    assert filtered(arm, "subscriptions", "not (state eq 'active')") == 200


@pytest.mark.parametrize(
    ("order", "names"),
    [
        ("name", ["a", "B", "c"]),
        ("name asc", ["a", "B", "c"]),
        ("name desc", ["c", "B", "a"]),
        ("name DESC", ["c", "B", "a"]),
        ("", ["c", "a", "B"]),
    ],
)
def test_fragments_come_in_the_order_that_is_asked_for(arm: Arm, order: str, names: list[str]) -> None:
    for name in ("c", "a", "B"):
        arm("PUT", f"policyFragments/{name}", {"value": "<fragment />"})
    assert arm("GET", "policyFragments", query=f"$orderby={quote(order)}").names == names
    first = arm("GET", "policyFragments", query=f"$top=2&$orderby={quote(order)}").json
    assert arm.follow(first["nextLink"]).names == names[2:]


@pytest.mark.parametrize("order", ["value", "name up", "name asc desc", ",", "name,"])
def test_an_order_that_the_list_does_not_have_is_refused(arm: Arm, order: str) -> None:
    assert arm("GET", "policyFragments", query=f"$orderby={quote(order)}").status == 400


def test_other_lists_know_no_order(arm: Arm) -> None:
    assert arm("GET", "groups", query="$orderby=name%20desc").names == arm("GET", "groups").names
