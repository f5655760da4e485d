"""Every kind in the registry through every verb, against the emulator: made, found equal, changed, taken back."""

from copy import deepcopy
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from cloud import Cloud
from organisations import TODAY, environment, organisation

from reconciler.kinds import KINDS
from reconciler.kinds.subscription import revoked_on
from reconciler.resource import Address, Resource

PAST_GRACE = TODAY + timedelta(days=31)
MARKED = {"prod": environment(marks=["tag", "contact"], mode="add", limits={"removals": {"percent": 100}})}
LIVING = {
    "apis/orders": {"displayName": "Orders", "path": "orders"},
    "apis/refunds": {"displayName": "Refunds", "path": "refunds"},
}
FULL = organisation(
    **{
        "environments.yaml": MARKED,
        "checkout__grants__orders.yaml": {
            "environments": ["prod"],
            "key": True,
            "portal": True,
            "reason": "Show the order history",
            "expires": "2027-06-30",
            "clients": ["1a2b0000-0000-0000-0000-000000000000"],
            "tier": "partner",
        },
        "commerce__products__orders.yaml": {
            "manage": "product",
            "display_name": "Orders",
            "environments": ["prod"],
            "apis": ["orders"],
            "credentials": "key or token",
            "oauth": {"audience": "api://orders"},
            "tiers": {"standard": {"rate": "10 per minute"}, "partner": {"rate": "100 per minute"}},
            "default_tier": "standard",
            "include": ["trace"],
        },
        "commerce__products__refunds.yaml": {
            "manage": "product",
            "environments": ["prod"],
            "apis": ["refunds"],
            "tiers": {"standard": {"rate": "10 per minute"}},
            "enforce_at": "api",
        },
        "commerce__fragments__trace.xml": '<fragment>\n  <trace source=\'a\'>@(1 < 2 ? "x" : "y")</trace>\n</fragment>',
    }
)


@dataclass(frozen=True)
class Example:
    """One of a kind: where it is, and how a file changes it in place (a link has nothing to change)."""

    address: Address
    change: tuple[str, str, Any] | None = None
    shows: tuple[str, Any] | None = None


EXAMPLES = {
    "group": Example(
        Address("group", ("checkout",)), ("checkout/team.yaml", "display_name", "Till"), ("displayName", "Till")
    ),
    "product": Example(
        Address("product", ("orders",)), ("commerce/products/orders.yaml", "description", "New"), ("description", "New")
    ),
    "product-group": Example(Address("product-group", ("orders", "checkout"))),
    "product-api": Example(Address("product-api", ("orders", "orders"))),
    "subscription": Example(
        Address("subscription", ("checkout--orders",)),
        ("checkout/team.yaml", "display_name", "Till"),
        ("displayName", "Till: orders"),
    ),
    "tag": Example(Address("tag", ("owner-commerce",))),
    "api-tag": Example(Address("api-tag", ("orders", "owner-commerce"))),
    "api-contact": Example(
        Address("api-contact", ("orders",)),
        ("commerce/team.yaml", "email", "new@contoso.example"),
        ("contact", {"name": "Commerce", "email": "new@contoso.example"}),
    ),
    "fragment": Example(Address("fragment", ("trace",))),
    "gate": Example(Address("gate", ("orders",))),
    "client": Example(Address("client", ("orders", "1a2b0000-0000-0000-0000-000000000000"))),
    "key-tier": Example(Address("key-tier", ("orders", "checkout--orders"))),
    "product-include": Example(Address("product-include", ("orders", "trace"))),
    "product-rules": Example(Address("product-rules", ("orders",))),
    "api-rules": Example(Address("api-rules", ("refunds", "refunds"))),
}
WRITTEN = [kind for kind in KINDS if kind.writable]


def path_of(address: Address) -> str:
    kind = next(kind for kind in KINDS if kind.name == address.kind)
    return kind.path.format(*kind.place(address))


def changed(contents: dict[str, Any], change: tuple[str, str, Any]) -> dict[str, Any]:
    path, key, value = change
    after = deepcopy(contents)
    after[path][key] = value
    return after


def withdrawn(contents: dict[str, Any]) -> dict[str, Any]:
    kept = ("environments.yaml", "guardrails.yaml", "checkout/team.yaml", "commerce/team.yaml")
    return {path: value for path, value in contents.items() if path in kept}


@pytest.fixture
def cloud() -> Cloud:
    return Cloud().seed(LIVING)


def test_every_kind_that_is_written_has_an_example() -> None:
    assert {kind.name for kind in WRITTEN} == set(EXAMPLES)


@pytest.mark.parametrize("kind", [kind.name for kind in WRITTEN])
def test_it_is_made_once_and_then_equal(cloud: Cloud, kind: str) -> None:
    address = EXAMPLES[kind].address
    plan = cloud.converge(FULL)
    assert address in {change.address for change in plan.written.changes}
    assert path_of(address) in cloud.state()
    assert cloud.plan(FULL, FULL).written.changes == ()


@pytest.mark.parametrize("kind", [kind for kind in EXAMPLES if EXAMPLES[kind].change])
def test_a_changed_property_is_sent_alone_and_shows(cloud: Cloud, kind: str) -> None:
    example = EXAMPLES[kind]
    assert example.change
    assert example.shows
    cloud.converge(FULL)
    after = changed(FULL, example.change)
    plan = cloud.converge(after, FULL)
    (change,) = (change for change in plan.written.changes if change.address == example.address)
    assert (change.action, change.writes) == ("update", 1)
    assert cloud.state()[path_of(example.address)][example.shows[0]] == example.shows[1]


@pytest.mark.parametrize("kind", [kind.name for kind in WRITTEN if kind.removable])
def test_withdrawn_and_past_its_grace_it_is_gone(cloud: Cloud, kind: str) -> None:
    cloud.converge(FULL)
    nothing = withdrawn(FULL)
    cloud.converge(nothing, FULL)
    cloud.converge(nothing, nothing, day=PAST_GRACE)
    assert path_of(EXAMPLES[kind].address) not in cloud.state()


@pytest.mark.parametrize("kind", [kind.name for kind in WRITTEN])
def test_observe_shows_it_and_writes_nothing(cloud: Cloud, kind: str) -> None:
    watched = FULL | {"environments.yaml": {"prod": environment(marks=["tag", "contact"], mode="observe")}}
    plan = cloud.converge(watched)
    assert EXAMPLES[kind].address in {change.address for change in plan.observed.changes}
    assert cloud.writes() == 0


def test_a_contact_stays_because_what_was_there_before_is_not_known(cloud: Cloud) -> None:
    cloud.converge(FULL)
    cloud.converge(withdrawn(FULL), FULL)
    assert cloud.state()["apis/orders"]["contact"]["name"] == "Commerce"


def test_nothing_of_an_api_but_its_contact_is_ever_sent(cloud: Cloud) -> None:
    cloud.azure.log.clear()
    before = cloud.state()["apis/orders"]
    cloud.converge(FULL)
    after = cloud.state()["apis/orders"]
    assert {key: value for key, value in after.items() if key != "contact"} == before
    methods = {entry.method for entry in cloud.azure.log.entries if entry.path == f"{cloud.service}/apis/orders"}
    assert "PUT" not in methods


def test_a_fragment_that_azure_lays_out_anew_is_still_equal(cloud: Cloud) -> None:
    cloud.converge(FULL)
    assert "\r\n" in cloud.state()["policyFragments/trace"]["value"]
    assert cloud.plan(FULL).written.changes == ()


def test_a_changed_character_in_an_expressions_string_is_noticed(cloud: Cloud) -> None:
    cloud.converge(FULL)
    after = FULL | {"commerce/fragments/trace.xml": FULL["commerce/fragments/trace.xml"].replace('"x"', '"X"')}
    (change,) = cloud.converge(after, FULL).written.changes
    assert change.address == Address("fragment", ("trace",))


def test_a_revocation_that_somebody_else_wrote_is_not_ours() -> None:
    comments = {
        "Revoked on 2026-01-01 by reconciler: x": True,
        "Revoked by Bob": False,
        "Revoked on 2026-99-99 by reconciler": False,
    }
    for comment, ours in comments.items():
        for state in ("suspended", "active"):
            resource = Resource(Address("subscription", ("s",)), {"state": state, "stateComment": comment})
            assert (revoked_on(resource) is not None) is (ours and state == "suspended")
