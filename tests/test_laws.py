"""The laws of the engine, over generated organisations and services, for every kind in the registry."""

from datetime import timedelta
from graphlib import TopologicalSorter
from typing import Any

from cloud import Cloud
from hypothesis import HealthCheck, given, settings
from organisations import TODAY, World, declared, worlds

from reconciler.access import Access, access
from reconciler.compile import compile
from reconciler.declarations import Product, at
from reconciler.diff import diff, units
from reconciler.kinds import kind_of
from reconciler.order import order
from reconciler.resource import Address

LAW = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
SERVED = settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
PAST_GRACE = TODAY + timedelta(days=31)


def nobody_asks(contents: dict[str, Any]) -> dict[str, Any]:
    """The same organisation with everything withdrawn but who people are."""
    kept = ("environments.yaml", "guardrails.yaml")
    return {path: value for path, value in contents.items() if path in kept or path.endswith("team.yaml")}


@SERVED
@given(worlds())
def test_after_an_apply_the_plan_is_empty_and_cost_what_it_said(world: World) -> None:
    cloud = Cloud().seed(world.living)
    cloud.converge(world.contents)
    writes = cloud.writes()
    again = cloud.converge(world.contents, world.contents)
    assert again.written.changes == ()
    assert cloud.writes() == writes


@SERVED
@given(worlds(modes=("add",)))
def test_what_nobody_declared_survives(world: World) -> None:
    cloud = Cloud().seed(world.living)
    before = cloud.state()
    cloud.converge(world.contents)
    cloud.converge(nobody_asks(world.contents), world.contents)
    cloud.converge(nobody_asks(world.contents), nobody_asks(world.contents), day=PAST_GRACE)
    after = cloud.state()
    named = compile(declared(world.contents), "prod", day=None).state
    paths = {kind_of(address).path.format(*address.name) for address in named}
    assert {path for path in before if path not in paths} <= set(after)
    assert {path: before[path] for path in before if foreign(path)} == {
        path: after[path] for path in after if foreign(path)
    }


def foreign(path: str) -> bool:
    return path.startswith(("products/foreign", "subscriptions/foreign", "subscriptions/old-", "groups/partners"))


@SERVED
@given(worlds())
def test_withdrawn_and_past_its_grace_the_service_is_as_before(world: World) -> None:
    undeclared = ("apis/", "groups/", "products/foreign", "subscriptions/foreign", "subscriptions/everything")
    living = {path: value for path, value in world.living.items() if path.startswith(undeclared)}
    cloud = Cloud().seed(living)
    before = cloud.state()
    cloud.converge(world.contents)
    cloud.converge(nobody_asks(world.contents), world.contents)
    cloud.converge(nobody_asks(world.contents), nobody_asks(world.contents), day=PAST_GRACE)
    assert without_contacts(cloud.state()) == without_contacts(before)


def without_contacts(state: dict[str, Any]) -> dict[str, Any]:
    """What stood in a contact before is not known, so it is never taken back."""
    return {path: {key: value for key, value in each.items() if key != "contact"} for path, each in state.items()}


@SERVED
@given(worlds(modes=("observe",)))
def test_observe_never_writes(world: World) -> None:
    cloud = Cloud().seed(world.living)
    before = cloud.state()
    plan = cloud.converge(world.contents)
    assert plan.written.changes == ()
    assert cloud.writes() == 0
    assert cloud.state() == before


@LAW
@given(worlds())
def test_access_of_what_is_compiled_is_what_the_grants_say(world: World) -> None:
    def of(product: str) -> Address:
        return Address("product", (product,))

    declarations = declared(world.contents)
    products = {product.name: product.value for product in declarations.products}
    said = set()
    for product in declarations.products:
        for group in at(product.value, product.value.in_, "prod").get("visible_to") or ():
            said.add(Access(group, of(product.name), "portal"))
        if product.value.manage == "product" and is_open(product.value) and not guarded(product.value):
            said.add(Access("everybody", of(product.name), "open"))
    for grant in declarations.grants:
        says = at(grant.value, grant.value.in_, "prod")
        until = says.get("expires")
        if until and until < TODAY:
            continue
        product_says = products[grant.name]
        tier = says.get("tier") or product_says.default_tier
        if says.get("portal"):
            said.add(Access(grant.team, of(grant.name), "portal", until=until))
        if says.get("key"):
            counted = None if product_says.credentials == "key and token" else says.get("tier")
            said.add(Access(grant.team, of(grant.name), "key", counted or product_says.default_tier, until))
        if says.get("clients"):
            said.add(Access(grant.team, of(grant.name), "token", tier, until))
    assert access(compile(declarations, "prod", day=TODAY).state) == said


def is_open(product: Product) -> bool:
    """Whether Azure asks for no key: it is said, or a token alone has to do."""
    by_itself = product.credentials in ("token", "key or token") and product.enforce_at != "api"
    return product.subscription_required is False or (product.subscription_required is None and by_itself)


def guarded(product: Product) -> bool:
    return bool(product.oauth or product.tiers) and product.enforcement != "report"


@LAW
@given(worlds())
def test_no_change_is_planned_for_what_is_equal(world: World) -> None:
    state = compile(declared(world.contents), "prod", day=TODAY).state
    assert diff(state, state) == ()


@LAW
@given(worlds(), worlds())
def test_the_order_makes_what_is_referred_to_first_and_deletes_it_last(one: World, other: World) -> None:
    before = compile(declared(one.contents), "prod", day=TODAY).state
    after = compile(declared(other.contents), "prod", day=TODAY).state
    changes = {change.address: change for change in diff(after, before)}
    first = order(units(changes.values()))
    assert {*TopologicalSorter(first).static_order()} == set(first)  # nothing waits for itself
    for change in changes.values():
        for address in kind_of(change.address).refers(change.after) if change.after else ():
            if address in changes and changes[address].action in ("create", "replace"):
                assert change.unit in {changes[address].unit, *after_which(first, changes[address].unit)}
        for address in kind_of(change.address).refers(change.before) if change.before else ():
            if address in changes and changes[address].after is None:
                assert changes[address].unit in {change.unit, *after_which(first, change.unit)}


def after_which(first: dict[Address, set[Address]], unit: Address) -> set[Address]:
    return {each for each, before in first.items() if unit in before}
