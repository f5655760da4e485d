"""What reading Azure needs and costs: the least role, each page once, every row, whatever characters an id has."""

import asyncio
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from cloud import Cloud, wanted
from organisations import SERVICE, TODAY, environment, organisation

from reconciler.apply import Outcome, apply
from reconciler.azure.reading import read
from reconciler.azure.remembering import Remembered, recall, remember
from reconciler.azure.session import Session, path_of
from reconciler.azure.writing import write
from reconciler.cli.run import plan as make_plan
from reconciler.errors import AccessDenied, Unavailable
from reconciler.memory import Applied
from reconciler.permissions import role
from reconciler.resource import Address

APIS = {f"apis/{api}": {"displayName": api, "path": api} for api in ("orders", "refunds")}
MARKS = ["tag", "contact"]
PREFIX = "Microsoft.ApiManagement/service/"
GRANT = {"environments": ["prod"], "key": True, "portal": True, "reason": "r", "expires": "2027-06-30"}
CLIENT = "1a2b0000-0000-0000-0000-000000000000"
TIERS = {"tiers": {"standard": {"rate": "10 per minute"}}}
RULES = {"credentials": "key or token", "oauth": {"audience": "api://orders"}, **TIERS, "include": ["cors"]}
FRAGMENT = "commerce/fragments/cors.xml"
PRODUCT = "commerce/products/orders.yaml"
WITHDRAWN = "checkout/grants/orders.yaml"
ALL = organisation(
    **{
        "environments.yaml": {
            "prod": environment(marks=MARKS, mode="enforce", limits={"removals": {"percent": 100}}),
        },
        WITHDRAWN: {**GRANT, "clients": [CLIENT], "tier": "standard"},
        "checkout/grants/second.yaml": {**GRANT, "key": False},
        FRAGMENT: "<fragment><trace /></fragment>",
        "commerce/products/second.yaml": {
            "manage": "product",
            "environments": ["prod"],
            "apis": ["refunds"],
            "enforce_at": "api",
            **TIERS,
        },
    }
)
NO_RULES = ALL[PRODUCT]
ALL[PRODUCT] = {**NO_RULES, **RULES}
CHANGED = {
    **ALL,
    "checkout/team.yaml": {"display_name": "Till"},
    "commerce/team.yaml": {"display_name": "Trade", "email": "trade@contoso.example"},
    "commerce/apis.yaml": [{"api": "orders"}],
    "checkout/apis.yaml": [{"api": "refunds"}],
    PRODUCT: {**ALL[PRODUCT], "display_name": "Newer", "apis": ["refunds"]},
    FRAGMENT: "<fragment><trace /><trace /></fragment>",
}
COMPROMISED = {**CHANGED, WITHDRAWN: {**CHANGED[WITHDRAWN], "revoked": "compromised"}}
NO_GRANT = {path: value for path, value in CHANGED.items() if path not in (WITHDRAWN, FRAGMENT)}  # the group stays
NO_GRANT[PRODUCT] = {**NO_RULES, "display_name": "Newer", "apis": ["refunds"]}
NOBODY = {path: value for path, value in ALL.items() if path.endswith(("team.yaml", "environments.yaml"))}
LIFE = (
    *((ALL, None, 0), (CHANGED, ALL, 0), (COMPROMISED, CHANGED, 0)),
    *((NO_GRANT, COMPROMISED, 0), (NO_GRANT, NO_GRANT, 31), (NOBODY, NO_GRANT, 31)),
)
PLANS = role("plan", [SERVICE], marks=MARKS)["Actions"]
APPLIES = role("apply", [SERVICE], marks=MARKS)["Actions"]
REMEMBERS = [f"{PREFIX}namedValues/read", f"{PREFIX}namedValues/write"]
CHANGES = [action for action in APPLIES if action not in REMEMBERS]


@pytest.fixture
def cloud() -> Cloud:
    return Cloud().seed(APIS)


def live(cloud: Cloud) -> list[Outcome]:
    """Create, update, withdraw, and wait for the end of the grace."""
    outcomes: list[Outcome] = []
    for contents, previous, days in LIFE:
        outcomes += cloud.apply(cloud.plan(contents, previous, day=TODAY + timedelta(days=days)))
    return outcomes


def asked(cloud: Cloud) -> Counter[str]:
    """Each request below the service, with what it skips."""
    skips = ((entry, entry.query.get("$skip")) for entry in cloud.azure.log.entries)
    return Counter(
        f"{entry.method} {entry.path.removeprefix(f'{SERVICE}/')}" + (f" from {skip}" if skip else "")
        for entry, skip in skips
    )


def crowd(products: int, apis: int, subscriptions: int) -> Cloud:
    cloud = Cloud()
    entities: dict[str, dict[str, Any]] = {}
    entities |= {f"apis/a{index}": {"displayName": f"a{index}", "path": f"a{index}"} for index in range(apis)}
    entities |= {f"products/p{index}": {"displayName": f"p{index}"} for index in range(products)}
    entities |= {f"products/p{index}/apis/a{index % apis}": {} for index in range(products)}
    entities |= {
        f"subscriptions/s{index}": {"scope": f"/products/p{index % products}", "displayName": "s", "state": "active"}
        for index in range(subscriptions)
    }
    cloud.azure.seed(SERVICE, entities, fresh=False)
    cloud.azure.log.clear()
    return cloud


def within(cloud: Cloud, ask: Callable[[Session], Any]) -> Any:
    async def run() -> Any:
        async with cloud.session() as session:
            return await ask(session)

    return asyncio.run(run())


def test_where_one_read_fails_nobody_goes_on_asking_for_the_rest() -> None:
    cloud = Cloud().seed({**APIS, **{f"products/p{number}": {"displayName": f"P{number}"} for number in range(300)}})
    cloud.azure.fault(path="/groups$", status=403, code="AuthorizationFailed")
    cloud.azure.settings.latency = 0.01

    async def reading() -> tuple[int, int]:
        async with cloud.session() as session:
            with pytest.raises(AccessDenied):
                await read(session)
            begun = len(cloud.azure.log.entries)
            await asyncio.sleep(0.1)
            return begun, len(cloud.azure.log.entries)

    begun, later = asyncio.run(reading())
    assert begun == later < 30


def test_a_reader_plans_the_same_as_anybody_and_writes_nothing(cloud: Cloud) -> None:
    cloud.azure.grant("reader", "Reader")
    for contents, previous, days in LIFE:
        day = TODAY + timedelta(days=days)
        cloud.azure.log.clear()
        plan = cloud.plan(contents, previous, day=day, client="reader")
        assert cloud.azure.log.writes == 0
        assert plan == cloud.plan(contents, previous, day=day)
        before = cloud.state()
        outcomes = cloud.apply(plan, client="reader")
        assert [outcome for outcome in outcomes if outcome.result not in ("failed", "blocked")] == []
        for outcome in outcomes:
            if outcome.result == "failed":
                assert ": 403 AuthorizationFailed: " in outcome.because
                assert AccessDenied.advice in outcome.because
        assert cloud.state() == before
        assert {entry.status for entry in cloud.azure.log if entry.method not in ("GET", "HEAD")} <= {403}
        cloud.converge(contents, previous, day=day)


def test_the_roles_name_what_they_do_and_where() -> None:
    for verb in ("plan", "apply"):
        made = role(verb, [SERVICE], marks=MARKS)  # type: ignore[arg-type]
        assert (made["IsCustom"], made["NotActions"], made["AssignableScopes"]) == (True, [], [SERVICE])
        assert all(action.startswith(PREFIX) and "*" not in action for action in made["Actions"])
    assert {action.rpartition("/")[2] for action in PLANS} == {"read"}
    assert set(PLANS) <= set(APPLIES)
    assert not any("listSecrets" in action for action in APPLIES)


def test_the_role_for_plan_suffices_for_every_plan_of_a_life(cloud: Cloud) -> None:
    cloud.azure.grant("plan", {"actions": PLANS})
    for contents, previous, days in LIFE:
        day = TODAY + timedelta(days=days)
        assert cloud.plan(contents, previous, day=day, client="plan") == cloud.plan(contents, previous, day=day)
        cloud.converge(contents, previous, day=day)


@pytest.mark.parametrize("action", PLANS)
def test_without_any_one_action_of_its_role_no_plan_is_made(cloud: Cloud, action: str) -> None:
    if action == f"{PREFIX}products/apis/read":  # links are read from the side that has fewer
        cloud.seed({f"apis/m{index}": {"displayName": f"m{index}", "path": f"m{index}"} for index in range(9)})
    if action == f"{PREFIX}apis/products/read":
        cloud.seed({f"products/m{index}": {"displayName": f"m{index}"} for index in range(9)})
    if action.endswith("/policies/read"):  # only policies that are there are read
        cloud.converge(ALL)
    cloud.azure.grant("plan", {"actions": PLANS})
    cloud.plan(ALL, client="plan")
    cloud.azure.grant("plan", {"actions": [each for each in PLANS if each != action]})
    with pytest.raises(AccessDenied, match=r"^reading .*: 403 AuthorizationFailed: .*request id"):
        cloud.plan(ALL, client="plan")


def test_the_role_for_apply_suffices_for_a_life(cloud: Cloud) -> None:
    cloud.client = "apply"
    cloud.azure.grant("apply", {"actions": APPLIES})
    outcomes = live(cloud)
    assert [outcome for outcome in outcomes if outcome.result != "done"] == []
    kinds = {outcome.change.kind.name for outcome in outcomes}
    assert kinds == {
        *("api-contact", "api-tag", "fragment", "group", "product"),
        *("product-api", "product-group", "subscription", "tag"),
        *("gate", "client", "key-tier", "product-include", "product-rules", "api-rules"),
    }
    assert cloud.plan(NOBODY, NOBODY).written.changes == ()


@pytest.mark.parametrize("action", [action for action in CHANGES if not action.endswith("/read")])
def test_without_any_one_write_of_its_role_an_apply_fails_somewhere(cloud: Cloud, action: str) -> None:
    cloud.client = "apply"
    cloud.azure.grant("apply", {"actions": [each for each in APPLIES if each != action]})
    failed = [outcome.because for outcome in live(cloud) if outcome.result == "failed"]
    assert failed
    assert any(f"'{action}'" in because and AccessDenied.advice in because for because in failed)


@pytest.mark.parametrize("action", sorted(set(CHANGES) - set(PLANS)))
def test_without_any_one_action_beyond_reading_an_apply_fails_somewhere(cloud: Cloud, action: str) -> None:
    cloud.client = "apply"
    cloud.azure.grant("apply", {"actions": [each for each in APPLIES if each != action]})
    assert [outcome for outcome in live(cloud) if outcome.result == "failed"]


def a_merge(cloud: Cloud, contents: dict[str, Any], previous: dict[str, Any] | None) -> Remembered:
    """Do what `converge` does to the service for one merge: recall, plan, apply, remember."""

    async def run(session: Session) -> Remembered:
        before = await recall(session)
        plan = await make_plan(session, wanted(contents, previous, TODAY), "prod", day=TODAY)
        outcomes = await apply(plan.written.changes, lambda changes: write(session, changes), stop=asyncio.Event())
        assert {outcome.result for outcome in outcomes} == {"done"}
        commit = f"{len(contents):040x}"
        now = Applied(service=SERVICE, environment="prod", commit=commit, when=TODAY.isoformat())
        return await remember(session, now, before)

    return within(cloud, run)  # type: ignore[no-any-return]


def test_the_role_for_apply_suffices_for_a_merge_and_for_remembering_it(cloud: Cloud) -> None:
    cloud.client = "apply"
    cloud.azure.grant("apply", {"actions": APPLIES})
    for contents, previous in ((ALL, None), (CHANGED, ALL)):
        made = a_merge(cloud, contents, previous)
        assert within(cloud, recall) == made
        assert made.applied is not None
    assert set(REMEMBERS) <= set(APPLIES)
    assert not set(REMEMBERS) & set(PLANS)


@pytest.mark.parametrize("action", REMEMBERS)
def test_without_any_one_action_of_remembering_a_merge_is_not_remembered(cloud: Cloud, action: str) -> None:
    cloud.client = "apply"
    cloud.azure.grant("apply", {"actions": [each for each in APPLIES if each != action]})
    with pytest.raises(AccessDenied, match="what was applied"):
        a_merge(cloud, ALL, None)


def test_without_marks_the_roles_leave_out_what_only_marks_need(cloud: Cloud) -> None:
    unmarked = {path: {"prod": environment(mode="enforce")} if "env" in path else each for path, each in ALL.items()}
    cloud.client = "apply"
    cloud.azure.grant("apply", {"actions": role("apply", [SERVICE], marks=[])["Actions"]})
    cloud.converge(unmarked)
    left_out = set(APPLIES) - set(role("apply", [SERVICE], marks=[])["Actions"])
    assert {f"{PREFIX}apis/write", f"{PREFIX}tags/write", f"{PREFIX}apis/tags/write"} <= left_out


def test_few_apis_and_many_products_are_read_page_by_page_and_linked_from_the_apis() -> None:
    cloud = crowd(products=130, apis=3, subscriptions=250)
    cloud.plan(organisation())
    lists = ["apis", "groups", "policyFragments", "products", "products from 100"]
    pages = ["subscriptions", "subscriptions from 100", "subscriptions from 200"]
    links = [f"apis/a{index}/products" for index in range(3)]
    assert asked(cloud) == Counter(f"GET {path}" for path in [*lists, *pages, *links])


def test_few_products_and_many_apis_are_linked_from_the_products() -> None:
    cloud = crowd(products=3, apis=230, subscriptions=1)
    cloud.plan(organisation())
    lists = ["apis", "apis from 100", "apis from 200", "groups", "policyFragments", "products", "subscriptions"]
    links = [f"products/p{index}/apis" for index in range(3)]
    assert asked(cloud) == Counter(f"GET {path}" for path in [*lists, *links])


def test_links_come_out_the_same_from_either_side() -> None:
    for cloud in (crowd(products=9, apis=2, subscriptions=0), crowd(products=2, apis=9, subscriptions=0)):
        links = {address.name for address in within(cloud, read) if address.kind == "product-api"}
        said = {
            tuple(path.split("/")[1::2]) for path in cloud.state() if path.startswith("products/") and "/apis/" in path
        }
        assert links == said
        assert links


def test_links_of_more_than_a_page_are_all_read() -> None:
    cloud = crowd(products=130, apis=1, subscriptions=0)
    links = [address for address in within(cloud, read) if address.kind == "product-api"]
    assert len(links) == 130
    assert asked(cloud)["GET apis/a0/products from 100"] == 1


def test_tags_and_users_are_not_read_when_nothing_can_turn_on_them(cloud: Cloud) -> None:
    cloud.plan(organisation())
    assert not {"GET tags", "GET tagResources", "GET users"} & set(asked(cloud))
    cloud.azure.log.clear()
    cloud.plan(ALL)
    assert {path: asked(cloud)[f"GET {path}"] for path in ("tags", "tagResources", "users")} == {
        "tags": 1,
        "tagResources": 1,
        "users": 1,
    }


def test_a_plan_without_changes_reads_each_list_once_and_an_apply_of_it_asks_nothing(cloud: Cloud) -> None:
    cloud.converge(ALL)
    cloud.azure.log.clear()
    plan = cloud.plan(ALL, ALL)
    assert set(asked(cloud).values()) == {1}
    assert cloud.azure.log.writes == 0
    cloud.azure.log.clear()
    assert cloud.apply(plan) == ()
    assert asked(cloud) == Counter()


def test_a_list_of_250_gives_every_row_with_its_own_values() -> None:
    cloud = crowd(products=5, apis=1, subscriptions=250)
    state = within(cloud, read)
    rows = {address.name[0]: row for address, row in state.items() if address.kind == "subscription"}
    assert {name: row.properties["scope"] for name, row in rows.items()} == {
        f"s{index}": f"products/p{index % 5}" for index in range(250)
    }


@pytest.mark.parametrize("rows", [99, 100, 101, 200, 201])
def test_the_edges_of_a_page_lose_nothing(rows: int) -> None:
    cloud = crowd(products=1, apis=1, subscriptions=rows)
    assert len(within(cloud, lambda session: session.rows("subscriptions"))) == rows
    assert len(cloud.azure.log) == max(1, -(-rows // 100))


HIDDEN = {"value": [{"id": "a", "name": "a"}], "count": 2}
REPEATED = {"value": [{"id": "a", "name": "a"}, {"id": "a", "name": "a"}], "count": 2}


@pytest.mark.parametrize("body", [HIDDEN, REPEATED], ids=["hidden", "repeated"])
def test_a_hidden_or_repeated_row_makes_it_read_again_and_then_give_up(cloud: Cloud, body: Any) -> None:
    cloud.azure.fault(path="/groups$", status=200, body=body)
    assert len(within(cloud, lambda session: session.rows("groups"))) == 3
    assert asked(cloud) == Counter({"GET groups": 2})
    cloud.azure.log.clear()
    cloud.azure.fault(path="/groups$", status=200, body=body, times=None)
    said = r"^reading groups of apim-test: 1 rows came of the 2 that Azure counts\. Nothing was decided"
    with pytest.raises(Unavailable, match=said):
        cloud.plan(organisation())
    assert asked(cloud)["GET groups"] == 2


def test_a_row_that_slips_from_one_page_to_the_other_makes_it_read_again() -> None:
    cloud = crowd(products=1, apis=1, subscriptions=150)
    whole = within(cloud, lambda session: session.rows("subscriptions"))
    cloud.azure.log.clear()
    slipped = {"value": whole[99:149], "count": 150}
    cloud.azure.fault(path="/subscriptions$", nth=2, status=200, body=slipped)
    assert within(cloud, lambda session: session.rows("subscriptions")) == whole
    assert asked(cloud) == Counter({"GET subscriptions": 2, "GET subscriptions from 100": 2})


ODD = [
    "orders;rev=2",
    "with space",
    "ünïcode",
    "日本",
    "a/b",
    "a%2Fb",
    "100%",
    "a'b",
    "a,b",
    "a=b",
    "..x",
    "a@b",
    "(1)",
]


@pytest.mark.parametrize("name", ODD)
def test_an_id_with_odd_characters_is_written_read_and_deleted_under_its_own_name(cloud: Cloud, name: str) -> None:
    path = path_of("subscriptions/{}", (name,))

    async def ask(session: Session) -> Any:
        scope = {"scope": f"{SERVICE}/products/starter", "displayName": "x", "state": "active"}
        await session.put(path, scope, "creating it")
        found = await session.get(path, "reading it")
        assert found
        assert found.row["name"] == name
        await session.patch(path, {"state": "suspended"}, "changing it", etag=found.etag)
        return await read(session)

    state = within(cloud, ask)
    assert state[Address("subscription", (name,))].properties["state"] == "suspended"
    assert f"subscriptions/{name}" in cloud.state()
    within(cloud, lambda session: session.delete(path, "deleting it", etag="*"))
    assert f"subscriptions/{name}" not in cloud.state()


@pytest.mark.parametrize("name", [name for name in ODD if name not in ("orders;rev=2", "a/b")])
def test_an_undeclared_subscription_with_an_odd_id_is_suspended_then_deleted(cloud: Cloud, name: str) -> None:
    cloud.converge(ALL)
    cloud.seed({f"subscriptions/{name}": {"scope": "/products/orders", "displayName": "x", "state": "active"}})
    cloud.converge(ALL, ALL)
    assert cloud.state()[f"subscriptions/{name}"]["state"] == "suspended"
    cloud.converge(ALL, ALL, day=TODAY + timedelta(days=31))
    assert f"subscriptions/{name}" not in cloud.state()


@pytest.mark.parametrize("name", ["with space", "ünïcode", "日本", "100%", "a%2Fb", "orders;v"])
def test_an_api_with_an_odd_id_keeps_its_links(cloud: Cloud, name: str) -> None:
    cloud.seed({f"apis/{name}": {"displayName": "Odd", "path": "odd"}, "products/orders": {"displayName": "O"}})
    link = Address("product-api", ("orders", name))

    async def linked(session: Session) -> Any:
        await session.put(path_of("products/{}/apis/{}", link.name), None, "linking it")
        return await read(session)

    assert link in within(cloud, linked)
    many = {f"products/m{index}": {"displayName": f"m{index}"} for index in range(9)}
    assert link in within(cloud.seed(many), read)
    cloud.converge(ALL)
    assert link not in within(cloud, read)


def test_a_revision_that_is_not_current_is_read_and_written_by_its_own_id(cloud: Cloud) -> None:
    path = path_of("apis/{}", ("orders;rev=2",))

    async def ask(session: Session) -> Any:
        await session.put(path, {"path": "orders", "sourceApiId": "/apis/orders"}, "creating a revision")
        found = await session.get(path, "reading a revision")
        assert found
        return found.row, await read(session)

    row, state = within(cloud, ask)
    assert row["name"] == "orders;rev=2"
    assert [address.name[0] for address in state if address.kind == "api"] == ["echo-api", "orders", "refunds"]
