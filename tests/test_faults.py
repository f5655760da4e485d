"""Azure answering otherwise than hoped: a clear error that names what was done to what, and never half a plan."""

from typing import Any

import pytest
from azure.core import exceptions
from cloud import Cloud
from organisations import SERVICE, organisation

from reconciler.azure.errors import translated
from reconciler.errors import AccessDenied, AzureError, Conflict, NotFound, Throttled, Unavailable

APIS = {f"apis/{api}": {"displayName": api, "path": api} for api in ("orders", "refunds")}
NOW = {"Retry-After": "0"}
LISTS = ["apis", "groups", "products", "subscriptions", "policyFragments"]


@pytest.fixture
def cloud() -> Cloud:
    return Cloud().seed(APIS)


@pytest.mark.parametrize("path", LISTS)
@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (401, "AuthenticationFailed", AccessDenied),
        (403, "AuthorizationFailed", AccessDenied),
        (404, "ResourceNotFound", NotFound),
        (409, "Conflict", Conflict),
        (412, "PreconditionFailed", Conflict),
        (429, "TooManyRequests", Throttled),
        (500, "InternalServerError", Unavailable),
    ],
)
def test_a_refused_read_is_an_error_and_no_plan(
    cloud: Cloud, path: str, status: int, code: str, kind: type[AzureError]
) -> None:
    cloud.azure.fault(method="GET", path=f"/{path}$", times=99, status=status, code=code, message="No.")
    with pytest.raises(kind) as error:
        cloud.plan(organisation())
    assert f"reading {path} of apim-test: {status} {code}: No" in str(error.value)
    assert error.value.request_id
    assert error.value.request_id in str(error.value)
    assert cloud.writes() == 0


@pytest.mark.parametrize("path", [*LISTS, "products/.*/apis"])
@pytest.mark.parametrize("fault", [{"cut": "before"}, {"cut": "after"}, {"truncate": 25}])
def test_a_cut_connection_or_half_a_page_is_an_error_and_no_plan(
    cloud: Cloud, path: str, fault: dict[str, Any]
) -> None:
    cloud.seed({f"apis/more{index}": {"displayName": f"m{index}", "path": f"m{index}"} for index in range(5)})
    cloud.azure.fault(method="GET", path=f"/{path}$", times=99, **fault)
    with pytest.raises(Unavailable, match=r"reading .* of apim-test: .*Nothing was decided on what was not read"):
        cloud.plan(organisation())


@pytest.mark.parametrize(
    "body",
    [
        {"value": [], "count": 3},
        {"count": 3},
        {"value": [{"id": "a", "name": "a"}, {"id": "a", "name": "a"}], "count": 2},
        [],
        {"value": [{"id": "x", "name": "x", "properties": {"groups": [{"name": "no id"}]}}], "count": 1},
    ],
)
def test_a_page_that_is_not_whole_is_an_error_and_no_plan(cloud: Cloud, body: Any) -> None:
    cloud.azure.fault(method="GET", path="/products$", times=99, status=200, body=body)
    with pytest.raises(Unavailable, match="reading products"):
        cloud.plan(organisation())


@pytest.mark.parametrize(
    "fault",
    [
        {"status": 500},
        {"status": 503},
        {"status": 429, "headers": NOW},
        {"status": 409, "code": "PessimisticConcurrencyConflict"},
        {"cut": "before"},
        {"cut": "after"},
    ],
)
@pytest.mark.parametrize("path", ["/products/orders$", "/subscriptions/checkout--orders$", "/apis/orders$"])
def test_what_passes_is_survived(cloud: Cloud, path: str, fault: dict[str, Any]) -> None:
    cloud.azure.fault(method="PUT", path=path, times=1, **fault)
    plan = cloud.plan(organisation())
    assert {outcome.result for outcome in cloud.apply(plan)} == {"done"}
    assert cloud.plan(organisation(), organisation()).written.changes == ()


def test_a_failure_blocks_what_depends_on_it_and_nothing_else(cloud: Cloud) -> None:
    fragment = {"commerce/fragments/cors.xml": "<fragment><trace /></fragment>"}
    cloud.azure.fault(
        method="PUT", path="/products/orders$", times=1, status=400, code="ValidationError", message="No."
    )
    outcomes = cloud.apply(cloud.plan(organisation(**fragment)))
    results = {str(outcome.change.address): (outcome.result, outcome.because) for outcome in outcomes}
    assert results["product orders"][0] == "failed"
    assert "creating product orders: 400 ValidationError: No" in results["product orders"][1]
    assert results["subscription checkout--orders"] == ("blocked", "product orders was not done")
    assert results["fragment cors"][0] == "done"
    cloud.converge(organisation(**fragment))


@pytest.mark.parametrize("status", [401, 403, 412])
def test_a_refused_write_fails_that_change_alone_and_the_next_run_goes_on(cloud: Cloud, status: int) -> None:
    cloud.azure.fault(method="PUT", path="/apis/orders$", times=1, status=status, code="Refused")
    outcomes = cloud.apply(cloud.plan(organisation()))
    assert [str(each.change.address) for each in outcomes if each.result != "done"] == ["product-api orders/orders"]
    cloud.converge(organisation())


def test_what_somebody_changed_since_the_plan_is_a_conflict_and_not_overwritten(cloud: Cloud) -> None:
    cloud.converge(organisation())
    product = {"manage": "product", "environments": ["prod"], "apis": ["orders"], "display_name": "Newer"}
    after = organisation(**{"commerce/products/orders.yaml": product})
    plan = cloud.plan(after, organisation())
    cloud.seed({"products/orders": {"displayName": "By hand"}})
    (outcome,) = cloud.apply(plan)
    assert outcome.result == "failed"
    assert "displayName changed since the plan was made" in outcome.because
    assert cloud.state()["products/orders"]["displayName"] == "By hand"
    cloud.converge(after, organisation())


def test_what_somebody_made_since_the_plan_is_a_conflict_and_not_overwritten(cloud: Cloud) -> None:
    plan = cloud.plan(organisation())
    cloud.seed({"products/orders": {"displayName": "By hand"}})
    results = {str(each.change.address): each.because for each in cloud.apply(plan)}
    assert "somebody made it since the plan was made" in results["product orders"]
    assert cloud.state()["products/orders"]["displayName"] == "By hand"
    cloud.converge(organisation())


def test_what_somebody_deleted_since_the_plan_is_said_or_is_already_done(cloud: Cloud) -> None:
    cloud.converge(organisation())
    gone = organisation(**{"checkout/grants/orders.yaml": None})
    plan = cloud.plan(gone, organisation())
    cloud.azure.seed(SERVICE, APIS, fresh=True)
    (outcome,) = cloud.apply(plan)
    assert (outcome.result, "gone since the plan" in outcome.because) == ("failed", True)


def test_an_operation_that_fails_late_is_a_failure(cloud: Cloud) -> None:
    fragment = {"commerce/fragments/cors.xml": "<fragment><trace /></fragment>"}
    cloud.azure.fail_late("policyFragments/cors")
    outcomes = cloud.apply(cloud.plan(organisation(**fragment)))
    assert [str(each.change.address) for each in outcomes if each.result == "failed"] == ["fragment cors"]


def test_an_operation_that_takes_its_time_is_waited_for(cloud: Cloud) -> None:
    cloud.azure.settings.slow_polls, cloud.azure.settings.slow_retry_after = 2, 0
    cloud.converge(organisation(**{"commerce/fragments/cors.xml": "<fragment><trace /></fragment>"}))
    assert "policyFragments/cors" in cloud.state()


def subclasses(kind: type) -> set[type]:
    return {kind}.union(*(subclasses(child) for child in kind.__subclasses__()))


@pytest.mark.parametrize("kind", sorted(subclasses(exceptions.AzureError), key=lambda kind: kind.__name__))
def test_every_exception_of_the_client_becomes_one_of_ours(kind: type[exceptions.AzureError]) -> None:
    error = kind.__new__(kind)
    exceptions.AzureError.__init__(error, "It broke.")
    error.response = None  # type: ignore[attr-defined]
    with pytest.raises(AzureError, match="reading x"), translated("reading x"):
        raise error
