"""What other hands change in a governed service is named, nothing else is, and an apply brings it back."""

import asyncio
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

import pytest
from cloud import Cloud
from history import FILES, PRESENT, Entities, drifts
from organisations import TODAY, declared, organisation
from test_adopt import adopted, valid

from reconciler.azure.reading import read
from reconciler.declarations import Declarations
from reconciler.declarations.modes import in_mode
from reconciler.drift import Drift, Hand, drift
from reconciler.plan import Target, settings_of
from reconciler.resource import Address

GOVERNED = ("products", "subscriptions", "policyFragments", "groups")


def drifted(
    cloud: Cloud,
    applied: Declarations,
    now: Declarations | None = None,
    *,
    day: date = TODAY,
    hands: Mapping[str, Hand] | None = None,
) -> Drift:
    """Compare, as somebody who may only read."""
    cloud.azure.grant("reader", "Reader")

    async def run() -> Drift:
        async with cloud.session("reader") as session:
            return drift(
                Target(cloud.environment, cloud.service),
                applied=applied,
                declared=now or applied,
                actual=await read(session),
                day=day,
                settings=settings_of(applied.guardrails),
                hands=hands or {},
            )

    return asyncio.run(run())


def address(path: str) -> Address:
    match path.split("/"):
        case ["products", product, "apis" | "groups" as kind, name]:
            return Address(f"product-{kind[:-1]}", (product, name))
        case [collection, name]:
            kinds = {"policyFragments": "fragment", "subscriptions": "subscription", "products": "product"}
            return Address(kinds.get(collection, collection[:-1]), (name,))
    raise ValueError(path)


def click(cloud: Cloud, before: Entities, after: Entities) -> None:
    """Do what somebody did: write and delete through Azure, by another identity."""

    async def run() -> None:
        async with cloud.session("somebody") as session:
            for path in sorted(before.keys() - after.keys(), reverse=True):
                if path.split("/")[0] in GOVERNED and path in cloud.state():
                    await session.delete(path, path, etag="*")
        cloud.seed({path: each for path, each in after.items() if before.get(path) != each})

    asyncio.run(run())


def governed(path: str, before: Entities) -> bool:
    """Whether a change is of something that was adopted: new products, groups and fragments are nobody's yet."""
    parts = path.split("/")
    if parts[0] == "products":
        return f"products/{parts[1]}" in before and parts[-1] != "administrators"
    if parts[0] == "subscriptions" and path not in before:
        return False
    return parts[0] in ("policyFragments", "subscriptions") and path in before


@pytest.mark.skipif(not PRESENT, reason=f"{FILES.name} is absent")
@pytest.mark.parametrize("number", range(29))
def test_each_recorded_drift_is_named_and_brought_back(number: int) -> None:
    _, before, after = list(drifts())[number]
    cloud = Cloud()
    cloud.azure.seed(cloud.service, before, fresh=False)
    _, contents = adopted(cloud)
    truth = in_mode(valid(contents), "prod", "enforce")
    assert drifted(cloud, truth).differences == ()
    there = cloud.state()
    click(cloud, before, after)
    found = drifted(cloud, truth)
    changed = {path for path in {*before, *after} if before.get(path) != after.get(path)}
    added_keys = {
        path
        for path in changed
        if path.startswith("subscriptions/") and path not in before and after[path]["scope"].strip("/") in before
    }
    expected = {address(path) for path in changed if governed(path, before)} | {
        address(path) for path in added_keys if after[path]["scope"].startswith("/products/")
    }
    gone = {each.resource.address for each in found.waiting}
    assert {each.change.address for each in found.differences} | gone == expected
    assert all(each.cause == "changed by another hand" for each in found.differences)
    converged(cloud, truth, found, there, expected - gone)


def converged(
    cloud: Cloud, truth: Declarations, found: Drift, there: Mapping[str, Any], expected: set[Address]
) -> None:
    """Apply, in as many writes as there were differences (a key of another product is a new key: two), and look."""
    already = cloud.writes()
    plan = cloud.plan(truth, truth)
    outcomes = cloud.apply(plan)
    assert [each for each in outcomes if each.result != "done"] == []
    replaced = sum(each.change.action == "replace" for each in found.differences)
    assert cloud.writes() - already == len(expected) + replaced
    again = drifted(cloud, truth)
    assert again.differences == ()
    back = cloud.state()
    for each in expected:
        if each.kind in ("product-api", "product-group"):
            path = f"products/{each.name[0]}/{each.kind.removeprefix('product-')}s/{each.name[1]}"
            assert (path in back) == (path in there)


@pytest.fixture
def cloud() -> Cloud:
    cloud = Cloud().seed({f"apis/{api}": {"displayName": api, "path": api} for api in ("orders", "refunds")})
    cloud.converge(organisation())
    return cloud


def causes(found: Drift) -> dict[str, tuple[str, str]]:
    return {str(each.change.address): (each.did, each.cause) for each in found.differences}


def test_what_is_as_it_was_applied_does_not_drift_and_asking_writes_nothing(cloud: Cloud) -> None:
    before = cloud.writes()
    assert drifted(cloud, declared(organisation())).differences == ()
    assert cloud.writes() == before


def test_what_is_only_observed_or_added_drifts_too(cloud: Cloud) -> None:
    cloud.seed({"groups/partners": {"displayName": "P"}, "products/orders/groups/partners": {}})
    found = drifted(cloud, in_mode(declared(organisation()), "prod", "observe"))
    assert causes(found) == {"product-group orders/partners": ("added", "changed by another hand")}


def test_an_ended_grant_is_told_from_a_click(cloud: Cloud) -> None:
    found = drifted(cloud, declared(organisation()), day=date(2027, 7, 1))
    assert causes(found) == {"subscription checkout--orders": ("added", "expired grant")}


def test_what_is_declared_since_is_not_applied_yet(cloud: Cloud) -> None:
    now = organisation(
        **{
            "commerce/products/orders.yaml": {
                "manage": "product",
                "display_name": "Orders",
                "environments": ["prod"],
                "apis": ["orders", "refunds"],
            }
        }
    )
    found = drifted(cloud, declared(organisation()), declared(now))
    assert found.differences == ()
    assert [str(change.address) for change in found.not_applied] == ["product-api orders/refunds"]


def test_what_no_file_declares_is_named_apart(cloud: Cloud) -> None:
    cloud.seed(
        {
            "products/new": {"displayName": "New"},
            "subscriptions/all": {"scope": "/apis", "displayName": "A", "state": "active"},
        }
    )
    found = drifted(cloud, declared(organisation()))
    assert found.differences == ()
    assert {"product new", "subscription all"} <= {str(address) for address in found.unmanaged}


def test_a_key_that_somebody_deleted_comes_back_as_a_new_one_under_its_name(cloud: Cloud) -> None:
    cloud.seed({"subscriptions/old": {"scope": "/products/orders", "displayName": "Old", "state": "active"}})
    taken = {"environments": ["prod"], "product": "orders", "key": True, "subscription": "old", "reason": "Because"}
    there = organisation(**{"commerce/grants/orders.yaml": {**taken, "expires": "2027-06-30"}})
    assert drifted(cloud, declared(there)).differences == ()

    async def delete() -> None:
        async with cloud.session() as session:
            await session.delete("subscriptions/old", "deleting", etag="*")

    asyncio.run(delete())
    assert causes(drifted(cloud, declared(there))) == {"subscription old": ("removed", "changed by another hand")}
    cloud.converge(there, there)
    assert drifted(cloud, declared(there)).differences == ()


def test_a_click_in_the_portal_is_told_from_another_pipeline_and_from_nobody_knows(cloud: Cloud) -> None:
    cloud.seed({f"groups/{name}": {"displayName": name} for name in ("a", "b", "c", "d")})
    cloud.seed({f"products/orders/groups/{name}": {} for name in ("a", "b", "c", "d")})
    day = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
    hands = {
        "products/orders/groups/a": Hand("piet@contoso.example", day, "portal"),
        "products/orders/groups/b": Hand("asha@contoso.example", day, "person"),
        "products/orders/groups/c": Hand("7f1c", day, "pipeline"),
    }
    found = drifted(cloud, declared(organisation()), hands=hands)
    assert [(each.cause, each.hand and each.hand.who) for each in found.differences] == [
        ("portal click", "piet@contoso.example"),
        ("by hand", "asha@contoso.example"),
        ("other pipeline", "7f1c"),
        ("changed by another hand", None),
    ]
