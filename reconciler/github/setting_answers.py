"""GitHub's answers about settings in, as JSON; what this tool reads of them out."""

from typing import Any

from pydantic import BaseModel, Field


class Owner(BaseModel):
    """A person or an organisation."""

    id: int
    login: str


class Known(BaseModel):
    """The repository."""

    id: int
    name: str
    full_name: str
    owner: Owner
    default_branch: str
    private: bool


class TokenSubject(BaseModel):
    """How the subject of a token is made. Repositories since July 2026 have their ids in it (github/docs #45221)."""

    use_default: bool
    include_claim_keys: list[str] = Field(default_factory=list)
    use_immutable_subject: bool = False
    sub_claim_prefix: str = ""


class Check(BaseModel):
    """A check that is required; rulesets and branch protection name its app differently."""

    context: str
    integration_id: int | None = None
    app_id: int | None = None


class Parameters(BaseModel):
    """Of the rules that have some, those looked at."""

    required_approving_review_count: int = 0
    require_last_push_approval: bool = False
    required_status_checks: list[Check] = Field(default_factory=list)


class Rule(BaseModel):
    """A rule that is in force for a branch, and the ruleset it stands in."""

    type: str
    ruleset_id: int | None = None
    parameters: Parameters | None = None


class Actor(BaseModel):
    """Who need not keep to a ruleset."""

    actor_type: str
    actor_id: int | None = None


class Ruleset(BaseModel):
    """A ruleset; who may pass it by is told to those who may change it."""

    name: str
    bypass_actors: list[Actor] | None = None


class Switch(BaseModel):
    """Something that is on or off."""

    enabled: bool = False


class Named(BaseModel):
    """A person, a team or an app, by the name each has."""

    login: str | None = None
    slug: str | None = None


class Reviews(BaseModel):
    """What branch protection asks of reviews."""

    required_approving_review_count: int = 0
    require_last_push_approval: bool = False
    bypass_pull_request_allowances: dict[str, list[Named]] = Field(default_factory=dict)


class Checks(BaseModel):
    """What branch protection asks of checks."""

    checks: list[Check] = Field(default_factory=list)


class Protected(BaseModel):
    """Branch protection, as it was before there were rulesets."""

    required_pull_request_reviews: Reviews | None = None
    required_status_checks: Checks | None = None
    enforce_admins: Switch | None = None
    allow_force_pushes: Switch | None = None


class BranchPolicy(BaseModel):
    """Which kind of rule says what branches may use an environment."""

    protected_branches: bool
    custom_branch_policies: bool


class Environment(BaseModel):
    """An environment."""

    name: str
    deployment_branch_policy: BranchPolicy | None = None


class Pattern(BaseModel):
    """A branch, or a tag, that may use an environment."""

    name: str
    type: str = "branch"


class Variable(BaseModel):
    """A variable; of a secret GitHub tells no value."""

    name: str
    value: str = ""


class Permissions(BaseModel):
    """What the token of a workflow may do by default."""

    default_workflow_permissions: str
    can_approve_pull_request_reviews: bool


class PrivateForks(BaseModel):
    """What a fork's pull request is given in a private repository."""

    send_write_tokens_to_workflows: bool
    send_secrets_and_variables: bool


class PublicForks(BaseModel):
    """Whose pull requests from forks wait for somebody before workflows run."""

    approval_policy: str


class Entry(BaseModel):
    """A file in a folder."""

    path: str
    sha: str


class OwnerError(BaseModel):
    """A line of CODEOWNERS that GitHub cannot follow."""

    kind: str
    source: str = ""
    suggestion: str | None = None


class OwnerErrors(BaseModel):
    """All of them."""

    errors: list[OwnerError]


class App(BaseModel):
    """A GitHub App where it is installed."""

    app_id: int
    client_id: str | None = None
    app_slug: str
    permissions: dict[str, Any]
    suspended_at: Any = None
