"""Policies at the gateway, each by example; what is not known is named and never guessed."""

import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from caller import SERVICE, Reply
from gatekeeper import Gate, answering, header, when

DAY = 86_400
REAL = Path(__file__).parents[3] / "shared" / "policies"


@pytest.fixture
def gate() -> Gate:
    return Gate()


def through(gate: Gate, inbound: str, **call: Any) -> Reply:
    """Call with this in the API's policy, behind what is inherited."""
    gate.put("apis/orders", f"<base />{inbound}")
    return gate(**call)


def statuses(gate: Gate, number: int, **call: Any) -> list[int]:
    return [gate(**call).status for _ in range(number)]


# -- what is not known


@pytest.mark.parametrize(
    ("inbound", "what"),
    [
        ("<send-request />", "the policy send-request"),
        ('<set-header name="a" colour="red"><value>1</value></set-header>', "the attribute colour of set-header"),
        ('<set-header name="a"><worth>1</worth></set-header>', "worth in set-header"),
        ('<set-header name="a" exists-action="never" />', 'set-header with exists-action="never"'),
        ("<choose><perhaps /></choose>", "perhaps in choose"),
        ("<return-response><rewrite-uri /></return-response>", "rewrite-uri in return-response"),
        (header("a", "@(context.Moon)"), "context.Moon"),
        (header("a", "@(Guid.NewGuid())"), "Guid in the expression '@(Guid.NewGuid())'"),
        (header("a", '@($"{1}")'), "the expression '$\"{1}\"' at '$\"{1}\"'"),
        (header("a", "{{secret}}"), "the named value secret"),
        ('<rate-limit-by-key calls="1" counter-key="k" />', "rate-limit-by-key without renewal-period"),
        (
            '<rate-limit-by-key calls="1" renewal-period="301" counter-key="k" />',
            "rate-limit-by-key with renewal-period 301: at most 300 seconds",
        ),
        (
            '<quota-by-key calls="1" renewal-period="299" counter-key="k" />',
            "quota-by-key with renewal-period 299: at least 300 seconds",
        ),
        (
            '<quota-by-key bandwidth="1" renewal-period="300" counter-key="k" />',
            "the attribute bandwidth of quota-by-key",
        ),
        ('<rate-limit calls="1" renewal-period="9"><api id="a" /></rate-limit>', "api in rate-limit"),
        ('<ip-filter action="watch"><address>127.0.0.1</address></ip-filter>', 'ip-filter with action="watch"'),
        ('<ip-filter action="allow"><address>here</address></ip-filter>', "the address 'here' of ip-filter"),
        (
            '<emit-metric name="m"><dimension name="Mood" /></emit-metric>',
            "the dimension Mood without a value",
        ),
    ],
)
def test_what_is_not_known_is_named_with_its_place(gate: Gate, inbound: str, what: str) -> None:
    gate.arm.azure.settings.known_named_values = False
    answer = through(gate, inbound)
    element = inbound[1:].partition(" ")[0].partition(">")[0].rstrip("/")
    place = f"apim-dev: api orders, inbound/{element}[1]"
    assert answer.status == 500
    assert answer.json["unknown"] == f"{place}: {what}"
    assert gate.journal["unknown"] == [f"{place}: {what}"]
    assert gate.journal["calls"][-1]["unknown"] == f"{place}: {what}"


def test_the_place_of_what_is_not_known_leads_into_branches_and_fragments(gate: Gate) -> None:
    gate.seed({"policyFragments/f": {"value": f"<fragment>{when('@(true)', '<fly />')}</fragment>"}})
    gate.put("products/gold", '<base /><include-fragment fragment-id="f" />')
    assert gate().json["unknown"] == (
        "apim-dev: product gold, inbound/include-fragment[1] f/choose[1]/when[1]/fly[1]: the policy fly"
    )
    gate.put("products/gold")
    gate.put("", "", backend="<fly />")
    assert gate().json["unknown"] == "apim-dev: all APIs, backend/fly[1]: the policy fly"


def test_what_is_nested_too_deep_is_named_too(gate: Gate) -> None:
    answer = through(gate, header("a", f"@({'(' * 5000}1{')' * 5000})"))
    assert answer.status == 500
    assert answer.json["unknown"].endswith("what is nested so deep")


def test_what_stands_in_another_branch_is_nobodys_business(gate: Gate) -> None:
    assert through(gate, when("@(false)", "<fly />")).status == 200


def test_an_unknown_policy_gets_no_chance_in_on_error(gate: Gate) -> None:
    gate.put("apis/orders", "<base /><fly />", on_error=answering(200))
    assert gate().status == 500


def test_cors_and_the_choice_of_a_backend_are_passed_over_by_name(gate: Gate) -> None:
    passed = '<cors><allowed-origins><origin>*</origin></allowed-origins></cors><set-backend-service base-url="b" />'
    assert through(gate, passed).status == 200
    assert gate.journal["calls"][-1]["passed_over"] == ["cors", "set-backend-service"]


@pytest.mark.skipif(not REAL.is_dir(), reason="the collection of real policy documents is absent")
def test_real_documents_run_or_are_named(gate: Gate) -> None:
    settings = gate.arm.azure.settings
    settings.known_named_values = settings.held_backends = False
    gate.seed({"policyFragments/none": {}, "backends/none": {"url": "https://b", "protocol": "http"}})
    ended: Counter[str] = Counter()
    for file in sorted(REAL.glob("*.xml")):
        text = re.sub(r'(fragment|backend)-id="[^"@{]+"', r'\1-id="none"', file.read_text("utf-8-sig"))
        scope = "policyFragments/real" if "<policies" not in text else "apis/orders/policies/policy"
        if not any(
            gate.arm("PUT", scope, {"value": text, "format": style}).status < 400 for style in ("rawxml", "xml")
        ):
            continue
        if scope == "policyFragments/real":
            gate.put("apis/orders", '<base /><include-fragment fragment-id="real" />')
        status = gate().status
        call = gate.journal["calls"][-1]
        ended["named" if call["unknown"] else f"{status // 100}xx"] += 1
        assert status != 500 or call["unknown"] or call["reason"] == "ExpressionValueEvaluationFailure", file.name
    assert ended["2xx"] >= 30
    assert ended["named"] >= 100


# -- messages


@pytest.mark.parametrize(
    ("action", "expected"), [("override", "new"), ("skip", "old"), ("append", "old,new"), ("delete", "")]
)
def test_set_header_minds_what_is_there(gate: Gate, action: str, expected: str) -> None:
    value = "" if action == "delete" else "<value>new</value>"
    reply = through(
        gate, f'<set-header name="X-A" exists-action="{action}">{value}</set-header>', headers={"x-a": "old"}
    )
    shown = {name.lower(): text for name, text in reply.json["headers"].items()}
    assert shown.get("x-a", "") == expected


def test_set_header_changes_the_request_and_then_the_response(gate: Gate) -> None:
    gate.put("apis/orders", "<base />" + header("x-in", "1"), outbound="<base />" + header("x-out", "2"))
    reply = gate()
    assert reply.json["headers"]["x-in"] == "1"
    assert reply.headers["x-out"] == "2"
    assert "x-in" not in reply.headers


def test_return_response_ends_everything(gate: Gate) -> None:
    answer = (
        '<return-response><set-status code="403" reason="Forbidden" />'
        '<set-header name="X-Why"><value>@(context.Api.Id)</value></set-header>'
        '<set-body>@{ return "ask " + context.Product.Name; }</set-body></return-response><fly />'
    )
    gate.put("apis/orders", f"<base />{answer}", outbound="<fly />")
    reply = gate()
    assert (reply.status, reply.headers["x-why"], reply.body) == (403, "orders", b"ask Gold")


def test_return_response_alone_is_200_without_a_body(gate: Gate) -> None:
    reply = through(gate, "<return-response />")
    assert (reply.status, reply.body) == (200, b"")


def test_mock_response_answers_for_the_backend(gate: Gate) -> None:
    reply = through(gate, '<mock-response status-code="202" content-type="text/plain" />')
    assert (reply.status, reply.headers["content-type"], reply.body) == (202, "text/plain", b"")


def test_set_body_changes_what_the_backend_gets(gate: Gate) -> None:
    assert through(gate, "<set-body>other</set-body>", body=b"mine").json["body"] == "other"


def test_without_forward_request_nothing_is_behind_the_gateway(gate: Gate) -> None:
    gate.put("apis/orders", backend="")
    reply = gate()
    assert (reply.status, reply.body) == (200, b"")


def test_variables_keep_what_an_expression_gave(gate: Gate) -> None:
    kept = '<set-variable name="is" value="@(1 == 1)" /><set-variable name="text" value="plain" />'
    shown = '@((bool)context.Variables["is"] ? (string)context.Variables["text"] : "no")'
    assert through(gate, kept + header("x-a", shown)).json["headers"]["x-a"] == "plain"


def test_choose_takes_the_first_branch_that_holds(gate: Gate) -> None:
    branches = "".join(f"<when condition='@({truth})'>{header('x-a', name)}</when>" for truth, name in BRANCHES)
    assert through(gate, f"<choose>{branches}</choose>").json["headers"]["x-a"] == "second"
    other = when("@(false)", header("x-a", "when"), header("x-a", "otherwise"))
    assert through(gate, other).json["headers"]["x-a"] == "otherwise"
    assert "x-a" not in through(gate, when("@(false)", header("x-a", "when"))).json["headers"]


BRANCHES = (("false", "first"), ("true", "second"), ("true", "third"))


def test_a_named_value_stands_for_its_value_in_text_and_expression(gate: Gate) -> None:
    gate.seed({"namedValues/n": {"displayName": "Who", "value": "gold", "secret": True}})
    for written in ("{{Who}}", '@("{{ who }}")'):
        assert through(gate, header("x-a", written)).json["headers"]["x-a"] == "gold"


def test_a_fragment_runs_where_it_is_included_and_changes_for_all_at_once(gate: Gate) -> None:
    gate.seed({"policyFragments/f": {"value": f"<fragment>{header('x-way', 'one')}</fragment>"}})
    gate.put("products/gold", '<base /><include-fragment fragment-id="f" />')
    gate.put("apis/orders", header("x-way", "before") + "<base />" + header("x-way", "after"))
    assert gate.seen("x-way") == "before,one,after"
    changed = {"value": f"<fragment>{header('x-way', 'two')}</fragment>", "format": "rawxml"}
    assert gate.arm("PUT", "policyFragments/f", changed, etag="*").status == 200
    assert gate.seen("x-way") == "before,two,after"


def test_a_raw_document_means_the_same_as_an_escaped_one(gate: Gate) -> None:
    answer = '<return-response><set-status code="418" reason="&amp;" /></return-response>'
    raw = f'<choose><when condition="@("a" == "a" && 1 < 2)">{answer}</when></choose>'
    raw = f"<policies><inbound><base />{raw}</inbound></policies>"
    assert gate.arm("PUT", "apis/orders/policies/policy", {"value": raw, "format": "rawxml"}).status == 201
    assert gate().status == 418


# -- errors


def test_on_error_sees_what_went_wrong_and_may_change_the_answer(gate: Gate) -> None:
    told = "".join(
        header(f"X-{name}", f"@(context.LastError.{name})")
        for name in ("Source", "Reason", "Message", "Scope", "Section", "Path", "PolicyId")
    )
    status = header("X-Status", "@(context.Response.StatusCode.ToString())")
    refusal = '<check-header id="mine" name="X-A" failed-check-httpcode="400" failed-check-error-message="say" />'
    gate.put("apis/orders", "<base />" + when("@(true)", refusal), on_error=f"{told}{status}<base />")
    reply = gate()
    assert (reply.status, reply.json) == (400, {"statusCode": 400, "message": "say"})
    assert {name: text for name, text in reply.headers.items() if name.startswith("x-") and "ms" not in name} == {
        "x-source": "check-header",
        "x-reason": "HeaderNotFound",
        "x-message": "Header X-A was not found in the request. Access denied.",
        "x-scope": "api",
        "x-section": "inbound",
        "x-path": "choose[1]/when[1]/check-header[1]",
        "x-policyid": "mine",
        "x-status": "400",
    }


def test_on_error_runs_for_a_missing_key_too_and_may_answer(gate: Gate) -> None:
    gate.put("apis/orders", on_error=answering(404, "@(context.LastError.Reason)"))
    reply = gate(None)
    assert (reply.status, reply.body) == (404, b"SubscriptionKeyNotFound")


def test_an_expression_that_throws_is_an_error_of_the_service(gate: Gate) -> None:
    gate.put("apis/orders", "<base />" + header("x", '@(context.Variables["none"])'), on_error="<base />")
    reply = gate()
    assert (reply.status, reply.json["message"]) == (500, "Internal server error")
    assert gate.journal["calls"][-1]["reason"] == "ExpressionValueEvaluationFailure"
    assert gate.journal["unknown"] == []


# -- callers


def filtered(gate: Gate, address: str, action: str) -> Reply:
    held = "<address>10.0.0.1</address><address-range from='10.1.0.0' to='10.1.0.9' /><address>2001:db8::1</address>"
    gate.put("apis/orders", f"<base /><ip-filter action='{action}'>{held}</ip-filter>")
    gate.arm.address = address
    return gate()


@pytest.mark.parametrize(
    ("address", "is_listed"),
    [
        ("10.0.0.1", True),
        ("10.1.0.0", True),
        ("10.1.0.9", True),
        ("10.1.0.10", False),
        ("10.0.0.2", False),
        ("2001:db8::1", True),
        ("::1", False),
    ],
)
def test_ip_filter_lets_in_or_keeps_out_by_address(gate: Gate, address: str, is_listed: bool) -> None:  # noqa: FBT001
    allowed, forbidden = filtered(gate, address, "allow"), filtered(gate, address, "forbid")
    assert [allowed.status, forbidden.status] == ([200, 403] if is_listed else [403, 200])
    refused = forbidden if is_listed else allowed
    who = "is blocked" if is_listed else f"{address} is not allowed"
    assert refused.json["message"] == f"Caller IP address {who}. Access denied."


@pytest.mark.parametrize(
    ("sent", "ignoring", "status"),
    [("one", "false", 200), ("two", "false", 200), ("ONE", "false", 401), ("ONE", "true", 200), ("", "true", 401)],
)
def test_check_header_takes_one_of_the_values(gate: Gate, sent: str, ignoring: str, status: int) -> None:
    refusal = 'failed-check-httpcode="401" failed-check-error-message="No"'
    values = "<value>one</value><value>two</value>"
    checked = f'<check-header name="X-A" {refusal} ignore-case="{ignoring}">{values}</check-header>'
    reply = through(gate, checked, headers={"x-a": sent})
    assert reply.status == status
    assert status == 200 or reply.json["message"] == "No"


# -- limits


def rate(key: str = "@(context.Subscription.Id)", calls: int = 3, period: int = 60, more: str = "") -> str:
    return f'<rate-limit-by-key calls="{calls}" renewal-period="{period}" counter-key="{key}" {more} />'


def test_a_rate_is_refused_with_429_until_its_window_has_slid_on(gate: Gate) -> None:
    gate.put("products/gold", "<base />" + rate())
    assert statuses(gate, 2) == [200, 200]
    gate.now += 20
    assert statuses(gate, 2) == [200, 429]
    refused = gate()
    assert refused.headers["retry-after"] == "40"
    assert refused.json == {"statusCode": 429, "message": "Rate limit is exceeded. Try again in 40 seconds."}
    gate.now += 39.5
    assert gate().status == 429
    gate.now += 0.5
    assert statuses(gate, 3) == [200, 200, 429]  # two have left the window, and one is still in it
    assert gate().headers["retry-after"] == "20"


def test_each_key_has_a_rate_of_its_own_and_refused_calls_do_not_count(gate: Gate) -> None:
    gate.seed({"subscriptions/t": {"displayName": "T", "scope": "/products/gold"}})
    gate.put("products/gold", "<base />" + rate(calls=1))
    assert statuses(gate, 5) == [200, 429, 429, 429, 429]
    assert gate(gate.key("t")).status == 200
    gate.now += 60
    assert gate().status == 200


def test_one_counter_stands_behind_a_key_at_all_scopes_and_a_call_adds_to_it_once(gate: Gate) -> None:
    gate.put("products/gold", "<base />" + rate("k", 3))
    gate.put("apis/orders", "<base />" + rate("k", 3))
    assert statuses(gate, 4) == [200, 200, 200, 429]
    gate.put("apis/orders", "<base />" + rate("other", 3))
    gate.put("products/gold")
    assert statuses(gate, 4) == [200, 200, 200, 429]


def test_a_rate_tells_what_remains(gate: Gate) -> None:
    told = 'remaining-calls-header-name="X-Left" total-calls-header-name="X-All" remaining-calls-variable-name="left"'
    gate.put("products/gold", "<base />" + rate(calls=2, more=told) + header("x-left", '@(context.Variables["left"])'))
    first, second, third = gate(), gate(), gate()
    assert [reply.headers["x-left"] for reply in (first, second, third)] == ["1", "0", "0"]
    assert [reply.headers["x-all"] for reply in (first, third)] == ["2", "2"]
    assert first.json["headers"]["x-left"] == "1"
    assert third.status == 429


def test_a_header_of_its_own_may_tell_when_to_come_again(gate: Gate) -> None:
    gate.put("products/gold", "<base />" + rate(calls=0, more='retry-after-header-name="X-Wait"'))
    refused = gate()
    assert (refused.status, refused.headers["x-wait"]) == (429, "60")
    assert "retry-after" not in refused.headers


def test_a_condition_is_asked_when_the_answer_is_there(gate: Gate) -> None:
    condition = 'increment-condition="@(context.Response.StatusCode == 404)"'
    gate.put("products/gold", "<base />" + rate(calls=1, more=condition))
    assert statuses(gate, 3) == [200, 200, 200]
    gate.put("apis/orders", "<base />" + answering(404))
    assert statuses(gate, 2) == [404, 429]


def test_a_call_may_count_more_than_once(gate: Gate) -> None:
    gate.put("products/gold", "<base />" + rate(calls=4, more='increment-count="2"'))
    assert statuses(gate, 3) == [200, 200, 429]


def test_a_rate_by_subscription_counts_calls_with_a_key_at_each_scope_apart(gate: Gate) -> None:
    gate.seed(
        {"products/open": {"displayName": "Open", "subscriptionRequired": False}, "products/open/apis/orders": {}}
    )
    limit = '<base /><rate-limit calls="2" renewal-period="90" />'
    gate.put("products/gold", limit)
    gate.put("products/open", limit)
    assert statuses(gate, 3) == [200, 200, 429]
    assert statuses(gate, 3, key=None) == [200, 200, 200]
    gate.put("products/gold")
    gate.put("apis/orders", limit)
    assert statuses(gate, 3) == [200, 200, 429]


def test_a_quota_is_refused_with_403_until_its_window_ends(gate: Gate) -> None:
    limit = '<quota-by-key calls="2" renewal-period="3600" counter-key="@(context.Subscription.Id)" />'
    gate.put("products/gold", f"<base />{limit}")
    gate.now += 3000  # windows are counted from the year 1: the next begins at nine o'clock
    assert statuses(gate, 3) == [200, 200, 403]
    refused = gate()
    assert refused.headers["retry-after"] == "600"
    assert refused.json["message"] == "Out of call volume quota. Quota will be replenished in 00:10:00."
    gate.now += 599
    assert gate().status == 403
    gate.now += 1
    assert statuses(gate, 3) == [200, 200, 403]


def test_a_quota_may_begin_at_a_moment_and_last_for_days(gate: Gate) -> None:
    start = "2027-01-10T08:00:00Z"
    limit = f'<quota-by-key calls="1" renewal-period="{30 * DAY}" counter-key="k" first-period-start="{start}" />'
    gate.put("products/gold", f"<base />{limit}")
    assert statuses(gate, 2) == [200, 403]
    refused = gate()
    assert refused.headers["retry-after"] == str(25 * DAY)
    assert refused.json["message"] == "Out of call volume quota. Quota will be replenished in 25.00:00:00."
    gate.now += 25 * DAY
    assert gate().status == 200


def test_a_quota_without_an_end_is_never_replenished(gate: Gate) -> None:
    gate.put("products/gold", '<base /><quota-by-key calls="1" renewal-period="0" counter-key="k" />')
    assert statuses(gate, 2) == [200, 403]
    gate.now += 3650 * DAY
    assert gate().status == 403


def test_a_quota_by_subscription_counts_from_the_day_it_was_made(gate: Gate) -> None:
    gate.put("products/gold", '<base /><quota calls="1" renewal-period="600" />')
    gate.now += 500
    assert statuses(gate, 2) == [200, 403]
    assert gate().headers["retry-after"] == "100"
    gate.now += 100
    assert gate().status == 200


# -- what is told


def test_metrics_and_traces_are_counted_and_not_sent(gate: Gate) -> None:
    metric = (
        '<emit-metric name="would-refuse" namespace="access" value="@(2)"><dimension name="API ID" />'
        '<dimension name="Subscription ID" /><dimension name="client" value="@(context.Product.Id)" /></emit-metric>'
    )
    trace = '<trace source="access" severity="information"><message>@(context.Api.Id)</message>'
    trace += '<metadata name="client" value="app-1" /></trace>'
    gate.put("products/gold", f"<base />{metric}{trace}")
    assert statuses(gate, 3) == [200, 200, 200]
    metrics = {"API ID": "orders", "Subscription ID": "s", "client": "gold"}
    traced = {"severity": "information", "message": "orders", "client": "app-1"}
    assert gate.journal["events"] == [
        {"kind": "emit-metric", "name": "would-refuse", "dimensions": metrics, "count": 3, "value": 6.0},
        {"kind": "trace", "name": "access", "dimensions": traced, "count": 3, "value": 3.0},
    ]


def test_another_service_has_counters_of_its_own(gate: Gate) -> None:
    other = SERVICE.replace("apim-dev", "apim-prod")
    gate.put("products/gold", "<base />" + rate(calls=1))
    assert statuses(gate, 2) == [200, 429]
    entities = gate.arm.azure.snapshot(SERVICE)
    entities["subscriptions/s"]["scope"] = "/products/gold"
    gate.arm.azure.seed(other, entities, fresh=False)
    key = gate.arm.azure.secrets(other, "subscriptions/s")["primaryKey"]
    assert statuses(gate, 2, key=key, headers={"host": "apim-prod.azure-api.net"}) == [200, 429]
