"""The tokens of an application are refused at once, stay refused until that is lifted, and are accepted again."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from asgi import AsgiTransport
from azure.core.rest import HttpRequest
from checked import checked
from cutting import cut, lift, look, order, results, withheld
from office import FIRST, GRANT, KEY, ORDERS, Office, files, grant
from on_github import github
from organisations import SERVICE, TENANT, declared, organisation
from organisations import files as written

from reconciler.cutting.closing import closing
from reconciler.cutting.evidence import body, record
from reconciler.cutting.named import Unknown
from reconciler.cutting.tokens import named
from reconciler.document import parse
from reconciler.emulator.tokens import Order as Token
from reconciler.policy.reading import read
from reconciler.policy.writing import write
from reconciler.report.story import tell
from reconciler.sources import from_folder
from reconciler.withheld import selector

pytestmark = pytest.mark.story
APP, OTHER, STRANGER = (f"{number}a2b0000-0000-0000-0000-000000000000" for number in (1, 2, 3))
RULES = {"credentials": "key or token", "oauth": {"audience": "api://orders"}}
BY_HAND = "take it out in the Azure portal, under Policy fragments."
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


def with_text(office: Office, text: str, fragment: str = GATE) -> None:
    office.cloud.seed({fragment: {"value": text}})


def with_client(office: Office, client: str, product: str = "orders") -> None:
    """Let somebody in whom no file names, in a fragment that is whole."""
    known = read(gate(office))
    assert known
    text = write(replace(known, product=product, clients={**known.clients, client: ""}))
    with_text(office, text, f"policyFragments/access-{product}")


def test_it_is_said_of_whom_and_that_a_team_has_other_ways(granted: Office) -> None:
    acted = cut(granted, f"client {APP}")
    assert [line.text for line in tell(acted.cut.plan).access] == [
        f"application {APP} loses orders in prod: token refused, CUT OFF until that is lifted"
    ]
    assert acted.cut.left == (
        "Keys of whoever uses it stay, such as checkout--orders: they are cut by --grant or --team.",
    )
    assert [each.text for each in tell(cut(granted, "team checkout").cut.plan).access] == [
        "checkout loses orders in prod: key suspended, CUT OFF until that is lifted",
        "checkout loses orders in prod: token refused, CUT OFF until that is lifted",
    ]


def test_a_key_that_is_cut_leaves_the_tokens_and_says_so(granted: Office) -> None:
    assert cut(granted, "subscription checkout--orders").cut.left == (
        f"Tokens of the same grant are still accepted, of {APP}, {OTHER}: cut them by --grant or --client.",
    )


def test_a_product_is_cut_with_clients_that_no_file_declares_and_those_do_not_come_back(granted: Office) -> None:
    with_client(granted, STRANGER)
    assert call(granted, STRANGER) == 200
    acted = cut(granted, "product orders")
    assert results(acted)[f"client orders/{STRANGER}"] == "done"
    assert call(granted, STRANGER) == 403
    assert acted.cut.lost == (
        f"application {STRANGER} does not come back to orders by a lift: no file declares it there.",
    )
    with_client(granted, STRANGER)
    granted.converge(full=True)
    assert call(granted, STRANGER) == 403
    lift(granted, "product orders")
    assert (who_comes_in(granted), call(granted, STRANGER)) == ({"app": 200, "other": 200, "key": 200}, 403)


def test_a_client_is_cut_in_every_product_also_where_no_file_declares_it(granted: Office) -> None:
    with_client(granted, APP, "legacy")
    acted = cut(granted, f"client {APP}")
    assert results(acted) == {f"client legacy/{APP}": "done", f"client orders/{APP}": "done"}
    left = read(granted.cloud.state()["policyFragments/access-legacy"]["value"])
    assert left
    assert set(left.clients) == {OTHER}
    granted.converge(full=True)
    assert results(lift(granted, f"client {APP}")) == {f"client orders/{APP}": "done"}


def test_a_grant_that_is_approved_while_its_client_is_cut_waits(office: Office) -> None:
    office.merge(office.ask(**{GRANT: grant(clients=[OTHER])}))
    office.converge()
    with_client(office, APP)
    cut(office, f"client {APP}")
    office.merge(office.ask(**{GRANT: grant(clients=[APP, OTHER])}))
    done = office.converge(full=True)
    assert who_comes_in(office) == {"app": 403, "other": 200, "key": 200}
    assert "checkout stays CUT OFF from orders: token" in done.done[0].why
    lift(office, f"client {APP}")
    assert who_comes_in(office) == {"app": 200, "other": 200, "key": 200}


def test_a_grant_that_only_the_files_have_suspended_loses_its_tokens_too(granted: Office) -> None:
    granted.merge(granted.ask(**{GRANT: grant(clients=[APP, OTHER], suspended=True)}))
    assert call(granted, APP) == 200
    cut(granted, "grant checkout/orders")
    assert who_comes_in(granted) == {"app": 403, "other": 403, "key": 401}


def test_what_another_grant_gives_stays_and_is_said(granted: Office) -> None:
    team = {"display_name": "Billing", "reviewers": ["bill"]}
    granted.merge(
        granted.ask("lee", **{"billing/team.yaml": team, "billing/grants/orders.yaml": grant(clients=[APP])}),
        approved_by="olga",
    )
    granted.site.review(granted.asked, "pat")
    granted.converge(full=True)
    acted = cut(granted, "team checkout")
    assert f"application {APP} is still let in to orders: a grant of billing names it, too." in acted.cut.left
    assert who_comes_in(granted) == {"app": 200, "other": 403, "key": 401}
    cut(granted, f"client {APP}")
    assert call(granted, APP) == 403


@pytest.mark.parametrize("mode", ["observe", "enforce"])
def test_a_cut_does_not_ask_for_the_mode(granted: Office, mode: str) -> None:
    number = granted.ask("lee", **{ORDERS: {**FIRST[ORDERS], **RULES, "mode": mode}})
    granted.site.review(number, "pat")
    granted.merge(number)
    assert [each.result for each in granted.converge().done] == ["applied"]
    cut(granted, f"client {APP}")
    assert call(granted, APP) == 403
    granted.converge(full=True)
    assert call(granted, APP) == 403
    acted = lift(granted, f"client {APP}")
    if mode == "observe":
        assert acted.cut.left == (f"client orders/{APP} is only observed, and stays as it is",)
    assert call(granted, APP) == (403 if mode == "observe" else 200)


def test_a_run_that_gives_back_while_it_is_being_cut(granted: Office) -> None:
    before, once = gate(granted), ["once"]

    def give_back() -> None:
        if once:
            once.clear()
            with_text(granted, before)

    acted = cut(granted, f"client {APP}", between=give_back)
    assert set(results(acted).values()) == {"done"}
    assert call(granted, APP) == 403


# What does not go as hoped.


def test_rules_that_were_changed_by_hand_are_named_and_written_anew_by_the_next_run(granted: Office) -> None:
    with_text(granted, gate(granted).replace("<fragment>", '<fragment>\n<set-variable name="x" value="y" />'))
    for what in ("team checkout", "product orders", f"client {APP}"):
        acted = cut(granted, what)
        (said,) = acted.cut.missed
        assert said.startswith("fragment access-orders was changed by hand, and may still let in ")
        assert withheld(granted)[-1] == what or what in withheld(granted)
        lift(granted, what)
    assert call(granted, APP) == 200
    cut(granted, f"client {APP}")
    granted.converge(full=True)
    assert who_comes_in(granted) == {"app": 403, "other": 200, "key": 200}
    assert cut(granted, f"client {APP}").cut.missed == ()


def test_a_fragment_of_another_hand_is_left_alone_and_named(granted: Office) -> None:
    own = f'<fragment><set-variable name="x" value="{APP}" /></fragment>'
    with_text(granted, own, "policyFragments/partners")
    with_text(granted, own, "policyFragments/access-mine")
    acted = cut(granted, f"client {APP}")
    assert acted.cut.left[-1] == f"fragment partners names application {APP}, too, and is not this tool's: look at it."
    assert acted.cut.missed == (
        f"fragment access-mine is not this tool's, and may still let in application {APP}: {BY_HAND}",
    )
    assert granted.cloud.state()["policyFragments/partners"]["value"] == own
    assert granted.cloud.state()["policyFragments/access-mine"]["value"] == own


def test_a_lift_while_the_rules_cannot_be_read_says_what_waits(granted: Office) -> None:
    cut(granted, f"client {APP}")
    with_text(granted, gate(granted).replace("<fragment>", '<fragment>\n<set-variable name="x" value="y" />'))
    assert lift(granted, f"client {APP}").cut.left == (f"client orders/{APP} waits: gate orders is not there",)
    granted.converge(full=True)
    assert call(granted, APP) == 200


def test_what_azure_refuses_is_said(granted: Office) -> None:
    granted.cloud.azure.fault(method="PUT", path=".*/policyFragments/access-orders", status=400, times=9)
    acted = cut(granted, "team checkout")
    assert results(acted) == {
        f"client orders/{APP}": "failed",
        f"client orders/{OTHER}": "failed",
        "subscription checkout--orders": "done",
    }
    granted.cloud.azure.faults.clear()
    granted.converge(full=True)
    assert who_comes_in(granted) == {"app": 403, "other": 403, "key": 401}


def test_an_application_that_nobody_knows(granted: Office) -> None:
    with pytest.raises(Unknown, match=f"There is no client '{STRANGER}'"):
        look(granted, f"client {STRANGER}")


# What a product leaves open.


@pytest.mark.parametrize(
    ("rules", "said"),
    [
        (RULES, []),
        ({**RULES, "credentials": "token"}, []),
        (
            {**RULES, "enforcement": "report"},
            [
                "orders asks for no key: everybody can still call it.",
                "orders only reports whom it would refuse (`enforcement: report`): tokens are still let in.",
            ],
        ),
        ({"subscription_required": False}, ["orders asks for no key: everybody can still call it."]),
    ],
)
def test_everybody_may_call_an_open_product_only_where_its_rules_refuse_nobody(
    office: Office, rules: dict[str, Any], said: list[str]
) -> None:
    office.merge(office.ask("lee", **{ORDERS: {**FIRST[ORDERS], **rules}}), approved_by="pat")
    office.site.review(office.asked, "olga")
    office.converge()
    if "oauth" in rules:
        office.merge(office.ask(**{GRANT: grant(key=None, clients=[APP])}))
        office.converge()
    acted = cut(office, "product orders")
    besides = "Keys for one of its APIs, or for every API, were not looked at."
    assert [each for each in acted.cut.left if each != besides] == said
    assert call(office, APP) == (200 if said else 403)


def test_an_open_product_whose_rules_are_in_no_policy_is_open(granted: Office) -> None:
    granted.cloud.seed(
        {"products/orders/policies/policy": {"value": "<policies><inbound><base /></inbound></policies>"}}
    )
    assert cut(granted, "product orders").cut.left[0] == "orders asks for no key: everybody can still call it."
    assert call(granted) == 200


# How little it takes.


@pytest.mark.parametrize(
    ("what", "reads", "writes"),
    [
        (f"client {APP}", 2 * 1 + 3 + 3, 1 + 1),
        ("grant checkout/orders", 2 * 2 + 3 + 2 + 3, 2 + 1),
        ("team checkout", 2 * 2 + 3 + 2 + 3, 2 + 1),
        ("product orders", 2 * 5 + 3 + 2 + 3, 2 + 1),
    ],
)
def test_requests_of_a_cut(granted: Office, what: str, reads: int, writes: int) -> None:
    """Look twice, at one fragment or the list of them; it is read, written, waited for and read back, as a key is."""
    granted.cloud.azure.settings.slow_polls = 0
    granted.cloud.azure.log.clear()
    cut(granted, what)
    spent = granted.cloud.spent()
    assert (spent["GET"] + spent["HEAD"], spent["PATCH"] + spent["PUT"] + spent["DELETE"]) == (reads, writes)


# What is left behind.


def test_the_evidence(granted: Office) -> None:
    with_client(granted, STRANGER)
    asked, acted = order(granted, "product orders"), cut(granted, "product orders")
    said = record(asked, acted, lifted=False, who="chris", when="now")
    assert f"client orders/{STRANGER}" in said["found"]
    assert said["not_given_back"] == list(acted.cut.lost)
    assert said["missed"] == []
    assert all(each["requests"] for each in said["changes"])
    assert f"Not given back by a lift: application {STRANGER}" in body(
        asked, acted, who="chris", when="now", by_hand=()
    )


@pytest.mark.parametrize("what", ["grant checkout/orders", f"client {APP}"])
def test_the_files_that_keep_it_so_end_it_for_good(granted: Office, what: str) -> None:
    cut(granted, what)
    asked = order(granted, what)
    close = closing(asked.what, asked.declarations, from_folder(granted.clone / "access"), "prod", by=None)
    changes = {path: None if each is None else parse(path, each) for path, each in close.files.items()}
    ends = {"suspended": True} if what.startswith("grant") else {"clients": [OTHER]}
    assert changes == {GRANT: {**grant(clients=[APP, OTHER]), **ends}}
    left = who_comes_in(granted)
    granted.merge(granted.ask(**changes))
    granted.converge(full=True)
    assert withheld(granted) == ()
    assert who_comes_in(granted) == left


_ONE = f"environments: [prod]\nclients: [{APP}]\nreason: r\n"
_TWO = f"environments: [prod]\nclients:\n  - {APP} # web\n  - {OTHER} # jobs\nreason: r\n"
_BOTH = f"environments: [dev, prod]\nkey: true\nclients: [{APP}]\nreason: r\n"


@pytest.mark.parametrize(
    ("what", "before", "after"),
    [
        ("team checkout", _ONE, f"{_ONE}suspended: true\n"),
        ("team checkout", f"{_ONE}portal: true\n", f"{_ONE}suspended: true\n"),
        ("team checkout", _BOTH, f"{_BOTH}in:\n  prod: {{suspended: true}}\n"),
        ("team checkout", f"{_ONE}suspended: true\n", ""),
        (f"client {OTHER}", _ONE, ""),
        (f"client {APP}", _ONE, f"{_ONE}suspended: true\n"),
        (f"client {APP}", f"{_ONE}key: true\n", "environments: [prod]\nreason: r\nkey: true\n"),
        (f"client {APP}", f"{_ONE}portal: true\n", "environments: [prod]\nreason: r\nportal: true\n"),
        (f"client {APP}", _TWO, f"environments: [prod]\nclients:\n  - {OTHER} # jobs\nreason: r\n"),
        (f"client {APP}", _BOTH, f"{_BOTH}in:\n  prod: {{clients: []}}\n"),
        (
            f"client {APP}",
            f"{_BOTH}in:\n  prod:\n    clients: [{APP}, {OTHER}]\n",
            f"{_BOTH}in:\n  prod:\n    clients: [{OTHER}]\n",
        ),
    ],
)
def test_the_file_that_keeps_it_so(what: str, before: str, after: str) -> None:
    assert proposed(what, before, RULES) == ({GRANT: after} if after else {})


def test_a_key_that_opens_nothing_without_its_client_is_suspended_with_it() -> None:
    before = f"{_ONE}key: true\n"
    rules = {**RULES, "credentials": "key and token"}
    assert proposed(f"client {APP}", before, rules) == {GRANT: f"{before}suspended: true\n"}


def proposed(what: str, before: str, rules: dict[str, Any]) -> dict[str, str]:
    """Give the files, sure that they are valid and that no file opens it any more."""
    prod = FIRST["environments.yaml"]["prod"]
    product = {**FIRST[ORDERS], **rules, "environments": ["dev", "prod"]}
    contents = organisation(
        **{
            "guardrails.yaml": {"max_duration": "unlimited"},
            "environments.yaml": {"prod": prod, "dev": {**prod, "service": f"{SERVICE}-dev"}},
            GRANT: before,
            ORDERS: product,
        }
    )
    close = closing(selector(what), declared(contents), written(contents), "prod", by=None)
    assert close.by_hand == ()
    found = {path: (each or b"").decode() for path, each in close.files.items()}
    after = declared({**contents, **found})
    assert named(selector(what), after, "dev") == named(selector(what), declared(contents), "dev")
    return found
