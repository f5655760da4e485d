"""A gateway of every region is asked with real keys, old and new; what it says is kept, and no key with it."""

import asyncio
import json
import logging
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Any

import httpx
import pytest
from cloud import Cloud
from organisations import TENANT, TODAY, declared, organisation
from pydantic import SecretStr

from reconciler.azure.gateway import Call, gateways
from reconciler.azure.keys import read_key
from reconciler.declarations import Declarations
from reconciler.emulator import create_app
from reconciler.errors import Unavailable
from reconciler.permissions import role
from reconciler.probing.looking import look, subscriptions
from reconciler.probing.meant import Order, meant
from reconciler.probing.places import Gateway, gateways_of, spot
from reconciler.probing.probe import Answer, Patience, probe
from reconciler.probing.questions import questions
from reconciler.probing.telling import lines, record
from reconciler.withheld import NOTHING, Withheld, withheld

GRANT = "checkout/grants/orders.yaml"
KEY = "checkout--orders"
EUROPE, US = "West Europe", "East US 2"
AT_ONCE = Patience(0, 0)
Change = Callable[[httpx.Request, httpx.Response], httpx.Response]


def grant(**more: Any) -> dict[str, Any]:
    return {"environments": ["prod"], "key": True, "reason": "r", "expires": "2027-06-30", **more}


def seeded(**api: Any) -> dict[str, Any]:
    """Give an API with one operation that only reads, and one that does not."""
    return {
        "apis/orders": {"displayName": "Orders", "path": "shop/orders", **api},
        "apis/orders/operations/list": {"displayName": "List", "method": "GET", "urlTemplate": "/all"},
        "apis/orders/operations/place": {"displayName": "Place", "method": "POST", "urlTemplate": "/"},
        "apis/refunds": {"displayName": "Refunds", "path": "refunds"},
        "apis/refunds/operations/one": {"displayName": "One", "method": "GET", "urlTemplate": "/{id}"},
    }


class Regions(httpx.AsyncBaseTransport):
    """The gateways of an emulator in process; `change` is done to answers on their way."""

    def __init__(self, cloud: Cloud, change: Change = lambda _, answer: answer) -> None:
        self._inside, self._change = httpx.ASGITransport(create_app(cloud.azure)), change
        self.asked: list[httpx.Request] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        answer = await self._inside.handle_async_request(request)
        return self._change(request, answer)


@pytest.fixture
def cloud() -> Cloud:
    cloud = Cloud().seed(seeded())
    cloud.azure.settings.locations = (US,)
    return cloud


def asked(
    cloud: Cloud,
    contents: Mapping[str, Any] | Declarations,
    *,
    held: Withheld = NOTHING,
    day: date = TODAY,
    path: str | None = None,
    through: Regions | None = None,
    patience: Patience = AT_ONCE,
    client: str | None = None,
    token: SecretStr | None = None,
    **only: Any,
) -> tuple[Answer, ...]:
    now = contents if isinstance(contents, Declarations) else declared(contents, day)

    async def run() -> tuple[Answer, ...]:
        async with cloud.session(client) as session, gateways(through or Regions(cloud)) as opened:
            order = Order(now, "prod", day, held, token=token is not None, **only)
            chosen = meant(order, await subscriptions(session))
            seen = await look(session, chosen.products, chosen.keys, path)
            read = lambda name: read_key(session, name, "primary")  # noqa: E731
            found = questions(seen.doors, chosen.keys, chosen.closed)
            return await probe(opened, seen, found, read=read, patience=patience, token=token)

    return asyncio.run(run())


def said(answers: tuple[Answer, ...], location: str = EUROPE) -> dict[str, tuple[str, str, bool]]:
    """Give by whom was asked: what must be, what is, and whether that is wrong."""
    return {
        f"{each.question.who} at {each.question.api}": (each.question.must, each.verdict, each.wrong)
        for each in answers
        if each.gateway.location == location
    }


def test_every_region_is_asked_with_a_key_and_without(cloud: Cloud) -> None:
    contents = organisation()
    cloud.converge(contents)
    answers = asked(cloud, contents)
    for location in (EUROPE, US):
        assert said(answers, location) == {
            "no key at orders": ("refused", "refused", False),
            "a wrong key at orders": ("refused", "refused", False),
            "checkout/orders at orders": ("let in", "let in", False),
        }
    assert {each.spot.path for each in answers if each.spot} == {"/shop/orders/all"}
    assert {each.method for each in cloud.azure.journal.calls} == {"GET"}
    keys = cloud.azure.secrets(cloud.service, f"subscriptions/{KEY}")
    assert sum("/listSecrets" in str(entry) for entry in cloud.azure.log.entries) == 1
    assert not [key for key in keys.values() if key in repr(answers)]


@pytest.mark.parametrize(
    ("now", "held", "why"),
    [
        (grant(suspended=True), (), "suspended"),
        (grant(expires=str(TODAY - timedelta(days=1))), (), "ended"),
        (grant(), ("team checkout",), "cut off"),
        (None, (), "withdrawn"),
    ],
)
def test_a_key_that_is_over_must_be_refused_and_one_that_is_not_is_found_out(
    cloud: Cloud, now: Any, held: tuple[str, ...], why: str
) -> None:
    before, after = organisation(), organisation(**{GRANT: now})
    cloud.converge(before)
    only = {"before": declared(before)} if now is None else {}
    early = asked(cloud, after, held=withheld(held), **only)
    assert said(early)["checkout/orders at orders"] == ("refused", "let in", True)
    cloud.seed({f"subscriptions/{KEY}": {"scope": "/products/orders", "displayName": "x", "state": "suspended"}})
    late = asked(cloud, after, held=withheld(held), **only)
    assert said(late)["checkout/orders at orders"] == ("refused", "refused", False)
    assert {each.question.because for each in late if each.question.key} == {why}


def test_a_region_that_heard_late_is_asked_again_and_one_that_never_hears_is_told(cloud: Cloud) -> None:
    contents = organisation(**{GRANT: grant(suspended=True)})
    cloud.converge(organisation())
    cloud.converge(contents)
    left = 2

    def late(request: httpx.Request, answer: httpx.Response) -> httpx.Response:
        nonlocal left
        if "eastus2" in request.url.host and "ocp-apim-subscription-key" in request.headers and left:
            left -= 1
            return httpx.Response(200)
        return answer

    answers = asked(cloud, contents, through=Regions(cloud, late), patience=Patience(5, 0.01), grant="checkout/orders")
    assert not [each for each in answers if each.wrong]
    assert sum(each.tries for each in answers if each.gateway.location == US) == 3 + 2
    left = 10**6
    answers = asked(cloud, contents, through=Regions(cloud, late), patience=Patience(0.05, 0.01))
    assert {(each.gateway.location, each.question.who) for each in answers if each.wrong} == {
        (US, "checkout/orders"),
        (US, "a wrong key"),
    }
    assert "must be refused: suspended (200)" in "\n".join(text for _, text in lines(answers, ()))


def test_what_asks_for_no_key_must_let_in_and_a_wrong_key_proves_nothing_there() -> None:
    free = {"subscription_required": False, "manage": "product", "environments": ["prod"], "apis": ["orders"]}
    contents = organisation(**{"commerce/products/free.yaml": free})
    cloud = Cloud().seed(seeded())
    cloud.converge(contents)
    assert said(asked(cloud, contents)) == {
        "no key at orders": ("let in", "let in", False),
        "a wrong key at orders": ("", "refused", False),
        "checkout/orders at orders": ("let in", "let in", False),
    }


@pytest.mark.parametrize("status", [401, 403, 429])
def test_a_refusal_that_is_not_of_the_key_is_called_unclear(cloud: Cloud, status: int) -> None:
    cloud.converge(organisation())
    answers = asked(cloud, organisation(), through=Regions(cloud, lambda *_: httpx.Response(status)))
    assert {each.verdict for each in answers} == {"unclear"}
    assert not any(each.wrong for each in answers)


def test_what_has_no_operation_that_only_reads_is_not_asked_unless_a_path_is_given(cloud: Cloud) -> None:
    cloud.azure.service(cloud.service).collections[("apis", "orders", "operations")].pop("list")
    cloud.converge(organisation())
    through = Regions(cloud)
    assert {each.verdict for each in asked(cloud, organisation(), through=through)} == {"not asked"}
    assert through.asked == []
    assert {each.verdict for each in asked(cloud, organisation(), path="/nowhere")} == {"unclear"}


def test_only_what_reads_is_called_and_nothing_follows_a_redirection(cloud: Cloud) -> None:
    cloud.converge(organisation())
    away = httpx.Response(302, headers={"location": "https://elsewhere.example/"})
    through = Regions(cloud, lambda *_: away)
    asked(cloud, organisation(), through=through)
    assert {(each.method, each.url.host) for each in through.asked} == {
        ("GET", "apim-test-westeurope-01.regional.azure-api.net"),
        ("GET", "apim-test-eastus2-01.regional.azure-api.net"),
    }


def test_a_gateway_that_cannot_be_reached_is_told_and_stops_no_other(cloud: Cloud) -> None:
    cloud.converge(organisation())

    def away(request: httpx.Request, answer: httpx.Response) -> httpx.Response:
        if "eastus2" in request.url.host:
            raise httpx.ConnectError("no route to " + request.headers.get("ocp-apim-subscription-key", "it"))
        return answer

    answers = asked(cloud, organisation(), through=Regions(cloud, away))
    assert {each.verdict for each in answers if each.gateway.location == US} == {"not reached"}
    assert {each.verdict for each in answers if each.gateway.location == EUROPE} == {"refused", "let in"}
    key = cloud.azure.secrets(cloud.service, f"subscriptions/{KEY}")["primaryKey"]
    assert key not in json.dumps(record("prod", cloud.service, answers, ())) + repr(answers)


def test_no_answer_and_no_failure_carries_the_key(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    planted = SecretStr("planted-4711")
    call = Call("GET", "https://a.example/x", (), (("Ocp-Apim-Subscription-Key", planted),))

    def echo(request: httpx.Request) -> httpx.Response:
        told = {"statusCode": 403, "message": f"not for {request.headers['ocp-apim-subscription-key']}"}
        return httpx.Response(403, json=told)

    def broken(request: httpx.Request) -> httpx.Response:
        raise httpx.ReadError(f"after {request.headers['ocp-apim-subscription-key']}")

    async def run(answer: Callable[[httpx.Request], httpx.Response]) -> Any:
        async with gateways(httpx.MockTransport(answer)) as opened:
            return await opened.ask(call)

    assert asyncio.run(run(echo)).message == "not for (hidden)"
    with pytest.raises(Unavailable) as failed:
        asyncio.run(run(broken))
    told = f"{call!r} {failed.value} {failed.value.__cause__!r} {failed.value.__context__!r} {caplog.text}"
    assert "planted" not in told


def test_a_grant_a_team_or_what_changed_is_chosen(cloud: Cloud) -> None:
    second = {"manage": "product", "environments": ["prod"], "apis": ["refunds"], "display_name": "Refunds"}
    both = organisation(
        **{
            "commerce/products/refunds.yaml": second,
            "checkout/grants/refunds.yaml": grant(),
            "a/team.yaml": {"display_name": "A"},
            "a/grants/orders.yaml": grant(),
        }
    )
    cloud.converge(both)

    def who(**only: Any) -> set[str]:
        return set(said(asked(cloud, both, **only)))

    assert {each for each in who(grant="a/orders") if "key" not in each} == {"a/orders at orders"}
    assert {each for each in who(team="checkout") if "key" not in each} == {
        "checkout/orders at orders",
        "checkout/refunds at refunds",
    }
    before = declared(organisation(**{"commerce/products/refunds.yaml": second, "a/team.yaml": {"display_name": "A"}}))
    assert who(before=before) == {
        *(f"{what} at {api}" for api in ("orders", "refunds") for what in ("no key", "a wrong key")),
        "a/orders at orders",
        "checkout/refunds at refunds",
    }
    assert {each.spot.path for each in asked(cloud, both) if each.spot} == {
        "/shop/orders/all",
        "/refunds/reconciler-probe",
    }


def test_its_role_is_enough(cloud: Cloud) -> None:
    cloud.converge(organisation())
    allowed = role("probe", [cloud.service], marks=())
    cloud.azure.grant("prober", {"actions": allowed["Actions"]}, cloud.service)
    answers = asked(cloud, organisation(), client="prober")
    assert {each.verdict for each in answers} == {"let in", "refused"}
    cloud.azure.grant(
        "prober", {"actions": [each for each in allowed["Actions"] if "listSecrets" not in each]}, cloud.service
    )
    verdicts = {each.question.who: each.verdict for each in asked(cloud, organisation(), client="prober")}
    assert verdicts == {"no key": "refused", "a wrong key": "refused", "checkout/orders": "not asked"}


RULES = {
    "manage": "product",
    "environments": ["prod"],
    "apis": ["orders"],
    "credentials": "key or token",
    "oauth": {"audience": "api://orders"},
}
CLIENT, STRANGER = (f"{number}a2b0000-0000-0000-0000-000000000000" for number in (1, 2))


def ruled(product: dict[str, Any], **more: Any) -> dict[str, Any]:
    return organisation(**{"commerce/products/orders.yaml": product, GRANT: grant(**more)})


def minted(cloud: Cloud, client: str = CLIENT) -> SecretStr:
    return SecretStr(cloud.azure.token(client, TENANT, "api://orders", published=True))


@pytest.mark.parametrize("at", ["product", "api"])
def test_rules_must_refuse_whoever_carries_nothing_where_azure_asks_for_no_key(at: str) -> None:
    cloud = Cloud().seed(seeded(subscriptionRequired=at == "product"))
    contents = ruled({**RULES, "enforce_at": at}, clients=[CLIENT])
    cloud.converge(contents)
    answers = asked(cloud, contents, grant="checkout/orders", token=minted(cloud))
    assert said(answers) == {
        "no key at orders": ("refused", "refused", False),
        "a wrong key at orders": ("refused", "refused", False),
        "checkout/orders at orders": ("let in", "let in", False),
        "checkout/orders by token at orders": ("let in", "let in", False),
    }
    report = ruled({**RULES, "enforce_at": at, "enforcement": "report"}, clients=[CLIENT])
    assert said(asked(cloud, report))["no key at orders"] == ("let in", "refused", True)
    observed = ruled({**RULES, "enforce_at": at, "mode": "observe"}, clients=[CLIENT])
    assert {each.question.must for each in asked(cloud, observed)} == {""}


def test_a_token_must_be_refused_when_its_grant_is_over_and_where_it_is_another_s(cloud: Cloud) -> None:
    before, after = ruled(RULES, clients=[CLIENT]), ruled(RULES, clients=[CLIENT], suspended=True)
    cloud.converge(before)
    only = {"grant": "checkout/orders", "token": minted(cloud)}
    name = "checkout/orders by token at orders"
    assert said(asked(cloud, after, **only))[name] == ("refused", "let in", True)
    assert said(asked(cloud, before, grant="checkout/orders", token=minted(cloud, STRANGER)))[name] == (
        "let in",
        "refused",
        True,
    )
    gone = organisation(**{"commerce/products/orders.yaml": RULES, GRANT: None})
    assert said(asked(cloud, gone, before=declared(before), **only))[name] == ("refused", "let in", True)
    cloud.converge(after, before)
    answers = asked(cloud, after, **only)
    assert said(answers)[name] == ("refused", "refused", False)
    assert only["token"].get_secret_value() not in repr(answers) + json.dumps(record("prod", "s", answers, ()))


def test_a_key_where_a_token_is_needed_too_promises_nothing_alone(cloud: Cloud) -> None:
    contents = ruled({**RULES, "credentials": "key and token"}, clients=[CLIENT])
    cloud.converge(contents)
    assert said(asked(cloud, contents))["checkout/orders at orders"] == ("", "refused", False)


ROW = {"properties": {"path": "p/q", "apiVersion": "v2"}}
LIST = {"properties": {"method": "GET", "urlTemplate": "/all?x={x}"}}
ONE = {"properties": {"method": "HEAD", "urlTemplate": "/{id}"}}


@pytest.mark.parametrize(
    ("scheme", "path", "headers"),
    [
        ({"versioningScheme": "Segment"}, "/p/q/v2/all", ()),
        ({"versioningScheme": "Query", "versionQueryName": "v"}, "/p/q/all?v=v2", ()),
        ({"versioningScheme": "Header", "versionHeaderName": "X-V"}, "/p/q/all", (("X-V", "v2"),)),
    ],
)
def test_a_version_is_said_as_its_set_wants_it(scheme: Any, path: str, headers: Any) -> None:
    found = spot(ROW, [ONE, LIST], {"properties": scheme}, None)
    assert found
    assert (found.method, found.path, found.headers) == ("GET", path, headers)


def test_a_renamed_header_holds_the_key_and_an_operation_of_one_thing_is_asked_for_nothing() -> None:
    row = {"properties": {"path": "", "subscriptionKeyParameterNames": {"header": "X-Key", "query": "k"}}}
    found = spot(row, [ONE, {"properties": {"method": "POST", "urlTemplate": "/"}}], None, None)
    assert found
    assert (found.method, found.path, found.key_header) == ("HEAD", "/reconciler-probe", "X-Key")
    assert spot(row, [{"properties": {"method": "DELETE", "urlTemplate": "/"}}], None, None) is None


def test_gateways_that_are_off_are_left_out_and_the_common_one_stands_for_none() -> None:
    off = {"location": "B", "gatewayRegionalUrl": "https://b", "disableGateway": True}
    some = {"gatewayUrl": "https://all", "gatewayRegionalUrl": "https://a", "additionalLocations": [off]}
    assert gateways_of({"location": "A", "properties": some}) == (Gateway("A", "https://a"),)
    assert gateways_of({"location": "A", "properties": {"gatewayUrl": "https://all"}}) == (Gateway("A", "https://all"),)
