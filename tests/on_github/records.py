"""What GitHub keeps, as values: issues, pull requests, reviews, comments, tokens, and faults that a test asks for."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from on_github.people import Account


@dataclass
class Comment:
    id: int
    author: Account
    body: str


@dataclass
class Thread:
    """What an issue and a pull request have in common."""

    number: int
    author: Account
    title: str
    body: str
    at: datetime
    labels: list[str] = field(default_factory=list)
    state: str = "open"
    comments: list[Comment] = field(default_factory=list)


@dataclass
class Review:
    id: int
    author: Account
    state: str
    body: str
    commit: str
    at: datetime


@dataclass
class Pull:
    """A pull request. `commits` are those it asked to merge, `brought` those that the merge put on the base."""

    thread: Thread
    branch: str
    base: str
    fork: str | None
    head: str = ""
    base_commit: str = ""
    commits: list[str] = field(default_factory=list)
    reviews: list[Review] = field(default_factory=list)
    mergeable: bool = False
    merged_at: datetime | None = None
    merged_by: Account | None = None
    merge_commit: str = ""
    brought: list[str] = field(default_factory=list)
    rebased: list[datetime] = field(default_factory=list)


@dataclass(frozen=True)
class Token:
    account: Account
    rights: Mapping[str, str]


@dataclass(frozen=True)
class Fault:
    """What is answered once in the place of what would be."""

    method: str
    path: str
    status: int
    headers: Mapping[str, str]
    message: str
