"""What a repository is set to, as values: rules, environments, variables, secrets, Actions, labels, apps."""

from dataclasses import dataclass, field
from typing import Any, Literal


@dataclass
class Ruleset:
    """A ruleset of the repository that is in force for main; rules by type, with their parameters."""

    name: str
    rules: dict[str, dict[str, Any]] = field(default_factory=dict)
    bypass: list[tuple[str, int | None]] = field(default_factory=list)


@dataclass
class Environment:
    """An environment. `branches` None: any may use it; "protected": those that are protected."""

    branches: list[str] | Literal["protected"] | None = None
    tags: list[str] = field(default_factory=list)
    variables: dict[str, str] = field(default_factory=dict)
    secrets: list[str] = field(default_factory=list)


@dataclass
class App:
    number: int
    slug: str
    permissions: dict[str, str]
    client_id: str = ""
    suspended: bool = False


@dataclass
class Governed:
    """As GitHub sets a new private repository, but that it runs no workflow's token with rights to write."""

    private: bool = True
    rulesets: dict[int, Ruleset] = field(default_factory=dict)
    protection: dict[str, Any] | None = None
    environments: dict[str, Environment] = field(default_factory=dict)
    variables: dict[str, str] = field(default_factory=dict)
    secrets: list[str] = field(default_factory=list)
    of_the_organisation: tuple[dict[str, str], list[str]] = field(default_factory=lambda: ({}, []))
    actions: bool = True
    token_writes: bool = False
    token_approves: bool = False
    sent_to_forks: set[str] = field(default_factory=set)
    approval_of_forks: str = "first_time_contributors"
    labels: list[str] = field(default_factory=lambda: ["bug"])
    subject: dict[str, Any] = field(default_factory=lambda: {"use_default": True})
    owner_errors: list[tuple[str, str]] = field(default_factory=list)
    apps: list[App] = field(default_factory=list)
