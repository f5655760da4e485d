"""The life of each grant as git tells it, against what is known to have happened, and against git itself."""

import json
import subprocess
import tarfile
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
from commanded import in_process
from histories import ENVIRONMENTS, FIRST, History, drawn, line
from organisations import organisation

from reconciler.compile import as_of
from reconciler.history import committed_by
from reconciler.lives import Told, lives, replay
from reconciler.lives.living import lives_of
from reconciler.load import load
from reconciler.questions import Sides, what_can
from reconciler.revisions import Revision, revisions
from reconciler.sources import from_folder, from_revision
from reconciler.there import There

LENGTH = 300
SEEDS = (1, *(pytest.param(seed, marks=pytest.mark.story) for seed in range(2, 12)))
Written = dict[str, Any]


@pytest.fixture(scope="module", params=SEEDS)
def lived(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[History, Path]:
    history, folder = drawn(request.param, LENGTH), tmp_path_factory.mktemp("lived")
    history.write(folder)
    return history, folder


def last(history: History) -> date:
    return max(each.when for each in history.written).date()


def told(folder: Path, day: date) -> Told:
    return lives(revisions(folder, "access"), day)


def as_known(history: History, found: Told) -> list[tuple[Any, ...]]:
    numbers: dict[str, int | None] = {name: number for number, name in enumerate(history.names)}
    rows = [
        (
            each.team,
            each.grant,
            each.environment,
            each.to.name[0],
            each.until,
            tuple((event.kind, event.day, numbers.get(event.commit)) for event in each.events),
            each.ended,
        )
        for each in found.lives
    ]
    return sorted(rows, key=str)


def test_each_life_is_told_as_it_happened(lived: tuple[History, Path]) -> None:
    history, folder = lived
    day = last(history) + timedelta(days=10)
    found = told(folder, day)
    assert as_known(history, found) == sorted((each.as_told() for each in history.lives(day)), key=str)
    assert [history.names.index(each.revision.commit) for each in found.skipped] == history.skipped
    kinds = {event.kind for each in found.lives for event in each.events}
    assert kinds == {"requested", "changed", "renamed", "renewed", "ended"}
    for point in found.points:
        assert point.revision.authors == (history.written[history.names.index(point.revision.commit)].author,)


def test_what_is_replayed_is_what_stands_at_each_commit(lived: tuple[History, Path]) -> None:
    _, folder = lived
    points = replay(revisions(folder, "access")).points
    for point in Random(0).sample(points, 25):  # noqa: S311  the same ones each time
        assert point.after == load(from_revision(folder, point.revision.commit, "access")).declarations
    assert len(points) > LENGTH / 2


def test_a_life_covers_the_days_on_which_git_has_the_grant(lived: tuple[History, Path]) -> None:
    history, folder = lived
    found, whole = replay(revisions(folder, "access")), 0
    for number in range(0, (last(history) - FIRST).days - 20, 21):
        day = history.days[0] + timedelta(days=number)
        loaded = load(from_revision(folder, committed_by(folder, day) or "", "access"))
        declared = {
            (grant.team, grant.name, name, says["product"])
            for name in loaded.declarations.environments
            for grant, says in There(loaded.declarations, name).grants
            if says.get("expires", date.max) >= day
        }
        points = [point for point in found.points if point.revision.day <= day]
        covering = {
            (each.team, each.grant, each.environment, each.to.name[0])
            for each in lives_of(points, day)
            if each.covers(day)
        }
        if not loaded.problems:
            assert covering == declared, day
            whole += len(declared)
    assert whole > 100


def test_every_question_about_a_day_is_answered_from_the_files_of_then(
    lived: tuple[History, Path], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    history, folder = lived
    call, compared = in_process(monkeypatch), 0
    for number in range(15, LENGTH, 45):
        day = history.days[number]
        commit = max(each for each, counts in enumerate(history.days) if counts <= day)
        there = checked_out(history.names[commit], folder, tmp_path / str(number))
        loaded = load(from_folder(there / "access"))
        for name in loaded.declarations.teams if not loaded.problems else ():
            code = call("what-can", name, "--access", str(folder / "access"), "--at", str(day), "--format", "json")
            said = {(each["who"], each["by"], each["until"]) for each in json.loads(capsys.readouterr().out)["answers"]}
            can = [
                (each.access.who, str(each.by), str(each.access.until) if each.access.until else None)
                for environment in ENVIRONMENTS
                for each in what_can(Sides(*as_of(loaded.declarations, environment, day)).answers(), {name})
            ]
            assert (code, said) == (0, set(can))
            compared += len(can)
    assert compared > 20


def git(at: Path, *words: str) -> None:
    named = ["git", "-c", "user.name=x", "-c", "user.email=x"]
    subprocess.run([*named, *words], cwd=at, check=True, capture_output=True, timeout=60)  # noqa: S603


def checked_out(commit: str, folder: Path, there: Path) -> Path:
    there.mkdir()
    git(folder, "archive", "--output", str(there / "all.tar"), commit)
    with tarfile.open(there / "all.tar") as made:
        made.extractall(there, filter="data")
    return there


ORDERS = "checkout/grants/orders.yaml"
BEGIN: Written = organisation()
GRANT = BEGIN[ORDERS]
OTHER = {"manage": "product", "display_name": "Other", "environments": ["prod"], "apis": ["refunds"]}


def company(grants: Written, **more: Any) -> Written:
    """Give the small company with other grants."""
    return {path: each for path, each in organisation(**more).items() if path != ORDERS} | grants


def brief(day: str, *steps: tuple[str, Written]) -> list[tuple[Any, ...]]:
    """Tell lives in brief: whose, what for, what happened, and when it ended."""
    return [
        (
            f"{each.team}/{each.grant}",
            str(each.to),
            " ".join(event.kind for event in each.events),
            str(each.ended or ""),
        )
        for each in lives(line(*steps), date.fromisoformat(day)).lives
    ]


def test_a_life_opens_what_its_product_holds_last() -> None:
    product = "commerce/products/orders.yaml"
    more = {**BEGIN, product: {**BEGIN[product], "apis": ["orders", "refunds"]}}
    (life,) = lives(line(("2026-03-01", BEGIN), ("2026-03-02", more)), date(2026, 3, 2)).lives
    assert (life.apis, len(life.events)) == (("orders", "refunds"), 1)


def test_an_environment_that_comes_brings_what_was_asked_for_there_and_one_that_goes_takes_it() -> None:
    both = company({ORDERS: {**GRANT, "environments": ["dev", "prod"]}})
    more = {**both, "environments.yaml": dict.fromkeys(("dev", "prod"), BEGIN["environments.yaml"]["prod"])}
    days = ("2026-03-01", "2026-03-02", "2026-03-03")
    found = lives(line(*zip(days, (both, more, both), strict=True)), date(2026, 3, 4)).lives
    assert [(each.environment, str(each.since), str(each.ended)) for each in found] == [
        ("prod", "2026-03-01", "None"),
        ("dev", "2026-03-02", "2026-03-03"),
    ]
    assert found[1].events[-1].said == ("there is no environment dev any more",)


def reviewed(**answer: Any) -> Written:
    campaign = {"opened": "2026-03-10", "due": "2026-03-31", "grants": {"commerce": ["checkout/orders"]}}
    files = {"guardrails.yaml": {"missed_review": "revoke"}, "reviews.yaml": campaign}
    return {**company({ORDERS: {**GRANT, **answer}}), **files}


def test_a_review_that_nobody_answers_ends_a_life_on_its_last_day() -> None:
    (life,) = lives(line(("2026-03-01", BEGIN), ("2026-03-10", reviewed())), date(2026, 4, 1)).lives
    assert (str(life.until), str(life.ended), life.ended_by) == ("2026-03-31", "2026-04-01", "date")
    assert life.events[-1].said == ("its last day was 2026-03-31, and nobody answered its review",)


@pytest.mark.parametrize("last", ["guardrails.yaml", "reviews.yaml"])
def test_a_life_ends_so_whichever_of_the_two_files_came_last(last: str) -> None:
    whole = reviewed()
    first = {path: each for path, each in whole.items() if path != last}
    (life,) = lives(line(("2026-03-01", first), ("2026-03-10", whole)), date(2026, 4, 1)).lives
    assert (str(life.until), str(life.ended)) == ("2026-03-31", "2026-04-01")


def test_an_answer_lets_a_life_go_on_and_a_late_one_begins_another() -> None:
    answered = reviewed(reviewed={"by": "commerce", "on": "2026-03-20"})
    steps = (("2026-03-01", BEGIN), ("2026-03-10", reviewed()), ("2026-03-20", answered))
    assert brief("2026-05-01", *steps) == [("checkout/orders", "product orders", "requested reviewed", "")]
    (life,) = lives(line(*steps), date(2026, 5, 1)).lives
    assert life.events[-1].said == ("reviewed: nothing is now by commerce, on 2026-03-20",)
    late = (*steps[:2], ("2026-04-05", answered))
    assert [each[2:] for each in brief("2026-05-01", *late)] == [("requested ended", "2026-04-01"), ("requested", "")]


TODAY = "2026-12-31"
CASES = {
    "goes on": ([BEGIN], [("checkout/orders", "product orders", "requested", "")]),
    "is deleted": (
        [BEGIN, company({})],
        [("checkout/orders", "product orders", "requested ended", "2026-03-02")],
    ),
    "renamed, and says so": (
        [BEGIN, company({"checkout/grants/shop.yaml": {**GRANT, "product": "orders", "formerly": "orders"}})],
        [("checkout/shop", "product orders", "requested renamed", "")],
    ),
    "renamed, and does not say so": (
        [BEGIN, company({"checkout/grants/shop.yaml": {**GRANT, "product": "orders"}})],
        [("checkout/shop", "product orders", "requested renamed", "")],
    ),
    "asked for again later": (
        [BEGIN, company({}), BEGIN],
        [
            ("checkout/orders", "product orders", "requested ended", "2026-03-02"),
            ("checkout/orders", "product orders", "requested", ""),
        ],
    ),
    "for another product by the same file": (
        [BEGIN, company({ORDERS: {**GRANT, "product": "other"}}, commerce__products__other_yaml=None)],
        [("checkout/orders", "product orders", "requested ended", "2026-03-02")],
    ),
    "for another product that is there": (
        [BEGIN, company({ORDERS: {**GRANT, "product": "other"}, "commerce/products/other.yaml": OTHER})],
        [
            ("checkout/orders", "product orders", "requested ended", "2026-03-02"),
            ("checkout/orders", "product other", "requested", ""),
        ],
    ),
    "another team asks for it as one gives it up": (
        [BEGIN, company({"b/team.yaml": {"display_name": "B"}, "b/grants/orders.yaml": GRANT})],
        [
            ("checkout/orders", "product orders", "requested ended", "2026-03-02"),
            ("b/orders", "product orders", "requested", ""),
        ],
    ),
    "a team moves": (
        [
            BEGIN,
            {path.replace("checkout/", "shop/"): each for path, each in BEGIN.items()},
        ],
        [("shop/orders", "product orders", "requested renamed", "")],
    ),
    "a team goes, and another one asks for something like it": (
        [
            BEGIN,
            {path.replace("checkout/", "shop/"): each for path, each in BEGIN.items()}
            | {"shop/grants/orders.yaml": {**GRANT, "portal": True}},
        ],
        [
            ("checkout/orders", "product orders", "requested ended", "2026-03-02"),
            ("shop/orders", "product orders", "requested", ""),
        ],
    ),
    "extended in time": (
        [company({ORDERS: {**GRANT, "expires": "2026-03-02"}}), BEGIN],
        [("checkout/orders", "product orders", "requested renewed", "")],
    ),
    "extended a day late": (
        [company({ORDERS: {**GRANT, "expires": "2026-03-01"}}), BEGIN],
        [
            ("checkout/orders", "product orders", "requested ended", "2026-03-02"),
            ("checkout/orders", "product orders", "requested", ""),
        ],
    ),
    "its last day is set back": (
        [BEGIN, company({ORDERS: {**GRANT, "expires": "2026-02-20"}})],
        [("checkout/orders", "product orders", "requested ended", "2026-03-02")],
    ),
    "over before it began": ([company({ORDERS: {**GRANT, "expires": "2026-02-28"}})], []),
    "a comment alone": (
        [BEGIN, {**BEGIN, ORDERS: json.dumps(GRANT) + "\n# why"}],
        [("checkout/orders", "product orders", "requested", "")],
    ),
    "for a product that nobody declares": ([company({ORDERS: {**GRANT, "product": "nowhere"}})], []),
    "its product gets a new id and says what it was": (
        [
            BEGIN,
            {path.replace("products/orders", "products/sales"): each for path, each in BEGIN.items()}
            | {
                "commerce/products/sales.yaml": {**BEGIN["commerce/products/orders.yaml"], "formerly": "orders"},
                ORDERS: {**GRANT, "product": "sales"},
            },
        ],
        [("checkout/orders", "product sales", "requested renamed", "")],
    ),
    "its product gets another name and keeps its id": (
        [
            BEGIN,
            {path.replace("products/orders", "products/sales"): each for path, each in BEGIN.items()}
            | {
                "commerce/products/sales.yaml": {**BEGIN["commerce/products/orders.yaml"], "id": "orders"},
                ORDERS: {**GRANT, "product": "sales"},
            },
        ],
        [("checkout/orders", "product orders", "requested", "")],
    ),
    "its product goes and its file stays": (
        [BEGIN, {path: each for path, each in BEGIN.items() if path != "commerce/products/orders.yaml"}],
        [("checkout/orders", "product orders", "requested ended", "2026-03-02")],
    ),
    "its product stands for another one": (
        [BEGIN, {**BEGIN, "commerce/products/orders.yaml": {**BEGIN["commerce/products/orders.yaml"], "id": "o-2"}}],
        [
            ("checkout/orders", "product orders", "requested ended", "2026-03-02"),
            ("checkout/orders", "product o-2", "requested", ""),
        ],
    ),
    "what is not said any more and was not given": (
        [company({ORDERS: {**GRANT, "portal": False, "clients": []}}), BEGIN],
        [("checkout/orders", "product orders", "requested", "")],
    ),
    "a key for one API": (
        [company({ORDERS: {**GRANT, "api": "orders"}}), BEGIN],
        [
            ("checkout/orders", "api orders", "requested ended", "2026-03-02"),
            ("checkout/orders", "product orders", "requested", ""),
        ],
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_a_life_is_what_the_gateway_and_people_take_for_one(case: str) -> None:
    steps, expected = CASES[case]
    days = ("2026-03-01", "2026-03-02", "2026-03-03")
    assert sorted(brief(TODAY, *zip(days, steps, strict=False))) == sorted(expected)


def test_an_end_by_its_date_is_told_when_it_is_over_and_not_before() -> None:
    step = ("2026-03-01", company({ORDERS: {**GRANT, "expires": "2026-06-30"}}))
    assert brief("2026-06-30", step) == [("checkout/orders", "product orders", "requested", "")]
    assert brief("2026-07-01", step) == [("checkout/orders", "product orders", "requested ended", "2026-07-01")]
    (life,) = lives(line(step), date(2026, 7, 1)).lives
    assert [life.covers(date(2026, *each)) for each in ((2, 28), (3, 1), (6, 30), (7, 1))] == [False, True, True, False]
    assert (life.ended_by, life.events[-1].commit, life.events[-1].said) == (
        "date",
        "",
        ("its last day was 2026-06-30",),
    )


def test_an_event_says_what_changed_in_which_line_and_by_which_pull_request() -> None:
    text = "environments: [prod]\nkey: true\nreason: r\nexpires: 2027-01-01\n"
    after = text.replace("2027-01-01", "2027-06-30\nclients: [a, b]")
    (life,) = lives(
        line(("2026-03-01", company({ORDERS: text})), ("2026-03-02", company({ORDERS: after}))), date(2026, 3, 2)
    ).lives
    event = life.events[-1]
    assert (event.kind, event.line, event.number, event.authors, event.path) == ("changed", 4, 1, ("Ada",), ORDERS)
    assert event.said == ("clients: nothing is now a, b", "expires: 2027-01-01 is now 2027-06-30")
    assert (life.apis, life.until) == (("orders",), date(2027, 6, 30))


def test_a_renamed_file_says_whether_its_key_is_another_one() -> None:
    said = []
    for more in ({}, {"formerly": "orders"}):
        steps = BEGIN, company({"checkout/grants/shop.yaml": {**GRANT, "product": "orders", **more}})
        (life,) = lives(line(*zip(("2026-03-01", "2026-03-02"), steps, strict=True)), date(2026, 3, 2)).lives
        said.append(life.events[-1].said)
    first = "checkout/grants/orders.yaml is now checkout/grants/shop.yaml"
    assert said == [(first, "its key is another one: the file does not say `formerly: orders`"), (first,)]


def test_what_cannot_be_read_is_told_and_counts_when_it_is_mended() -> None:
    broken = {**company({"checkout/grants/shop.yaml": {**GRANT, "product": "orders"}}), "commerce/apis.yaml": "x: ["}
    mended = {**broken, "commerce/apis.yaml": BEGIN["commerce/apis.yaml"]}
    found = lives(line(("2026-03-01", BEGIN), ("2026-03-02", broken), ("2026-03-05", mended)), date(2026, 3, 5))
    assert [(each.revision.subject, each.problem.path) for each in found.skipped] == [
        ("Step 1 (#1)", "access/commerce/apis.yaml")
    ]
    (life,) = found.lives
    assert [(event.kind, str(event.day), event.number) for event in life.events] == [
        ("requested", "2026-03-01", 0),
        ("renamed", "2026-03-05", 1),
    ]


def test_whose_an_api_was_is_told_from_when_until_when() -> None:
    given = organisation(commerce__apis_yaml=[{"api": "orders"}], checkout__apis_yaml=[{"api": "refunds"}])
    given = {path.replace("_yaml", ".yaml"): each for path, each in given.items()}
    given["commerce/apis.yaml"] = [{"api": "orders"}]
    found = lives(line(("2026-03-01", BEGIN), ("2026-03-04", given)), date(2026, 3, 5)).owned
    assert [(each.team, each.api, str(each.since), str(each.ended)) for each in found] == [
        ("commerce", "orders", "2026-03-01", "None"),
        ("commerce", "refunds", "2026-03-01", "2026-03-04"),
        ("checkout", "refunds", "2026-03-04", "None"),
    ]


@pytest.mark.parametrize(
    ("message", "number", "subject"),
    [
        ("Ask for orders (#12)\n\nmore", 12, "Ask for orders (#12)"),
        ("Merge pull request #7 from checkout/ask\n\nAsk for orders", 7, "Ask for orders"),
        ("Ask for orders\n\nas said in (#9)", None, "Ask for orders"),
        ("Fixes (#3) in part", None, "Fixes (#3) in part"),
        ("", None, ""),
    ],
)
def test_a_commit_names_its_pull_request_as_github_writes_it(message: str, number: int | None, subject: str) -> None:
    revision = Revision("0", date.min, (), message, {})
    assert (revision.number, revision.subject) == (number, subject)


def test_links_and_what_is_hidden_are_no_declarations(tmp_path: Path) -> None:
    drawn(1, 1).write(tmp_path)
    (tmp_path / "access/search/.draft.yaml").write_text("x: [")
    (tmp_path / "access/search/apis.yaml").symlink_to("team.yaml")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "--quiet", "--message", "x")
    (skipped,) = told(tmp_path, date.max).skipped
    assert str(skipped.problem).startswith("access/search/apis.yaml:1:1: this is a link")


def test_a_shallow_clone_says_that_it_is_one(tmp_path: Path) -> None:
    drawn(1, 9).write(tmp_path / "whole")
    git(tmp_path, "clone", "--quiet", "--depth", "3", f"file://{tmp_path}/whole", "some")
    assert [told(tmp_path / name, date.max).shallow for name in ("whole", "some")] == [False, True]
    assert told(tmp_path / "some", date.max).lives


def test_how_git_is_configured_at_a_desk_changes_nothing(tmp_path: Path) -> None:
    history = drawn(1, 40)
    history.write(tmp_path)
    before = revisions(tmp_path, "access")
    (tmp_path / ".mailmap").write_text("Somebody Else <ada@contoso.example>\n")
    for name in ("log.showSignature true", "log.showRoot false", "log.diffMerges combined", "diff.renames copies"):
        git(tmp_path, "config", *name.split())
    for name in (
        "log.mailmap true",
        "diff.noprefix true",
        "log.decorate full",
        "log.date relative",
        "diff.relative true",
    ):
        git(tmp_path, "config", *name.split())
    git(tmp_path, "config", "i18n.logOutputEncoding", "ISO-8859-1")
    git(tmp_path, "replace", "--graft", "HEAD", "HEAD~9")
    assert revisions(tmp_path, "access") == before
