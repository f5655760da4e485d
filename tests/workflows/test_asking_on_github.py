"""Forms, renewals and reminders on a GitHub of this machine: what people and robots do there, and what comes of it."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from on_github import Account, Site, github
from organisations import TODAY, environment, organisation
from ruamel.yaml import YAML

from reconciler.asking.form import LABELS
from reconciler.document import parse

ROOT = Path(__file__).parents[2]
ORDERS = "access/checkout/grants/orders.yaml"
SOON = str(TODAY + timedelta(days=10))
COMPANY = organisation(
    **{
        "guardrails.yaml": {"platform_team": "platform"},
        "platform/team.yaml": {"display_name": "Platform", "reviewers": ["pat"]},
        "checkout/team.yaml": {"display_name": "Checkout", "reviewers": ["chris"]},
        "commerce/team.yaml": {"display_name": "Commerce", "reviewers": ["olga", "octocat"]},
        "checkout/grants/orders.yaml": None,
    }
)
GRANT = {"environments": ["prod"], "key": True, "reason": "Because", "expires": SOON}
ANSWERS = dict(
    zip(
        LABELS,
        ("checkout", "orders", "prod", "- [X] Key: calls", "Show it", "_No response_", "_No response_"),
        strict=True,
    )
)


def form(**answers: str) -> str:
    """Write an issue as GitHub does from our form."""
    given = {**ANSWERS, **{name.replace("_", " "): text for name, text in answers.items()}}
    return "\n\n".join(f"### {label}\n\n{answer}" for label, answer in given.items())


class Desk:
    """A clone, in which a robot or a person runs the tool."""

    def __init__(self, site: Site, folder: Path) -> None:
        self.site, self.folder = site, folder
        self.robot = site.token("access[bot]")

    def run(self, *arguments: str, token: str | None = "", day: str = str(TODAY)) -> subprocess.CompletedProcess[str]:
        """Run it on what the main branch holds now."""
        if not (self.folder / ".git").exists():
            self.site.clone(self.folder, by="chris")
        self.git("pull", "--quiet", "--ff-only")
        return self._process(*arguments, "--as-of", day, token=self.robot if token == "" else token)

    def _process(self, *arguments: str, token: str | None) -> subprocess.CompletedProcess[str]:
        known = {"GITHUB_API_URL": self.site.url, "GITHUB_REPOSITORY": "contoso/access"}
        known |= {"GITHUB_TOKEN": token} if token else {}
        done = subprocess.run(  # noqa: S603
            [sys.executable, "-m", "reconciler", *arguments],
            cwd=self.folder,
            env={**{name: value for name, value in os.environ.items() if name != "GITHUB_TOKEN"}, **known},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert "Traceback" not in done.stdout + done.stderr
        assert "ghs_planted" not in done.stdout + done.stderr
        return done

    def approvals(self, number: int) -> subprocess.CompletedProcess[str]:
        """Ask who has approved what GitHub's trial merge holds."""
        self.git("fetch", "--quiet", "origin", f"refs/pull/{number}/merge")
        self.git("checkout", "--quiet", "FETCH_HEAD")
        done = self._process("approvals", "--since", "origin/main", "--pull-request", str(number), token=self.robot)
        self.git("checkout", "--quiet", "main")
        return done

    def git(self, *arguments: str) -> str:
        command = ["git", *arguments]
        done = subprocess.run(command, cwd=self.folder, check=True, capture_output=True, text=True, timeout=60)  # noqa: S603
        return done.stdout.strip()

    def ok(self, *arguments: str, **more: Any) -> str:
        done = self.run(*arguments, **more)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def at(self, branch: str, path: str = ORDERS) -> Any:
        """Read a file on a branch."""
        return parse(path, self.site.git("show", f"{branch}:{path}").encode())

    def changed(self, branch: str) -> list[str]:
        return self.site.git("diff", "--name-only", f"main...{branch}").splitlines()

    def push(self, **contents: Any) -> None:
        files = {f"access/{path}": None if value is None else json.dumps(value) for path, value in contents.items()}
        self.site.push("main", files, by="pat")


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with github({f"access/{path}": json.dumps(value) for path, value in COMPANY.items()}) as site:
        yield Desk(site, tmp_path / "clone")


def writes(desk: Desk) -> list[str]:
    """List what was written that anybody sees: a tree is only an object of git, and the same one each time."""
    return [each for each in desk.site.writes() if not each.endswith("/git/trees")]


def robots_words(desk: Desk, number: int) -> list[str]:
    return [each.body for each in desk.site.threads[number].comments if each.author == Account("access[bot]")]


def test_an_issue_becomes_a_pull_request_of_whoever_opened_it(desk: Desk) -> None:
    issue = desk.site.issue("octocat", "Access: orders", form(Reason="Show it\n\nrequested_by: olga"))
    desk.ok("request", "--from-issue", str(issue))
    ((number, pull),) = desk.site.pulls.items()
    branch = f"access/request-{issue}"
    assert (pull.branch, pull.base, pull.thread.title) == (branch, "main", "checkout asks for orders in prod")
    assert desk.changed(branch) == [ORDERS]
    assert desk.at(branch) == {
        "environments": ["prod"],
        "key": True,
        "reason": "Show it requested_by: olga",
        "requested_by": "octocat",
        "expires": "2027-11-23",
    }
    assert f"octocat asks in #{issue}" in pull.thread.body
    assert f"Closes #{issue}." in pull.thread.body
    assert robots_words(desk, issue) == [
        f"<!-- reconciler: request -->\ncheckout asks for orders in prod: #{number} waits for commerce, who owns it."
    ]
    written = writes(desk)
    desk.ok("request", "--from-issue", str(issue))
    assert writes(desk) == written


def test_who_opened_the_issue_does_not_approve_it(desk: Desk) -> None:
    """Octocat is one of the owner's reviewers, and it is their own request, although a robot made it."""
    issue = desk.site.issue("octocat", "Access: orders", form(Last_day="2026-12-24"))
    desk.ok("request", "--from-issue", str(issue))
    (number,) = desk.site.pulls
    desk.site.review(number, "octocat")
    assert "octocat's approval does not count: it is their own request" in desk.approvals(number).stderr
    desk.site.review(number, "olga")
    assert desk.approvals(number).returncode == 0


def test_an_issue_that_asks_for_nothing_there_is_answered_in_words(desk: Desk) -> None:
    evil = "@contoso/all <!-- reconciler --> [a](http://b)"
    issue = desk.site.issue("octocat", "Access", form(Product=evil, Team="../platform", Last_day="soon"))
    done = desk.run("request", "--from-issue", str(issue))
    assert done.returncode == 3
    assert desk.site.pulls == {}
    (words,) = robots_words(desk, issue)
    for live in ("@contoso", "](", "<!-- reconciler -->"):
        assert live not in words
    assert words.startswith("<!-- reconciler: request -->\nThis cannot be asked for yet:\n\n- there is no team")
    assert len(words.splitlines()) == 8
    desk.site.threads[issue].body = form()
    desk.ok("request", "--from-issue", str(issue))
    (words,) = robots_words(desk, issue)
    assert "waits for commerce" in words


@pytest.mark.parametrize("author", ["dependabot[bot]", "ghost\nkey: true"])
def test_nobody_asks_who_is_no_person(desk: Desk, author: str) -> None:
    issue = desk.site.issue(author, "Access", form())
    assert desk.run("request", "--from-issue", str(issue)).returncode == 3
    assert desk.site.pulls == {}


def test_an_issue_of_what_is_there_already_renews_it_and_says_by_whom(desk: Desk) -> None:
    desk.push(**{"checkout/grants/orders.yaml": {**GRANT, "requested_by": "chris"}})
    issue = desk.site.issue("octocat", "Access", form())
    assert "checkout renews orders in prod" in desk.ok("request", "--from-issue", str(issue))
    after = desk.at(f"access/request-{issue}")
    assert after == {**GRANT, "requested_by": "octocat", "expires": "2027-11-23"}


def test_what_people_changed_on_the_branch_is_theirs(desk: Desk) -> None:
    issue = desk.site.issue("octocat", "Access", form())
    desk.ok("request", "--from-issue", str(issue))
    branch = f"access/request-{issue}"
    mine = desk.site.push(branch, {"README.md": "more"}, by="chris")
    desk.site.threads[issue].body = form(Reason="Other words")
    done = desk.run("request", "--from-issue", str(issue))
    assert done.returncode == 4
    assert "is left as it is" in done.stderr
    assert desk.site.tip(branch) == mine
    assert "is left as it is" in robots_words(desk, issue)[0]


def test_an_edited_issue_asks_for_something_else(desk: Desk) -> None:
    issue = desk.site.issue("octocat", "Access", form())
    desk.ok("request", "--from-issue", str(issue))
    desk.site.threads[issue].body = form(Reason="Other words")
    desk.ok("request", "--from-issue", str(issue))
    assert len(desk.site.pulls) == 1
    assert desk.at(f"access/request-{issue}")["reason"] == "Other words"


OPTIONS = ("--team", "checkout", "--product", "orders", "-e", "prod", "--key", "--reason", "Show it")


def test_from_a_desk_without_git(desk: Desk) -> None:
    said = desk.ok("request", *OPTIONS, "--open", token=desk.site.token("chris"))
    ((number, pull),) = desk.site.pulls.items()
    assert said == f"Pull request {number} asks for it. commerce decides.\n"
    assert (pull.branch, pull.thread.author) == ("access/request-checkout-orders", Account("chris"))
    assert "requested_by" not in desk.at(pull.branch)
    assert desk.git("status", "--porcelain") == ""


def test_from_a_desk_into_a_file(desk: Desk) -> None:
    said = desk.ok("request", *OPTIONS, token=None)
    assert desk.git("status", "--porcelain", "-uall") == f"?? {ORDERS}"
    assert said.startswith(
        f"{ORDERS} is written. Next:\n  git switch -c access/request-checkout-orders && git add {ORDERS}\n"
    )
    assert writes(desk) == []


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("--team", "checkout"), 2, "Say --product, --environment, --key or --portal, --reason: this is no terminal"),
        ((*OPTIONS, "--open"), 2, "set GITHUB_TOKEN"),
        (("--from-issue", "1", "--team", "checkout"), 2, "--from-issue takes every answer from the issue"),
        ((*OPTIONS, "--expires", "2031-01-01"), 3, "2027-11-23 is the last day possible"),
        ((*OPTIONS, "--component", "../x"), 3, "`../x` is no component"),
    ],
)
def test_what_is_missing_or_wrong_is_said(desk: Desk, arguments: tuple[str, ...], code: int, words: str) -> None:
    done = desk.run("request", *arguments, token=None)
    assert done.returncode == code
    assert words in done.stderr
    assert desk.git("status", "--porcelain") == ""


def test_the_form_asks_what_is_read() -> None:
    text = (ROOT / ".github" / "ISSUE_TEMPLATE" / "request-access.yml").read_text()
    asked = [each for each in YAML(typ="safe").load(text)["body"] if each["type"] != "markdown"]
    assert tuple(each["attributes"]["label"] for each in asked) == LABELS
    options = next(each["attributes"]["options"] for each in asked if each["type"] == "checkboxes")
    assert [each["label"].partition(":")[0] for each in options] == ["Key", "Portal"]


def test_each_team_gets_one_pull_request_before_its_access_ends(desk: Desk) -> None:
    assert desk.ok("renew") == "Nothing ends soon, and nothing has ended.\n"
    desk.push(
        **{"checkout/grants/orders.yaml": GRANT, "commerce/grants/orders.yaml": {**GRANT, "expires": "2026-11-01"}}
    )
    desk.ok("renew")
    assert [pull.branch for pull in desk.site.pulls.values()] == ["access/renew-checkout", "access/renew-commerce"]
    assert desk.at("access/renew-checkout") == {**GRANT, "expires": "2027-11-23"}
    assert desk.changed("access/renew-checkout") == [ORDERS]
    assert desk.site.git("ls-tree", "-r", "--name-only", "access/renew-commerce").count("grants") == 1
    assert "requested_by:" in desk.site.pulls[1].thread.body
    written = writes(desk)
    desk.ok("renew")
    assert writes(desk) == written
    desk.ok("renew", day=str(TODAY + timedelta(days=1)))
    assert desk.at("access/renew-checkout")["expires"] == "2027-11-24"
    assert len(desk.site.pulls) == 2


def test_a_robots_renewal_waits_until_somebody_asks(desk: Desk) -> None:
    today = datetime.now(UTC).date()  # `approvals` knows no other day
    desk.push(**{"checkout/grants/orders.yaml": {**GRANT, "expires": str(today + timedelta(days=10))}})
    desk.ok("renew", day=str(today))
    refused = desk.approvals(1)
    assert (refused.returncode, "`requested_by:` must say for whom" in refused.stderr) == (4, True)
    asked = {**desk.at("access/renew-checkout"), "requested_by": "chris"}
    desk.site.push("access/renew-checkout", {ORDERS: json.dumps(asked)}, by="chris")
    desk.site.review(1, "olga")
    assert desk.approvals(1).returncode == 0


@pytest.mark.parametrize("what", ["a commit", "a review"])
def test_a_renewal_that_people_work_on_is_left_alone(desk: Desk, what: str) -> None:
    desk.push(**{"checkout/grants/orders.yaml": GRANT})
    desk.ok("renew")
    if what == "a commit":
        desk.site.push("access/renew-checkout", {ORDERS: json.dumps({**GRANT, "requested_by": "chris"})}, by="chris")
    else:
        desk.site.review(1, "olga")
    stands = desk.site.tip("access/renew-checkout")
    assert "checkout: Pull request 1 is left as it is" in desk.ok("renew", day=str(TODAY + timedelta(days=7)))
    assert desk.site.tip("access/renew-checkout") == stands


def test_teams_without_a_pull_request_come_first(desk: Desk) -> None:
    """Where GitHub's limits end a run, the next one goes on."""
    desk.push(**{"checkout/grants/orders.yaml": GRANT, "commerce/grants/orders.yaml": GRANT})
    desk.ok("renew", "--team", "checkout")
    assert [line.partition(":")[0] for line in desk.ok("renew").splitlines()] == ["commerce", "checkout"]


def test_renewing_without_github(desk: Desk) -> None:
    desk.push(**{"checkout/grants/orders.yaml": GRANT, "commerce/grants/orders.yaml": GRANT})
    shown = desk.ok("renew", "--dry-run", token=None)
    assert shown.count('+{"environments"') == 2
    assert desk.git("status", "--porcelain") == ""
    assert desk.ok("renew", "--write", "--team", "checkout", token=None) == f"{ORDERS}\n"
    assert desk.git("status", "--porcelain") == f"M {ORDERS}"
    assert (
        desk.run("renew", "--team", "chekout", token=None).stderr
        == "There is no team 'chekout': did you mean `checkout`?\n"
    )
    assert desk.run("renew", "--dry-run", "--write").returncode == 2
    assert desk.run("renew", "--team", "commerce", token=None).returncode == 2


def open_issues(desk: Desk) -> dict[str, str]:
    threads = [
        each for each in desk.site.threads.values() if each.state == "open" and each.number not in desk.site.pulls
    ]
    return {each.title: each.body for each in threads}


def test_a_team_has_one_issue_until_nothing_is_left_to_look_at(desk: Desk) -> None:
    desk.push(**{"checkout/grants/orders.yaml": GRANT})
    theirs = desk.site.issue("chris", "Mine", "<!-- reconciler: checkout -->\nA person's own words")
    desk.ok("remind")
    title = "Access: what checkout should look at"
    assert SOON in open_issues(desk)[title]
    assert desk.site.threads[2].labels == ["access"]
    written = writes(desk)
    desk.ok("remind", day=str(TODAY + timedelta(days=1)))
    assert writes(desk) == written
    desk.push(**{"checkout/grants/orders.yaml": {**GRANT, "expires": "2027-06-30"}})
    assert desk.ok("remind") == "0 teams of 3 should look at something.\n"
    assert [*open_issues(desk)] == ["Mine"]
    assert robots_words(desk, 2) == ["Nothing is left to look at."]
    assert desk.site.threads[theirs].body.endswith("A person's own words")


def test_what_other_verbs_found_is_told(desk: Desk, tmp_path: Path) -> None:
    left = tmp_path / "left.json"
    left.write_text(json.dumps({"left_out": [{"commit": "0" * 40, "why": "nobody approved", "paths": [ORDERS]}]}))
    said = desk.ok("remind", "--left-out", str(left), "--dry-run", token=None)
    assert "Access: what platform should look at" in said
    assert "| 000000000000 | none |  | nobody approved |" in said
    assert writes(desk) == []
    wrong = desk.run("remind", "--drift", str(left))
    assert (wrong.returncode, "not what `drift --format json` prints" in wrong.stderr) == (2, True)
    missing = desk.run("remind", "--plan", str(tmp_path / "none.json"))
    assert (missing.returncode, "none.json: No such file" in missing.stderr) == (2, True)
    assert writes(desk) == []


def test_no_issue_closes_while_an_environment_is_not_known(desk: Desk, tmp_path: Path) -> None:
    desk.push(**{"checkout/grants/orders.yaml": GRANT})
    desk.ok("remind")
    two = {**COMPANY["environments.yaml"], "dev": environment(variables={"letter": "d"})}
    desk.push(**{"checkout/grants/orders.yaml": {**GRANT, "expires": "2027-06-30"}, "environments.yaml": two})
    drift = {"environment": "prod", "differences": []}
    (tmp_path / "drift.json").write_text(json.dumps({"drift": [drift]}))
    done = desk.run("remind", "--drift", str(tmp_path / "drift.json"))
    assert (done.returncode, done.stderr) == (0, "Nobody looked at dev: no issue is closed, until somebody did.\n")
    assert len(open_issues(desk)) == 1
    (tmp_path / "drift.json").write_text(json.dumps({"drift": [drift, {**drift, "environment": "dev"}]}))
    desk.ok("remind", "--drift", str(tmp_path / "drift.json"))
    assert open_issues(desk) == {}


def test_the_issue_of_a_team_that_is_none_any_more_closes_and_no_other(desk: Desk) -> None:
    desk.push(**{"checkout/grants/orders.yaml": GRANT})
    desk.ok("remind")
    others = "<!-- reconciler: elsewhere -->\nAnother robot's"
    desk.site.threads[2] = replace(desk.site.threads[1], number=2, title="Outcome", body=others, comments=[])
    desk.push(**{"checkout/grants/orders.yaml": None, "checkout/team.yaml": None})
    desk.ok("remind")
    assert [*open_issues(desk)] == ["Outcome"]


def test_reminding_reads_every_issue_once_however_many_teams_there_are(desk: Desk) -> None:
    teams = {f"t{index}/team.yaml": {"display_name": f"T {index}"} for index in range(20)}
    desk.push(**teams, **{f"t{index}/grants/orders.yaml": GRANT for index in range(20)})
    desk.ok("remind")
    assert len(open_issues(desk)) == 20
    desk.site.asked.clear()
    desk.ok("remind")
    assert len(desk.site.asked) == 1
