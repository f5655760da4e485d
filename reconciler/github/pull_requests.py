"""The number of a pull request, or a commit, in; the pull request with its commits and reviews out."""

from datetime import UTC, datetime

from githubkit.exception import RequestFailed

from reconciler.errors import GitHubError, NotApproved
from reconciler.github.answers import Commit, Event, Pull, Review, WholePull
from reconciler.github.session import UNKNOWN, UNPROCESSABLE, Session
from reconciler.github.values import PullRequest, Said

_READ = "pull-requests: read"
_WEB = "web-flow"  # commits made on GitHub's pages are committed by this account, and authored by a person
_SAYS = ("APPROVED", "CHANGES_REQUESTED", "DISMISSED")
_OTHER_BASE = ("base_ref_changed", "automatic_base_change_succeeded")


def pull_request(session: Session, number: int) -> PullRequest:
    """Read a pull request, its commits and its reviews, oldest first.

    Raises NotApproved where GitHub does not tell whose all of its commits are.
    """
    with session.asking(f"reading pull request {number}", needs=_READ) as rest:
        try:
            request = WholePull.model_validate(rest.pulls.get(*session.where, number).json())
        except RequestFailed as error:
            if error.response.status_code != UNKNOWN:
                raise
            raise GitHubError(
                f"There is no pull request {number} in {session.name}, or GITHUB_TOKEN may not see it (`{_READ}`)."
            ) from error
        commits = session.pages(Commit, rest.pulls.list_commits, **session.named, pull_number=number)
        reviews = session.pages(Review, rest.pulls.list_reviews, **session.named, pull_number=number)
        events = session.pages(Event, rest.issues.list_events, **session.named, issue_number=number)
    if request.commits > len(commits):
        raise NotApproved(
            f"Pull request {number} has {request.commits} commits, and GitHub tells of {len(commits)}: nobody knows "
            "who wrote the others. Squash them, or ask in several pull requests."
        )
    return _told(request, commits, reviews, events)


def _told(request: WholePull, commits: list[Commit], reviews: list[Review], events: list[Event]) -> PullRequest:
    behind = {each.sha: [who and who.login for who in (each.author, each.committer)] for each in commits}
    return PullRequest(
        number=request.number,
        title=request.title,
        author=(request.user and request.user.login) or "",
        by_robot=bool(request.user and request.user.type == "Bot"),
        base=request.base.ref,
        head=request.head.sha,
        from_fork=request.head.repo is None
        or request.base.repo is None
        or request.head.repo.id != request.base.repo.id,
        merged=request.merged_at is not None,
        merge_commit=_merge_commit(events),
        people=frozenset(login for pair in behind.values() for login in pair if login) - {_WEB},
        strangers=tuple(sha for sha, pair in behind.items() if not all(pair) or pair[0] == _WEB),
        messages=tuple(each.commit.message for each in commits),
        reviews=tuple(
            Said(each.user.login, each.state, _seen(each, events), each.body)
            for each in reviews
            if each.user and each.user.login and each.state in _SAYS
        ),
    )


def _seen(review: Review, events: list[Event]) -> str:
    """Name the commit that was seen; of another base it was another change, whose difference nobody has reviewed."""
    moved = max((each.created_at for each in events if each.event in _OTHER_BASE), default=None)
    if moved is not None and (review.submitted_at or datetime.min.replace(tzinfo=UTC)) <= moved:
        return ""
    return review.commit_id or ""


def _merge_commit(events: list[Event]) -> str:
    """Find it in what happened: version 2026-03-10 of GitHub's API took `merge_commit_sha` from pull requests."""
    return next((each.commit_id or "" for each in reversed(events) if each.event == "merged"), "")


def merged_by(session: Session, commit: str, branch: str | None) -> int | None:
    """Find the merged pull request that put a commit on a branch; without a name, on the default branch.

    The branch matters: a commit may be in a request that was merged elsewhere, and then be pushed here.
    """
    with session.asking(f"reading which pull request brought {commit}", needs=_READ) as rest:
        try:
            found = session.pages(
                Pull, rest.repos.list_pull_requests_associated_with_commit, **session.named, commit_sha=commit
            )
        except RequestFailed as error:
            if error.response.status_code != UNPROCESSABLE:  # no such commit
                raise
            return None
    merged = sorted(
        (each.merged_at, each.number)
        for each in found
        if each.merged_at and each.base.repo and each.base.ref == (branch or each.base.repo.default_branch)
    )
    return merged[0][1] if merged else None
