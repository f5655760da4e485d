"""The tokens of an application are refused at once, stay refused until that is lifted, and are accepted again."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from asgi import AsgiTransport
from azure.core.rest import HttpRequest
from checked import checked
from cutting import cut, lift, results, withheld
from office import FIRST, GRANT, KEY, ORDERS, Office, files, grant
from on_github import github
from organisations import TENANT

from reconciler.emulator.tokens import Order as Token

APP, OTHER, STRANGER = (f"{number}a2b0000-0000-0000-0000-000000000000" for number in (1, 2, 3))
RULES = {"credentials": "key or token", "oauth": {"audience": "api://orders"}}
GATE = "policyFragments/access-orders"


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    first = {**FIRST, ORDERS: {**FIRST[ORDERS], **RULES}}
    with github({name: text for name, text in files(first).items() if text}) as site:
        yield Office(site, tmp_path / "clone").begin(first)


@pytest.fixture
def granted(office: Office) -> Office:
    """Checkout has orders, by key and by two applications."""
    office.merge(office.ask(**{GRANT: grant(clients=[APP, OTHER])}))
    office.converge()
    return office


def call(office: Office, client: str = "", *, key: bool = False) -> int:
    """Call orders with the token of an application, with checkout's key, or with nothing."""
    azure, headers = office.cloud.azure, {}
    if client:
        headers["authorization"] = f"Bearer {azure.tokens.issue(Token(client, TENANT, 'api://orders'))}"
    if key:
        headers["ocp-apim-subscription-key"] = azure.secrets(office.cloud.service, KEY)["primaryKey"]
    request = HttpRequest("GET", "https://localhost:8443/gateway/orders/42", headers=headers)
    return int(asyncio.run(AsgiTransport(checked(azure)).send(request)).status_code)


def who_comes_in(office: Office) -> dict[str, int]:
    return {"app": call(office, APP), "other": call(office, OTHER), "key": call(office, key=True)}


def test_who_comes_in_before(granted: Office) -> None:
    assert who_comes_in(granted) == {"app": 200, "other": 200, "key": 200}
    assert (call(granted), call(granted, STRANGER)) == (401, 403)


@pytest.mark.parametrize(
    ("what", "left"),
    [
        ("team checkout", {"app": 403, "other": 403, "key": 401}),
        ("grant checkout/orders", {"app": 403, "other": 403, "key": 401}),
        ("product orders", {"app": 403, "other": 403, "key": 401}),
        (f"client {APP}", {"app": 403, "other": 200, "key": 200}),
        (f"client {APP.upper()}", {"app": 403, "other": 200, "key": 200}),
        ("subscription checkout--orders", {"app": 200, "other": 200, "key": 401}),
    ],
)
def test_a_token_is_refused_right_after_the_cut_and_by_every_run_until_that_is_lifted(
    granted: Office, what: str, left: dict[str, int]
) -> None:
    acted = cut(granted, what)
    assert set(results(acted).values()) == {"done"}
    assert who_comes_in(granted) == left
    assert (withheld(granted), acted.forgotten) == ((what,), "")
    after, writes = gate(granted), granted.cloud.writes()
    assert granted.results(full=True) == [("all", "applied")]
    granted.merge(granted.ask(**{GRANT: grant(clients=[APP, OTHER], expires="2027-05-31")}))
    granted.converge(full=True)
    assert (who_comes_in(granted), gate(granted)) == (left, after)
    assert granted.cloud.writes() == writes + 1  # what was applied is remembered
    assert set(results(lift(granted, what)).values()) == {"done"}
    assert withheld(granted) == ()
    assert who_comes_in(granted) == {"app": 200, "other": 200, "key": 200}
    assert granted.results(full=True) == [("all", "applied")]


def gate(office: Office) -> str:
    return str(office.cloud.state()[GATE]["value"])
