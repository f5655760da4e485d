"""A request for what a repository is set to in; GitHub's answer out. The paths and the answers are GitHub's."""

from typing import Any

from githubkit_schemas.latest import models
from githubkit_schemas.v2026_03_10.rest.actions import ActionsClient
from githubkit_schemas.v2026_03_10.rest.issues import IssuesClient
from githubkit_schemas.v2026_03_10.rest.orgs import OrgsClient
from githubkit_schemas.v2026_03_10.rest.repos import ReposClient

from on_github.answers import user
from on_github.doing import Ask, Refusal
from on_github.governed import Environment, Governed
from on_github.people import Account
from on_github.route import Route
from on_github.shapes import answer
from on_github.site import NAME, Site

_RULES = {  # of GitHub's 25 kinds, those used here
    "deletion": models.RepositoryRuleDetailedOneof2,
    "required_linear_history": models.RepositoryRuleDetailedOneof3,
    "pull_request": models.RepositoryRuleDetailedOneof7,
    "required_status_checks": models.RepositoryRuleDetailedOneof8,
    "non_fast_forward": models.RepositoryRuleDetailedOneof9,
}
_PARAMETERS = {
    "pull_request": models.RepositoryRulePullRequestPropParameters,
    "required_status_checks": models.RepositoryRuleRequiredStatusChecksPropParameters,
}


def _repository(site: Site, _: Ask) -> Any:
    owner = {"login": "contoso", "id": 5544123}
    known = {"name": "access", "full_name": NAME, "default_branch": "main", "owner": owner, "id": 821093847}
    known["permissions"] = dict.fromkeys(("admin", "push", "pull"), True)
    return answer(models.FullRepository, private=site.governed.private, **known)


def _rules(site: Site, ask: Ask) -> Any:
    if ask.parts[0] != "main":
        return []
    return [
        answer(
            _RULES[kind],
            type=kind,
            ruleset_id=number,
            ruleset_source_type="Repository",
            ruleset_source=NAME,
            **({"parameters": answer(_PARAMETERS[kind], **parameters)} if parameters else {}),
        )
        for number, ruleset in site.governed.rulesets.items()
        for kind, parameters in ruleset.rules.items()
    ]


def _ruleset(site: Site, ask: Ask) -> Any:
    """Who may pass it by is told to those who may change it."""
    found = site.governed.rulesets.get(int(ask.parts[0]))
    if found is None:
        raise Refusal(404, "Not Found")
    known: dict[str, Any] = {"id": int(ask.parts[0]), "name": found.name, "source": NAME, "enforcement": "active"}
    if ask.rights.get("administration") == "write":
        known["bypass_actors"] = [
            {"actor_type": kind, "actor_id": number, "bypass_mode": "always"} for kind, number in found.bypass
        ]
    return answer(models.RepositoryRuleset, **known)


def _protection(site: Site, _: Ask) -> Any:
    if site.governed.protection is None:
        raise Refusal(404, "Branch not protected")
    return answer(models.BranchProtection, **site.governed.protection)


def _environments(site: Site, _: Ask) -> Any:
    rows = [_environment(name, each) for name, each in site.governed.environments.items()]
    return {"total_count": len(rows), "environments": rows}


def _environment(name: str, each: Environment) -> Any:
    custom = isinstance(each.branches, list)
    policy = {"protected_branches": not custom, "custom_branch_policies": custom}
    return answer(models.Environment, name=name, deployment_branch_policy=None if each.branches is None else policy)


def _held(site: Site, ask: Ask) -> Environment:
    if ask.parts[0] not in site.governed.environments:
        raise Refusal(404, "Not Found")
    return site.governed.environments[ask.parts[0]]


def _policies(site: Site, ask: Ask) -> Any:
    held = _held(site, ask)
    kinds = {"branch": held.branches if isinstance(held.branches, list) else [], "tag": held.tags}
    rows = [
        answer(models.DeploymentBranchPolicy, name=each, type=kind) for kind, names in kinds.items() for each in names
    ]
    return {"total_count": len(rows), "branch_policies": rows}


def _variables(held: dict[str, str], shape: Any = models.ActionsVariable) -> Any:
    rows = [answer(shape, name=name, value=value) for name, value in held.items()]
    return {"total_count": len(rows), "variables": rows}


def _secrets(held: list[str], shape: Any = models.ActionsSecret) -> Any:
    rows = [answer(shape, name=name) for name in held]
    return {"total_count": len(rows), "secrets": rows}


def _workflow_token(site: Site, _: Ask) -> Any:
    return answer(
        models.ActionsGetDefaultWorkflowPermissions,
        default_workflow_permissions="write" if site.governed.token_writes else "read",
        can_approve_pull_request_reviews=site.governed.token_approves,
    )


def _private_forks(site: Site, _: Ask) -> Any:
    if not site.governed.private:
        raise Refusal(404, "Not Found")
    names = ("send_write_tokens_to_workflows", "send_secrets_and_variables")
    known = {name: name in site.governed.sent_to_forks for name in names}
    return answer(models.ActionsForkPrWorkflowsPrivateRepos, run_workflows_from_fork_pull_requests=True, **known)


def _public_forks(site: Site, _: Ask) -> Any:
    if site.governed.private:
        raise Refusal(404, "Not Found")
    return answer(models.ActionsForkPrContributorApproval, approval_policy=site.governed.approval_of_forks)


def _owner_errors(site: Site, _: Ask) -> Any:
    if site.bare.file("main", ".github/CODEOWNERS") is None:
        raise Refusal(404, "Not Found")
    rows = [{"kind": kind, "source": source} for kind, source in site.governed.owner_errors]
    shape = models.CodeownersErrorsPropErrorsItems
    return {"errors": [answer(shape, line=1, column=1, path=".github/CODEOWNERS", **each) for each in rows]}


def _apps(site: Site, _: Ask) -> Any:
    rows = [
        answer(
            models.Installation,
            app_id=each.number,
            app_slug=each.slug,
            client_id=each.client_id,
            account=user(Account("contoso")),
            permissions=each.permissions,
            suspended_at="2026-11-24T12:00:00Z" if each.suspended else None,
        )
        for each in site.governed.apps
    ]
    return {"total_count": len(rows), "installations": rows}


def _on(get: Any) -> Any:
    return lambda site, _: get(site.governed)


def _of_one(get: Any) -> Any:
    return lambda site, ask: get(_held(site, ask))


def _common(which: int, told: Any, shape: Any) -> Any:
    def get(governed: Governed) -> Any:
        return told(governed.of_the_organisation[which], shape)

    return _on(get)


_R = f"/repos/{NAME}"
_E = f"{_R}/environments/([^/]+)"
_A = f"{_R}/actions"

GOVERNING = tuple(
    Route("GET", path, published, (right,), do)
    for path, published, right, do in (
        (_R, ReposClient.get, "metadata", _repository),
        (f"{_R}/rules/branches/(.+)", ReposClient.get_branch_rules, "metadata", _rules),
        (rf"{_R}/rulesets/(\d+)", ReposClient.get_repo_ruleset, "metadata", _ruleset),
        (f"{_R}/branches/main/protection", ReposClient.get_branch_protection, "administration", _protection),
        (f"{_R}/environments", ReposClient.get_all_environments, "actions", _environments),
        (
            f"{_E}/deployment-branch-policies",
            ReposClient.list_deployment_branch_policies,
            "actions",
            _policies,
        ),
        (
            f"{_E}/variables",
            ActionsClient.list_environment_variables,
            "environments",
            _of_one(lambda each: _variables(each.variables)),
        ),
        (
            f"{_E}/secrets",
            ActionsClient.list_environment_secrets,
            "environments",
            _of_one(lambda each: _secrets(each.secrets)),
        ),
        (
            f"{_A}/variables",
            ActionsClient.list_repo_variables,
            "variables",
            _on(lambda governed: _variables(governed.variables)),
        ),
        (
            f"{_A}/secrets",
            ActionsClient.list_repo_secrets,
            "secrets",
            _on(lambda governed: _secrets(governed.secrets)),
        ),
        (
            f"{_A}/organization-variables",
            ActionsClient.list_repo_organization_variables,
            "variables",
            _common(0, _variables, models.ActionsVariable),
        ),
        (
            f"{_A}/organization-secrets",
            ActionsClient.list_repo_organization_secrets,
            "secrets",
            _common(1, _secrets, models.ActionsSecret),
        ),
        (
            f"{_A}/permissions",
            ActionsClient.get_github_actions_permissions_repository,
            "administration",
            _on(lambda governed: answer(models.ActionsRepositoryPermissions, enabled=governed.actions)),
        ),
        (
            f"{_A}/permissions/workflow",
            ActionsClient.get_github_actions_default_workflow_permissions_repository,
            "administration",
            _workflow_token,
        ),
        (
            f"{_A}/permissions/fork-pr-workflows-private-repos",
            ActionsClient.get_private_repo_fork_pr_workflows_settings_repository,
            "administration",
            _private_forks,
        ),
        (
            f"{_A}/permissions/fork-pr-contributor-approval",
            ActionsClient.get_fork_pr_contributor_approval_permissions_repository,
            "administration",
            _public_forks,
        ),
        (
            f"{_A}/oidc/customization/sub",
            ActionsClient.get_custom_oidc_sub_claim_for_repo,
            "actions",
            _on(lambda governed: answer(models.OidcCustomSubRepo, **governed.subject)),
        ),
        (f"{_R}/codeowners/errors", ReposClient.codeowners_errors, "contents", _owner_errors),
        (
            f"{_R}/labels",
            IssuesClient.list_labels_for_repo,
            "issues",
            _on(lambda governed: [answer(models.Label, name=name) for name in governed.labels]),
        ),
        (
            "/orgs/contoso/installations",
            OrgsClient.list_app_installations,
            "organization_administration",
            _apps,
        ),
    )
)
