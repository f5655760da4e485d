"""What is read from GitHub and said there, against a GitHub of this machine with real git behind it."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from githubkit.exception import RequestTimeout
from on_github import Site, github

from reconciler.errors import GitHubError, NotApproved
from reconciler.github import Issue, Repository, Said

MARK = "<!-- reconciler -->"


@pytest.fixture
def site() -> Iterator[Site]:
    with github({"access/a.yaml": "a: 1\n", "README.md": "r\n"}) as found:
        yield found


@pytest.fixture
def here(site: Site) -> Repository:
    return Repository("contoso/access", site.token(), api=site.url)


def asked(site: Site, branch: str = "asks", by: str = "chris", **more: Any) -> int:
    site.push(branch, {f"access/{branch}.yaml": "a: 1\n"}, by=by)
    return site.open(branch, by, f"Ask for {branch}", **more)


def test_a_pull_request_before_and_after_its_merge(site: Site, here: Repository) -> None:
    number = asked(site)
    site.review(number, "olga", body="Fine")
    site.review(number, "otto", "COMMENTED", body="Hm")
    found = here.pull_request(number)
    assert (found.title, found.author, found.base, found.from_fork) == ("Ask for asks", "chris", "main", False)
    assert (found.merged, found.merge_commit, found.head) == (False, "", site.tip("asks"))
    assert found.reviews == (Said("olga", "APPROVED", found.head, "Fine"),)
    merged = site.merge(number, "olga")
    found = here.pull_request(number)
    assert (found.merged, found.merge_commit) == (True, merged)
    assert found.people == {"chris"}


def test_a_pull_request_from_a_fork(site: Site, here: Repository) -> None:
    site.push("asks", {"access/b.yaml": "b: 1\n"}, by="mallory", fork="mallory")
    number = site.open("asks", "mallory", fork="mallory")
    assert here.pull_request(number).from_fork
    assert site.git("show", f"refs/pull/{number}/merge:access/b.yaml") == "b: 1"


def test_who_wrote_and_committed(site: Site, here: Repository) -> None:
    number = asked(site)
    site.push("asks", {"access/c.yaml": "c: 1\n"}, by="dora", committer="web-flow")
    stranger = site.push("asks", {"access/d.yaml": "d: 1\n"}, by=None, committer="olga")
    found = here.pull_request(number)
    assert (found.people, found.strangers) == ({"chris", "dora", "olga"}, (stranger,))


@pytest.mark.parametrize("method", ["merge", "squash", "rebase"])
def test_who_merged_each_commit(site: Site, here: Repository, method: Any) -> None:
    before = site.tip()
    number = asked(site)
    site.push("asks", {"access/c.yaml": "c: 1\n"}, by="chris")
    asked(site, "later")
    site.merge(number, "olga", method)
    brought = site.git("rev-list", f"{before}..main").splitlines()
    assert len(brought) == {"merge": 3, "squash": 1, "rebase": 2}[method]
    assert [here.merged_by(commit) for commit in brought] == [number] * len(brought)


def test_commits_that_no_pull_request_brought(site: Site, here: Repository) -> None:
    around = site.admin_push("main", {"access/b.yaml": "b: 1\n"}, by="mallory")
    number = asked(site)
    assert [here.merged_by(each) for each in (around, site.tip("asks"), "0" * 40)] == [None] * 3
    assert number


def test_a_commit_that_was_merged_elsewhere_and_pushed_to_main(site: Site, here: Repository) -> None:
    site.push("side", {"access/side.yaml": "s: 1\n"}, by="mallory")
    commit = site.push("asks", {"access/b.yaml": "b: 1\n"}, by="mallory")
    number = site.open("asks", "mallory", base="side")
    site.merge(number, "mallory")
    site.git("update-ref", "refs/heads/main", commit)
    assert here.merged_by(commit) is None
    assert here.merged_by(commit, branch="side") == number


def test_lists_are_read_to_their_end(site: Site, here: Repository) -> None:
    number = asked(site)
    for _ in range(101):
        site.comment(number, "chris", f"{MARK} by a person")
        site.review(number, "otto", "CHANGES_REQUESTED")
    site.comment(number, "access[bot]", f"{MARK} ours")
    site.teams["commerce"] = [f"p{each}" for each in range(201)]
    assert here.comment_of(number, MARK) == f"{MARK} ours"
    assert len(here.pull_request(number).reviews) == 101
    assert len(here.members("contoso/commerce")) == 201


def test_a_pull_request_with_more_commits_than_github_tells_of(site: Site, here: Repository) -> None:
    number = asked(site)
    pull = site.pulls[number]
    pull.commits *= 251
    with pytest.raises(NotApproved, match="has 251 commits, and GitHub tells of 250: nobody knows who"):
        here.pull_request(number)


def test_our_one_comment(site: Site, here: Repository) -> None:
    number = asked(site)
    site.comment(number, "chris", f"{MARK} I can write that, too")
    assert here.comment_of(number, MARK) is None
    for body in ("one", "one", "two"):
        here.keep_comment(number, MARK, f"{MARK}\n{body}\n")
    assert here.comment_of(number, MARK) == f"{MARK}\ntwo\n"
    assert [each.body for each in site.threads[number].comments if each.author.login == "access[bot]"] == [
        f"{MARK}\ntwo\n"
    ]
    assert [each.partition(" ")[0] for each in site.writes()] == ["POST", "PATCH"]


def test_a_comment_that_somebody_opened_and_saved(site: Site, here: Repository) -> None:
    number = asked(site)
    here.keep_comment(number, MARK, f"{MARK}\none\n")
    site.threads[number].comments[0].body = f"{MARK}\r\none"
    here.keep_comment(number, MARK, f"{MARK}\none\n")
    assert len(site.writes()) == 1


def test_an_issue(site: Site, here: Repository) -> None:
    number = site.issue("chris", "Access to orders", "Please", ("access", "request"))
    assert here.issue(number) == Issue(number, "Access to orders", "Please", "chris", frozenset({"access", "request"}))


def test_our_one_issue(site: Site, here: Repository) -> None:
    site.issue("mallory", "Mine", f"{MARK} not yours", ("access",))
    number = here.keep_issue(MARK, title="Drift", body=f"{MARK}\none", labels=["access"])
    site.threads[number].labels.append("looked at")
    assert here.keep_issue(MARK, title="Drift", body=f"{MARK}\none", labels=["access"]) == number
    assert len(site.writes()) == 1
    site.threads[number].labels.remove("access")
    assert here.keep_issue(MARK, title="Drift", body=f"{MARK}\ntwo", labels=["access"]) == number
    assert (site.threads[number].body, site.threads[number].labels) == (f"{MARK}\ntwo", ["access", "looked at"])
    here.close_issue(MARK, saying="It is over.")
    assert (site.threads[number].state, site.threads[number].comments[0].body) == ("closed", "It is over.")
    written = len(site.writes())
    here.close_issue(MARK, saying="It is over.")
    assert len(site.writes()) == written
    assert here.keep_issue(MARK, title="Drift", body=f"{MARK}\none", labels=["access"]) != number


PROPOSAL: dict[str, Any] = {"branch": "renew/a", "base": "main", "title": "Renew a", "body": "Why", "message": "Renew"}


def test_a_proposal(site: Site, here: Repository) -> None:
    files = {"access/a.yaml": "a: 2\n", "access/b.yaml": "b: ä\n", "README.md": None, "access/gone.yaml": None}
    number = here.propose(**PROPOSAL, files=files)
    pull = site.pulls[number]
    assert (pull.branch, pull.base, pull.thread.title, pull.thread.body) == ("renew/a", "main", "Renew a", "Why")
    assert site.git("diff", "--name-status", "main", "renew/a").split() == [
        *("D", "README.md"),
        *("M", "access/a.yaml"),
        *("A", "access/b.yaml"),
    ]
    assert site.git("show", "renew/a:access/b.yaml") == "b: ä"
    assert site.git("rev-parse", "renew/a^") == site.tip()


def test_a_proposal_made_again(site: Site, here: Repository) -> None:
    files = {"access/a.yaml": "a: 2\n"}
    number = here.propose(**PROPOSAL, files=files)
    stood = site.tip("renew/a")
    assert here.propose(**PROPOSAL, files=files) == number
    assert site.tip("renew/a") == stood  # no review of it grows old
    site.admin_push("main", {"access/c.yaml": "c: 1\n"}, by="pat")
    assert here.propose(**{**PROPOSAL, "title": "Renew a, still"}, files=files) == number
    assert site.git("rev-parse", "renew/a^") == site.tip()
    assert site.pulls[number].thread.title == "Renew a, still"
    assert len(site.pulls) == 1


def test_a_proposal_after_the_last_one_was_closed(site: Site, here: Repository) -> None:
    files = {"access/a.yaml": "a: 2\n"}
    number = here.propose(**PROPOSAL, files=files)
    site.close(number)
    assert here.propose(**PROPOSAL, files=files) != number


@pytest.mark.parametrize(
    ("more", "files", "said"),
    [
        ({}, {"access/a.yaml": "a: 1\n"}, "Nothing to propose: main holds these files already"),
        ({}, {"access/gone.yaml": None}, "Nothing to propose"),
        ({"branch": "main"}, {"access/a.yaml": "a: 2\n"}, "needs a branch of its own"),
        ({"base": "gone"}, {"access/a.yaml": "a: 2\n"}, "There is no branch gone in contoso/access"),
    ],
)
def test_proposals_that_are_none(site: Site, here: Repository, more: Any, files: Any, said: str) -> None:
    with pytest.raises(GitHubError, match=said):
        here.propose(**{**PROPOSAL, **more}, files=files)
    assert site.pulls == {}
    assert site.git("for-each-ref", "--format=%(refname)") == "refs/heads/main"


@pytest.mark.parametrize("verb", ["pull_request", "issue"])
def test_what_is_not_there(here: Repository, verb: str) -> None:
    with pytest.raises(GitHubError, match=r"There is no .* 41 in contoso/access, or GITHUB_TOKEN may not see it"):
        getattr(here, verb)(41)


def test_a_token_of_nobody(site: Site) -> None:
    with pytest.raises(GitHubError, match=r"401 Bad credentials. See that GITHUB_TOKEN is of this repository"):
        Repository("contoso/access", "t", api=site.url).pull_request(1)


def test_a_token_with_too_few_rights(site: Site) -> None:
    number = asked(site)
    here = Repository("contoso/access", site.token(pull_requests="read"), api=site.url)
    assert here.comment_of(number, MARK) is None
    with pytest.raises(GitHubError, match=r"403 Resource not accessible by integration.*has `pull-requests: write`"):
        here.keep_comment(number, MARK, f"{MARK} x")


def test_github_s_own_words_are_told(site: Site, here: Repository) -> None:
    number = asked(site)
    with pytest.raises(GitHubError, match=r"422 Validation Failed: body is too long \(maximum is 65536 characters\)"):
        here.keep_comment(number, MARK, MARK + "x" * 65536)


def test_a_read_is_tried_again(site: Site, here: Repository) -> None:
    number = asked(site)
    site.fail("GET", ".*/pulls/1", 502)
    assert here.pull_request(number).number == number
    site.fail("GET", ".*/pulls/1", 502, times=4)
    with pytest.raises(GitHubError, match=r"502 Server Error. Nothing was decided on what was not read; run again"):
        here.pull_request(number)


def test_a_write_that_may_have_happened_is_not_repeated(site: Site, here: Repository) -> None:
    number = asked(site)
    site.fail("POST", ".*/comments", 502)
    with pytest.raises(GitHubError, match="502"):
        here.keep_comment(number, MARK, MARK)
    assert site.writes() == [f"POST /repos/contoso/access/issues/{number}/comments"]


def test_a_write_that_was_held_up_by_limits_is_repeated(site: Site, here: Repository) -> None:
    number = asked(site)
    site.fail("POST", ".*/comments", 403, message="You have exceeded a secondary rate limit", Retry_After="1")
    here.keep_comment(number, MARK, MARK)
    assert here.comment_of(number, MARK) == MARK


def test_limits_that_last_are_not_waited_for(site: Site, here: Repository) -> None:
    site.fail("GET", ".*", 429, Retry_After="1800")
    with pytest.raises(GitHubError, match=r"it limits requests of this token. Run again in 30 minutes"):
        here.pull_request(1)


def test_who_is_in_a_team_is_not_guessed_from_limits(site: Site, here: Repository) -> None:
    site.fail("GET", ".*", 403, Retry_After="1800")
    with pytest.raises(GitHubError, match="limits requests"):
        here.members("contoso/commerce")


def test_an_answer_of_another_form(site: Site, here: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    asked(site)
    monkeypatch.setattr("on_github.answers.whole_pull", lambda *_: {"number": 1})
    with pytest.raises(GitHubError, match="the answer is not of the form that GitHub publishes"):
        here.pull_request(1)
    site.departures.clear()  # the description said so, too, where it is there


def test_waits_are_bounded() -> None:
    from httpx import ConnectTimeout, Request  # noqa: PLC0415

    from reconciler.github.session import retry  # noqa: PLC0415

    late = RequestTimeout(ConnectTimeout("late", request=Request("GET", "https://api.github.com")))
    waits = [retry(late, tried) for tried in range(4)]
    assert [each.do_retry for each in waits] == [True, True, True, False]
    assert sum((each.retry_after or timedelta() for each in waits), timedelta()) < timedelta(seconds=10)
    written = RequestTimeout(ConnectTimeout("late", request=Request("POST", "https://api.github.com")))
    assert not retry(written, 0).do_retry
