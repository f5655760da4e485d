"""A session in; what GitHub is set to for its repository out. What the token may not look at is Unseen, not absent."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from githubkit.exception import RateLimitExceeded, RequestFailed
from pydantic import BaseModel

from reconciler.github import protection
from reconciler.github.governing import Installation, Place, Running, Seen, Settings, Subject, Unseen
from reconciler.github.session import UNKNOWN, Rest, Session, rows_of
from reconciler.github.setting_answers import (
    App,
    Entry,
    Environment,
    Known,
    OwnerErrors,
    Pattern,
    Permissions,
    PrivateForks,
    PublicForks,
    Switch,
    TokenSubject,
    Variable,
)

Value = TypeVar("Value")
Shape = TypeVar("Shape", bound=BaseModel)
_NOT_FOR_YOU = (403, UNKNOWN)
_ADMINISTRATION = "Administration: read"
_FOLDERS = (".github", ".github/workflows", ".github/ISSUE_TEMPLATE")
_OURS = "access-"  # what the workflows call their environments
_GITHUBS_WAY = ["repo", "context"]
_LAX = "first_time_contributors_new_to_github"


def settings(session: Session) -> Settings:
    """Read everything, by some twenty requests."""
    with session.asking("reading the repository", needs="Metadata: read") as rest:
        known = Known.model_validate(rest.repos.get(*session.where).json())
    branch = known.default_branch
    return Settings(
        name=known.full_name,
        branch=branch,
        subject=_seen(
            session, "reading whose token it is", "Actions: read", lambda rest: _subject(session, rest, known)
        ),
        protection=protection.protection(session, branch),
        places=_places(session),
        variables=_seen(session, "reading variables", "Variables: read", lambda rest: _variables(session, rest)),
        secrets=_seen(session, "reading names of secrets", "Secrets: read", lambda rest: _secrets(session, rest)),
        running=_seen(session, "reading what workflows may do", _ADMINISTRATION, lambda rest: _running(session, rest)),
        forks=_seen(
            session,
            "reading what forks may run",
            _ADMINISTRATION,
            lambda rest: _private_forks(session, rest) if known.private else _public_forks(session, rest),
        ),
        files=_seen(session, "reading .github", "Contents: read", lambda rest: _files(session, rest, branch)),
        unknown_owners=_seen(
            session, "reading CODEOWNERS", "Contents: read", lambda rest: _unknown_owners(session, rest)
        ),
        labels=_seen(session, "reading labels", "Issues: read", lambda rest: _labels(session, rest)),
        apps=_seen(
            session, "reading apps", "Administration: read of the organization", lambda rest: _apps(session, rest)
        ),
    )


def _seen(session: Session, doing: str, needs: str, read: Callable[[Rest], Value]) -> Seen[Value]:
    with session.asking(doing, needs=needs) as rest:
        try:
            return read(rest)
        except RateLimitExceeded:
            raise
        except RequestFailed as error:
            if error.response.status_code not in _NOT_FOR_YOU:
                raise
            return Unseen(needs)


def _listed(rest: Rest, shape: type[Shape], key: str, method: Callable[..., Any], **arguments: Any) -> list[Shape]:
    rows = rest.paginate(method, lambda response: rows_of(response, key), per_page=30, **arguments)
    return [shape.model_validate(row) for row in rows]


def _subject(session: Session, rest: Rest, known: Known) -> Subject:
    said = TokenSubject.model_validate(rest.actions.get_custom_oidc_sub_claim_for_repo(*session.where).json())
    named = f"repo:{known.full_name}"
    if said.use_immutable_subject:
        named = f"repo:{known.owner.login}@{known.owner.id}/{known.name}@{known.id}"
    own = () if said.use_default or said.include_claim_keys == _GITHUBS_WAY else tuple(said.include_claim_keys)
    return Subject(said.sub_claim_prefix or named, own)


def _places(session: Session) -> Seen[Mapping[str, Place]]:
    def listed(rest: Rest) -> list[tuple[str, tuple[str, ...] | None]]:
        found = _listed(rest, Environment, "environments", rest.repos.get_all_environments, **session.named)
        return [(each.name, _branches(session, rest, each)) for each in found if each.name.startswith(_OURS)]

    found = _seen(session, "reading environments", "Actions: read", listed)
    return found if isinstance(found, Unseen) else {name: _place(session, name, branches) for name, branches in found}


def _branches(session: Session, rest: Rest, environment: Environment) -> tuple[str, ...] | None:
    policy = environment.deployment_branch_policy
    if policy is None:
        return None
    if not policy.custom_branch_policies:
        return ("every protected branch",)
    named = {**session.named, "environment_name": environment.name}
    patterns = _listed(rest, Pattern, "branch_policies", rest.repos.list_deployment_branch_policies, **named)
    return tuple(sorted(each.name if each.type == "branch" else f"the tag {each.name}" for each in patterns))


def _place(session: Session, name: str, branches: tuple[str, ...] | None) -> Place:
    named = {**session.named, "environment_name": name}

    def variables(rest: Rest) -> Mapping[str, str]:
        found = _listed(rest, Variable, "variables", rest.actions.list_environment_variables, **named)
        return {each.name: each.value for each in found}

    def secrets(rest: Rest) -> frozenset[str]:
        found = _listed(rest, Variable, "secrets", rest.actions.list_environment_secrets, **named)
        return frozenset(each.name for each in found)

    doing, needs = f"reading environment {name}", "Environments: read"
    return Place(branches, _seen(session, doing, needs, variables), _seen(session, doing, needs, secrets))


def _variables(session: Session, rest: Rest) -> Mapping[str, str]:
    """Give the repository's variables, over those of the organisation."""
    methods = (rest.actions.list_repo_organization_variables, rest.actions.list_repo_variables)
    found = [each for method in methods for each in _listed(rest, Variable, "variables", method, **session.named)]
    return {each.name: each.value for each in found}


def _secrets(session: Session, rest: Rest) -> frozenset[str]:
    methods = (rest.actions.list_repo_organization_secrets, rest.actions.list_repo_secrets)
    found = (each for method in methods for each in _listed(rest, Variable, "secrets", method, **session.named))
    return frozenset(each.name for each in found)


def _running(session: Session, rest: Rest) -> Running:
    actions = rest.actions
    on = Switch.model_validate(actions.get_github_actions_permissions_repository(*session.where).json())
    said = actions.get_github_actions_default_workflow_permissions_repository(*session.where).json()
    may = Permissions.model_validate(said)
    return Running(on.enabled, may.default_workflow_permissions != "read", may.can_approve_pull_request_reviews)


def _private_forks(session: Session, rest: Rest) -> tuple[str, ...]:
    said = rest.actions.get_private_repo_fork_pr_workflows_settings_repository(*session.where).json()
    given = PrivateForks.model_validate(said)
    return tuple(
        what
        for what, sent in (
            ("a token that writes", given.send_write_tokens_to_workflows),
            ("secrets and variables", given.send_secrets_and_variables),
        )
        if sent
    )


def _public_forks(session: Session, rest: Rest) -> tuple[str, ...]:
    said = rest.actions.get_fork_pr_contributor_approval_permissions_repository(*session.where).json()
    lax = PublicForks.model_validate(said).approval_policy == _LAX
    return ("runs without anybody's approval, unless its author is new to GitHub",) if lax else ()


def _files(session: Session, rest: Rest, branch: str) -> Mapping[str, str]:
    found: dict[str, str] = {}
    for folder in _FOLDERS:
        try:
            rows = rows_of(rest.repos.get_content(*session.where, folder, ref=branch))
        except RequestFailed as error:
            if error.response.status_code != UNKNOWN:
                raise
            continue  # no such folder: the repository itself was seen
        found |= {each.path: each.sha for each in map(Entry.model_validate, rows)}
    return found


def _unknown_owners(session: Session, rest: Rest) -> tuple[str, ...]:
    try:
        found = OwnerErrors.model_validate(rest.repos.codeowners_errors(*session.where).json())
    except RequestFailed as error:
        if error.response.status_code != UNKNOWN:
            raise
        return ()  # no CODEOWNERS
    return tuple(dict.fromkeys(f"{each.kind}: {each.source.strip()}" for each in found.errors))


def _labels(session: Session, rest: Rest) -> frozenset[str]:
    rows = rest.paginate(rest.issues.list_labels_for_repo, rows_of, **session.named)  # type: ignore[call-overload]
    return frozenset(Variable.model_validate(row).name for row in rows)


def _apps(session: Session, rest: Rest) -> Mapping[str, Installation]:
    """Give the apps by their number and by their client id: a workflow takes either."""
    found = _listed(rest, App, "installations", rest.orgs.list_app_installations, org=session.where[0])
    known: dict[str, Installation] = {}
    for each in found:
        rights = {name: str(right) for name, right in each.permissions.items()}
        installed = Installation(each.app_id, each.app_slug, rights, suspended=each.suspended_at is not None)
        known |= dict.fromkeys(filter(None, (str(each.app_id), each.client_id)), installed)
    return known
