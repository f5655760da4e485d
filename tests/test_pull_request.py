"""A pull request on a real repository, and a GitHub that answers as published: who must approve it, and who has."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from github_stand_in import StandIn, github
from organisations import organisation

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
    """A clone in which a branch asks for something, and what GitHub knows of it."""

    def __init__(self, folder: Path, on_github: StandIn) -> None:
        self.folder, self.github = folder, on_github

    def git(self, *arguments: str) -> str:
        identity = ["-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "commit.gpgsign=false"]
        done = subprocess.run(  # noqa: S603
            ["git", *identity, *arguments],  # noqa: S607
            cwd=self.folder,
            check=True,
            capture_output=True,
            text=True,
        )
        return done.stdout.strip()

    def write(self, **files: Any) -> None:
        for name, value in files.items():
            path = self.folder / "access" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(value))

    def push(self, login: str | None = "chris", message: str = "Ask", **files: Any) -> str:
        self.write(**files)
        self.git("add", ".")
        self.git("commit", "-qm", message, "--allow-empty")
        self.github.head = self.git("rev-parse", "HEAD")
        self.github.commits.append((login, message))
        return self.github.head

    def review(self, login: str, state: str = "APPROVED", commit: str | None = None) -> None:
        self.github.reviews.append((login, state, commit or self.github.head))

    def merge_on_trial(self) -> None:
        """As GitHub does, which keeps the merge beside the branches."""
        tree = self.git("merge-tree", "--write-tree", "main", "asks").splitlines()[0]
        merge = self.git("commit-tree", tree, "-p", "main", "-p", "asks", "-m", "Merge")
        self.git("update-ref", "refs/pull/7/merge", merge)

    def ask(self, *arguments: str, with_token: bool = True, stale: bool = False) -> subprocess.CompletedProcess[str]:
        if not stale:
            self.merge_on_trial()
        known = {"GITHUB_API_URL": self.github.url, "GITHUB_REPOSITORY": "contoso/access"}
        known |= {"GITHUB_TOKEN": "t0ken"} if with_token else {}
        command = [
            sys.executable,
            "-m",
            "reconciler",
            "approvals",
            "--since",
            "main",
            "--pull-request",
            "7",
            *arguments,
        ]
        done = subprocess.run(  # noqa: S603
            command,
            cwd=self.folder,
            env={**os.environ, **known},
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert "Traceback" not in done.stdout + done.stderr
        assert "t0ken" not in done.stdout + done.stderr
        return done

    def is_approved(self) -> bool:
        done = self.ask()
        assert done.returncode in (0, 4), done.stderr
        return done.returncode == 0


@pytest.fixture
def request_(tmp_path: Path) -> Iterator[Request]:
    with github() as on_github:
        on_github.teams = {"commerce": ["olga"]}
        request = Request(tmp_path, on_github)
        request.write(**FILES)
        request.git("init", "-q", "-b", "main")
        request.git("add", ".")
        request.git("commit", "-qm", "one")
        request.git("remote", "add", "origin", ".")
        request.git("checkout", "-qb", "asks")
        request.push(**{"checkout/grants/orders.yaml": GRANT})
        yield request


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
    assert {check["head_sha"] for check in request_.github.checks} == {request_.github.head}
    assert request_.github.tokens == {"token t0ken"}
    assert request_.github.unknown == []


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
    request_.github.robot = True
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
    (request_.folder / "README.md").write_text("unrelated")
    request_.push()
    assert request_.is_approved()


def test_an_approval_outlives_what_others_merge(request_: Request) -> None:
    request_.review("olga")
    request_.git("checkout", "-q", "main")
    request_.write(**{"platform/team.yaml": {"display_name": "The platform", "reviewers": ["pat"]}})
    request_.git("commit", "-qam", "others")
    request_.git("checkout", "-q", "asks")
    request_.git("merge", "-q", "main")
    request_.push()
    assert request_.is_approved()


def test_change_of_owner_in_the_same_pull_request(request_: Request) -> None:
    team = {"display_name": "Commerce", "reviewers": ["chris", "mallory"]}
    request_.push(**{"commerce/team.yaml": team})
    request_.review("mallory")
    assert not request_.is_approved()


def test_a_dismissed_approval(request_: Request) -> None:
    request_.review("olga", "DISMISSED")
    assert not request_.is_approved()


def test_a_comment_takes_no_approval_back(request_: Request) -> None:
    request_.review("olga")
    request_.review("olga", "COMMENTED")
    assert request_.is_approved()


def test_a_review_of_a_commit_that_was_pushed_away(request_: Request) -> None:
    request_.review("olga", commit="0" * 40)
    assert not request_.is_approved()


def test_a_trial_merge_of_another_commit(request_: Request) -> None:
    request_.github.head = "1" * 40
    said = request_.ask()
    assert (said.returncode, "GitHub has not merged pull request 7 onto main as it is now" in said.stderr) == (4, True)


def test_what_is_checked_out_does_not_count(request_: Request) -> None:
    request_.review("olga")
    request_.ask()
    (request_.folder / "access/checkout/grants/orders.yaml").write_text("nonsense: [")
    assert request_.is_approved()


def test_a_request_that_conflicts_or_is_closed(request_: Request) -> None:
    said = request_.ask(stale=True)
    assert (said.returncode, "refs/pull/7/merge" in said.stderr) == (1, True)


def test_owners_of_yesterday(request_: Request) -> None:
    """Commerce's reviewers changed since the branch left: it is not judged by those of then."""
    request_.merge_on_trial()
    request_.git("checkout", "-q", "main")
    request_.write(**{"commerce/team.yaml": {"display_name": "Commerce", "reviewers": ["otto"]}})
    request_.git("commit", "-qam", "others")
    request_.git("checkout", "-q", "asks")
    request_.review("olga")
    assert "GitHub has not merged pull request 7 onto main as it is now" in request_.ask(stale=True).stderr
    assert "Awaited: commerce (@otto)" in request_.ask().stderr
    request_.review("otto")
    assert request_.is_approved()


def test_a_team_that_the_token_may_not_read(request_: Request) -> None:
    request_.github.teams.clear()
    said = request_.ask()
    assert (said.returncode, "give a GitHub App `Members: read`" in said.stderr) == (5, True)


def test_without_a_token(request_: Request) -> None:
    said = request_.ask(with_token=False)
    assert (said.returncode, "GITHUB_TOKEN" in said.stderr) == (2, True)


def test_github_that_does_not_answer(request_: Request) -> None:
    request_.github.url = "http://127.0.0.1:9"
    said = request_.ask()
    assert (said.returncode, "GitHub, reading pull request 7" in said.stderr) == (5, True)
