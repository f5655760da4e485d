"""Packs of evidence: what is in them, that they are the same each time, and that no change of them stays unseen."""

import csv
import json
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from commanded import Said, in_process
from histories import drawn, line
from on_github import github
from organisations import SERVICE, organisation

from reconciler.approvals import Brought
from reconciler.cli.brought import brought
from reconciler.evidence import MANIFEST, Asked, Period, Sources, gather, manifest_of, sealed, verify, written
from reconciler.evidence.judging import Reviews
from reconciler.evidence.outside import NoRecord, records
from reconciler.evidence.rows import Evidence
from reconciler.github import Repository
from reconciler.lives import lives
from reconciler.memory import Applied
from reconciler.revisions import Line, revisions
from reconciler.usage import Usage, Used

ORDERS = "checkout/grants/orders.yaml"
PRODUCT = "commerce/products/orders.yaml"
PEOPLE = {
    "guardrails.yaml": {"platform_team": "platform"},
    "platform/team.yaml": {"display_name": "Platform", "reviewers": ["pat"]},
    "checkout/team.yaml": {"display_name": "Checkout", "reviewers": ["chris"]},
    "commerce/team.yaml": {"display_name": "Commerce", "reviewers": ["olga"]},
}
BEGIN: dict[str, Any] = {path: each for path, each in organisation(**PEOPLE).items() if path != ORDERS}
GRANT = {"environments": ["prod"], "key": True, "reason": "Show it", "expires": "2026-06-30"}
MARCH = Asked(Period(date(2026, 3, 1), date(2026, 3, 31)))
APRIL = Asked(Period(date(2026, 4, 1), date(2026, 4, 30)))
Steps = tuple[tuple[str, dict[str, Any]], ...]
BEGUN: Steps = (("2026-02-01", BEGIN), ("2026-03-05", {**BEGIN, ORDERS: GRANT}))
ENDED: Steps = (*BEGUN, ("2026-03-20", BEGIN))


def made(steps: Steps | Line, asked: Asked = MARCH, **more: Any) -> Evidence:
    at = steps if isinstance(steps, Line) else line(*steps)
    commits = at.commits or tuple(each.commit for each in at.revisions)
    return gather(Sources("access", commits[-1], commits, lives(at, asked.period.last), **more), asked)


def pack(evidence: Evidence, before: Mapping[str, bytes] | None = None) -> dict[str, bytes]:
    files = written(evidence)
    manifest = sealed(evidence, files, manifest_of(before[MANIFEST]) if before else None)
    return {**files, MANIFEST: manifest.text.encode()}


def only(evidence: Evidence, table: str = "grants") -> dict[str, Any]:
    (row,) = evidence.tables[table]
    return dict(row)


def saying(message: str, *, at: int = 1, steps: Steps = BEGUN) -> Line:
    """Give the same line with another message at one step."""
    found = line(*steps)
    revisions = [
        replace(each, message=message) if number == at else each for number, each in enumerate(found.revisions)
    ]
    return replace(found, revisions=tuple(revisions))


# what is in it


def test_a_grant_that_is_gone_is_still_in_the_evidence_of_its_time() -> None:
    found = made(ENDED)
    row = only(found)
    assert (row["since"], row["ended"], row["end"]) == ("2026-03-05", "2026-03-20", "its file was deleted")
    assert [event["kind"] for event in found.tables["events"]] == ["requested", "ended"]
    assert made(ENDED, Asked(Period(date(2026, 3, 21), date(2026, 3, 31)))).tables["grants"] == ()
    assert len(made(ENDED, Asked(Period(date(2026, 3, 20), date(2026, 3, 31)))).tables["grants"]) == 1


def test_what_ended_by_its_date_is_in_no_period_after_its_last_day() -> None:
    def grants(first: str) -> int:
        asked = Asked(Period(date.fromisoformat(first), date(2026, 7, 31)))
        return len(made(BEGUN, asked).tables["grants"])

    assert (grants("2026-06-30"), grants("2026-07-01")) == (1, 0)


def test_each_day_is_told_with_what_was_in_force_at_its_end() -> None:
    days = {row["day"]: row for row in made(ENDED).tables["days"]}
    assert list(days) == [f"2026-03-{day:02}" for day in range(1, 32)]
    assert [days[f"2026-03-{day:02}"]["in_force"] for day in (4, 5, 19, 20)] == [0, 1, 1, 0]
    assert (days["2026-03-05"]["requested"], days["2026-03-20"]["ended"]) == (1, 1)


@pytest.mark.parametrize(
    ("message", "github", "verdict", "entitled"),
    [
        ("Ask (#1)", None, "not known", None),
        ("Ask (#1)\n\nApproved-by: olga", None, "approved", "olga for commerce"),
        ("Ask (#1)\n\nApproved-by: chris", None, "approved by nobody who may", None),
        ("Ask (#1)\n\nApproved-by: Ada", None, "own request", None),
        ("Ask (#1)", Brought(1, ("olga",)), "approved", "olga for commerce"),
        ("Ask (#1)", Brought(1, ("olga",), frozenset({"Olga"})), "own request", None),
        ("Ask (#1)\n\nApproved-by: olga", Brought(1), "approved by nobody who may", None),
        ("Ask (#1)\n\nApproved-by: olga", Brought(1, ("pat",)), "approved by nobody who may", None),
        ("Ask (#1)\n\nApproved-by: olga", Brought(None), "came by no pull request", None),
    ],
)
def test_an_approval_is_weighed_by_who_reviewed_for_the_owner_before_it(
    message: str, github: Brought | None, verdict: str, entitled: str | None
) -> None:
    at = saying(message)
    row = only(made(at, reviews=Reviews({at.tip: github} if github else {})))
    assert (row["approval"], row["entitled"]) == (verdict, entitled)


def test_who_is_in_a_github_team_is_not_guessed() -> None:
    begin = {**BEGIN, "commerce/team.yaml": {"display_name": "Commerce", "github": "contoso/commerce"}}
    steps = (("2026-02-01", begin), ("2026-03-05", {**begin, ORDERS: GRANT}))
    said = saying("Ask (#1)\n\nApproved-by: olga", steps=steps)
    assert only(made(said))["approval"] == "approved by whom it is not known to be theirs"
    assert any("who is in a GitHub team" in text for text in made(said).missing)
    for members, verdict in (({"Olga"}, "approved"), ({"pat"}, "approved by nobody who may")):
        asked = Reviews({}, {"contoso/commerce": frozenset(members)})
        assert only(made(said, reviews=asked))["approval"] == verdict


def test_whoever_the_file_names_asked_for_it_and_does_not_approve_it() -> None:
    steps = (BEGUN[0], ("2026-03-05", {**BEGIN, ORDERS: {**GRANT, "requested_by": "olga"}}))
    found = made(saying("Ask (#1)\n\nApproved-by: olga", steps=steps))
    assert (only(found)["approval"], only(found)["asked_by"]) == ("own request", "olga")
    assert only(found, "exceptions")["kind"] == "approval"


REQUESTS = ("5f0c0000-0000-0000-0000-000000000001",)


def converged(commit: str) -> bytes:
    change = {"address": "subscription checkout--orders", "action": "create", "result": "done", "requests": REQUESTS}
    merge = {"commits": [commit], "pull_request": 1, "result": "applied", "why": [], "fingerprint": "0123456789abcdef"}
    left = {
        "commit": "f" * 40,
        "pull_request": 9,
        "why": "commerce has not approved it",
        "paths": ["b/grants/orders.yaml"],
    }
    whole = {"environment": "prod", "service": SERVICE, "merges": [{**merge, "changes": [change]}], "left_out": [left]}
    return json.dumps(whole).encode()


CUT = {"environment": "prod", "what": "team checkout", "did": "cut", "who": "pat", "reason": "A stolen laptop"}
DRIFT = {
    "kind": "subscription",
    "name": ["checkout--orders"],
    "product": "orders",
    "did": "changed",
    "cause": "by hand",
}


def test_how_it_was_applied_is_told_by_records_and_by_notes() -> None:
    commit = line(*BEGUN).tip
    known = records([("converge.json", converged(commit))])
    row = only(made(BEGUN, records=known))
    assert (row["applied"], row["fingerprint"], row["correlation_ids"]) == ("applied", "0123456789abcdef", REQUESTS[0])
    note = Applied(
        service=SERVICE, environment="prod", commit=commit, when="2026-03-05T12:00:00Z", fingerprint="f" * 16
    )
    events = made(BEGUN, notes={"prod": {commit: note}}).tables["events"]
    assert [(row["applied"], row["applied_says"], row["applied_when"]) for row in events] == [
        ("applied", "a note", "2026-03-05T12:00:00Z")
    ]
    later = ("2026-03-09", {**BEGIN, ORDERS: {**GRANT, "reason": "Another"}})
    tip = line(*BEGUN, later).tip
    both = made((*BEGUN, later), notes={"prod": {tip: note.model_copy(update={"commit": tip})}}).tables["events"]
    assert [row["applied"] for row in both] == [f"applied with {tip[:12]}", "applied"]


def test_what_was_applied_past_others_that_are_left_out_is_told_by_the_note_that_says_also() -> None:
    at = line(*BEGUN, ("2026-03-09", {**BEGIN, ORDERS: {**GRANT, "reason": "Another"}}))
    first, ask, later = at.revisions
    note = Applied(service=SERVICE, environment="prod", commit=first.commit, also=(later.commit,), when="then")
    events = made(at, notes={"prod": {first.commit: note, ask.commit: "rewritten"}}).tables["events"]
    assert [(row["kind"], row["applied"]) for row in events] == [("requested", None), ("changed", "applied")]


def test_exceptions_stand_on_top() -> None:
    own = {**GRANT, "expires": "2026-03-06", "emergency": True}
    step = {
        **BEGIN,
        ORDERS: own,
        "commerce/grants/orders.yaml": GRANT,
        "checkout/grants/every.yaml": {**GRANT, "api": "prices"},
    }
    given = [
        ("converge.json", converged("0" * 40)),
        ("cut.json", json.dumps({**CUT, "when": "2026-03-09T10:00:00Z"}).encode()),
        ("old.json", json.dumps({**CUT, "when": "2026-02-09T10:00:00Z"}).encode()),
        ("drift.json", json.dumps({"drift": [{"environment": "prod", "differences": [DRIFT]}]}).encode()),
    ]
    broken = ("2026-03-10", {**step, "commerce/apis.yaml": "x: ["})
    found = made((BEGUN[0], ("2026-03-05", step), broken), records=records(given))
    assert [(row["kind"], row["who"] or row["what"]) for row in found.tables["exceptions"]] == [
        ("drift", "subscription checkout--orders"),
        ("cut", "team checkout"),
        ("emergency", "checkout"),
        ("left out", "b/grants/orders.yaml"),
        ("unreadable", "access/commerce/apis.yaml"),
        ("self-service", "commerce"),
        ("unowned", "checkout"),
        ("around products", "checkout"),
    ]
    page = written(found)["index.html"].decode()
    assert page.index("<h2>Exceptions") < page.index("<h2>What is missing") < page.index("<h2>Grants")


def test_what_lost_its_owner_later_was_owned_in_its_time() -> None:
    nobody = {path: each for path, each in BEGIN.items() if path != "commerce/apis.yaml"}

    def kinds(*more: tuple[str, dict[str, Any]]) -> list[Any]:
        return [row["kind"] for row in made((*BEGUN, *more)).tables["exceptions"]]

    assert kinds(("2026-03-20", BEGIN), ("2026-03-25", nobody)) == []
    assert kinds(("2026-03-20", {**nobody, ORDERS: GRANT})) == ["unowned"]


def test_drift_of_another_time_is_not_of_this_one() -> None:
    def told(when: str | None) -> int:
        given = {"drift": [{"environment": "prod", "differences": [{**DRIFT, "when": when}]}]}
        return len(made(BEGUN, records=records([("drift.json", json.dumps(given).encode())])).tables["exceptions"])

    assert [told(when) for when in (None, "2026-03-31T23:59:00+00:00", "2026-04-01T00:00:00+00:00")] == [1, 1, 0]


def test_what_lets_requests_through_is_self_service() -> None:
    open_to_all = {**BEGIN, PRODUCT: {**BEGIN[PRODUCT], "approval": "automatic"}}
    found = made((("2026-02-01", open_to_all), ("2026-03-05", {**open_to_all, ORDERS: GRANT})))
    assert (only(found)["approval"], only(found, "exceptions")["kind"]) == ("nobody had to", "self-service")


def used(**more: Any) -> Usage:
    known = {"source": "log", "since": date(2025, 1, 1), "clients_since": date(2025, 1, 1)}
    return Usage(SERVICE, date(2026, 3, 31), days=10, **{**known, **more})


def test_use_is_told_where_a_service_tells_of_it_through_renames_of_the_key() -> None:
    renamed = {**BEGIN, "checkout/grants/shop.yaml": {**GRANT, "product": "orders", "formerly": "orders"}}
    steps = (*BEGUN, ("2026-03-20", renamed))
    calls = used(keys={"checkout--orders": Used(9, 1, date(2026, 3, 30)), "x": Used(5)})
    row = only(made(steps, usages={"prod": calls}))
    assert (row["grant"], row["last_call"], row["calls"], row["errors"]) == ("shop", "2026-03-30", 9, 1)
    assert (row["grant_id"], row["use"]) == ("prod/checkout/orders@2026-03-05", "2026-03-30, 9 calls, 11.1% errors")
    found = made(steps, usages={"prod": used()})
    assert (only(found)["use"], only(found, "exceptions")["kind"]) == ("unused for 10 days", "unused")
    for usages in ({"prod": used(source="nothing", why="there is no log")}, {"dev": used()}):
        blind = made(steps, usages=usages)
        assert only(blind)["use"] is None
        assert any(text.startswith("Used: the file of usage does not tell of prod") for text in blind.missing)


def test_a_key_that_was_taken_over_is_the_one_whose_use_is_told() -> None:
    steps = (BEGUN[0], ("2026-03-05", {**BEGIN, ORDERS: {**GRANT, "subscription": "old-erp"}}))
    calls = used(keys={"checkout--orders": Used(9, 0, date(2026, 3, 30)), "old-erp": Used(5, 0, date(2026, 3, 9))})
    assert only(made(steps, usages={"prod": calls}))["calls"] == 5


def test_use_of_another_time_is_named() -> None:
    usage = used()
    found = made(BEGUN, APRIL, usages={"prod": usage})
    assert any("as of 2026-03-31, which is not in the period" in text for text in found.missing)


def test_what_is_missing_is_named() -> None:
    assert [text.partition(":")[0] for text in made(BEGUN).missing] == ["Approved", "Applied", "Used", "Drift", "Cuts"]
    page = written(made(BEGUN))["index.html"].decode()
    assert "GitHub knows: --github asks it." in page


def test_an_approval_by_the_commits_own_words_is_named_as_such() -> None:
    said = made(saying("Ask (#1)\n\nApproved-by: olga"))
    assert only(said)["approval_says"] == "the commit"
    assert said.missing[0].startswith("Approved: by the commits' own words alone, which anybody can write: 1 event.")


def test_a_product_or_a_team_alone_is_told_of() -> None:
    more = {**BEGIN, ORDERS: GRANT, "platform/grants/orders.yaml": GRANT}
    found = made((BEGUN[0], ("2026-03-05", more)), Asked(MARCH.period, team="platform"))
    assert [row["team"] for row in found.tables["grants"]] == ["platform"]
    assert made(BEGUN, Asked(MARCH.period, product="gold")).tables["grants"] == ()
    given = records([("converge.json", converged("0" * 40))])
    assert made(BEGUN, Asked(MARCH.period, team="b"), records=given).tables["exceptions"]
    assert not made(BEGUN, Asked(MARCH.period, team="checkout"), records=given).tables["exceptions"]


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1"])
def test_no_cell_is_a_formula(text: str) -> None:
    found = made((BEGUN[0], ("2026-03-05", {**BEGIN, ORDERS: {**GRANT, "reason": text}})))
    rows = list(csv.DictReader(written(found)["grants.csv"].decode().splitlines()))
    assert rows[0]["reason"][0] in "'\\"
    assert text.strip() in json.loads(written(found)["evidence.json"])["grants"][0]["reason"]


def test_nothing_that_looks_like_a_key_and_no_markup_of_others_is_in_it() -> None:
    key, markup = "0123456789abcdef" * 2, "<script>alert(1)</script>"
    step = {**BEGIN, ORDERS: {**GRANT, "reason": f"{markup} {key}"}}
    cut = json.dumps({**CUT, "when": "2026-03-09", "reason": key}).encode()
    said = saying(f"Ask {key} {markup}", steps=(BEGUN[0], ("2026-03-05", step)))
    files = written(made(said, records=records([("cut.json", cut)])))
    assert not any(key.encode() in content for content in files.values())
    assert markup.encode() not in files["index.html"]
    assert b"hidden: it looks like a key" in files["index.html"]


@pytest.mark.parametrize(
    "content", [b"", b"[]", b"{}", b'{"merges": 1}', b'{"drift": [{"x": 1}]}', b"[" * 99999, b"\xff"]
)
def test_a_file_that_is_no_record_is_refused_by_name(content: bytes) -> None:
    with pytest.raises(NoRecord, match=r"some\.json"):
        records([("some.json", content)])


@pytest.mark.parametrize(
    "seed", [1, pytest.param(2, marks=pytest.mark.story), pytest.param(3, marks=pytest.mark.story)]
)
def test_every_grant_of_a_long_history_is_in_the_pack_of_each_of_its_days_and_in_no_other(
    seed: int, tmp_path: Path
) -> None:
    history = drawn(seed, 300)
    history.write(tmp_path)
    at, known = revisions(tmp_path, "access"), history.lives(date(2027, 12, 31))
    first, listed = date(2026, 2, 1), 0
    while first < history.days[-1]:
        asked = Asked(Period(first, first + timedelta(days=40)))
        found = made(at, asked)
        there = [each for each in known if each.events[0][1] <= asked.period.last and _there(each, first)]
        assert len(found.tables["grants"]) == len(there)
        assert verify({"it": pack(found)}) == ()
        listed += len(there)
        first = asked.period.last + timedelta(days=1)
    assert listed > 150


def _there(known: Any, first: date) -> bool:
    if known.ended is None:
        return True
    by_commit = known.events[-1][2] is not None
    return bool(known.ended >= first if by_commit else known.ended > first)


# that it proves itself


@pytest.fixture(scope="module")
def whole() -> dict[str, bytes]:
    return pack(made(ENDED))


def test_the_same_evidence_gives_the_same_bytes_and_a_whole_pack(whole: dict[str, bytes]) -> None:
    assert pack(made(ENDED)) == whole
    assert sorted(whole) == [
        "days.csv", "events.csv", "evidence.json", "exceptions.csv", "grants.csv", "index.html", MANIFEST,
    ]  # fmt: skip
    assert verify({"march": whole}) == ()


@pytest.mark.parametrize(
    "name", ["days.csv", "events.csv", "evidence.json", "exceptions.csv", "grants.csv", "index.html", MANIFEST]
)
def test_one_byte_that_is_changed_added_or_taken_is_found_wherever_it_is(whole: dict[str, bytes], name: str) -> None:
    content = whole[name]
    for at in range(0, len(content), max(1, len(content) // 40)):
        for changed in (
            content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :],
            content[:at] + content[at + 1 :],
            content[:at] + b" " + content[at:],
        ):
            wrong = verify({"march": {**whole, name: changed}})
            assert wrong[0].startswith(f"march: {name} was changed")


def test_a_file_that_is_gone_or_was_added_is_found(whole: dict[str, bytes]) -> None:
    for name in whole:
        wrong = verify({"march": {path: each for path, each in whole.items() if path != name}})
        said = f"there is no {name}" if name == MANIFEST else f"{name} is missing"
        assert wrong == (f"march: {said}",)
    assert verify({"march": {**whole, ".hidden/x": b""}}) == (
        "march: .hidden/x was added: the manifest does not know it",
    )


def forged(pack: Mapping[str, bytes], change: Callable[[dict[str, Any]], None]) -> dict[str, bytes]:
    """Change the evidence, and write every digest anew."""
    value, manifest = json.loads(pack["evidence.json"]), json.loads(pack[MANIFEST])
    change(value)
    content = json.dumps(value).encode()
    manifest["files"]["evidence.json"] = {"bytes": len(content), "sha256": sha256(content).hexdigest()}
    del manifest["digest"]
    digest = sha256(json.dumps(manifest, sort_keys=True).encode()).hexdigest()
    return {
        **pack,
        "evidence.json": content,
        MANIFEST: (json.dumps({**manifest, "digest": digest}, indent=1) + "\n").encode(),
    }


def test_a_day_or_a_grant_left_out_is_found_even_where_every_digest_was_made_anew(whole: dict[str, bytes]) -> None:
    assert verify({"march": forged(whole, lambda _: None)}) == ()
    assert verify({"march": forged(whole, lambda value: value["days"].pop(10))}) == ("march: 2026-03-11 is left out",)
    assert verify({"march": forged(whole, lambda value: value["days"].reverse())}) == (
        "march: its days are not those of its period, each once and in order",
    )
    assert verify({"march": forged(whole, lambda value: value["grants"].clear())})[0] == (
        "march: 2026-03-05 tells of 1 grants in force, and 0 are listed"
    )
    assert verify({"march": forged(whole, lambda value: value.pop("days"))}) == (
        "march: evidence.json is none that this tool wrote",
    )


def test_packs_are_chained_and_no_day_is_left_out_between_them(whole: dict[str, bytes]) -> None:
    april = pack(made(ENDED, APRIL), whole)
    assert verify({"april": april, "march": whole}) == ()
    may = pack(made(ENDED, Asked(Period(date(2026, 5, 2), date(2026, 5, 31)))), april)
    assert verify({"march": whole, "april": april, "may": may}) == ("between april and may 2026-05-01 is left out",)
    assert verify({"march": whole, "may": may}) == (
        "between march and may 31 days, the first of them 2026-04-01, are left out",
    )
    alone = pack(made(ENDED, APRIL))
    assert verify({"march": whole, "april": alone}) == ("april is not chained to march: it names no pack before it",)
    anew = forged(whole, lambda value: value.update(missing=[]))
    assert verify({"march": anew, "april": april}) == (
        "april is chained to another pack than march: one of them was made anew",
    )
    assert verify({"march": whole, "again": whole}) == (
        "march begins on 2026-03-01, and again ends on 2026-03-31: they tell of the same days",
    )
    other = pack(made(ENDED, Asked(APRIL.period, team="checkout")), whole)
    assert verify({"march": whole, "other": other}) == ("other is not about the same as march: they are no chain",)


# the command


Run = Callable[..., Said]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RECONCILER_AS_OF", "2026-07-01")
    monkeypatch.delenv("GITHUB_TOKEN", raising=False)
    for number, (day, contents) in enumerate(ENDED):
        subprocess.run(["rm", "-rf", "access"], check=True)  # noqa: S607
        for path, value in contents.items():
            file = tmp_path / "access" / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(json.dumps(value))
        when = {f"GIT_{role}_DATE": f"{day}T12:00:00Z" for role in ("AUTHOR", "COMMITTER")}
        who = {f"GIT_{role}_{what}": "ada" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
        for words in (("init", "-q"), ("add", "-A"), ("commit", "-qm", f"Step {number} (#{number})")):
            command = ["git", *words]
            subprocess.run(command, env={"PATH": "/usr/bin:/bin", **when, **who}, check=True, timeout=60)  # noqa: S603
    call = in_process(monkeypatch)
    return lambda *arguments: Said(call("evidence", *arguments), *capsys.readouterr())


QUARTERS = (("--from", "2026-01-01", "--to", "2026-03-31"), ("--from", "2026-04-01", "--to", "2026-06-30"))


def test_packs_are_built_one_after_the_other_and_verified_together(run: Run, tmp_path: Path) -> None:
    first = run(*QUARTERS[0], "--output", "kept/q1")
    assert (first.code, "1 grant, 0 exceptions" in first.out, "a new chain" in first.out) == (0, True, True)
    assert "! Used: last calls are not known here." in first.err
    assert "after the pack of 2026-01-01 to 2026-03-31" in run(*QUARTERS[1], "--output", "kept/q2").out
    for words in (
        ("--verify", "kept"),
        ("--verify", "kept/q1", "kept/q2"),
        ("--verify", "kept/q2", "--verify", "kept/q1"),
    ):
        said = run(*words)
        assert (said.code, "2 packs whole: 2026-01-01 to 2026-06-30" in said.out) == (0, True)
    said = run("--verify", "kept/q2")
    assert (said.code, "It follows a pack of 2026-01-01 to 2026-03-31" in said.out) == (0, True)
    assert run(*QUARTERS[0], "--output", "kept/q1").code == 0  # the same again
    (tmp_path / "kept/q1/grants.csv").write_text("")
    said = run("--verify", "kept")
    assert (said.code, "kept/q1: grants.csv was changed" in said.err) == (4, True)
    said = run(*QUARTERS[0], "--output", "kept/q1")
    assert (said.code, "evidence is not written over" in said.err) == (2, True)
    said = run(*QUARTERS[1], "--output", "kept/other")
    assert (said.code, "q1 is not whole: no pack follows it" in said.err) == (4, True)
    (tmp_path / "kept/q2" / MANIFEST).unlink()
    said = run("--verify", "kept")
    assert (said.code, "kept/q2: there is no manifest.json" in said.err) == (4, True)


def test_a_pack_that_leaves_a_day_out_is_not_built(run: Run) -> None:
    assert run(*QUARTERS[0], "--output", "q1").code == 0
    late = ("--from", "2026-04-02", "--to", "2026-06-30", "--output", "q2")
    said = run(*late)
    assert (said.code, "--from 2026-04-01" in said.err) == (4, True)
    said = run(*late, "--previous", "q1")
    assert (said.code, "--from 2026-04-01" in said.err) == (4, True)
    assert run(*late, "--begin").code == 0
    said = run(*QUARTERS[1], "--output", "q3", "--previous", "access")
    assert (said.code, "access is no pack of evidence" in said.err) == (4, True)


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        ((), 2, "--from 2026-01-01 --to 2026-03-31"),
        (("--from", "2026-02-01", "--to", "2026-01-01", "-o", "x"), 2, "ends before it begins"),
        (("--from", "2026-02-01", "--to", "2026-07-02", "-o", "x"), 2, "--to 2026-06-30 is the last day that is"),
        (("--from", "2025-02-01", "--to", "2025-07-02", "-o", "x"), 4, "Nothing was committed by 2025-07-02"),
        ((*QUARTERS[0], "-o", "x", "--team", "chekcout"), 2, "did you mean `checkout`?"),
        ((*QUARTERS[0], "-o", "x", "--product", "ordres"), 2, "did you mean `orders`?"),
        ((*QUARTERS[0], "-o", "x", "--github"), 2, "set GITHUB_TOKEN"),
        (
            (*QUARTERS[0], "-o", "x", "--usage", "access/environments.yaml"),
            2,
            "access/environments.yaml holds no usage",
        ),
        ((*QUARTERS[0], "-o", "x", "--record", "nowhere.json"), 2, "nowhere.json: No such file"),
        ((*QUARTERS[0], "-o", "access/guardrails.yaml"), 2, "is a file"),
        ((*QUARTERS[0], "-o", "access"), 2, "holds something else already"),
        (("--verify", "nowhere"), 2, "nowhere is no folder"),
        (("--verify", "access"), 4, "access: there is no manifest.json"),
        (("nowhere",), 2, "folders are named with --verify"),
    ],
)
def test_a_mistake_ends_with_a_way_out(run: Run, words: tuple[str, ...], code: int, said: str) -> None:
    found = run(*words)
    assert (found.code, said in found.err.replace("\n", " ")) == (code, True)


LONG, LONGER = ({**GRANT, "expires": f"2027-0{month}-30"} for month in (6, 7))


@pytest.mark.story
@pytest.mark.parametrize(
    ("more", "verdict"),
    [({"README.md": "x"}, "approved"), ({f"access/{ORDERS}": json.dumps(LONGER)}, "approved by nobody who may")],
)
def test_an_approval_counts_that_saw_what_was_merged(more: dict[str, str], verdict: str, tmp_path: Path) -> None:
    with github({f"access/{path}": json.dumps(value) for path, value in BEGIN.items()}) as site:
        site.push("ask", {f"access/{ORDERS}": json.dumps(LONG)}, by="chris")
        number = site.open("ask", "chris", "Ask")
        site.review(number, "olga")
        site.push("ask", more, by="chris")
        site.merge(number, "pat")
        site.clone(tmp_path / "clone", by="pat")
        at = revisions(tmp_path / "clone", "access")
        there = Repository("contoso/access", site.token(), api=site.url)
        known = Reviews(brought(there, tmp_path / "clone/access", [at.tip]))
    (event,) = made(at, Asked(Period(date(2026, 1, 1), date(2027, 5, 31))), reviews=known).tables["events"]
    assert (event["approval"], event["pull_request"]) == (verdict, number)


@pytest.mark.story
@pytest.mark.parametrize("method", ["merge", "squash", "rebase"])
def test_github_is_asked_who_approved_however_it_was_merged(
    method: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    begin = {f"access/{path}": json.dumps(value) for path, value in BEGIN.items()}
    with github(begin) as site:
        site.push("ask", {f"access/{ORDERS}": json.dumps({**GRANT, "expires": "2027-06-30"})}, by="chris")
        number = site.open("ask", "chris", "Ask")
        site.review(number, "olga")
        site.merge(number, "pat", method)
        site.push("main", {f"access/{ORDERS}": json.dumps({**GRANT, "expires": "2027-07-30"})}, by="chris")
        site.clone(tmp_path / "clone", by="pat")
        monkeypatch.chdir(tmp_path / "clone")
        for name, value in {"API_URL": site.url, "REPOSITORY": "contoso/access", "TOKEN": site.token()}.items():
            monkeypatch.setenv(f"GITHUB_{name}", value)
        monkeypatch.setenv("RECONCILER_AS_OF", "2027-01-31")
        call = in_process(monkeypatch)
        assert call("why", "checkout", "orders", "--github") == 0
        told = capsys.readouterr().out
        assert f"#{number} was approved by olga, says GitHub; it needed commerce" in told
        assert "no pull request brought it, says GitHub; it needed commerce" in told
        assert call("evidence", "--from", "2026-01-01", "--to", "2027-01-31", "--output", "pack", "--github") == 0
    events = list(csv.DictReader(Path("pack/events.csv").read_text().splitlines()))
    assert [(row["kind"], row["pull_request"], row["approval"], row["entitled"]) for row in events] == [
        ("requested", str(number), "approved", "olga for commerce"),
        ("renewed", "", "came by no pull request", ""),
    ]
    assert "came by no pull request" in Path("pack/exceptions.csv").read_text()
