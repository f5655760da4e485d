"""A verb and a path in; what is done for them out, with the queries, bodies and rights that GitHub publishes."""

import re

from githubkit_schemas.latest import models
from githubkit_schemas.v2026_03_10.rest.checks import ChecksClient
from githubkit_schemas.v2026_03_10.rest.git import GitClient
from githubkit_schemas.v2026_03_10.rest.issues import IssuesClient
from githubkit_schemas.v2026_03_10.rest.pulls import PullsClient
from githubkit_schemas.v2026_03_10.rest.repos import ReposClient
from githubkit_schemas.v2026_03_10.rest.teams import TeamsClient

from on_github import doing
from on_github.governing import GOVERNING
from on_github.route import Route
from on_github.site import NAME

_R = f"/repos/{NAME}"
_N = r"(\d+)"
_TALK = ("pull_requests", "issues")


def _unpublished() -> None:
    """Stand for GraphQL, of which the description of the REST API says nothing."""


ROUTES = (
    Route("GET", f"{_R}/pulls", PullsClient.list, ("pull_requests",), doing.pulls),
    Route(
        "POST",
        f"{_R}/pulls",
        PullsClient.create,
        ("pull_requests",),
        doing.open_pull,
        models.ReposOwnerRepoPullsPostBody,
    ),
    Route(
        "GET",
        f"{_R}/pulls/{_N}",
        PullsClient.get,
        ("pull_requests",),
        doing.pull,
    ),
    Route(
        "PATCH",
        f"{_R}/pulls/{_N}",
        PullsClient.update,
        ("pull_requests",),
        doing.change_pull,
        models.ReposOwnerRepoPullsPullNumberPatchBody,
    ),
    Route("GET", f"{_R}/pulls/{_N}/commits", PullsClient.list_commits, ("pull_requests",), doing.commits),
    Route(
        "GET",
        f"{_R}/pulls/{_N}/reviews",
        PullsClient.list_reviews,
        ("pull_requests",),
        doing.reviews,
    ),
    Route(
        "GET",
        rf"{_R}/commits/([0-9a-f]+)/pulls",
        ReposClient.list_pull_requests_associated_with_commit,
        ("pull_requests",),
        doing.brought,
    ),
    Route("GET", "/orgs/contoso/teams/([^/]+)/members", TeamsClient.list_members_in_org, ("members",), doing.members),
    Route(
        "POST",
        f"{_R}/check-runs",
        ChecksClient.create,
        ("checks",),
        doing.check,
        models.ReposOwnerRepoCheckRunsPostBodyOneof0,
    ),
    Route(
        "GET",
        f"{_R}/issues/{_N}/comments",
        IssuesClient.list_comments,
        _TALK,
        doing.comments,
    ),
    Route(
        "POST",
        f"{_R}/issues/{_N}/comments",
        IssuesClient.create_comment,
        _TALK,
        doing.say,
        models.ReposOwnerRepoIssuesIssueNumberCommentsPostBody,
    ),
    Route(
        "PATCH",
        f"{_R}/issues/comments/{_N}",
        IssuesClient.update_comment,
        _TALK,
        doing.say_otherwise,
        models.ReposOwnerRepoIssuesCommentsCommentIdPatchBody,
    ),
    Route("GET", f"{_R}/issues", IssuesClient.list_for_repo, _TALK, doing.issues),
    Route(
        "POST", f"{_R}/issues", IssuesClient.create, ("issues",), doing.open_issue, models.ReposOwnerRepoIssuesPostBody
    ),
    Route(
        "GET",
        f"{_R}/issues/{_N}",
        IssuesClient.get,
        _TALK,
        doing.issue,
    ),
    Route(
        "PATCH",
        f"{_R}/issues/{_N}",
        IssuesClient.update,
        _TALK,
        doing.change_issue,
        models.ReposOwnerRepoIssuesIssueNumberPatchBody,
    ),
    Route(
        "GET",
        f"{_R}/issues/{_N}/events",
        IssuesClient.list_events,
        _TALK,
        doing.events,
    ),
    Route("GET", f"{_R}/contents/(.+)", ReposClient.get_content, ("contents",), doing.content),
    Route("GET", f"{_R}/git/ref/heads/(.+)", GitClient.get_ref, ("contents",), doing.branch),
    Route("GET", rf"{_R}/git/commits/([0-9a-f]+)", GitClient.get_commit, ("contents",), doing.git_commit),
    Route("GET", f"{_R}/commits", ReposClient.list_commits, ("contents",), doing.line),
    Route("POST", "/graphql", _unpublished, ("contents",), doing.asked_by_octokit),
    Route(
        "POST",
        f"{_R}/git/blobs",
        GitClient.create_blob,
        ("contents",),
        doing.make_blob,
        models.ReposOwnerRepoGitBlobsPostBody,
    ),
    Route(
        "POST",
        f"{_R}/git/trees",
        GitClient.create_tree,
        ("contents",),
        doing.make_tree,
        models.ReposOwnerRepoGitTreesPostBody,
    ),
    Route(
        "POST",
        f"{_R}/git/commits",
        GitClient.create_commit,
        ("contents",),
        doing.make_commit,
        models.ReposOwnerRepoGitCommitsPostBody,
    ),
    Route(
        "POST",
        f"{_R}/git/refs",
        GitClient.create_ref,
        ("contents",),
        doing.make_branch,
        models.ReposOwnerRepoGitRefsPostBody,
    ),
    Route(
        "PATCH",
        f"{_R}/git/refs/heads/(.+)",
        GitClient.update_ref,
        ("contents",),
        doing.move_branch,
        models.ReposOwnerRepoGitRefsRefPatchBody,
    ),
    *GOVERNING,
)


def route(method: str, path: str) -> tuple[Route, tuple[str, ...]] | None:
    """Find what is asked for."""
    for each in ROUTES:
        found = re.fullmatch(each.path, path) if each.method == method else None
        if found:
            return each, found.groups()
    return None
