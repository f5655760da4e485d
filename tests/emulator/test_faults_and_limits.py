"""What goes wrong on purpose: faults by rule, throttling by ARM's buckets, and the log that counts requests."""

import time

import pytest
from caller import SERVICE, Arm

from reconciler.emulator import Azure, ConnectionCut, Settings


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
