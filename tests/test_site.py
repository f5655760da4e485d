"""The pages that `reconciler site` builds: what they tell, that they hold together, and that no name in them acts."""

import hashlib
import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from posixpath import dirname, join, normpath
from typing import Any

import pytest
from commanded import in_process
from gateway_truth import GATED, Gated, gated
from grown import grown
from histories import line
from hypothesis import given, settings
from hypothesis import strategies as st
from organisations import TODAY, World, declared, environment, files, organisation, worlds
from pages import EVIL, HOSTILE, Seen, astray, seen

from reconciler.access import EVERYBODY
from reconciler.compile import as_of
from reconciler.declarations import Declarations
from reconciler.errors import Problem
from reconciler.lives import lives
from reconciler.load import load
from reconciler.questions import Sides, who_can
from reconciler.revisions import Line
from reconciler.site import Besides, Company, House, audited, gather, lacking, noticed, past, site, use_of
from reconciler.site.ordered import ordered
from reconciler.site.slugs import slug
from reconciler.site.timeline import chart, months
from reconciler.sources import from_folder
from reconciler.usage import Usage, Used

ROOT = Path(__file__).parents[1]
VENDOR = ROOT / "reconciler/site/assets/vendor"


def company(contents: Mapping[str, Any] | None = None, day: date = TODAY) -> Company:
    declarations = declared(contents or organisation(), day)
    return gather(declarations, tuple(declarations.environments), day)


def built(contents: Mapping[str, Any] | None = None, besides: Besides | None = None, **more: Any) -> dict[str, bytes]:
    found = company(contents)
    return site(House(found, "access", **more), besides or Besides(noticed(found, ())))


def sample() -> dict[str, bytes]:
    declarations = load(from_folder(ROOT / "access")).declarations
    found = gather(declarations, tuple(declarations.environments), TODAY)
    return site(
        House(found, "access", source="https://github.com/contoso/access/blob/main/access"), Besides(noticed(found, ()))
    )


def pages_of(history: Line, day: date = TODAY) -> dict[str, bytes]:
    """Give pages with what git tells, of what was declared last."""
    told = lives(history, day)
    declarations = told.points[-1].after
    names = tuple(declarations.environments)
    known = past(told, names, day)
    found = gather(declarations, names, day)
    source = "https://github.com/contoso/access/blob/main/access"
    return site(House(found, "access", source=source, since=known.since), Besides(noticed(found, ()), past=known))


def story(**last: Any) -> Line:
    """Checkout asks, is renewed, mobile asks and gives back; then what `last` says."""
    grant = {"environments": ["prod"], "key": True, "reason": "Show the order history", "expires": "2026-06-30"}
    mobile = {"mobile__team.yaml": {"display_name": "Mobile"}}
    return line(
        ("2026-01-10", organisation(**{"checkout__grants__orders.yaml": None})),
        ("2026-02-03", organisation(**{"checkout__grants__orders.yaml": grant})),
        ("2026-06-01", organisation(**mobile)),
        ("2026-06-20", organisation(**mobile, **{"mobile__grants__orders.yaml": grant | {"expires": "2027-01-01"}})),
        ("2026-09-09", organisation(**mobile, **last)),
    )


NOTHING = {"environments.yaml": {"prod": environment()}, "checkout/team.yaml": {"display_name": "Checkout"}}
SITES = {
    "a company": sample,
    "with history": lambda: pages_of(grown(from_folder(ROOT / "access"))),
    "hostile names": lambda: built(HOSTILE),
    "nothing declared": lambda: built(NOTHING),
}


@pytest.mark.parametrize("which", SITES)
def test_every_page_is_well_formed_and_every_link_leads_somewhere(which: str) -> None:
    made = SITES[which]()
    pages = seen(made)
    assert len(pages) > 8
    assert {path: page.wrong for path, page in pages.items() if page.wrong} == {}
    assert astray(made) == []


@pytest.mark.parametrize("which", SITES)
def test_every_page_can_be_found_from_the_first(which: str) -> None:
    made = SITES[which]()
    pages = seen(made)
    reached, todo = set(), ["index.html"]
    while todo:
        path = todo.pop()
        if path not in reached and path in pages:
            reached.add(path)
            todo += [_target(path, address) for address in pages[path].addresses()]
    assert set(pages) - reached == set()


def _target(path: str, address: str) -> str:
    return normpath(join(dirname(path), address.partition("#")[0])) if address.partition("#")[0] else path


@pytest.mark.parametrize("which", SITES)
def test_nothing_is_run_or_fetched_but_the_sites_own_files(which: str) -> None:
    """No inline script, handler or style; no address elsewhere, but of mail and of where the files are."""
    for path, page in seen(SITES[which]()).items():
        policy = [each["content"] for tag, each in page.elements if each.get("http-equiv") == "Content-Security-Policy"]
        assert [rule for rule in policy[0].split("; ") if not rule.endswith(("'none'", "'self'"))] == [], path
        for tag, attributes in page.elements:
            assert tag not in {"style", "iframe", "object", "embed", "base", "img", "script"} or attributes.get(
                "src"
            ), path
            assert not [name for name in attributes if name.startswith("on") or name == "style"], path
        schemes = {address.partition(":")[0] for address in page.addresses() if ":" in address}
        assert schemes <= {"mailto", "https"}, path


def test_a_name_that_holds_markup_is_text() -> None:
    made = built(HOSTILE)
    pages = seen(made)
    scripts = {each["src"] for page in pages.values() for tag, each in page.elements if tag == "script"}
    assert all(re.fullmatch(r"(\.\./)?assets/[\w./-]+", each) for each in scripts)
    assert not any(tag == "b" and "x" in attributes for page in pages.values() for tag, attributes in page.elements)
    shown = EVIL.replace("\u2028", "\\u2028")
    assert shown in pages["product/orders.html"].said
    assert shown in pages["team/commerce.html"].said
    assert "49" not in pages["product/orders.html"].said


@pytest.mark.parametrize("mark", ["</script", "<img", "\u2028", 'javascript:alert(1)//"><b>@x"'])
def test_a_name_that_holds_markup_is_text_in_what_scripts_read(mark: str) -> None:
    made = built(HOSTILE)
    for path in ("assets/data/search.js", "assets/data/matrix.js"):
        text = made[path].decode("ascii")
        assert mark not in text
        assert re.fullmatch(r"globalThis\.[a-z]+=(\{.*\});\n", text)
        json.loads(text.partition("=")[2].rstrip(";\n"))


def test_an_address_of_mail_that_is_a_script_stays_an_address_of_mail() -> None:
    page = seen(built(HOSTILE))["team/commerce.html"]
    (link,) = [address for address in page.addresses() if address.startswith("mailto:")]
    assert link.startswith("mailto:javascript%3Aalert")


def test_the_same_input_gives_the_same_bytes_and_no_clock_is_in_them() -> None:
    assert built() == built()
    other = company(day=TODAY + timedelta(days=1))
    assert (
        site(House(other, "access"), Besides())["index.html"]
        != site(House(company(), "access"), Besides())["index.html"]
    )


def test_an_api_names_its_owner_its_products_and_who_can_call_it() -> None:
    page = seen(built())["api/orders.html"]
    assert "Owner Commerce" in page.said
    assert "mailto:commerce@contoso.example" in page.addresses()
    assert "../product/orders.html" in page.addresses()
    assert "Checkout Orders key 2027-06-30 prod access/checkout/grants/orders.yaml" in page.said
    assert "Nobody, by what is declared here." in seen(built())["api/refunds.html"].said


def test_a_product_says_how_to_ask_for_it() -> None:
    said = seen(built())["product/orders.html"].said
    assert 'reconciler request --team YOUR-TEAM --product orders -e prod --key --reason "Why, in a sentence"' in said
    assert "access/YOUR-TEAM/grants/orders.yaml" in said
    assert "expires: 2027-11-23" in said
    assert "Commerce decides" in said


def test_what_a_product_tells_to_write_is_what_may_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The command, run as it stands but for the team, and the file, taken as it stands."""
    text = seen(built())["product/orders.html"].text
    blocks = [Seen(each).said for each in re.findall(r"<code>(reconciler request .*?)</code>", text)]
    snippet = "".join(Seen(re.findall(r"<code>(environments:.*?)</code>", text, re.DOTALL)[0]).words)
    contents = organisation(**{"mobile__team.yaml": {"display_name": "Mobile"}, "mobile__grants__orders.yaml": snippet})
    assert any(each.team == "mobile" for each in declared(contents).grants)
    put(tmp_path, organisation(**{"mobile__team.yaml": {"display_name": "Mobile"}}))
    monkeypatch.chdir(tmp_path)
    words = shlex.split(blocks[0].replace("YOUR-TEAM", "mobile"))[1:]
    assert in_process(monkeypatch)(*words, "--yes", "--as-of", str(TODAY)) == 0
    assert (tmp_path / "access/mobile/grants/orders.yaml").exists()


@settings(max_examples=40, deadline=None)
@given(worlds())
def test_who_can_call_an_api_is_what_who_can_answers(world: World) -> None:
    """For generated companies: the same teams, files, environments and ways; to see a product is no call."""
    agreed(declared(world.contents), TODAY)


@pytest.mark.parametrize(
    "rules", [each for each in GATED if each.at == "api" and each.enforcement == "enforce"], ids=str
)
def test_so_it_is_where_rules_ask_for_more(rules: Gated) -> None:
    for step in gated.steps(rules):
        agreed(declared(step.contents, step.day), step.day)


def agreed(declarations: Declarations, day: date) -> None:
    names = tuple(declarations.environments)
    found = gather(declarations, names, day)
    known = ordered(found)
    for api in found.apis.values():
        told = {
            (hold.team, hold.grant.path, environment, how, hold.until)
            for hold in known.callers(api)
            for how in hold.hows
            for environment in hold.environments
        }
        answers = {
            (each.access.who, each.path, name, each.access.how, each.access.until)
            for name, text in api.ids.items()
            for each in who_can(Sides(*as_of(declarations, name, day)).answers(), {text})
            if each.calls and each.access.who != EVERYBODY
        }
        assert told == answers
        doors = {(name, where) for name in api.products for where in found.products[name].open_at.get(api.name, ())}
        assert doors == {
            (each.access.to.name[0], name)
            for name, text in api.ids.items()
            for each in who_can(Sides(*as_of(declarations, name, day)).answers(), {text})
            if each.calls and each.access.who == EVERYBODY
        }


def test_what_is_not_in_force_says_why() -> None:
    contents = organisation(
        **{
            "checkout__grants__orders.yaml": {
                "environments": ["prod"],
                "key": True,
                "reason": "x",
                "expires": "2026-11-22",
            },
            "checkout__grants__orders-two.yaml": {
                "product": "orders",
                "component": "two",
                "environments": ["prod"],
                "key": True,
                "reason": "x",
                "expires": "2027-01-01",
                "suspended": True,
            },
        }
    )
    stands = {each.grant.name: each.stands for each in company(contents).holds}
    assert stands == {"orders": "ended", "orders-two": "suspended"}
    pages = seen(built(contents))
    assert "Nobody, by what is declared here." in pages["api/orders.html"].said
    assert "ended 2026-11-22" in pages["team/checkout.html"].said
    assert "Over, and still declared" in pages["findings.html"].said


@pytest.mark.parametrize(("days", "said"), [(0, "2026-12-23 ends soon review not answered"), (31, "ended 2026-12-23")])
def test_what_waits_for_a_review_ends_with_it(days: int, said: str) -> None:
    contents = organisation(
        **{
            "guardrails.yaml": {"missed_review": "revoke"},
            "reviews.yaml": {"opened": "2026-11-01", "due": "2026-12-23", "grants": {"commerce": ["checkout/orders"]}},
        }
    )
    found = company(contents, TODAY + timedelta(days=days))
    pages = seen(site(House(found, "access"), Besides(noticed(found, ()))))
    assert said in pages["team/checkout.html"].said
    assert ("Ends for want of a review" in pages["findings.html"].said) is (days == 0)
    assert [each.name for each in months(found)] == ["2026-12"]


def test_an_api_with_a_variable_has_one_page_and_every_id_on_it() -> None:
    contents = organisation(
        **{
            "environments.yaml": {
                "dev": environment(variables={"letter": "d"}),
                "prod": environment(
                    service="/subscriptions/s1/resourceGroups/rg/providers/Microsoft.ApiManagement/service/p",
                    variables={"letter": "p"},
                ),
            },
            "commerce__apis.yaml": [{"api": "orders-$(letter)"}],
            "commerce__products__orders.yaml": {"environments": ["dev", "prod"], "apis": ["orders-$(letter)"]},
        }
    )
    found = company(contents)
    (api,) = found.apis.values()
    assert (api.title, dict(api.ids)) == ("orders", {"dev": "orders-d", "prod": "orders-p"})
    assert "orders-d (dev); orders-p (prod)" in seen(built(contents))[f"api/{api.slug}.html"].said
    assert "orders-d \\u00b7 orders-p" in built(contents)["assets/data/search.js"].decode()


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("orders", "orders"),
        ("a.b_c-d", "a.b_c-d"),
        ("Orders", "orders-"),
        ("con", "con-"),
        ("nul.x", "nul.x-"),
        ("..", "x-"),
        ("é/", "x-"),
        ("a" * 200, "a" * 60 + "-"),
    ],
)
def test_a_page_has_a_name_that_every_system_takes(name: str, file: str) -> None:
    found = slug(name)
    assert found == file or (file.endswith("-") and re.fullmatch(re.escape(file) + "[0-9a-f]{10}", found))


def test_names_that_differ_in_case_alone_have_two_pages() -> None:
    assert len({slug("orders").lower(), slug("ORDERS").lower(), slug("Orders").lower()}) == 3


def test_the_timeline_holds_every_end_once_and_nothing_else() -> None:
    found = company()
    (month,) = months(found)
    assert (month.name, len(month.holds), month.kind) == ("2027-06", 1, "later")
    ends = [replace(found.holds[0], until=TODAY + timedelta(days=days)) for days in (-300, -40, 1, 3, 40, 700)]
    every = months(replace(found, holds=(*ends, replace(found.holds[0], until=None))))
    assert [(each.name, len(each.holds), each.kind) for each in every] == [
        ("2026-01", 1, "over"),
        ("2026-10", 1, "over"),
        ("2026-11", 2, "soon"),
        ("2027-01", 1, "later"),
        ("2028-10", 1, "later"),
    ]
    picture = chart(every)
    assert [bar.number for bar in picture.bars] == [1, 1, 2, 1, 1]
    assert max(bar.height for bar in picture.bars) == next(bar.height for bar in picture.bars if bar.number == 2)
    assert all(picture.left <= bar.x and bar.x + bar.width <= picture.width for bar in picture.bars)


def test_an_end_that_is_very_far_away_is_told_and_not_drawn() -> None:
    holds = tuple(replace(company().holds[0], until=until) for until in (date(2026, 12, 1), date.max))
    every = months(replace(company(), holds=holds))
    assert [each.name for each in every] == ["2026-12", "9999-12"]
    assert [bar.name for bar in chart(every).bars] == ["2026-12"]
    assert [bar.name for bar in chart(every[1:]).bars] == ["9999-12"]


def test_findings_of_an_audit_stand_beside_those_of_the_files() -> None:
    content = {
        "service": "apim-prod",
        "day": "2026-11-20",
        "findings": [{"rule": "keys for all", "level": "error", "what": "x", "text": EVIL}],
    }
    audit = audited("audit.json", json.dumps(content).encode())
    groups = noticed(company(), [Problem("access/x.yaml", 1, 1, "take care", level="warning")], [audit])
    assert [group.name for group in groups][:2] == ["keys for all", "Said by validate"]
    page = seen(built(besides=Besides(groups, audited=True)))["findings.html"]
    assert EVIL.replace("\u2028", "\\u2028") in page.said
    assert "in apim-prod, looked at on 2026-11-20" in page.said


def test_the_history_of_a_grant_is_told_with_its_commits_and_pull_requests() -> None:
    page = seen(pages_of(story()))["history/checkout.html"]
    assert "orders in prod: since 2026-02-03 , until 2027-06-30" in page.said
    assert "2026-02-03 requested by Ada 000000000 pull request 1" in page.said
    assert "2026-06-01 renewed : expires: 2026-06-30 is now 2027-06-30 by Ada" in page.said
    repository = "https://github.com/contoso/access"
    assert {f"{repository}/pull/1", f"{repository}/commit/{1:040}"} <= set(page.addresses())
    assert "ended 2026-09-09" in seen(pages_of(story()))["history/mobile.html"].said


def test_a_grant_says_since_when_it_is_held() -> None:
    assert "Orders key 2026-02-03 2027-06-30 prod" in seen(pages_of(story()))["team/checkout.html"].said


def test_a_history_that_holds_markup_is_text() -> None:
    evil = {"environments": ["prod"], "key": True, "reason": EVIL, "expires": "2027-01-02", "component": "a<b>c"}
    page = seen(pages_of(story(**{"mobile__grants__orders.yaml": evil})))["history/mobile.html"]
    assert page.wrong == []
    assert EVIL.replace("\u2028", "\\u2028") in page.said
    assert "component: nothing is now a<b>c" in page.said


def test_adoption_is_counted_at_the_end_of_each_month() -> None:
    told = past(lives(story(), TODAY), ("prod",), TODAY)
    rows = {f"{each.day:%m-%d}": (each.grants, each.teams, each.owned, each.unowned) for each in told.counts}
    assert rows["01-31"] == (0, 0, 2, 0)
    assert rows["02-28"] == rows["05-31"] == (1, 1, 2, 0)
    assert rows["06-30"] == rows["08-31"] == (2, 2, 2, 0)
    assert rows["09-30"] == rows["11-23"] == (1, 1, 2, 0)
    assert len(rows) == 11


def test_what_ended_by_its_date_is_not_counted_and_other_environments_are_not() -> None:
    late = past(lives(story(), date(2027, 8, 15)), ("prod",), date(2027, 8, 15))
    assert [each.grants for each in late.counts][-3:] == [1, 0, 0]
    assert late.since == {}
    assert past(lives(story(), TODAY), ("dev",), TODAY).lives == {}


def test_apis_that_wait_for_an_owner_are_counted_apart() -> None:
    counts = past(lives(grown(from_folder(ROOT / "access")), TODAY), ("dev", "prod"), TODAY).counts
    assert {each.owned + each.unowned for each in counts} == {40}
    assert counts[0].unowned > 30
    assert counts[-1].unowned == 0
    assert [each.grants for each in counts] == sorted(each.grants for each in counts)


@settings(max_examples=30, deadline=None)
@given(months=st.lists(st.dates(date(2024, 1, 1), date(2028, 12, 31)), min_size=1, max_size=2))
def test_counts_are_of_month_ends_and_of_the_day_itself(months: list[date]) -> None:
    first, day = min(months), max(months)
    history = line((str(first), organisation(**{"checkout__grants__orders.yaml": None})))
    days = [each.day for each in past(lives(history, day), ("prod",), day).counts]
    assert days == sorted(set(days))
    assert days[-1] == day
    assert all((each + timedelta(days=1)).day == 1 for each in days[:-1])
    assert all((after - before).days <= 31 for before, after in pairwise(days))


def used(**keys: Used) -> Usage:
    return Usage(
        "apim-test", TODAY, since=date(2026, 1, 1), source="log", keys=keys, made={"checkout--orders": date(2026, 1, 1)}
    )


@pytest.mark.parametrize(
    ("usages", "told", "found"),
    [
        (
            {"prod": used(**{"checkout--orders": Used(1204, 12, date(2026, 11, 20))})},
            "2026-11-20, 1,204 calls, 1.0% errors",
            False,
        ),
        ({"prod": used()}, "unused for 90 days", True),
        ({}, "not known", False),
    ],
)
def test_how_a_grant_is_used_stands_beside_it(usages: dict[str, Usage], told: str, found: bool) -> None:  # noqa: FBT001
    declarations = declared(organisation())
    known = gather(declarations, ("prod",), TODAY, use_of(usages, {}))
    pages = seen(site(House(known, "access"), Besides(noticed(known, ()))))
    for path in ("team/checkout.html", "product/orders.html", "api/orders.html", "grants.html"):
        assert f"prod {told} access/checkout/grants/orders.yaml" in pages[path].said, path
    assert ("Not used" in pages["findings.html"].said) is found
    assert "Used" not in seen(built())["grants.html"].said


def test_what_was_not_told_is_named_with_the_command_that_tells_it() -> None:
    told = past(lives(story(), TODAY), ("prod",), TODAY)
    silent = Usage("apim-test", TODAY, why="the log has no table")
    names = [(each.name, each.why) for each in lacking(("dev", "prod"), told, {"prod": silent}, audited=True)]
    assert names == [
        ("Who calls in dev", "The file does not tell of it."),
        ("Who calls in prod", "the log has no table."),
    ]
    every = [*lacking(("prod",), "Nothing is committed.", None, audited=False)]
    assert [each.name for each in every] == [
        "History, adoption and ownership over time",
        "What is wrong in the services",
        "Who calls, and since when nobody does",
    ]
    assert all(each.command for each in every)


def test_the_libraries_are_the_ones_that_were_released() -> None:
    """Each file is as its package holds it, each has its licence beside it, and nothing else lies there."""
    record = json.loads((VENDOR / "vendored.json").read_text())
    held = {name: digest for each in record for name, digest in each["files"].items()}
    assert {each.name for each in VENDOR.iterdir()} == {"vendored.json", *held}
    assert {name: hashlib.sha256((VENDOR / name).read_bytes()).hexdigest() for name in held} == held
    for each in record:
        assert each["licence"] in {"MIT", "ISC", "BSD-3-Clause"}
        assert re.fullmatch(r"\d+\.\d+\.\d+", each["version"])
        assert each["text"] in each["files"]


# ---------------------------------------------------------------------------------------------- the command


def put(folder: Path, contents: Mapping[str, Any]) -> None:
    for path, content in files(contents).contents.items():
        place = folder / "access" / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)


@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    put(tmp_path, organisation())
    monkeypatch.chdir(tmp_path)
    return in_process(monkeypatch, "site", "--as-of", str(TODAY), "--output", "pages")


def test_a_site_is_written_and_what_is_not_in_it_is_named(command: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert command() == 0
    assert "pages: " in capsys.readouterr().out
    about = Seen(Path("pages/about.html").read_text()).said
    assert "No audit was given" in about
    assert "is not in a git repository" in about
    assert "is not in a git repository" in Seen(Path("pages/over-time.html").read_text()).said
    assert command() == 0
    assert " 0 files written, 0 taken away." in capsys.readouterr().out


def git(*words: str) -> None:
    who = ("-c", "user.name=Ada", "-c", "user.email=ada@contoso.example", "-c", "init.defaultBranch=main")
    then = {"GIT_COMMITTER_DATE": "2026-11-20T12:00:00Z", "GIT_AUTHOR_DATE": "2026-11-20T12:00:00Z"}
    subprocess.run(["git", *who, *words], check=True, capture_output=True, env=os.environ | then)  # noqa: S603, S607


def test_what_git_tells_is_in_it_and_what_a_shallow_clone_lacks_is_named(
    command: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for words in (("init", "-q"), ("add", "access"), ("commit", "-qm", "Begin (#7)")):
        git(*words)
    assert command() == 0
    assert "pull request 7" in Seen(Path("pages/history/checkout.html").read_text()).said
    git("commit", "-q", "--allow-empty", "-m", "Second")
    git("clone", "-q", "--depth", "1", f"file://{tmp_path}", "shallow")
    monkeypatch.chdir(tmp_path / "shallow")
    assert command() == 0
    assert "This clone is shallow" in Seen(Path("pages/about.html").read_text()).said
    assert "This clone is shallow" in Seen(Path("pages/over-time.html").read_text()).said


def test_what_is_not_committed_yet_has_no_history(command: Any) -> None:
    git("init", "-q")
    git("commit", "-q", "--allow-empty", "-m", "Nothing")
    assert command() == 0
    assert "Nothing of access was committed by 2026-11-23." in Seen(Path("pages/over-time.html").read_text()).said


def test_what_is_gone_goes_and_what_somebody_put_there_stays(command: Any) -> None:
    assert command() == 0
    Path("pages/CNAME").write_text("access.contoso.example")
    Path("access/commerce/apis.yaml").write_text("- api: orders\n")
    assert command() == 0
    assert not Path("pages/api/refunds.html").exists()
    assert Path("pages/api/orders.html").exists()
    assert Path("pages/CNAME").read_text() == "access.contoso.example"


def test_a_folder_that_is_not_ours_is_left_alone(command: Any, capsys: pytest.CaptureFixture[str]) -> None:
    Path("pages").mkdir()
    Path("pages/index.html").write_text("mine")
    assert command() == 4
    assert "files that this command did not make" in capsys.readouterr().err
    assert [each.name for each in Path("pages").iterdir()] == ["index.html"]


def test_nothing_is_written_through_a_link(command: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command() == 0
    elsewhere = tmp_path / "elsewhere"
    Path("pages/team").rename(elsewhere)
    Path("pages/team").symlink_to(elsewhere)
    (elsewhere / "checkout.html").write_text("before")
    assert command() == 4
    assert "is a link" in capsys.readouterr().err
    assert (elsewhere / "checkout.html").read_text() == "before"


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        (("--findings", "access/checkout/team.yaml"), 3, "this is no audit"),
        (("--findings", "nowhere.json"), 2, "nowhere.json"),
        (("--usage", "access/checkout/team.yaml"), 2, "holds no usage"),
        (("--source", "javascript:alert(1)"), 2, "begins with https://"),
        (("--environment", "pord"), 2, "did you mean `prod`?"),
        (("--access", "nowhere"), 3, "no such folder"),
        (("--output", "access/environments.yaml"), 2, "Not a directory"),
    ],
)
def test_a_mistake_is_said(
    command: Any, capsys: pytest.CaptureFixture[str], options: tuple[str, ...], code: int, said: str
) -> None:
    assert command(*options) == code
    assert said in capsys.readouterr().err
    assert not Path("pages").exists()


@pytest.mark.story
def test_the_order_in_which_python_hashes_changes_nothing(tmp_path: Path) -> None:
    made = []
    for seed in ("0", "1"):
        output = tmp_path / seed
        words = ("site", "--access", str(ROOT / "access"), "--as-of", str(TODAY), "--output", str(output))
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        subprocess.run([sys.executable, "-m", "reconciler", *words], check=True, env=environment, capture_output=True)  # noqa: S603
        made.append({path.relative_to(output): path.read_bytes() for path in output.rglob("*") if path.is_file()})
    assert made[0] == made[1]
    assert len(made[0]) > 100
