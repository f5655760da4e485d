"""An API goes from one open product to another in one apply: what makes room comes first, whatever they are called."""

from typing import Any

import pytest
from cloud import Cloud
from organisations import organisation

from reconciler.diff import Change, units
from reconciler.order import order
from reconciler.resource import Address, Resource

APIS = {f"apis/{api}": {"displayName": api, "path": api} for api in ("orders", "refunds")}
OPEN, CLOSED = {"subscription_required": False}, {"subscription_required": True}
BOTH = [("alpha", "omega"), ("omega", "alpha")]
# What the one that gives way is before and after, and what the other is; None where it is not there.
WAYS: dict[str, tuple[Any, Any, Any, Any]] = {
    "one closes, the other opens": (OPEN, CLOSED, CLOSED, OPEN),
    "one closes, the other gets the API": (OPEN, CLOSED, {**OPEN, "apis": []}, OPEN),
    "one loses the API, the other opens": (OPEN, {**OPEN, "apis": []}, CLOSED, OPEN),
    "one loses the API, the other gets it": (OPEN, {**OPEN, "apis": []}, {**OPEN, "apis": []}, OPEN),
    "one loses the API, the other is made": (OPEN, {**OPEN, "apis": ["refunds"]}, None, OPEN),
    "one is deleted, the other opens": (OPEN, None, CLOSED, OPEN),
    "one is deleted, the other is made": (OPEN, None, None, OPEN),
}


def company(**products: dict[str, Any] | None) -> dict[str, Any]:
    made = {
        f"commerce/products/{name}.yaml": says
        and {"manage": "product", "mode": "enforce", "environments": ["prod"], "apis": ["orders"], **says}
        for name, says in products.items()
    }
    return organisation(**{"commerce/products/orders.yaml": None, "checkout/grants/orders.yaml": None, **made})


@pytest.mark.parametrize("names", BOTH)
@pytest.mark.parametrize("way", WAYS)
def test_it_goes_there_in_one_apply(way: str, names: tuple[str, str]) -> None:
    first, second = names
    was, will_be, other_was, other = WAYS[way]
    before, after = company(**{first: was, second: other_was}), company(**{first: will_be, second: other})
    cloud = Cloud().seed(APIS)
    cloud.converge(before)
    cloud.converge(after, before)
    opened = [path for path, each in cloud.state().items() if each.get("subscriptionRequired") is False]
    assert f"products/{second}" in opened
    assert f"products/{second}/apis/orders" in cloud.state()
    assert cloud.plan(after, after).written.changes == ()


def test_where_one_cannot_be_closed_the_other_stays_closed() -> None:
    before, after = company(alpha=CLOSED, omega=OPEN), company(alpha=OPEN, omega=CLOSED)
    cloud = Cloud().seed(APIS)
    cloud.converge(before)
    cloud.azure.fault(method="PATCH", path="/products/omega$", times=None, status=400, code="Refused", message="No.")
    outcomes = {str(each.change.address): each.result for each in cloud.apply(cloud.plan(after, before))}
    assert outcomes == {"product omega": "failed", "product alpha": "blocked"}


def test_links_of_other_apis_do_not_wait_for_each_other() -> None:
    gone, made = (Resource(Address("product-api", (name, name))) for name in ("a", "b"))
    assert set(map(frozenset, order(units((Change(gone, None), Change(None, made)))).values())) == {frozenset()}
