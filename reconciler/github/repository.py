"""A repository on GitHub and a token in; everything that this tool reads there and says there out, a verb a method."""

from collections.abc import Collection, Mapping

import httpx
from githubkit.exception import RateLimitExceeded, RequestFailed

from reconciler.errors import GitHubError
from reconciler.github import conversation, proposing, pull_requests
from reconciler.github.answers import Account
from reconciler.github.governing import Settings
from reconciler.github.session import UNKNOWN, Session
from reconciler.github.settings import settings
from reconciler.github.values import Issue, PullRequest

_NOT_FOR_YOU = (403, UNKNOWN)


class Repository:
    """One repository, seen with one token. Every method raises GitHubError where GitHub says no."""

    def __init__(self, name: str, token: str, *, api: str, transport: httpx.BaseTransport | None = None) -> None:
        """Open nothing yet. Tests pass a transport."""
        self._session = Session(name, token, api=api, transport=transport)

    def pull_request(self, number: int) -> PullRequest:
        """Read a pull request, its commits and its reviews, oldest first."""
        return pull_requests.pull_request(self._session, number)

    def merged_by(self, commit: str, *, branch: str | None = None) -> int | None:
        """Find the merged pull request that put a commit on a branch: by default on the default branch."""
        return pull_requests.merged_by(self._session, commit, branch)

    def members(self, team: str) -> frozenset[str]:
        """Read who is in a team, given as `organisation/team`; those of teams inside it, too."""
        organisation, _, slug = team.partition("/")
        with self._session.asking(f"reading who is in {team}", needs="Members: read") as rest:
            try:
                method = rest.teams.list_members_in_org
                found = self._session.pages(Account, method, org=organisation, team_slug=slug)
            except RateLimitExceeded:
                raise
            except RequestFailed as error:
                if error.response.status_code not in _NOT_FOR_YOU:
                    raise
                hint = "give a GitHub App `Members: read`, or list `reviewers:` in team.yaml"
                raise GitHubError(f"Who is in {team} cannot be read with this token: {hint}.") from error
        return frozenset(member.login for member in found if member.login)

    def settings(self) -> Settings:
        """Read what GitHub is set to here, as far as the token may."""
        return settings(self._session)

    def report(self, name: str, head: str, *, passed: bool, title: str, summary: str) -> None:
        """Set a check run on a commit."""
        with self._session.asking(f"setting check {name}", needs="checks: write") as rest:
            rest.checks.create(
                *self._session.where,
                name=name,
                head_sha=head,
                status="completed",
                conclusion="success" if passed else "action_required",
                output={"title": title, "summary": summary},
            )

    def comment_of(self, number: int, marker: str) -> str | None:
        """Read our comment below a pull request: by a robot, and beginning with the marker."""
        return conversation.comment_of(self._session, number, marker)

    def keep_comment(self, number: int, marker: str, body: str) -> None:
        """Make our comment, or make it say this; `body` begins with the marker."""
        conversation.keep_comment(self._session, number, marker, body)

    def issue(self, number: int) -> Issue:
        """Read an issue."""
        return conversation.issue(self._session, number)

    def keep_issue(self, marker: str, *, title: str, body: str, labels: Collection[str]) -> int:
        """Open our issue, or make the open one say this; `body` begins with the marker."""
        return conversation.keep_issue(self._session, marker, title=title, body=body, labels=labels)

    def kept_issues(self) -> Mapping[str, Issue]:
        """Read all of our open issues at once, by their markers."""
        return conversation.kept_issues(self._session)

    def close_issue(self, marker: str, *, saying: str) -> None:
        """Close our issue with a comment, if one is open."""
        conversation.close_issue(self._session, marker, saying=saying)

    def proposals(self, beginning: str) -> Mapping[str, int]:
        """Find the open pull requests of branches that begin like this, by branch."""
        return proposing.proposals(self._session, beginning)

    def propose(
        self, *, branch: str, base: str, title: str, body: str, message: str, files: Mapping[str, str | None]
    ) -> int:
        """Propose files in one commit on a branch's tip, None for one that goes; give the pull request's number."""
        return proposing.propose(
            self._session, branch=branch, base=base, title=title, body=body, message=message, files=files
        )
