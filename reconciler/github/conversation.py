"""A marker and words in; our one comment below a pull request, and our one open issue, kept as those words."""

from collections.abc import Collection

from githubkit.exception import RequestFailed

from reconciler.errors import GitHubError
from reconciler.github.answers import Account, AnIssue, Comment
from reconciler.github.session import UNKNOWN, Rest, Session
from reconciler.github.values import Issue

_COMMENT = "pull-requests: write"
_ISSUE = "issues: write"


def comment_of(session: Session, number: int, marker: str) -> str | None:
    """Read our comment below a pull request."""
    with session.asking(f"reading the comments of {number}", needs="pull-requests: read") as rest:
        found = _comment(session, rest, number, marker)
    return found.body if found else None


def keep_comment(session: Session, number: int, marker: str, body: str) -> None:
    """Make our comment, or make it say this; nothing is sent where it does."""
    with session.asking(f"commenting on {number}", needs=_COMMENT) as rest:
        found = _comment(session, rest, number, marker)
        if found is None:
            rest.issues.create_comment(*session.where, number, body=body)
        elif not _same(found.body, body):
            rest.issues.update_comment(*session.where, found.id, body=body)


def _comment(session: Session, rest: Rest, number: int, marker: str) -> Comment | None:
    for each in session.pages(Comment, rest.issues.list_comments, **session.named, issue_number=number):
        if _ours(each.user, each.body, marker):
            return each
    return None


def _ours(user: Account | None, body: str | None, marker: str) -> bool:
    """Only robots write for us: a person's text with our marker is a person's text."""
    return user is not None and user.type == "Bot" and (body or "").startswith(marker)


def _same(one: str | None, other: str) -> bool:
    """GitHub's pages write CRLF, and end with what they like."""
    return (one or "").replace("\r\n", "\n").strip() == other.strip()


def issue(session: Session, number: int) -> Issue:
    """Read an issue."""
    with session.asking(f"reading issue {number}", needs="issues: read") as rest:
        try:
            found = AnIssue.model_validate(rest.issues.get(*session.where, number).json())
        except RequestFailed as error:
            if error.response.status_code != UNKNOWN:
                raise
            raise GitHubError(
                f"There is no issue {number} in {session.name}, or GITHUB_TOKEN may not see it (`issues: read`)."
            ) from error
    author = (found.user and found.user.login) or ""
    return Issue(found.number, found.title, found.body or "", author, found.names())


def keep_issue(session: Session, marker: str, *, title: str, body: str, labels: Collection[str]) -> int:
    """Open our issue, or make the open one say this; labels that people gave it stay."""
    with session.asking(f"keeping the issue {title!r}", needs=_ISSUE) as rest:
        found = _open_issue(session, rest, marker)
        if found is None:
            made = rest.issues.create(*session.where, title=title, body=body, labels=sorted(labels))
            return AnIssue.model_validate(made.json()).number
        if found.title != title or not _same(found.body, body) or not found.names() >= set(labels):
            rest.issues.update(
                *session.where, found.number, title=title, body=body, labels=sorted(found.names() | set(labels))
            )
        return found.number


def kept_issues(session: Session) -> dict[str, Issue]:
    """Read our open issues, by the first line of their words: to look for each by itself would take a list each."""
    with session.asking("reading the open issues", needs="issues: read") as rest:
        found = session.pages(AnIssue, rest.issues.list_for_repo, **session.named, state="open")
    kept: dict[str, Issue] = {}
    for each in found:
        if each.pull_request is None and each.user and _ours(each.user, each.body, "<!--"):
            body = (each.body or "").replace("\r\n", "\n").strip()
            issue = Issue(each.number, each.title, body, each.user.login or "", each.names())
            kept.setdefault(body.partition("\n")[0], issue)
    return kept


def close_issue(session: Session, marker: str, *, saying: str) -> None:
    """Say why, and close our issue; nothing is done where none is open."""
    with session.asking("closing an issue", needs=_ISSUE) as rest:
        found = _open_issue(session, rest, marker)
        if found is not None:
            rest.issues.create_comment(*session.where, found.number, body=saying)
            rest.issues.update(*session.where, found.number, state="closed", state_reason="completed")


def _open_issue(session: Session, rest: Rest, marker: str) -> AnIssue | None:
    """Look through all that are open: a label that somebody took off must not make a second one."""
    for each in session.pages(AnIssue, rest.issues.list_for_repo, **session.named, state="open"):
        if each.pull_request is None and _ours(each.user, each.body, marker):
            return each
    return None
