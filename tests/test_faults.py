"""Azure failing at each thing a run asks of it: named in our words, nothing half done, and the next run finishes."""

import asyncio
import inspect
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from azure.core import exceptions
from azure.core.rest import HttpRequest
from cloud import Cloud
from organisations import TODAY, environment, organisation

from reconciler.apply import Outcome
from reconciler.azure.errors import translated
from reconciler.diff import units
from reconciler.errors import AccessDenied, AzureError, Conflict, NotFound, Throttled, Unavailable
from reconciler.order import order

APIS = {f"apis/{api}": {"displayName": api, "path": api} for api in ("orders", "refunds")}
NOW = {"Retry-After": "0"}
FRAGMENT = "commerce/fragments/cors.xml"
PRODUCT = "commerce/products/orders.yaml"
GRANT = "checkout/grants/orders.yaml"
MARKED = {"environments.yaml": {"prod": environment(marks=["tag", "contact"], mode="enforce")}}
ALL = organisation(
    **{
        **MARKED,
        FRAGMENT: "<fragment><trace /></fragment>",
        GRANT: {"environments": ["prod"], "key": True, "portal": True, "reason": "r", "expires": "2027-06-30"},
    }
)
CHANGED = {
    **ALL,
    FRAGMENT: "<fragment><trace /><trace /></fragment>",
    PRODUCT: {**ALL[PRODUCT], "display_name": "Newer", "apis": ["refunds"]},
    "commerce/team.yaml": {"display_name": "Trade", "email": "trade@contoso.example"},
    "checkout/team.yaml": {"display_name": "Till"},
}
LISTS = {
    "apis": "reading apis",
    "groups": "reading groups",
    "policyFragments": "reading policyFragments",
    "products": "reading products",
    "subscriptions": "reading subscriptions",
    "tagResources": "reading tagResources",
    "tags": "reading tags",
    "users": "reading users",
    "products/starter/apis": "reading products/starter/apis",
}
STATUSES = {
    401: AccessDenied,
    403: AccessDenied,
    404: NotFound,
    409: Conflict,
    412: Conflict,
    429: Throttled,
    500: Unavailable,
    503: Unavailable,
}


@pytest.fixture
def cloud() -> Cloud:
    return Cloud().seed(APIS)


def at(path: str) -> str:
    return f"/apim-test/{path}$"


def paths(cloud: Cloud, contents: Any, previous: Any = None) -> dict[str, str]:
    """Where each change of a plan is written."""
    changes = cloud.plan(contents, previous).written.changes
    return {str(change.address): change.kind.path.format(*change.address.name) for change in changes}


def dependants(outcomes: tuple[Outcome, ...], names: set[str]) -> set[str]:
    """What comes after some changes, and what comes after that."""
    first = order(units(outcome.change for outcome in outcomes))
    found: set[str] = set()
    while (
        more := {str(each) for each, before in first.items() if {str(one) for one in before} & (found | names)} - found
    ):
        found |= more
    return found


@pytest.mark.parametrize("path", LISTS)
@pytest.mark.parametrize("status", STATUSES)
def test_a_list_refused_names_what_was_read_and_the_request_and_gives_no_plan(
    cloud: Cloud, path: str, status: int
) -> None:
    cloud.azure.fault(method="GET", path=at(path), times=None, status=status, code="Refused", message="Not now.")
    with pytest.raises(AzureError, match=f"^{LISTS[path]} of apim-test: {status} Refused: Not now") as caught:
        cloud.plan(ALL)
    error = caught.value
    assert type(error) is STATUSES[status]
    assert (error.status, error.code, error.detail) == (status, "Refused", "Not now.")
    assert error.request_id
    assert f"(request id {error.request_id})" in str(error)
    assert cloud.writes() == 0


@pytest.mark.parametrize("path", LISTS)
@pytest.mark.parametrize(
    "fault",
    [
        {"cut": "before"},
        {"cut": "after"},
        {"truncate": 0},
        {"truncate": 25},
        {"status": 200, "body": {"value": [], "count": 3}},
        {"status": 200, "body": {"value": None, "count": 0}},
        {"status": 200, "body": {"count": 0}},
        {"status": 200, "body": ["row"]},
        {"status": 200, "body": "row"},
        {"status": 200, "body": {"value": [{"id": "a", "name": "a"}] * 2, "count": 2}},
    ],
    ids=str,
)
def test_a_list_that_is_not_whole_gives_no_plan(cloud: Cloud, path: str, fault: dict[str, Any]) -> None:
    cloud.azure.fault(method="GET", path=at(path), times=None, **fault)
    with pytest.raises(Unavailable, match=f"^{LISTS[path]} of apim-test: .*Nothing was decided on what was not read"):
        cloud.plan(ALL)
    assert cloud.writes() == 0


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ({"status": 403}, AccessDenied),
        ({"status": 404}, NotFound),
        ({"status": 500}, Unavailable),
        ({"cut": "after"}, Unavailable),
        ({"truncate": 40}, Unavailable),
        ({"status": 200, "body": {"value": [], "count": 130}}, Unavailable),
    ],
    ids=str,
)
def test_a_second_page_counts_as_much_as_the_first(cloud: Cloud, fault: dict[str, Any], kind: type[AzureError]) -> None:
    cloud.seed({f"groups/g{index}": {"displayName": f"g{index}"} for index in range(130)})
    for nth in (2, 4, 6):
        cloud.azure.fault(method="GET", path=at("groups"), nth=nth, times=None, **fault)
    with pytest.raises(kind, match=r"^reading groups of apim-test: "):
        cloud.plan(ALL)


def test_a_service_that_is_not_there_is_named(cloud: Cloud) -> None:
    message = "The Resource 'Microsoft.ApiManagement/service/apim-test' under resource group 'rg' was not found."
    cloud.azure.fault(path="/apim-test/", times=None, status=404, code="ResourceNotFound", message=message)
    with pytest.raises(NotFound, match=r"of apim-test: 404 ResourceNotFound: The Resource .* was not found"):
        cloud.plan(ALL)


def test_an_answer_that_is_no_json_of_azures_still_says_what_was_being_done(cloud: Cloud) -> None:
    for body in ("<html>Bad gateway</html>", [], {"error": "text"}, {"error": None}, {}, {"error": {"details": [{}]}}):
        cloud.azure.faults.clear()
        cloud.azure.fault(method="GET", path=at("groups"), times=None, status=403, body=body)
        with pytest.raises(AccessDenied, match=r"^reading groups of apim-test: 403"):
            cloud.plan(ALL)


@pytest.mark.parametrize("fault", [{"status": 500}, {"status": 503}, {"status": 429, "headers": NOW}, {"cut": "after"}])
def test_a_read_that_fails_once_is_read_again(cloud: Cloud, fault: dict[str, Any]) -> None:
    quiet = cloud.plan(ALL)
    for path in LISTS:
        cloud.azure.fault(method="GET", path=at(path), **fault)
    assert cloud.plan(ALL) == quiet


def writes_of(contents: Any, previous: Any = None) -> list[str]:
    cloud = Cloud().seed(APIS)
    if previous:
        cloud.converge(previous)
    return sorted(set(paths(cloud, contents, previous).values()))


@pytest.mark.parametrize("path", writes_of(ALL))
@pytest.mark.parametrize("status", [400, *STATUSES])
def test_a_refused_write_fails_by_name_blocks_its_dependants_and_one_more_run_converges(
    cloud: Cloud, path: str, status: int
) -> None:
    plan, where = cloud.plan(ALL), paths(cloud, ALL)
    cloud.azure.fault(method="PUT|PATCH", path=at(path), times=None, status=status, code="Refused", message="Not now.")
    outcomes = {str(outcome.change.address): outcome for outcome in cloud.apply(plan)}
    hit = {name for name, place in where.items() if place == path}
    blocked = dependants(tuple(outcomes.values()), hit)
    assert {name: outcome.result for name, outcome in outcomes.items()} == {
        name: "failed" if name in hit else "blocked" if name in blocked else "done" for name in where
    }
    for name in hit:
        change = outcomes[name].change
        doing = {"create": "creating", "update": "updating"}[change.action]
        assert outcomes[name].because.startswith(f"{doing} {change.address}: {status} Refused: Not now")
        assert "(request id " in outcomes[name].because
        assert STATUSES.get(status, AzureError).advice in outcomes[name].because
    for name in blocked:
        assert outcomes[name].because.endswith(" was not done")
    cloud.azure.faults.clear()
    cloud.converge(ALL)
    assert cloud.plan(ALL, ALL).written.changes == ()


@pytest.mark.parametrize("path", writes_of(CHANGED, ALL))
def test_a_refused_change_of_what_lives_fails_alone_and_one_more_run_converges(cloud: Cloud, path: str) -> None:
    cloud.converge(ALL)
    plan, where = cloud.plan(CHANGED, ALL), paths(cloud, CHANGED, ALL)
    cloud.azure.fault(method="PUT|PATCH|DELETE", path=at(path), times=None, status=403, code="Refused")
    outcomes = {str(outcome.change.address): outcome.result for outcome in cloud.apply(plan)}
    assert {name for name, result in outcomes.items() if result == "failed"} == {
        name for name, place in where.items() if place == path
    }
    cloud.azure.faults.clear()
    cloud.converge(CHANGED, ALL)
    assert cloud.plan(CHANGED, CHANGED).written.changes == ()


def begun(previous: Any) -> Cloud:
    cloud = Cloud().seed(APIS)
    if previous:
        cloud.converge(previous)
    return cloud


def asked_of_an_apply(contents: Any, previous: Any = None) -> int:
    cloud = begun(previous)
    plan = cloud.plan(contents, previous)
    cloud.azure.log.clear()
    cloud.apply(plan)
    return len(cloud.azure.log)


@pytest.mark.parametrize("path", writes_of(ALL))
def test_a_read_that_does_not_know_of_the_write_yet_is_asked_again(cloud: Cloud, path: str) -> None:
    plan = cloud.plan(ALL)
    afterwards = 1 if path.count("/") > 1 else 3 if path.startswith("policyFragments") else 2  # which read of it
    cloud.azure.fault(method="GET|HEAD", path=at(path), nth=afterwards, stale=True)
    assert [outcome for outcome in cloud.apply(plan) if outcome.result != "done"] == []
    assert cloud.plan(ALL, ALL).written.changes == ()


@pytest.mark.parametrize("seed", range(12))
def test_in_a_storm_what_is_said_to_be_done_is_done_and_a_quiet_run_converges(cloud: Cloud, seed: int) -> None:
    for contents, previous in ((ALL, None), (CHANGED, ALL)):
        plan = cloud.plan(contents, previous)
        cloud.azure.storm(seed=seed, share=0.3)
        outcomes = cloud.apply(plan)
        cloud.azure.faults.clear()
        done = {outcome.change.address for outcome in outcomes if outcome.result == "done"}
        left = cloud.plan(contents, previous)
        assert done & {change.address for change in left.written.changes} == set()
        cloud.converge(contents, previous)
        assert cloud.plan(contents, contents).written.changes == ()
    assert subscribed(cloud) == ["subscriptions/checkout--orders"]


@pytest.mark.parametrize("cut", ["before", "after"])
@pytest.mark.parametrize(("contents", "previous"), [(ALL, None), (CHANGED, ALL)], ids=["new", "changed"])
def test_wherever_the_line_is_cut_for_good_one_more_run_converges(contents: Any, previous: Any, cut: str) -> None:
    for nth in range(1, asked_of_an_apply(contents, previous) + 1, 2):
        cloud = begun(previous)
        plan = cloud.plan(contents, previous)
        cloud.azure.fault(nth=nth, times=None, cut=cut)
        outcomes = cloud.apply(plan)
        assert {outcome.result for outcome in outcomes} <= {"done", "failed", "blocked"}
        assert all(outcome.because for outcome in outcomes if outcome.result != "done")
        cloud.azure.faults.clear()
        cloud.converge(contents, previous)
        assert cloud.plan(contents, contents).written.changes == ()
        assert subscribed(cloud) == ["subscriptions/checkout--orders"]


@pytest.mark.parametrize(
    "fault",
    [
        {"status": 500},
        {"status": 503},
        {"status": 429, "headers": NOW},
        {"status": 409, "code": "PessimisticConcurrencyConflict"},
    ],
    ids=str,
)
def test_a_write_refused_once_is_made_all_the_same(cloud: Cloud, fault: dict[str, Any]) -> None:
    for contents, previous in ((ALL, None), (CHANGED, ALL)):
        cloud.azure.faults.clear()
        plan = cloud.plan(contents, previous)
        for path in set(paths(cloud, contents, previous).values()):
            cloud.azure.fault(method="PUT|PATCH|DELETE", path=at(path), **fault)
        assert {outcome.result for outcome in cloud.apply(plan)} == {"done"}
        assert cloud.plan(contents, contents).written.changes == ()


@pytest.mark.parametrize("cut", ["before", "after"])
@pytest.mark.parametrize("path", writes_of(ALL))
def test_a_new_thing_whose_line_is_cut_once_is_made_all_the_same(cloud: Cloud, path: str, cut: str) -> None:
    plan = cloud.plan(ALL)
    cloud.azure.fault(method="PUT|PATCH", path=at(path), cut=cut)
    assert [outcome for outcome in cloud.apply(plan) if outcome.result != "done"] == []
    assert cloud.plan(ALL, ALL).written.changes == ()


@pytest.mark.parametrize("cut", ["before", "after"])
def test_a_deletion_whose_line_is_cut_once_is_made_all_the_same(cloud: Cloud, cut: str) -> None:
    cloud.converge(ALL)
    nobody = {path: value for path, value in ALL.items() if path.endswith(("team.yaml", "environments.yaml"))}
    plan = cloud.plan(nobody, ALL)
    for path in set(paths(cloud, nobody, ALL).values()):
        cloud.azure.fault(method="DELETE", path=at(path), cut=cut)
    assert {outcome.result for outcome in cloud.apply(plan)} == {"done"}
    assert cloud.plan(nobody, nobody).written.changes == ()


@pytest.mark.parametrize(
    ("meanwhile", "name", "moved"),
    [
        ({"products/orders": {"displayName": "By hand"}}, "product orders", "displayName"),
        ({"groups/checkout": {"displayName": "By hand"}}, "group checkout", "displayName"),
        (
            {"policyFragments/cors": {"value": "<fragment><log /></fragment>", "format": "rawxml"}},
            "fragment cors",
            "value",
        ),
        (
            {"apis/orders": {"displayName": "orders", "path": "orders", "contact": {"name": "By hand"}}},
            "api-contact orders",
            "name",
        ),
    ],
)
def test_what_somebody_changed_between_plan_and_write_is_a_conflict_and_stays(
    cloud: Cloud, meanwhile: dict[str, Any], name: str, moved: str
) -> None:
    cloud.converge(ALL)
    plan = cloud.plan(CHANGED, ALL)
    cloud.seed(meanwhile)
    (path,) = meanwhile
    by_hand = cloud.state()[path]
    outcomes = {str(outcome.change.address): outcome for outcome in cloud.apply(plan)}
    assert outcomes[name].result == "failed"
    assert f"updating {name}: " in outcomes[name].because
    assert moved in outcomes[name].because.split("changed since the plan was made")[0]
    assert Conflict.advice in outcomes[name].because
    assert cloud.state()[path] == by_hand
    cloud.converge(CHANGED, ALL)


def test_what_somebody_changes_between_our_read_and_our_write_is_a_conflict_by_its_etag(cloud: Cloud) -> None:
    cloud.converge(ALL)
    plan = cloud.plan(CHANGED, ALL)
    cloud.azure.fault(method="PATCH", path=at("products/orders"), status=412, code="PreconditionFailed", message="Old.")
    outcomes = {str(outcome.change.address): outcome for outcome in cloud.apply(plan)}
    assert outcomes["product orders"].because.startswith("updating product orders: 412 PreconditionFailed: Old. ")
    assert Conflict.advice in outcomes["product orders"].because


def test_what_somebody_deleted_meanwhile_is_gone_for_an_update_and_done_for_a_deletion(cloud: Cloud) -> None:
    cloud.converge(ALL)
    without = {path: value for path, value in CHANGED.items() if path != FRAGMENT}
    plan = cloud.plan(without, ALL)
    service = cloud.azure.service(cloud.service)
    for collection, name in (("policyFragments", "cors"), ("groups", "checkout")):
        entity = service.find((collection,), name)
        assert entity
        service.remove(entity)
    before = cloud.writes()
    outcomes = {str(outcome.change.address): outcome for outcome in cloud.apply(plan)}
    assert outcomes["fragment cors"].result == "done"
    assert outcomes["group checkout"].result == "failed"
    assert outcomes["group checkout"].because.startswith("updating group checkout: it is gone since the plan was made")
    assert cloud.writes() - before == plan.written.writes - 2
    cloud.azure.seed(cloud.service, {"groups/checkout": {"displayName": "Till"}})
    cloud.converge(without, ALL)
    assert cloud.plan(without, without).written.changes == ()


@pytest.mark.parametrize(
    ("meanwhile", "name"),
    [
        ({"products/orders": {"displayName": "By hand"}}, "product orders"),
        ({"groups/checkout": {"displayName": "By hand"}}, "group checkout"),
        (
            {
                "subscriptions/checkout--orders": {
                    "scope": "/products/starter",
                    "displayName": "By hand",
                    "state": "active",
                }
            },
            "subscription checkout--orders",
        ),
        ({"policyFragments/cors": {"value": "<fragment><log /></fragment>", "format": "rawxml"}}, "fragment cors"),
    ],
)
def test_what_somebody_made_between_plan_and_write_is_a_conflict_and_stays(
    cloud: Cloud, meanwhile: dict[str, Any], name: str
) -> None:
    plan = cloud.plan(ALL)
    cloud.seed(meanwhile)
    (path,) = meanwhile
    by_hand = cloud.state()[path]
    outcomes = {str(outcome.change.address): outcome for outcome in cloud.apply(plan)}
    assert outcomes[name].result == "failed"
    assert outcomes[name].because.startswith(f"creating {name}: somebody made it since the plan was made")
    assert Conflict.advice in outcomes[name].because
    assert cloud.state()[path] == by_hand


def test_a_link_that_somebody_made_or_removed_meanwhile_is_fine(cloud: Cloud) -> None:
    cloud.seed({"products/orders": {"displayName": "Orders"}})
    plan = cloud.plan(ALL)
    cloud.seed({"products/orders/apis/orders": {}})
    assert {outcome.result for outcome in cloud.apply(plan)} == {"done"}
    without = {**ALL, GRANT: {**ALL[GRANT], "portal": False}}
    plan = cloud.plan(without, ALL)
    cloud.azure.service(cloud.service).links("products/groups").remove("orders", "checkout")
    assert {outcome.result for outcome in cloud.apply(plan)} == {"done"}
    assert cloud.plan(without, without).written.changes == ()


@pytest.mark.parametrize("mode", ["add", "enforce"])
@pytest.mark.parametrize("nth", [1, 2])
def test_the_keys_that_azure_makes_along_with_a_product_never_stay(cloud: Cloud, mode: str, nth: int) -> None:
    contents = {**ALL, "environments.yaml": {"prod": environment(mode=mode)}}
    plan = cloud.plan(contents)
    method = {1: "GET", 2: "DELETE"}[nth]
    path = {1: "/products/orders/subscriptions$", 2: "/subscriptions/[0-9a-f]{24}$"}[nth]
    cloud.azure.fault(method=method, path=path, times=None, status=403, code="Refused")
    outcomes = {str(outcome.change.address): outcome.result for outcome in cloud.apply(plan)}
    assert outcomes["product orders"] == "failed"
    assert subscribed(cloud) == []
    cloud.azure.faults.clear()
    cloud.converge(contents)
    assert subscribed(cloud) == ["subscriptions/checkout--orders"]


@pytest.mark.parametrize("mode", ["add", "enforce"])
@pytest.mark.parametrize("described", [{}, {"description": "Place orders"}], ids=["undescribed", "described"])
@pytest.mark.parametrize("asked", range(2, 8))
def test_a_key_that_azure_makes_along_with_a_product_goes_wherever_the_run_stops_and_nobody_elses_with_it(
    cloud: Cloud, mode: str, described: dict[str, str], asked: int
) -> None:
    settings = {"environments.yaml": {"prod": environment(mode=mode)}, PRODUCT: {**ALL[PRODUCT], **described}}
    contents = {path: value for path, value in {**ALL, **settings}.items() if path != GRANT}
    undisturbed = Cloud().seed(APIS)
    undisturbed.converge(contents)
    plan = cloud.plan(contents)
    path = "/products/orders(/subscriptions)?$|/subscriptions/[0-9a-f]{24}$"
    cloud.azure.fault(path=path, nth=asked, cut="after")
    cloud.azure.fault(path=path, nth=asked, times=None, cut="before")
    cloud.apply(plan)
    cloud.azure.faults.clear()
    cloud.seed({"subscriptions/erp": {"scope": "/products/orders", "displayName": "ERP", "state": "active"}})
    cloud.converge(contents)
    assert subscribed(cloud) == ["subscriptions/erp"]
    assert cloud.state()["subscriptions/erp"]["state"] == {"add": "active", "enforce": "suspended"}[mode]
    assert cloud.state()["products/orders"] == undisturbed.state()["products/orders"]
    assert cloud.plan(contents, contents).written.changes == ()


def subscribed(cloud: Cloud) -> list[str]:
    return [name for name, each in cloud.state().items() if str(each.get("scope")).endswith("/products/orders")]


@pytest.mark.parametrize("times", [1, 2])
def test_a_list_that_does_not_know_yet_of_the_key_that_azure_made_is_asked_again(cloud: Cloud, times: int) -> None:
    plan = cloud.plan(ALL)
    rule = {"method": "GET", "path": "/products/orders/subscriptions$"}
    cloud.azure.fault(**rule, times=times, omit="row and count")
    assert {outcome.result for outcome in cloud.apply(plan)} == {"done"}
    assert subscribed(cloud) == ["subscriptions/checkout--orders"]


def test_an_undeclared_subscription_without_a_name_is_suspended_and_then_deleted(cloud: Cloud) -> None:
    async def somebody() -> None:
        async with cloud.session() as azure:
            await azure.put("products/orders", {"displayName": "Orders"}, "creating it by hand")

    asyncio.run(somebody())
    (nameless,) = subscribed(cloud)
    assert "displayName" not in cloud.state()[nameless]
    cloud.converge(ALL)
    assert cloud.state()[nameless]["state"] == "suspended"
    cloud.converge(ALL, ALL, day=TODAY + timedelta(days=31))
    assert nameless not in cloud.state()


@pytest.mark.parametrize("cut", ["before", "after"])
def test_a_change_whose_line_is_cut_once_is_made_all_the_same(cloud: Cloud, cut: str) -> None:
    cloud.converge(ALL)
    plan = cloud.plan(CHANGED, ALL)
    for path in set(paths(cloud, CHANGED, ALL).values()):
        cloud.azure.fault(method="PUT|PATCH|DELETE", path=at(path), cut=cut)
    assert [outcome for outcome in cloud.apply(plan) if outcome.result != "done"] == []
    assert cloud.plan(CHANGED, CHANGED).written.changes == ()


def test_a_fragment_that_fails_late_is_a_failure_new_or_changed(cloud: Cloud) -> None:
    for contents, previous in ((ALL, None), (CHANGED, ALL)):
        cloud.azure.fail_late("policyFragments/cors")
        outcomes = {str(each.change.address): each for each in cloud.apply(cloud.plan(contents, previous))}
        assert {name for name, each in outcomes.items() if each.result != "done"} == {"fragment cors"}
        doing = "updating" if previous else "creating"
        assert outcomes["fragment cors"].because.startswith(f"{doing} fragment cors: ")
        cloud.azure.settings.late_failures.clear()
        cloud.converge(contents, previous)


def test_a_slow_fragment_is_waited_for_new_changed_and_deleted(cloud: Cloud) -> None:
    cloud.azure.settings.slow_polls, cloud.azure.settings.slow_retry_after = 2, 0
    cloud.converge(ALL)
    cloud.converge(CHANGED, ALL)
    assert cloud.state()["policyFragments/cors"]["value"].count("<trace") == 2
    without = {path: value for path, value in CHANGED.items() if path != FRAGMENT}
    cloud.converge(without, CHANGED)
    assert "policyFragments/cors" not in cloud.state()


def kinds(root: type) -> Iterator[type]:
    """Everything that azure-core can raise."""
    for _, each in inspect.getmembers(exceptions, inspect.isclass):
        if issubclass(each, root):
            yield each


class _Response:
    """As much of an answer as an exception keeps."""

    def __init__(self, status: int) -> None:
        self.status_code, self.headers, self.reason = status, {"x-ms-request-id": "r-1"}, "Reason"
        self.request = HttpRequest("GET", "https://localhost")

    def text(self) -> str:
        return '{"error": {"code": "Refused", "message": "Not now."}}'


@pytest.mark.parametrize("kind", list(kinds(exceptions.AzureError)))
def test_everything_the_client_can_raise_without_an_answer_becomes_ours(kind: type[exceptions.AzureError]) -> None:
    error = kind.__new__(kind)
    exceptions.AzureError.__init__(error, "It broke.\nAt length.")
    error.response = None  # type: ignore[attr-defined]
    with pytest.raises(AzureError, match=r"^reading x of y: .*It broke") as caught, translated("reading x of y"):
        raise error
    denied = issubclass(kind, exceptions.ClientAuthenticationError)
    assert type(caught.value) is (AccessDenied if denied else Unavailable)
    assert "At length" not in str(caught.value)
    assert caught.value.__cause__ is error


@pytest.mark.parametrize("kind", list(kinds(exceptions.HttpResponseError)))
@pytest.mark.parametrize("status", STATUSES)
def test_everything_the_client_can_raise_with_an_answer_becomes_ours_by_its_status(
    kind: type[exceptions.HttpResponseError], status: int
) -> None:
    error = kind.__new__(kind)
    exceptions.AzureError.__init__(error, "It broke.")
    error.response = _Response(status)  # type: ignore[assignment]
    with pytest.raises(AzureError) as caught, translated("reading x of y"):
        raise error
    assert type(caught.value) is STATUSES[status]
    assert str(caught.value).startswith(f"reading x of y: {status} Refused: Not now. (request id r-1)")
