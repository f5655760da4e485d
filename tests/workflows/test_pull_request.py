"""A pull request on a real repository, and a GitHub that answers as published: who must approve it, and who has."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from on_github import Site, github
from organisations import organisation
from workflow_runner import Runner, pull_request_changed, reviewed

GRANT = {"environments": ["prod"], "key": True, "reason": "r", "expires": "2027-06-30"}
FILES = organisation(
    **{
        "guardrails.yaml": {"platform_team": "platform"},
        "platform/team.yaml": {"display_name": "Platform", "reviewers": ["pat"]},
        "checkout/team.yaml": {"display_name": "Checkout", "reviewers": ["chris"]},
        "commerce/team.yaml": {"display_name": "Commerce", "github": "contoso/commerce"},
        "checkout/grants/orders.yaml": None,
    }
)


class Request:
    """A clone in which a branch asks for something, and the pull request of it."""

    def __init__(self, folder: Path, on_github: Site) -> None:
        self.folder, self.github, self.url = folder, on_github, on_github.url
        self.token = on_github.token()
        on_github.push("asks", _access({"checkout/grants/orders.yaml": GRANT}), by="chris")
        self.number = on_github.open("asks", "chris")
        on_github.clone(folder, by="chris")
        self.git("checkout", "-q", "main")
        self.git("checkout", "-q", "asks")

    @property
    def head(self) -> str:
        return self.github.pulls[self.number].head

    def git(self, *arguments: str) -> str:
        done = subprocess.run(  # noqa: S603
            ["git", *arguments],  # noqa: S607
            cwd=self.folder,
            check=True,
            capture_output=True,
            text=True,
        )
        return done.stdout.strip()

    def push(self, login: str | None = "chris", message: str = "Ask", **files: Any) -> str:
        made = self.github.push("asks", _access(files), by=login, message=message)
        self.git("pull", "-q", "--ff-only")
        return made

    def opened_by(self, login: str) -> None:
        """Let somebody else have opened it."""
        self.github.close(self.number)
        self.number = self.github.open("asks", login)

    def others_merge(self, **files: Any) -> None:
        self.github.push("others", _access(files), by="otto", message="others")
        self.github.merge(self.github.open("others", "otto"), "pat")
        self.git("fetch", "-q", "origin", "main:main")

    def review(self, login: str, state: str = "APPROVED", commit: str | None = None) -> None:
        self.github.review(self.number, login, state, commit=commit)

    def ask(
        self, *arguments: str, with_token: bool = True, verb: str = "approvals"
    ) -> subprocess.CompletedProcess[str]:
        known = {"GITHUB_API_URL": self.url, "GITHUB_REPOSITORY": "contoso/access"}
        known |= {"GITHUB_TOKEN": self.token} if with_token else {}
        command = [sys.executable, "-m", "reconciler", verb, "--pull-request"]
        done = subprocess.run(  # noqa: S603
            [*command, str(self.number), *arguments],
            cwd=self.folder,
            env={**os.environ, **known},
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert "Traceback" not in done.stdout + done.stderr
        assert self.token not in done.stdout + done.stderr
        return done

    def is_approved(self) -> bool:
        done = self.ask()
        assert done.returncode in (0, 4), done.stderr
        return done.returncode == 0


def _access(files: Mapping[str, Any]) -> dict[str, str]:
    return {name if name == "README.md" else f"access/{name}": json.dumps(value) for name, value in files.items()}


@pytest.fixture
def request_(tmp_path: Path) -> Iterator[Request]:
    with github(_access(FILES)) as on_github:
        on_github.teams["commerce"] = ["olga"]
        yield Request(tmp_path / "clone", on_github)


def test_a_request_from_asking_to_its_approval(request_: Request) -> None:
    asked = request_.ask("--check")
    assert asked.returncode == 4
    assert "commerce (@contoso/commerce)" in asked.stdout
    assert "Awaited: commerce (@contoso/commerce), because checkout asks for orders" in asked.stderr
    request_.review("pat")
    assert not request_.is_approved()  # may decide about other things
    request_.review("olga")
    approved = request_.ask("--check", "--format", "json")
    assert approved.returncode == 0, approved.stderr
    assert json.loads(approved.stdout)["needed"][0]["approved_by"] == "olga"
    assert [check["conclusion"] for check in request_.github.checks] == ["action_required", "success"]
    assert {check["head_sha"] for check in request_.github.checks} == {request_.head}
    assert request_.github.writes() == ["POST /repos/contoso/access/check-runs"] * 2


WORKFLOW = """
on: {pull_request: {paths: ["access/**"]}, pull_request_review: {types: [submitted]}}
permissions: {contents: read, pull-requests: read, checks: write}
jobs:
  approvals:
    runs-on: ubuntu-24.04
    steps:
      - {uses: actions/checkout@v5, with: {fetch-depth: 0, persist-credentials: false}}
      - {uses: actions/setup-python@v6, with: {python-version: "3.11"}}
      - run: reconciler approvals --since "origin/$GITHUB_BASE_REF" --pull-request "$NUMBER" --check
        env: {GITHUB_TOKEN: "${{ secrets.GITHUB_TOKEN }}", NUMBER: "${{ github.event.pull_request.number }}"}
"""


def test_the_same_as_a_workflow(tmp_path: Path) -> None:
    files = {**FILES, "commerce/team.yaml": {"display_name": "Commerce", "reviewers": ["olga"]}}
    with github({".github/workflows/access.yml": WORKFLOW, **_access(files)}) as site:
        runner = Runner(site, tmp_path)
        site.push("asks", _access({"checkout/grants/orders.yaml": GRANT}), by="chris")
        number = site.open("asks", "chris", "Ask for orders")
        (asked,) = runner.happens(pull_request_changed(site, number, "opened"))
        assert (asked.result, "Awaited: commerce (@olga)" in asked.log) == ("failure", True), asked.log
        site.review(number, "olga")
        (approved,) = runner.happens(reviewed(site, number))
        assert approved.result == "success", approved.log
        assert [check["conclusion"] for check in site.checks] == ["action_required", "success"]


def test_self_approval(request_: Request) -> None:
    request_.github.teams["commerce"] = ["olga", "chris"]
    request_.review("chris")
    assert "chris's approval does not count: it is their own request" in request_.ask().stderr


def test_approval_by_a_committer(request_: Request) -> None:
    request_.push("olga", **{"checkout/grants/orders.yaml": {**GRANT, "reason": "Better words"}})
    request_.review("olga")
    assert not request_.is_approved()


def test_approval_by_a_co_author(request_: Request) -> None:
    request_.push(message="Ask\n\nCo-authored-by: O <12+olga@users.noreply.github.com>")
    request_.review("olga")
    assert not request_.is_approved()


def test_approval_by_the_person_behind_a_form(request_: Request) -> None:
    request_.push(**{"checkout/grants/orders.yaml": {**GRANT, "requested_by": "olga"}})
    request_.review("olga")
    assert not request_.is_approved()


def test_a_robots_request_without_requested_by(request_: Request) -> None:
    request_.opened_by("access[bot]")
    request_.review("olga")
    said = request_.ask()
    assert (said.returncode, "`requested_by:` must say for whom" in said.stderr) == (4, True)
    request_.push(**{"checkout/grants/orders.yaml": {**GRANT, "requested_by": "chris"}})
    request_.review("olga")
    assert request_.is_approved()


def test_a_commit_that_nobody_is_behind(request_: Request) -> None:
    request_.push(None)
    request_.review("olga")
    said = request_.ask()
    assert (said.returncode, "Nobody on GitHub is behind commit" in said.stderr) == (4, True)


def test_approval_before_the_last_push(request_: Request) -> None:
    request_.review("olga")
    assert request_.is_approved()
    request_.push(**{"checkout/grants/orders.yaml": {**GRANT, "expires": "2027-07-31"}})
    assert "olga's approval was for what this change no longer is" in request_.ask().stderr
    request_.review("olga")
    assert request_.is_approved()


def test_an_approval_outlives_a_push_that_changes_nothing_of_it(request_: Request) -> None:
    request_.review("olga")
    request_.push(**{"README.md": "unrelated"})
    assert request_.is_approved()


def test_an_approval_outlives_what_others_merge(request_: Request) -> None:
    request_.review("olga")
    before = request_.head
    request_.others_merge(**{"platform/team.yaml": {"display_name": "The platform", "reviewers": ["pat"]}})
    request_.git("merge", "-q", "main", "-m", "What others merged")
    request_.git("push", "-q")
    assert request_.head != before
    assert request_.is_approved()


def test_change_of_owner_in_the_same_pull_request(request_: Request) -> None:
    team = {"display_name": "Commerce", "reviewers": ["chris", "mallory"]}
    request_.push(**{"commerce/team.yaml": team})
    request_.review("mallory")
    assert not request_.is_approved()


def test_a_dismissed_approval(request_: Request) -> None:
    request_.review("olga")
    request_.github.dismiss(request_.number, "olga")
    assert not request_.is_approved()


def test_a_comment_takes_no_approval_back(request_: Request) -> None:
    request_.review("olga")
    request_.review("olga", "COMMENTED")
    assert request_.is_approved()


def test_a_review_of_a_commit_that_was_pushed_away(request_: Request) -> None:
    request_.review("olga")
    (request_.folder / "access/checkout/grants/orders.yaml").write_text(json.dumps({**GRANT, "expires": "2027-07-31"}))
    request_.git("commit", "-qa", "--amend", "-m", "Ask otherwise")
    request_.git("push", "-q", "--force")
    assert not request_.is_approved()


def test_what_is_checked_out_does_not_count(request_: Request) -> None:
    request_.review("olga")
    request_.git("checkout", "-q", "main")
    (request_.folder / "access/commerce/team.yaml").write_text("nonsense: [")
    assert request_.is_approved()


def test_a_merge_that_github_has_not_made_anew(request_: Request) -> None:
    """What is merged on trial is of a moment ago: main has moved, and its owners may be others."""
    request_.git("commit", "-q", "--allow-empty", "-m", "others")
    request_.git("update-ref", "refs/remotes/origin/main", "HEAD")
    said = request_.ask()
    assert (said.returncode, "GitHub has not merged pull request 1 onto origin/main" in said.stderr) == (4, True)


def test_a_request_that_is_not_there(request_: Request) -> None:
    request_.number = 9
    said = request_.ask()
    assert (said.returncode, "refs/pull/9/merge" in said.stderr) == (1, True)


def test_owners_of_yesterday(request_: Request) -> None:
    """Commerce's reviewers changed since the branch left: it is not judged by those of then."""
    request_.others_merge(**{"commerce/team.yaml": {"display_name": "Commerce", "reviewers": ["otto"]}})
    request_.review("olga")
    assert "Awaited: commerce (@otto)" in request_.ask().stderr
    request_.review("otto")
    assert request_.is_approved()


def test_a_team_that_the_token_may_not_read(request_: Request) -> None:
    request_.token = request_.github.token("github-actions[bot]", pull_requests="read")
    said = request_.ask()
    assert (said.returncode, "give a GitHub App `Members: read`" in said.stderr) == (5, True)


def test_without_a_token(request_: Request) -> None:
    said = request_.ask(with_token=False)
    assert (said.returncode, "GITHUB_TOKEN" in said.stderr) == (2, True)


def test_github_that_does_not_answer(request_: Request) -> None:
    request_.url = "http://127.0.0.1:9"
    said = request_.ask()
    assert (said.returncode, "GitHub, reading pull request 1" in said.stderr) == (5, True)


def test_who_is_awaited_and_who_has_approved_for_a_comment(request_: Request) -> None:
    asked = request_.ask("--check", "--format", "markdown")
    awaited = "- :hourglass: **Awaited**: commerce \\(contoso\\/commerce\\), because checkout asks for orders"
    assert asked.stdout.startswith(f"### Approvals\n\n{awaited} ")
    request_.review("olga")
    approved = request_.ask("--format", "markdown").stdout.splitlines()
    assert approved[2] == "Everybody who must has approved."
    assert approved[4].startswith("- :white_check_mark: **olga** approved: checkout asks for orders ")
    assert request_.github.checks[0]["output"]["summary"] == asked.stdout


def test_a_request_to_another_branch_in_which_other_people_own_what_is_asked_for(request_: Request) -> None:
    """The branch has all of main and makes mallory the owner; the check would count for main, too."""
    team = {"display_name": "Commerce", "reviewers": ["mallory"]}
    request_.github.push("mine", _access({"commerce/team.yaml": team}), by="mallory")
    request_.github.retarget(request_.number, "mine")
    request_.review("mallory")
    said = request_.ask("--check")
    assert (said.returncode, "GitHub has not merged pull request 1 onto origin/main" in said.stderr) == (4, True)
    assert request_.github.checks == []


def test_a_tag_that_is_called_like_the_branch(request_: Request) -> None:
    """Mallory tags what has mallory as the owner; git takes a tag for the branch of that name."""
    team = {"display_name": "Commerce", "reviewers": ["mallory"]}
    mine = request_.github.push("mine", _access({"commerce/team.yaml": team}), by="mallory")
    request_.github.bare.set("refs/tags/origin/main", mine)
    request_.github.retarget(request_.number, "mine")
    request_.review("mallory")
    request_.git("fetch", "-q", "--tags", "origin")
    assert request_.git("rev-parse", "origin/main^{commit}") == mine
    assert not request_.is_approved()


def test_a_request_to_a_branch_without_declarations_names_no_service_to_speak_to(request_: Request) -> None:
    """Of an address that stands in the request alone nobody has approved anything."""
    emptied = dict.fromkeys((f"access/{name}" for name in FILES), None)
    request_.github.push("empty", {**emptied, "README.md": "r"}, by="mallory")
    request_.github.push("asks-2", {**_access(FILES), "README.md": "s"}, by="mallory")
    whole = request_.github.git("rev-parse", "asks-2^{tree}")
    head = request_.github.bare.commit(
        whole, [request_.github.tip("empty")], "All of it", author="mallory", committer="mallory"
    )
    request_.github.bare.set("refs/heads/asks-2", head)
    request_.number = request_.github.open("asks-2", "mallory", base="empty")
    said = request_.ask(verb="plan")
    assert (said.returncode, "Nothing was declared at" in said.stderr) == (2, True), said.stderr
