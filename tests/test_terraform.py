"""Terraform's state is read, it is told to let go, and what is governed can be given back."""

import json
import re
from typing import Any

import pytest
from cloud import Cloud
from organisations import SERVICE, TODAY, declared, organisation
from test_adopt import adopted, company, named, nothing_changes, text
from test_check import problems

from reconciler.compile import compile
from reconciler.resource import Address
from reconciler.terraform import NoState, Owned, let_go, owned, take_over


def state(*resources: dict[str, Any]) -> str:
    return json.dumps({"version": 4, "terraform_version": "1.9.0", "resources": list(resources)})


def resource(kind: str, name: str, *paths: str, module: str | None = None) -> dict[str, Any]:
    instances = [{"index_key": path, "attributes": {"id": f"{SERVICE.upper()}/{path}"}} for path in paths]
    return {"mode": "managed", "type": kind, "name": name, "instances": instances} | (
        {"module": module} if module else {}
    )


PRODUCT = resource("azurerm_api_management_product", "orders", "products/orders")
LINKS = resource("azurerm_api_management_product_api", "all", "products/orders/apis/a", "products/orders/apis/b")
KEY = resource("azurerm_api_management_subscription", "shop", "subscriptions/shop", module='module.keys["x"]')
API = resource("azurerm_api_management_api", "orders", "apis/orders")


def test_what_a_state_holds_of_the_access_layer_is_terraforms() -> None:
    data = {**PRODUCT, "mode": "data"}
    elsewhere = resource("azurerm_api_management_product", "other", "products/x")
    elsewhere["instances"][0]["attributes"]["id"] = f"{SERVICE}-other/products/x"
    assert owned(state(PRODUCT, LINKS, KEY, API, data, elsewhere), SERVICE) == (
        Owned("azurerm_api_management_product.orders", Address("product", ("orders",))),
        Owned("azurerm_api_management_product_api.all", Address("product-api", ("orders", "a"))),
        Owned("azurerm_api_management_product_api.all", Address("product-api", ("orders", "b"))),
        Owned('module.keys["x"].azurerm_api_management_subscription.shop', Address("subscription", ("shop",))),
    )


def test_one_block_lets_go_of_all_that_a_resource_makes() -> None:
    blocks = let_go(owned(state(PRODUCT, LINKS, KEY), SERVICE))
    assert re.findall(r"from = (.*)", blocks) == [
        "azurerm_api_management_product.orders",
        "azurerm_api_management_product_api.all",
        "module.keys.azurerm_api_management_subscription.shop",
    ]
    assert blocks.count("destroy = false") == blocks.count("removed {") == 3


@pytest.mark.parametrize("broken", ["", "{}", "[]", '{"version": 3, "modules": []}', '{"version": 4, "resources": 1}'])
def test_what_is_no_state_is_said_plainly(broken: str) -> None:
    with pytest.raises(NoState, match="no Terraform state"):
        owned(broken, SERVICE)


def test_a_product_of_terraforms_is_adopted_as_such_and_enforced_only_when_it_let_go() -> None:
    cloud = Cloud()
    _, contents = adopted(company(cloud), terraform=frozenset({Address("product", ("orders",))}))
    written = text(contents, "unowned/products/orders.yaml")
    assert "manage: product" not in written
    assert "deployed_by: terraform" in written
    assert named(contents)["keys"] == 9
    nothing_changes(cloud, contents, modes=("observe", "add"))
    enforced = organisation(
        **{
            "commerce/products/orders.yaml": {
                "environments": ["prod"],
                "deployed_by": "terraform",
                "mode": "enforce",
                "manage": "product",
            }
        }
    )
    hint = "and terraform deploys it still (let terraform go of it first, then delete `deployed_by`)"
    assert [problem.partition(": ")[2] for problem in problems(enforced)] == [
        f"`mode: enforce` (prod), {hint}",
        f"`manage: product`, {hint}",
    ]


def test_what_is_governed_can_be_given_back() -> None:
    compiled = compile(declared(organisation()), "prod", day=TODAY)
    blocks = take_over(compiled.state, SERVICE)
    assert re.findall(r'to = (\S+)\n  id = "(.*)"', blocks) == [
        ("azurerm_api_management_product.orders", f"{SERVICE}/products/orders"),
        ("azurerm_api_management_product_api.orders_orders", f"{SERVICE}/products/orders/apis/orders"),
        ("azurerm_api_management_subscription.checkout--orders", f"{SERVICE}/subscriptions/checkout--orders"),
    ]


def test_odd_names_make_no_odd_blocks() -> None:
    things = [Address("product", (name,)) for name in ("1 a", "1_a", 'x"${y}', "-")]
    blocks = take_over(things, SERVICE)
    labels = re.findall(r"to = azurerm_api_management_product\.(\S+)", blocks)
    assert len(set(labels)) == len(labels) == 4
    assert all(re.fullmatch(r"[A-Za-z_][A-Za-z0-9_-]*", label) for label in labels)
    assert 'x\\"$${y}' in blocks
