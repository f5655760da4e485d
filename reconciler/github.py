"""A repository on GitHub in; a pull request with what was said of it, and who is in a team, out; a check run back."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from githubkit import GitHub
from githubkit.exception import GitHubException, RequestFailed

from reconciler.errors import GitHubError

_WEB = "web-flow"  # commits made on GitHub's pages are committed by this account, and authored by a person
_NOT_FOUND = (403, 404)
_SAYS = ("APPROVED", "CHANGES_REQUESTED", "DISMISSED")


@dataclass(frozen=True, slots=True)
class Said:
    """A review: who, of which commit, and its state: APPROVED, CHANGES_REQUESTED or DISMISSED."""

    login: str
    state: str
    commit: str
    body: str = ""


@dataclass(frozen=True, slots=True)
class PullRequest:
    """A pull request. `people` wrote its commits or committed them; `strangers` are commits that no account is behind.

    `messages` are those of the commits, in which co-authors stand.
    """

    number: int
    author: str
    by_robot: bool
    head: str
    people: frozenset[str]
    strangers: tuple[str, ...]
    messages: tuple[str, ...]
    reviews: tuple[Said, ...]


class Repository:
    """One repository, seen with one token. Every method raises GitHubError where GitHub says no."""

    def __init__(self, name: str, token: str, *, api: str) -> None:
        self._owner, _, self._name = name.partition("/")
        self._github = GitHub(token, base_url=api, auto_retry=False)

    def pull_request(self, number: int) -> PullRequest:
        """Read a pull request, its commits and its reviews, oldest first."""
        rest, owner, name = self._github.rest, self._owner, self._name
        with _asking(f"reading pull request {number}"):
            request = rest.pulls.get(owner, name, number).parsed_data
            commits: list[Any] = list(
                rest.paginate(rest.pulls.list_commits, owner=owner, repo=name, pull_number=number)
            )
            reviews: list[Any] = list(
                rest.paginate(rest.pulls.list_reviews, owner=owner, repo=name, pull_number=number)
            )
        accounts = [(commit.sha, (commit.author, commit.committer)) for commit in commits]
        logins = {login for _, pair in accounts for each in pair if (login := getattr(each, "login", None))}
        unknown = [sha for sha, pair in accounts if not all(getattr(each, "login", None) for each in pair)]
        return PullRequest(
            number=number,
            author=request.user.login if request.user else "",
            by_robot=bool(request.user and request.user.type == "Bot"),
            head=request.head.sha,
            people=frozenset(logins - {_WEB}),
            strangers=tuple(unknown),
            messages=tuple(commit.commit.message for commit in commits),
            reviews=tuple(
                Said(each.user.login, each.state, each.commit_id or "", each.body or "")
                for each in reviews
                if each.user and each.state in _SAYS
            ),
        )

    def members(self, team: str) -> frozenset[str]:
        """Read who is in a team, given as `organisation/team`; those of teams inside it, too."""
        organisation, _, slug = team.partition("/")
        rest = self._github.rest
        with _asking(f"reading who is in {team}"):
            try:
                found: list[Any] = list(rest.paginate(rest.teams.list_members_in_org, org=organisation, team_slug=slug))
            except RequestFailed as error:
                if error.response.status_code not in _NOT_FOUND:
                    raise
                hint = "give a GitHub App `Members: read`, or list `reviewers:` in team.yaml"
                raise GitHubError(f"Who is in {team} cannot be read with this token: {hint}.") from error
        return frozenset(member.login for member in found)

    def report(self, name: str, head: str, *, passed: bool, title: str, summary: str) -> None:
        """Set a check run on a commit."""
        with _asking(f"setting check {name}"):
            self._github.rest.checks.create(
                self._owner,
                self._name,
                name=name,
                head_sha=head,
                status="completed",
                conclusion="success" if passed else "action_required",
                output={"title": title, "summary": summary},
            )


@contextmanager
def _asking(doing: str) -> Iterator[None]:
    try:
        yield
    except RequestFailed as error:
        raise GitHubError(f"GitHub, {doing}: {error.response.status_code}. {_ADVICE}") from error
    except GitHubException as error:
        raise GitHubError(f"GitHub, {doing}: {error or type(error).__name__}") from error


_ADVICE = "See that GITHUB_TOKEN is of this repository and may read pull requests and write checks."
