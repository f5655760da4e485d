"""Campaigns: who is asked about what, what is advised and why, and how it goes on GitHub from opening to report."""

import json
import subprocess
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from commanded import Said, in_process
from on_github import Account, Site, github
from organisations import TODAY, declared, files, organisation

from reconciler.check import check
from reconciler.declarations import Declarations, Review
from reconciler.document import parse
from reconciler.history import added
from reconciler.load import load
from reconciler.reviewing import Advice, Uses, advise, begun, decisions, file_of, items, markdown, proposals, reminder
from reconciler.reviewing.told import MARKER
from reconciler.sources import Files
from reconciler.usage import Usage, Used
from reconciler.usage.kept import document as usage_file

DUE = TODAY + timedelta(days=30)
LATE = DUE + timedelta(days=1)
NOW = TODAY + timedelta(days=120)  # of what happens on GitHub, where files came a day from today
THEN, AFTER = NOW + timedelta(days=30), NOW + timedelta(days=31)
OLD, BEGIN = date(2026, 1, 1), TODAY - timedelta(days=90)
APP = "1a2b0000-0000-0000-0000-000000000000"
ASKS: dict[str, Any] = {"environments": ["prod"], "key": True, "reason": "r", "expires": "2027-06-30"}
USED, IDLE, PAY = "checkout/grants/orders.yaml", "shop/grants/orders.yaml", "checkout/grants/pay.yaml"
GUARDRAILS = {"platform_team": "platform", "missed_review": "revoke"}
TEXT = """\
# ours since 2019
environments:   [prod]   # only there
key: true
reason: "Show it: all of it"
expires: 2027-06-30   # soon
"""


def company(**more: Any) -> dict[str, Any]:
    """Commerce owns orders, which checkout uses and shop does not; payments owns pay, which checkout has."""
    return organisation(
        **{
            "guardrails.yaml": GUARDRAILS,
            "platform/team.yaml": {"display_name": "Platform", "reviewers": ["pat"]},
            "checkout/team.yaml": {"display_name": "Checkout", "reviewers": ["chris"]},
            "commerce/team.yaml": {"display_name": "Commerce", "reviewers": ["olga", "octocat"]},
            "payments/team.yaml": {"display_name": "Payments", "github": "contoso/payments"},
            "payments/apis.yaml": [{"api": "pay"}],
            "payments/products/pay.yaml": {"environments": ["prod"], "apis": ["pay"], "missed_review": "warn"},
            "shop/team.yaml": {"display_name": "Shop"},
            USED: TEXT,
            IDLE: ASKS,
            PAY: ASKS,
            **more,
        }
    )


def whole(**more: Any) -> Declarations:
    return declared(company(**more))


def told(day: date = TODAY) -> Usage:
    keys = {"checkout--orders": Used(40, 2, date(2026, 11, 20)), "checkout--pay": Used(1, 0, date(2026, 11, 1))}
    made = dict.fromkeys(("checkout--orders", "shop--orders", "checkout--pay"), OLD)
    begin = day - timedelta(days=90)
    return Usage("apim-test", day, source="log", since=begin, clients_since=begin, keys=keys, made=made)


def campaign(declarations: Declarations) -> Review:
    review, _ = begun(declarations, TODAY, DUE)
    assert review is not None
    return review


def test_a_campaign_asks_each_owner_about_everything_in_force() -> None:
    assert campaign(whole()).grants == {
        "commerce": ["checkout/orders", "shop/orders"],
        "payments": ["checkout/pay"],
    }


@pytest.mark.parametrize(
    ("more", "grants"),
    [
        ({PAY: {**ASKS, "expires": str(TODAY - timedelta(days=1))}}, {"commerce"}),
        ({PAY: {**ASKS, "expires": str(TODAY)}}, {"commerce", "payments"}),
        ({PAY: {**ASKS, "emergency": True, "expires": str(TODAY)}}, {"commerce"}),
        ({PAY: {**ASKS, "api": "pay"}}, {"commerce", "payments"}),
        ({PAY: {**ASKS, "api": "*"}}, {"commerce", "platform"}),
    ],
)
def test_who_is_asked(more: dict[str, Any], grants: set[str]) -> None:
    assert campaign(whole(**more)).grants.keys() == grants


def test_what_nobody_owns_is_named_where_there_is_no_platform_team() -> None:
    review, nobodys = begun(whole(**{PAY: {**ASKS, "api": "*"}, "guardrails.yaml": {}}), TODAY, DUE)
    assert (review is not None, nobodys) == (True, ("checkout/pay",))
    assert begun(whole(**{USED: None, IDLE: None, PAY: None}), TODAY, DUE) == (None, ())


def test_the_file_of_a_campaign_reads_as_it_was_meant() -> None:
    review = campaign(whole())
    (content,) = file_of(review).values()
    assert content is not None
    read = load(files({**company(), "reviews.yaml": content.decode()})).declarations
    assert read.review == review
    assert {item.name: item.answered for item in items(read, review)} == dict.fromkeys(
        ("checkout/orders", "shop/orders", "checkout/pay"), False
    )


def advice(usage: Usage | None, given: date | None = OLD, **says: Any) -> Advice:
    declarations = whole(**{IDLE: {**ASKS, **says}})
    usages = {"prod": usage} if usage else {}
    uses = Uses.of(declarations, usages, {IDLE: given} if given else {})
    grant = next(each for each in declarations.grants if each.path == IDLE)
    return advise(grant, TODAY, uses)


def short(since: date) -> Usage:
    return Usage("apim-test", TODAY, source="log", since=since, made={"shop--orders": OLD})


@pytest.mark.parametrize(
    ("found", "what", "why"),
    [
        (advice(told()), "end", "nobody has used it for 90 days"),
        (advice(told(), TODAY), "keep", "it is new"),
        (advice(told(), None), "end", "nobody has used it for 90 days"),
        (advice(None), "keep", "nobody knows whether it is used"),
        (advice(short(TODAY - timedelta(days=30))), "shorten", "no call since 2026-10-24, and nothing is known from"),
        (advice(short(TODAY - timedelta(days=30)), expires="2026-12-31"), "keep", "nobody knows whether it is used"),
        (advice(Usage("x", TODAY, keys={"shop--orders": Used(1, 0, TODAY)})), "keep", "it is used"),
        (advice(told(), suspended=True), "end", "it is suspended everywhere"),
        (advice(told(), key=False, portal=True), "keep", "it only shows the product in the portal"),
    ],
)
def test_what_is_advised_and_why(found: Advice, what: str, why: str) -> None:
    assert (found.what, found.why[: len(why)]) == (what, why)
    assert (found.until is not None) == (what == "shorten")


def proposed(contents: dict[str, Any], usages: dict[str, Usage]) -> dict[str, dict[str, bytes | None]]:
    """Propose, and see that what is proposed is valid and answers everything that is asked."""
    within = files(contents)
    declarations = load(within).declarations
    review = campaign(declarations)
    found = proposals(within, declarations, review, TODAY, Uses.of(declarations, usages, {}))
    after = {**within.contents, **{path: text for each in found for path, text in each.files.items()}}
    left = Files(within.root, {path: text for path, text in after.items() if text is not None})
    loaded = load(left)
    assert [*loaded.problems, *check(loaded, left, TODAY)] == []
    assert all(item.answered for item in items(loaded.declarations, review))
    assert proposals(left, loaded.declarations, review, TODAY, Uses()) == ()
    return {each.owner: dict(each.files) for each in found}


def test_a_proposal_answers_and_touches_nothing_else() -> None:
    found = proposed(company(), {"prod": told()})
    assert found.keys() == {"commerce", "payments"}
    assert found["commerce"][IDLE] is None
    assert (found["commerce"][USED] or b"").decode() == TEXT + f"reviewed:\n  by: commerce\n  on: {TODAY}\n"
    again = company(**{USED: TEXT + "reviewed: {by: commerce, on: 2026-01-01}   # the first\n"})
    changed = (proposed(again, {"prod": told()})["commerce"][USED] or b"").decode()
    assert changed == TEXT + f"reviewed: {{by: commerce, on: {TODAY}}}   # the first\n"


def test_what_is_shortened_ends_sooner_wherever_it_would_end_later() -> None:
    found = proposed(company(), {"prod": short(TODAY - timedelta(days=30))})
    after = parse(IDLE, found["commerce"][IDLE] or b"")
    assert after["expires"] == str(TODAY + timedelta(days=90))
    assert after["reviewed"] == {"by": "commerce", "on": str(TODAY)}


def test_an_owner_reads_each_grant_with_its_reason_its_use_and_why() -> None:
    declarations = whole()
    uses = Uses.of(declarations, {"prod": told()}, {USED: OLD})
    body = proposals(files(company()), declarations, campaign(declarations), TODAY, uses)[0].body
    for words in (
        "Show it\\: all of it",
        "2026-01-01",
        "40 calls",
        "nobody has used it for 90 days",
        "ends on that day",
    ):
        assert words in body
    hostile = whole(**{IDLE: {**ASKS, "reason": "@octocat <img src=x> [x](https://evil.example)"}})
    body = proposals(files(company()), hostile, campaign(hostile), TODAY, Uses())[0].body
    assert "@octocat" not in body
    assert "<img" not in body
    assert "](https" not in body


def answered(**more: Any) -> dict[str, str]:
    """Say what was decided while the campaign runs."""
    contents = company(**more)
    review = campaign(whole())
    return {each.grant: each.answer for each in decisions(load(files(contents)).declarations, review, TODAY, whole())}


ANSWER = {"reviewed": {"by": "commerce", "on": str(TODAY)}}


@pytest.mark.parametrize(
    ("says", "answer"),
    [
        (ASKS, "open"),
        ({**ASKS, **ANSWER}, "kept"),
        ({**ASKS, **ANSWER, "expires": "2027-01-31"}, "shortened"),
        ({**ASKS, **ANSWER, "expires": "2027-08-31"}, "kept"),
        ({**ASKS, "reviewed": {"by": "commerce", "on": str(TODAY - timedelta(days=1))}}, "open"),
        (None, "ended"),
    ],
)
def test_what_was_decided_shows_in_the_file(says: Any, answer: str) -> None:
    assert answered(**{IDLE: says})["shop/orders"] == answer


def test_a_late_answer_and_none_are_told_with_what_that_means() -> None:
    declarations, review = whole(), campaign(whole())
    found = {each.grant: each for each in decisions(declarations, review, LATE, None)}
    assert {(each.answer, each.missed) for each in found.values()} == {
        ("missed", "revoke in prod"),
        ("missed", "warn in prod"),
    }
    text = markdown(review, [*found.values()], LATE)
    assert "it is over: 0 of 3 grants were answered" in text
    comment = reminder(declarations.teams["commerce"].value, review, [found["shop/orders"]], LATE)
    assert comment.splitlines()[:2] == [MARKER, "@olga @octocat"]
    assert comment.splitlines()[2] == f"**Late.** 1 grant should have been looked at by {DUE}: access ends."
    early = reminder(declarations.teams["payments"].value, review, [found["checkout/pay"]], TODAY)
    assert early.splitlines()[1:] == [
        "@contoso/payments",
        f"1 grant waits for your answer until {DUE}. After that: plans warn.",
    ]


def git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=folder, check=True, capture_output=True, text=True, timeout=60)  # noqa: S603, S607
    return done.stdout


def test_git_tells_when_each_file_came(tmp_path: Path) -> None:
    with github({"access/checkout/grants/a b.yaml": "1", "other/x": "1"}) as site:
        first = site.now.date()
        site.now += timedelta(days=3)
        site.push("side", {"access/checkout/grants/ü.yaml": "2"}, by="chris")
        site.merge(site.open("side", "chris"), "pat")
        site.push("main", {"access/checkout/grants/a b.yaml": "changed"}, by="chris")
        clone = site.clone(tmp_path / "clone", by="chris")
        assert added(clone, "access") == {
            "checkout/grants/a b.yaml": first,
            "checkout/grants/ü.yaml": first + timedelta(days=3),
        }


class Desk:
    """A clone of a company's repository on GitHub, in which the tool runs as a robot."""

    def __init__(self, site: Site, clone: Path, call: Callable[..., int], capsys: pytest.CaptureFixture[str]) -> None:
        self.site, self.clone, self._call, self._capsys = site, clone, call, capsys

    def __call__(self, *arguments: str, code: int = 0) -> Said:
        git(self.clone, "pull", "--quiet", "--ff-only")
        said = Said(self._call(*arguments), *self._capsys.readouterr())
        assert said.code == code, said
        return said

    @property
    def writes(self) -> list[str]:
        """What was written that anybody sees: a tree is only an object of git, and the same one each time."""
        return [each for each in self.site.writes() if not each.endswith("/git/trees")]

    def numbers(self) -> dict[str, int]:
        """Give the open pull requests by branch."""
        return {pull.branch: number for number, pull in self.site.pulls.items() if pull.thread.state == "open"}

    def approve(self, number: int, login: str) -> int:
        """Let somebody approve, and say what `approvals` makes of it."""
        self.site.review(number, login)
        git(self.clone, "fetch", "--quiet", "origin", f"refs/pull/{number}/merge")
        git(self.clone, "checkout", "--quiet", "FETCH_HEAD")
        ended = self._call("approvals", "--since", "origin/main", "--pull-request", str(number))
        self._capsys.readouterr()
        git(self.clone, "checkout", "--quiet", "main")
        return ended


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Desk]:
    contents = {
        f"access/{path}": value if isinstance(value, str) else json.dumps(value) for path, value in company().items()
    }
    with github(contents) as site:
        clone = site.clone(tmp_path / "clone", by="pat")
        monkeypatch.chdir(clone)
        for name, value in {
            "GITHUB_API_URL": site.url,
            "GITHUB_REPOSITORY": "contoso/access",
            "GITHUB_TOKEN": site.token("access[bot]"),
            "RECONCILER_AS_OF": str(NOW),
            "COLUMNS": "200",
        }.items():
            monkeypatch.setenv(name, value)
        site.teams["payments"] = ["pam"]
        (tmp_path / "usage.json").write_text(usage_file({"prod": told(NOW)}, NOW, 90))
        yield Desk(site, clone, in_process(monkeypatch), capsys)


def comments(desk: Desk, number: int) -> list[str]:
    return [each.body for each in desk.site.threads[number].comments if each.author == Account("access[bot]")]


@pytest.mark.story
def test_a_campaign_from_its_opening_to_its_report(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "There is no campaign" in desk("review", "--status", code=4).err
    assert "nobody to remind" in desk("review", "--remind").out
    dry = desk("review", "--due", str(THEN), "--usage", "../usage.json", "--dry-run").out
    assert "+++ access/reviews.yaml" in dry
    assert "+++ /dev/null" in dry
    assert desk.writes == []

    desk("review", "--due", str(THEN), "--usage", "../usage.json")
    numbers = desk.numbers()
    assert numbers.keys() == {"access/review", "access/review-commerce", "access/review-payments"}
    before = len(desk.writes)
    assert "waits to be merged" in desk("review", "--due", str(THEN), "--usage", "../usage.json").out
    assert len(desk.writes) == before

    assert desk.approve(numbers["access/review"], "olga") == 4
    assert desk.approve(numbers["access/review"], "pat") == 0
    desk.site.merge(numbers["access/review"], "pat")
    said = desk("review", "--status")
    assert "0 of 3 answered" in said.out
    assert f"#{numbers['access/review-commerce']}" in said.out
    before = len(desk.writes)
    said = desk("review")
    assert f"commerce: pull request {numbers['access/review-commerce']} is open already" in said.out
    assert len(desk.writes) == before

    commerce = numbers["access/review-commerce"]
    kept = json.dumps({**ASKS, "expires": "2027-04-30", "reviewed": {"by": "commerce", "on": str(NOW)}})
    desk.site.push("access/review-commerce", {f"access/{IDLE}": kept}, by="olga", message="Shop stays till new year")
    assert desk.approve(commerce, "olga") == 4  # who commits to it does not approve it
    assert desk.approve(commerce, "octocat") == 0
    desk.site.merge(commerce, "octocat")
    assert "2 of 3 answered" in desk("review", "--status").out

    desk("review", "--remind")
    payments = numbers["access/review-payments"]
    (reminded,) = comments(desk, payments)
    assert f"until {THEN}" in reminded
    before = len(desk.writes)
    assert "reminded" not in desk("review", "--remind").out
    assert len(desk.writes) == before
    monkeypatch.setenv("RECONCILER_AS_OF", str(AFTER))
    assert "LATE payments: checkout/pay (missed: warn in prod)" in desk("review", "--status").out
    desk("review", "--remind")
    assert ["**Late.**" in each for each in comments(desk, payments)] == [True]
    assert f"nobody reviewed it by {THEN} (prod)" in desk("validate").out

    found = desk("review", "--report", "--format", "json").json["grants"]
    assert {each["grant"]: (each["answer"], each["by"], each["on"]) for each in found} == {
        "checkout/orders": ("kept", "commerce", str(NOW)),
        "shop/orders": ("shortened", "commerce", str(NOW)),
        "checkout/pay": ("missed", "", None),
    }
    desk("review", "--report", "--output", "report.md")
    assert "2 of 3 grants were answered" in (desk.clone / "report.md").read_text()


@pytest.mark.story
def test_what_was_closed_is_proposed_again_and_what_a_miss_has_ended_is_not_given_back(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk("review", "--due", str(THEN))
    numbers = desk.numbers()
    desk.site.merge(numbers["access/review"], "pat")
    desk.site.close(numbers["access/review-commerce"])
    desk("review", "--remind")
    again = desk.numbers()["access/review-commerce"]
    assert again != numbers["access/review-commerce"]
    assert len(comments(desk, again)) == 1
    monkeypatch.setenv("RECONCILER_AS_OF", str(AFTER))
    assert "checkout--orders" not in desk("what-can", "checkout").out
    before = len(desk.writes)
    said = desk("review", "--new", code=4)
    assert "2 grants ended because nobody reviewed them: checkout/orders, shop/orders." in said.err
    assert len(desk.writes) == before
    desk.site.merge(again, "octocat")
    assert "by: commerce" in (desk("review", "--report") and (desk.clone / "access" / USED).read_text())
    assert "Review until" in desk("review", "--new", "--dry-run").out


def test_what_was_not_meant_so_is_said(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "is over: name a later day" in desk("review", "--due", "2026-01-01", code=2).err
    assert "Say one of" in desk("review", "--status", "--report", code=2).err
    assert "holds no usage" in desk("review", "--usage", "access/guardrails.yaml", code=2).err
    monkeypatch.delenv("GITHUB_TOKEN")
    assert "GITHUB_TOKEN" in desk("review", code=2).err
    assert "+++ access/reviews.yaml" in desk("review", "--dry-run").out
