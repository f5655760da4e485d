"""What GitHub is set to for a repository, as values: who may change main, what workflows are given, what may run."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias, TypeVar

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Unseen:
    """What this token may not look at, and the right that would let it."""

    needs: str


Seen: TypeAlias = Value | Unseen


@dataclass(frozen=True, slots=True)
class Protection:
    """What holds for a branch, by rulesets and by branch protection taken together.

    `checks` names each required check, and the apps of which one must set it (None: anybody may). `bypass` are those
    who need not keep to it. `unseen` are the rights by which more might be seen.
    """

    pull_request: bool = False
    approvals: int = 0
    last_push: bool = False
    checks: Mapping[str, frozenset[int | None]] = field(default_factory=dict)
    forced: bool = True
    bypass: tuple[str, ...] = ()
    unseen: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Place:
    """An environment of GitHub's: the branches that may use it (None: any), its variables, the names of its secrets."""

    branches: tuple[str, ...] | None
    variables: Seen[Mapping[str, str]]
    secrets: Seen[frozenset[str]]


@dataclass(frozen=True, slots=True)
class Running:
    """Whether workflows run, whether their token writes by default, and whether it may approve pull requests."""

    enabled: bool
    writes: bool
    approves: bool


@dataclass(frozen=True, slots=True)
class Installation:
    """A GitHub App in the organisation: its rights, and whether somebody suspended it."""

    number: int
    slug: str
    rights: Mapping[str, str]
    suspended: bool


@dataclass(frozen=True, slots=True)
class Subject:
    """How the subject of a workflow's token begins, and the claims it is made of where that is not GitHub's way."""

    prefix: str
    claims: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that is looked at. `files` are digests as git has them; `unknown_owners` stand in CODEOWNERS."""

    name: str
    branch: str
    subject: Seen[Subject]
    protection: Protection
    places: Seen[Mapping[str, Place]]
    variables: Seen[Mapping[str, str]]
    secrets: Seen[frozenset[str]]
    running: Seen[Running]
    forks: Seen[tuple[str, ...]]
    files: Seen[Mapping[str, str]]
    unknown_owners: Seen[tuple[str, ...]]
    labels: Seen[frozenset[str]]
    apps: Seen[Mapping[str, Installation]]
