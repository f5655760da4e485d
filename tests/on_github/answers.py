"""A pull request, an issue or a commit of the site in; an answer about it, as GitHub describes it, out."""

from base64 import b64encode
from typing import Any

from githubkit_schemas.latest.models import (
    Commit,
    ContentDirectoryItems,
    ContentFile,
    GitCommit,
    GitRef,
    Issue,
    IssueComment,
    IssueEvent,
    PullRequest,
    PullRequestReview,
    PullRequestSimple,
    Repository,
    SimpleUser,
    TeamMember,
)

from on_github.people import Account, behind
from on_github.records import Comment, Pull, Review, Thread
from on_github.shapes import answer
from on_github.site import NAME, Site


def user(account: Account | None) -> Any:
    return account and answer(SimpleUser, login=account.login, type=account.kind, id=_number(account.login))


def _number(text: str) -> int:
    return int.from_bytes(text.encode()[:6], "big")


def member(login: str) -> Any:
    return answer(TeamMember, login=login, id=_number(login))


def repository(fork: str | None = None) -> Any:
    owner, name = fork or "contoso", NAME.partition("/")[2]
    known = {"name": name, "full_name": f"{owner}/{name}", "owner": user(Account(owner)), "fork": fork is not None}
    known |= dict.fromkeys(("private", "has_issues", "has_projects", "has_wiki"), True)
    return answer(Repository, id=_number(owner), default_branch="main", archived=False, **known)


def pull_in_list(site: Site, pull: Pull) -> Any:
    return answer(PullRequestSimple, **_pull(site, pull))


def whole_pull(site: Site, pull: Pull) -> Any:
    merged = {"merged": pull.merged_at is not None, "merged_by": user(pull.merged_by), "mergeable": pull.mergeable}
    counted = {"commits": len(pull.commits), "comments": len(pull.thread.comments)}
    return answer(PullRequest, **_pull(site, pull), **merged, **counted)


def _pull(site: Site, pull: Pull) -> dict[str, Any]:
    """`merge_commit_sha` is not there: version 2026-03-10 of the API took it away."""
    number = pull.thread.number
    return {
        **_thread(pull.thread),
        "url": f"{site.url}/repos/{NAME}/pulls/{number}",
        "html_url": f"https://github.com/{NAME}/pull/{number}",
        "merged_at": pull.merged_at,
        "head": {
            "label": f"{pull.fork or 'contoso'}:{pull.branch}",
            "ref": pull.branch,
            "sha": pull.head,
            "repo": repository(pull.fork),
            "user": user(Account(pull.fork or "contoso")),
        },
        "base": {
            "label": f"contoso:{pull.base}",
            "ref": pull.base,
            "sha": pull.base_commit,
            "repo": repository(),
            "user": user(Account("contoso")),
        },
    }


def _thread(thread: Thread) -> dict[str, Any]:
    return {
        "number": thread.number,
        "title": thread.title,
        "body": thread.body,
        "user": user(thread.author),
        "state": thread.state,
        "created_at": thread.at,
    }


def issue(site: Site, thread: Thread) -> Any:
    """Tell of an issue; of a pull request, too, which GitHub counts among them."""
    known: dict[str, Any] = {"labels": [{"name": name} for name in thread.labels], "comments": len(thread.comments)}
    if thread.number in site.pulls:
        known["pull_request"] = {"url": f"{site.url}/repos/{NAME}/pulls/{thread.number}"}
        known["pull_request"] |= dict.fromkeys(("diff_url", "html_url", "patch_url"), None)
    return answer(Issue, **_thread(thread), **known)


def comment(each: Comment) -> Any:
    return answer(IssueComment, id=each.id, body=each.body, user=user(each.author))


def review(each: Review) -> Any:
    return answer(
        PullRequestReview,
        id=each.id,
        user=user(each.author),
        state=each.state,
        body=each.body,
        commit_id=each.commit,
        submitted_at=each.at,
    )


def events(site: Site, number: int) -> list[Any]:
    pull = site.pulls.get(number)
    if pull is None:
        return []
    whoever = {"actor": user(pull.thread.author), "commit_id": None, "performed_via_github_app": None}
    moved = [answer(IssueEvent, event="base_ref_changed", created_at=each, **whoever) for each in pull.rebased]
    if pull.merged_at is None:
        return moved
    known = {"actor": user(pull.merged_by), "created_at": pull.merged_at, "performed_via_github_app": None}
    return [
        *moved,
        answer(IssueEvent, event="merged", commit_id=pull.merge_commit, **known),
        answer(IssueEvent, event="closed", **known),
    ]


def commit(site: Site, sha: str) -> Any:
    """Tell of a commit, with the accounts behind its addresses."""
    told = site.bare.told(sha)
    return answer(
        Commit,
        sha=sha,
        author=user(behind(told["email"])),
        committer=user(behind(told["address"])),
        commit={
            "message": told["message"],
            "author": {"name": told["author"], "email": told["email"], "date": told["when"]},
            "committer": {"name": told["committer"], "email": told["address"], "date": told["then"]},
            "tree": _object(site, "trees", told["tree"]),
        },
        parents=[_object(site, "commits", each) for each in told["parents"].split()],
    )


def git_commit(site: Site, sha: str) -> Any:
    told = site.bare.told(sha)
    return answer(
        GitCommit,
        sha=sha,
        message=told["message"],
        tree=_object(site, "trees", told["tree"]),
        parents=[
            {**_object(site, "commits", each), "html_url": f"{site.url}/commit/{each}"}
            for each in told["parents"].split()
        ],
        author={"name": told["author"], "email": told["email"], "date": told["when"]},
        committer={"name": told["committer"], "email": told["address"], "date": told["then"]},
    )


def _object(site: Site, kind: str, sha: str) -> dict[str, str]:
    return {"sha": sha, "url": f"{site.url}/repos/{NAME}/git/{kind}/{sha}"}


def ref(site: Site, branch: str) -> Any:
    pointed = {"type": "commit", **_object(site, "commits", site.tip(branch))}
    return answer(GitRef, ref=f"refs/heads/{branch}", object=pointed)


def content(path: str, content: bytes) -> Any:
    return answer(
        ContentFile,
        path=path,
        name=path.rpartition("/")[2],
        encoding="base64",
        content=b64encode(content).decode(),
        size=len(content),
    )


def entry(path: str, kind: str, sha: str) -> Any:
    types = {"blob": "file", "tree": "dir"}
    return answer(ContentDirectoryItems, path=path, name=path.rpartition("/")[2], sha=sha, type=types[kind])
