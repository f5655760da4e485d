"""The GitHub of this machine does what GitHub does, and a departure from what GitHub publishes is noticed."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from on_github import Site, github

REPOSITORY = "/repos/contoso/access"


@pytest.fixture
def site() -> Iterator[Site]:
    with github() as found:
        yield found


def ask(site: Site, method: str, path: str, body: Any = None, **rights: str) -> tuple[int, Any, dict[str, str]]:
    headers = {"Authorization": f"Bearer {site.token(**rights)}"}
    data = None if body is None else json.dumps(body).encode()
    request = Request(site.url + path, data=data, headers=headers, method=method)  # noqa: S310
    try:
        with urlopen(request, timeout=10) as answered:  # noqa: S310
            return answered.status, json.load(answered), dict(answered.headers)
    except HTTPError as error:
        with error:
            return error.code, json.load(error), dict(error.headers)


@pytest.mark.parametrize(
    ("method", "path", "body", "noticed"),
    [
        ("GET", f"{REPOSITORY}/branches", None, "is not served here"),
        ("GET", f"{REPOSITORY}/pulls?sate=open", None, r"no query \['sate'\]"),
        ("POST", f"{REPOSITORY}/issues", {"title": "t", "lables": ["access"]}, r"no \['lables'\]"),
        ("POST", f"{REPOSITORY}/issues", {"body": "b"}, "Field required"),
        ("POST", f"{REPOSITORY}/git/trees", {"tree": [{"path": "a", "mode": "644"}]}, "Input should be '100644'"),
        ("POST", f"{REPOSITORY}/check-runs", {"name": "n", "head_sha": "x", "status": "done"}, "should be 'completed'"),
    ],
)
def test_a_departure_fails_the_test_that_makes_it(method: str, path: str, body: Any, noticed: str) -> None:
    with pytest.raises(AssertionError, match=noticed), github() as site:
        ask(site, method, path, body)


def test_pushes_by_git_move_pull_requests(site: Site, tmp_path: Path) -> None:
    site.push("asks", {"a": "1"}, by="chris")
    number = site.open("asks", "chris")
    clone = site.clone(tmp_path / "clone", by="dora")
    commands = (["checkout", "asks"], ["commit", "--allow-empty", "-m", "More"], ["push", "origin", "asks"])
    for command in commands:
        subprocess.run(["git", *command], cwd=clone, check=True, capture_output=True, timeout=30)  # noqa: S603, S607
    assert site.git("log", "-1", "--format=%ae", f"refs/pull/{number}/head") == "dora@users.noreply.github.com"
    assert site.git("log", "-1", "--format=%P", f"refs/pull/{number}/merge").split() == [site.tip(), site.tip("asks")]


def test_a_pull_request_in_conflict_has_no_trial_merge(site: Site) -> None:
    site.push("asks", {"README.md": "mine"}, by="chris")
    site.push("main", {"README.md": "theirs"}, by="pat")
    number = site.open("asks", "chris")
    assert site.bare.tip(f"refs/pull/{number}/head") == site.tip("asks")
    assert site.bare.tip(f"refs/pull/{number}/merge") is None
    with pytest.raises(AssertionError, match="conflicts"):
        site.merge(number, "olga")


def test_a_trial_merge_follows_its_base(site: Site) -> None:
    site.push("asks", {"a": "1"}, by="chris")
    number = site.open("asks", "chris")
    site.push("main", {"b": "1"}, by="pat")
    assert site.git("rev-parse", f"refs/pull/{number}/merge^1") == site.tip()
    assert site.git("show", f"refs/pull/{number}/merge:b") == "1"


@pytest.mark.parametrize(
    ("method", "subject", "parents", "committer"),
    [
        ("merge", "Merge pull request #1 from contoso/asks", 2, "noreply@github.com"),
        ("squash", "Ask (#1)", 1, "noreply@github.com"),
        ("rebase", "more", 1, "olga@users.noreply.github.com"),
    ],
)
def test_a_merge_as_github_makes_it(site: Site, method: Any, subject: str, parents: int, committer: str) -> None:
    site.push("asks", {"a": "1"}, by="chris")
    site.push("asks", {"b": "1"}, by="dora", message="more")
    site.push("main", {"c": "1"}, by="pat")
    made = site.merge(site.open("asks", "chris"), "olga", method)
    assert site.tip() == made
    told = site.bare.told(made)
    assert (told["message"].splitlines()[0], told["address"]) == (subject, committer)
    assert len(told["parents"].split()) == parents
    assert site.git("ls-tree", "--name-only", "main").split() == ["README.md", "a", "b", "c"]


def test_what_is_pushed_by_hand_counts_as_merged(site: Site) -> None:
    head = site.push("asks", {"a": "1"}, by="chris")
    number = site.open("asks", "chris")
    site.git("update-ref", "refs/heads/main", head)
    site.pushed()
    assert ask(site, "GET", f"{REPOSITORY}/pulls/{number}")[1]["merged"]


def test_a_commit_on_main_is_of_the_pull_request_that_brought_it(site: Site) -> None:
    commit = site.push("asks", {"a": "1"}, by="chris")
    site.git("update-ref", "refs/heads/again", commit)
    site.push("side", {"s": "1"}, by="pat")
    first, second = site.open("asks", "chris"), site.open("again", "dora", base="side")
    path = f"{REPOSITORY}/commits/{commit}/pulls"
    assert {row["number"] for row in ask(site, "GET", path)[1]} == {first, second}
    site.merge(first, "olga")
    assert [row["number"] for row in ask(site, "GET", path)[1]] == [first]


def test_accounts_are_found_by_address(site: Site) -> None:
    site.push("asks", {"a": "1"}, by="12+chris@users.noreply.github.com", committer="web-flow")
    site.push("asks", {"b": "1"}, by="chris@contoso.example", committer="access[bot]")
    rows = ask(site, "GET", f"{REPOSITORY}/pulls/{site.open('asks', 'chris')}/commits")[1]
    found = [[row[who] and (row[who]["login"], row[who]["type"]) for who in ("author", "committer")] for row in rows]
    assert found == [[("chris", "User"), ("web-flow", "User")], [None, ("access[bot]", "Bot")]]


def test_pages(site: Site) -> None:
    number = site.issue("chris", "t")
    for each in range(5):
        site.comment(number, "chris", str(each))
    path = f"{REPOSITORY}/issues/{number}/comments?per_page=2"
    _, rows, headers = ask(site, "GET", path)
    assert [row["body"] for row in rows] == ["0", "1"]
    assert 'page=2>; rel="next"' in headers["Link"]
    assert 'page=3>; rel="last"' in headers["Link"]
    _, rows, headers = ask(site, "GET", f"{path}&page=3")
    assert [row["body"] for row in rows] == ["4"]
    assert "next" not in headers["Link"]
    assert 'rel="prev"' in headers["Link"]


def test_pull_requests_are_issues(site: Site) -> None:
    site.push("asks", {"a": "1"}, by="chris")
    numbers = {site.issue("chris", "t"): False, site.open("asks", "chris"): True}
    rows = ask(site, "GET", f"{REPOSITORY}/issues")[1]
    assert {row["number"]: "pull_request" in row for row in rows} == numbers


@pytest.mark.parametrize(
    ("method", "path", "body", "said"),
    [
        ("POST", "/pulls", {"head": "asks", "base": "main", "title": "t"}, "A pull request already exists for contoso"),
        ("POST", "/pulls", {"head": "same", "base": "main", "title": "t"}, "No commits between main and same"),
        ("POST", "/pulls", {"head": "gone", "base": "main", "title": "t"}, "invalid"),
        ("POST", "/git/refs", {"ref": "refs/heads/main", "sha": "TIP"}, "Reference already exists"),
        ("PATCH", "/git/refs/heads/main", {"sha": "OLD"}, "not a fast forward"),
        ("POST", "/git/trees", {"base_tree": "TIP", "tree": [{"path": "no", "sha": None}]}, "BadObjectState"),
    ],
)
def test_what_github_refuses(site: Site, method: str, path: str, body: Any, said: str) -> None:
    old = site.tip()
    tip = site.push("main", {"b": "1"}, by="pat")
    site.push("asks", {"a": "1"}, by="chris")
    site.open("asks", "chris")
    site.git("update-ref", "refs/heads/same", tip)
    text = json.dumps(body).replace("TIP", tip).replace("OLD", old)
    status, value, _ = ask(site, method, REPOSITORY + path, json.loads(text))
    assert status == 422
    assert said in json.dumps(value)


def test_rights(site: Site) -> None:
    number = site.issue("chris", "t")
    assert ask(site, "GET", f"{REPOSITORY}/issues/{number}", issues="read")[0] == 200
    assert ask(site, "PATCH", f"{REPOSITORY}/issues/{number}", {"state": "closed"}, issues="read")[0] == 403
    assert ask(site, "GET", f"{REPOSITORY}/pulls", issues="write")[0] == 403
    assert site.threads[number].state == "open"
