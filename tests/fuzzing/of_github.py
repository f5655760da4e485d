"""GitHub's answers: whatever one of them says, what is made of it is a value of ours or a GitHubError."""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

import httpx
from hypothesis import strategies as st

from fuzzing.mutating import documents
from fuzzing.target import REFUSED, TAKEN, Target, repeated, step
from reconciler.errors import GitHubError, NotApproved
from reconciler.github.repository import Repository

_USER = {"login": "octocat", "type": "User", "id": 1}
_REPO = {"id": 1, "default_branch": "main", "name": "access", "full_name": "contoso/access", "private": False}
_REPO |= {"owner": {"id": 7, "login": "contoso"}}
_SIDE = {"ref": "main", "sha": "a" * 40, "repo": _REPO}
_PULL = {
    "number": 5,
    "title": "t",
    "body": "b",
    "user": _USER,
    "base": _SIDE,
    "head": {**_SIDE, "ref": "access/x"},
    "merged_at": "2026-01-01T00:00:00Z",
    "commits": 1,
}
_ISSUE = {
    "number": 5,
    "title": "t",
    "body": "<!-- m -->\nb",
    "user": {**_USER, "type": "Bot"},
    "labels": [{"name": "l"}, "x"],
}
_COMMIT = {"sha": "a" * 40, "author": _USER, "committer": _USER, "commit": {"message": "m"}}
_REVIEW = {
    "user": _USER,
    "state": "APPROVED",
    "commit_id": "a" * 40,
    "body": "",
    "submitted_at": "2026-01-01T00:00:00Z",
}
_EVENTS = [
    {"event": "base_ref_changed", "commit_id": None, "created_at": "2026-01-01T00:00:00Z"},
    {"event": "merged", "commit_id": "b" * 40, "created_at": "2026-01-02T00:00:00Z"},
]
_RULES = [
    {"type": "pull_request", "ruleset_id": 3, "parameters": {"required_approving_review_count": 1}},
    {
        "type": "required_status_checks",
        "ruleset_id": 3,
        "parameters": {"required_status_checks": [{"context": "c", "integration_id": 1}]},
    },
]
_PROTECTED = {
    "required_pull_request_reviews": {
        "required_approving_review_count": 1,
        "bypass_pull_request_allowances": {"users": [_USER]},
    },
    "required_status_checks": {"checks": [{"context": "c", "app_id": 1}]},
    "enforce_admins": {"enabled": True},
}
_VARIABLES = {"total_count": 1, "variables": [{"name": "N", "value": "v"}]}
_SECRETS = {"total_count": 1, "secrets": [{"name": "N"}]}
_TREE = {"sha": "c" * 40, "message": "m", "tree": {"sha": "d" * 40}, "parents": [{"sha": "a" * 40}]}
ANSWERS: Mapping[str, Any] = {
    "pulls/5": _PULL,
    "pulls/5/commits": [_COMMIT],
    "pulls/5/reviews": [_REVIEW],
    "issues/5/events": _EVENTS,
    "commits/*/pulls": [_PULL],
    "teams/*/members": [_USER],
    "issues/5": _ISSUE,
    "issues": [_ISSUE],
    "issues/5/comments": [{"id": 1, "body": "<!-- m -->", "user": {**_USER, "type": "Bot"}}],
    "issues/comments/*": {},
    "pulls": [_PULL],
    "git/refs/heads/*": {},
    "git/refs": {},
    "git/ref/heads/*": {"object": {"sha": "a" * 40}},
    "git/commits/*": _TREE,
    "git/trees": {"sha": "e" * 40},
    "git/commits": {"sha": "f" * 40},
    "contents/*": [{"path": ".github/CODEOWNERS", "sha": "a" * 40}],
    "codeowners/errors": {"errors": [{"kind": "Unknown owner", "source": "* @x"}]},
    "labels": [{"name": "l"}],
    "rules/branches/main": _RULES,
    "rulesets/3": {"name": "r", "bypass_actors": [{"actor_type": "Team", "actor_id": 1}, {"actor_type": "x"}]},
    "branches/main/protection": _PROTECTED,
    "actions/oidc/customization/sub": {
        "use_default": False,
        "include_claim_keys": ["repo"],
        "use_immutable_subject": True,
    },
    "environments": {
        "total_count": 1,
        "environments": [
            {
                "name": "access-prod",
                "deployment_branch_policy": {"protected_branches": False, "custom_branch_policies": True},
            }
        ],
    },
    "environments/access-prod/deployment-branch-policies": {
        "total_count": 1,
        "branch_policies": [{"name": "main", "type": "branch"}],
    },
    "environments/access-prod/variables": _VARIABLES,
    "environments/access-prod/secrets": _SECRETS,
    "actions/organization-variables": _VARIABLES,
    "actions/variables": _VARIABLES,
    "actions/organization-secrets": _SECRETS,
    "actions/secrets": _SECRETS,
    "actions/permissions": {"enabled": True},
    "actions/permissions/workflow": {"default_workflow_permissions": "read", "can_approve_pull_request_reviews": False},
    "actions/permissions/fork-pr-contributor-approval": {"approval_policy": "first_time_contributors"},
    "actions/permissions/fork-pr-workflows-private-repos": {
        "send_write_tokens_to_workflows": True,
        "send_secrets_and_variables": False,
    },
    "installations": {
        "total_count": 1,
        "installations": [
            {"app_id": 1, "client_id": "c", "app_slug": "s", "permissions": {"issues": "write"}, "suspended_at": None}
        ],
    },
    "": _REPO,
}
_VERBS: tuple[tuple[str, Callable[[Repository], object]], ...] = (
    ("pull_request", lambda there: there.pull_request(5)),
    ("merged_by", lambda there: there.merged_by("a" * 40)),
    ("members", lambda there: there.members("contoso/team")),
    ("settings", lambda there: there.settings()),
    ("issue", lambda there: there.issue(5)),
    ("kept_issues", lambda there: there.kept_issues()),
    ("keep_issue", lambda there: there.keep_issue("<!-- m -->", title="t", body="<!-- m -->", labels=["l"])),
    ("keep_comment", lambda there: there.keep_comment(5, "<!-- m -->", "<!-- m -->\nx")),
    ("proposals", lambda there: there.proposals("access/")),
    (
        "propose",
        lambda there: there.propose(
            branch="access/x", base="main", title="t", body="b", message="m", files={"a": "b", "c": None}
        ),
    ),
)
_PATTERNS = {path: re.compile(re.escape(path).replace(r"\*", ".+")) for path in ANSWERS}


def github(content: bytes) -> bool:
    """Ask for everything, where one answer is wrong: the first line has its status and its path."""
    head, _, body = content.partition(b"\n")
    status, _, path = head.decode(errors="replace").partition(" ")
    wrong = {path: (int(status) if status in ("200", "403", "404", "422", "500") else 200, body)}
    taken = True
    for _, ask in _VERBS:
        step()
        try:
            ask(_repository(wrong))
        except (GitHubError, NotApproved) as error:
            assert len(str(error)) < 5_000 + len(body)  # noqa: PT017
            assert str(error).isprintable()  # noqa: PT017
            taken = False
    return TAKEN if taken else REFUSED


def _repository(wrong: Mapping[str, tuple[int, bytes]]) -> Repository:
    def answered(request: httpx.Request) -> httpx.Response:
        path = re.sub(r"^/(?:repos/contoso/access|orgs/contoso)/?", "", request.url.path)
        known = next((each for each, pattern in _PATTERNS.items() if pattern.fullmatch(path)), None)
        if known is None:
            return httpx.Response(404, json={"message": "Not Found"})
        status, body = wrong.get(known, (200, b""))
        made = ANSWERS[known]
        if request.method in ("POST", "PATCH") and isinstance(made, list):
            made = made[0]
        return httpx.Response(status, content=body if known in wrong else json.dumps(made).encode())

    return Repository("contoso/access", "t", api="https://api.invalid", transport=httpx.MockTransport(answered))


def _at(path: str, body: bytes, status: int = 200) -> bytes:
    return f"{status} {path}\n".encode() + body


@st.composite
def _wrong(draw: st.DrawFn) -> bytes:
    path = draw(st.sampled_from(sorted(ANSWERS)))
    status = draw(st.sampled_from((200, 200, 200, 200, 403, 404, 422)))
    errors = [{"message": "m", "errors": [{"message": "e"}, "x"], "documentation_url": "u"}]
    return _at(path, draw(documents([ANSWERS[path]] if status == 200 else errors)), status)


def _large(path: str, piece: str, before: str = "[", after: str = "{}]") -> Callable[[int], bytes]:
    return lambda size: _at(path, repeated(piece, before=before, after=after)(size))


GITHUB = Target(
    "github",
    github,
    _wrong(),
    (_at("pulls/5", json.dumps(_PULL).encode()), _at("", json.dumps(_REPO).encode())),
    {
        "lists, each in the last": lambda size: _at("pulls/5", b"[" * size + b"]" * size),
        "commits": _large("pulls/5/commits", json.dumps(_COMMIT) + ",", after=json.dumps(_COMMIT) + "]"),
        "issues": _large("issues", json.dumps(_ISSUE) + ",", after=json.dumps(_ISSUE) + "]"),
        "mistakes": _large("pulls/5/commits", "{},"),
        "errors": lambda size: _at(
            "pulls/5", repeated('"x",', before='{"message":"m","errors":[', after='"x"]}')(size), 422
        ),
    },
    weight=4,
)
