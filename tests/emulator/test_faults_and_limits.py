"""What goes wrong on purpose: faults by rule, throttling by ARM's buckets, and the log that counts requests."""

import contextlib
import json
import time

import pytest
from caller import SERVICE, Arm, Reply

from reconciler.emulator import Azure, ConnectionCut, Settings
from reconciler.emulator.admin import answered
from reconciler.emulator.wire import Call


def test_a_fault_answers_instead_and_nothing_is_done(arm: Arm) -> None:
    arm.azure.fault(method="PUT", path="/tags/", status=429, code="TooManyRequests", headers={"Retry-After": "7"})
    refused = arm("PUT", "tags/t", {"displayName": "T"})
    assert (refused.status, refused.error["code"], refused.headers["retry-after"]) == (429, "TooManyRequests", "7")
    assert arm("GET", "tags/t").status == 404
    assert arm("PUT", "tags/t", {"displayName": "T"}).status == 201


def test_a_fault_hits_the_matches_it_names(arm: Arm) -> None:
    arm.azure.fault(method="GET", path="/groups$", nth=2, times=2, status=500)
    assert [arm("GET", "groups").status for _ in range(5)] == [200, 500, 500, 200, 200]
    arm.azure.fault(path="/users$", times=None, status=503, body={"any": "body"})
    assert [arm("GET", "users").json for _ in range(3)] == [{"any": "body"}] * 3
    arm.azure.faults.clear()
    assert arm("GET", "users").status == 200


@pytest.mark.parametrize(("when", "status"), [("before", 404), ("after", 200)])
def test_a_connection_is_cut_before_or_after_the_effect(arm: Arm, when: str, status: int) -> None:
    arm.azure.fault(method="PUT", cut=when)
    with pytest.raises(ConnectionCut):
        arm("PUT", "tags/t", {"displayName": "T"})
    assert arm("GET", "tags/t").status == status


def test_a_body_can_end_early(arm: Arm) -> None:
    arm.azure.fault(method="GET", path="/groups", truncate=10)
    with pytest.raises(ConnectionCut):
        arm("GET", "groups")


def test_an_answer_can_come_late(arm: Arm) -> None:
    arm.azure.fault(path="/groups", delay=0.05)
    began = time.monotonic()
    assert arm("GET", "groups").status == 200
    assert time.monotonic() - began >= 0.05


def test_a_page_can_be_the_wrong_one_and_a_row_come_twice(arm: Arm) -> None:
    arm.azure.seed(SERVICE, {f"tags/t{number}": {} for number in range(5)})
    names = [row["name"] for row in arm("GET", "tags").json["value"]]
    arm.azure.fault(method="GET", path="/tags$", shift=2)
    wrong = arm("GET", "tags").json
    assert ([row["name"] for row in wrong["value"]], wrong["count"]) == (names[2:], 5)
    arm.azure.fault(method="GET", path="/tags$", repeat=True)
    twice = arm("GET", "tags").json
    assert ([row["name"] for row in twice["value"]], twice["count"]) == ([*names, names[-1]], 5)
    assert [row["name"] for row in arm("GET", "tags").json["value"]] == names


def test_a_row_can_be_left_out_and_may_not_be_counted(arm: Arm) -> None:
    arm.azure.seed(SERVICE, {f"tags/t{number}": {} for number in range(3)})
    whole = arm("GET", "tags").json
    for omit, count in (("row", 3), ("row and count", 2)):
        arm.azure.fault(method="GET", path="/tags$", omit=omit)
        short = arm("GET", "tags").json
        assert (short["value"], short["count"]) == (whole["value"][:-1], count)
    assert arm("GET", "tags").json == whole


def test_a_body_can_make_a_pause(arm: Arm) -> None:
    whole = arm("GET", "groups").json
    arm.azure.fault(path="/groups", pause=0.05)
    began = time.monotonic()
    assert arm("GET", "groups").json == whole
    assert time.monotonic() - began >= 0.05


def test_a_read_can_show_what_was_there_before_the_newest_write(arm: Arm) -> None:
    arm("PUT", "tags/t", {"displayName": "Old"})
    arm.azure.fault(method="GET", path="/tags", times=4, stale=True)
    arm("PUT", "tags/t", {"displayName": "New"})
    assert arm("GET", "tags/t").json["properties"]["displayName"] == "Old"
    arm("DELETE", "tags/t")
    assert arm("GET", "tags/t").json["properties"]["displayName"] == "New"
    assert arm("GET", "tags").json["count"] == 1
    arm("PUT", "products/starter/tags/t2")
    arm("PUT", "tags/t2", {"displayName": "T2"})
    arm("PUT", "products/starter/tags/t2")
    assert arm("GET", "products/starter/tags").json["value"] == []
    assert [row["name"] for row in arm("GET", "products/starter/tags").json["value"]] == ["t2"]


def weathered(seed: int, share: float = 0.4) -> list[int]:
    arm = Arm()
    arm.azure.storm(seed=seed, share=share)
    statuses = []
    for number in range(20):
        try:
            statuses.append(arm("PUT", f"tags/t{number}", {"displayName": f"T{number}"}).status)
        except ConnectionCut:
            statuses.append(0)
    return statuses


def test_a_storm_is_the_same_for_the_same_seed_and_hits_its_share() -> None:
    assert weathered(7) == weathered(7)
    assert weathered(7) != weathered(8)
    assert weathered(7, share=0) == [201] * 20
    assert weathered(7, share=1).count(201) == 0
    assert 0 < weathered(7).count(201) < 20


def test_a_storm_passes_over_those_who_ask_again_and_ends_when_faults_are_cleared(arm: Arm) -> None:
    arm.azure.storm(seed=1, share=0.5)
    for number in range(10):
        for _ in range(30):
            try:
                if arm("PUT", f"tags/t{number}", {"displayName": f"T{number}"}).status in (200, 201):
                    break
            except ConnectionCut:
                continue
        else:
            pytest.fail("the storm never passed")
    arm.azure.faults.clear()
    assert {arm("GET", "tags").status for _ in range(30)} == {200}


def test_switches_are_turned_and_states_compared_over_http(arm: Arm) -> None:
    assert asked_aside(arm, "GET", "settings", None).json["strict"] is False
    assert asked_aside(arm, "PATCH", "settings", {"strict": True, "latency": 0.0}).status == 204
    assert arm("PATCH", "groups/developers", {"description": "d"}).status == 400
    asked_aside(arm, "PATCH", "settings", {"strict": False})
    earlier = asked_aside(arm, "GET", f"state?service={SERVICE}", None).json
    arm("PUT", "tags/t", {"displayName": "T"})
    arm("DELETE", "products/starter/apis/echo-api")
    arm("PATCH", "products/unlimited", {"state": "notPublished"})
    assert asked_aside(arm, "POST", f"difference?service={SERVICE}", earlier).json == {
        "added": {"tags/t": {"displayName": "T"}},
        "removed": {"products/starter/apis/echo-api": {}},
        "changed": {"products/unlimited": {"state": ["published", "notPublished"]}},
    }


def asked_aside(arm: Arm, method: str, path: str, body: object) -> Reply:
    where, _, query = path.partition("?")
    content = json.dumps(body).encode() if body is not None else b""
    return arm(method, f"/_admin/{where}", body=content, query=query, version="")


def test_everything_can_be_asked_for_over_http(arm: Arm) -> None:
    def admin(method: str, path: str, body: object = None) -> Reply:
        return asked_aside(arm, method, path, body)

    assert admin("PUT", f"state?service={SERVICE}", {"tags/t": {"displayName": "T"}}).status == 204
    assert admin("GET", f"state?service={SERVICE}").json["tags/t"] == {"displayName": "T"}
    assert admin("POST", "faults", {"method": "GET", "path": "/tags$", "status": 503}).status == 204
    assert [arm("GET", "tags").status for _ in range(2)] == [503, 200]
    assert admin("DELETE", "log").status == 204
    arm("GET", "tags")
    log = admin("GET", "log").json
    assert (log["reads"], log["writes"]) == (1, 0)
    assert [(entry["method"], entry["path"], entry["status"]) for entry in log["entries"]] == [
        ("GET", f"{SERVICE}/tags", 200)
    ]
    assert admin("POST", "storm", {"seed": 1, "share": 1}).status == 204
    with contextlib.suppress(ConnectionCut):
        assert arm("GET", "groups").status >= 400
    assert admin("DELETE", "faults").status == 204
    assert arm("GET", "groups").status == 200


@pytest.mark.parametrize(
    ("ask", "body", "status", "says"),
    [
        ("POST faults", {"stauts": 500}, 400, "A rule may have: method, path"),
        ("POST faults", {"status": "many"}, 400, "status: "),
        ("POST faults", {"path": "("}, 400, "unterminated"),
        ("POST faults", ["rule"], 400, "must be a JSON object"),
        ("POST storm", {"sead": 1}, 400, "sead"),
        ("PUT state?service=/nowhere", {"tags/t": {}}, 400, "not the resource id"),
        (f"PUT state?service={SERVICE}", {"nonsense/t": {}}, 400, "nonsense"),
        ("GET weather", None, 404, "faults, storm, log, gateway, state, difference and settings"),
        ("PATCH settings", {"strikt": True}, 400, "strict (bool)"),
        ("PATCH settings", {"slow_polls": "many"}, 400, "slow_polls (int)"),
    ],
)
def test_what_is_asked_wrongly_is_refused_with_a_way_out(
    arm: Arm, ask: str, body: object, status: int, says: str
) -> None:
    reply = asked_aside(arm, *ask.split(), body)
    assert (reply.status, says in reply.error["message"]) == (status, True)
    assert arm("GET", "groups").status == 200


@pytest.mark.parametrize(("host", "status"), [("192.0.2.7", 403), ("127.0.0.1", 204), ("::1", 204), (None, 204)])
def test_only_this_machine_may_ask(arm: Arm, host: str | None, status: int) -> None:
    call = Call("POST", ("_admin", "faults"), body=b"{}")
    answer = answered(arm.azure, call, host=host)
    assert answer is not None
    assert answer.status == status


def test_a_fault_leaves_token_requests_alone(arm: Arm) -> None:
    arm.azure.fault(times=None, status=500)
    form = b"grant_type=client_credentials&client_id=me&client_secret=x"
    assert arm("POST", "/tenant/oauth2/v2.0/token", body=form, version="").status == 200


def test_the_log_counts_reads_and_writes_and_keeps_tokens_apart(arm: Arm) -> None:
    form = b"grant_type=client_credentials&client_id=me&client_secret=x"
    arm("POST", "/tenant/oauth2/v2.0/token", body=form, version="")
    arm("GET", "groups")
    arm("HEAD", "groups/guests")
    arm("PUT", "tags/t", {"displayName": "T"})
    arm("POST", "subscriptions/master/listSecrets")
    arm("DELETE", "tags/none")
    log = arm.azure.log
    assert (log.reads, log.writes, len(log.token_requests)) == (2, 3, 1)
    entry = log.entries[0]
    assert (entry.principal, entry.method, entry.status) == ("tests", "GET", 200)
    assert (entry.path, entry.query) == (f"{SERVICE}/groups", {"api-version": "2024-05-01"})
    log.clear()
    assert (log.entries, log.token_requests) == ([], [])


def throttled() -> tuple[Arm, list[float]]:
    now = [1_700_000_000.0]
    return Arm(Azure(Settings(throttle=True, clock=lambda: now[0]))), now


@pytest.mark.parametrize(
    ("method", "burst", "per_second", "kind"),
    [
        ("GET", 250, 25, "reads"),
        ("PUT", 200, 10, "writes"),
        ("POST", 200, 10, "writes"),
        ("DELETE", 200, 10, "deletes"),
    ],
)
def test_a_bucket_runs_dry_and_fills_again(method: str, burst: int, per_second: int, kind: str) -> None:
    arm, now = throttled()
    path = "subscriptions/master/listSecrets" if method == "POST" else "tags/t"
    header = f"x-ms-ratelimit-remaining-subscription-{kind}"
    replies = [arm(method, path, {"displayName": "T"}) for _ in range(burst)]
    assert 429 not in {reply.status for reply in replies}
    assert (replies[0].headers[header], replies[-1].headers[header]) == (str(burst - 1), "0")
    refused = arm(method, path, {"displayName": "T"})
    assert (refused.status, refused.headers["retry-after"]) == (429, "1")
    now[0] += 1
    again = [arm(method, path, {"displayName": "T"}).status for _ in range(per_second + 1)]
    assert again.count(429) == 1
    assert again[-1] == 429


def test_reads_writes_and_principals_have_buckets_of_their_own() -> None:
    arm, _ = throttled()
    for _ in range(201):
        last = arm("PUT", "tags/t", {"displayName": "T"})
    assert last.status == 429
    assert arm("GET", "tags/t").status == 200
    assert arm("DELETE", "tags/t").status == 200
    assert Arm(arm.azure, client="other")("PUT", "tags/t", {"displayName": "T"}).status == 201


def test_without_throttling_the_bucket_stays_full(arm: Arm) -> None:
    for _ in range(260):
        reply = arm("GET", "groups/guests")
    assert reply.headers["x-ms-ratelimit-remaining-subscription-reads"] == "249"
