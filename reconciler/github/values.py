"""What GitHub knows, as values of ours: a pull request with what was said of it, and an issue."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Said:
    """A review: who, of which commit, its state (APPROVED, CHANGES_REQUESTED or DISMISSED), and its words.

    There is no commit where it was of a change to another branch.
    """

    login: str
    state: str
    commit: str
    body: str = ""


@dataclass(frozen=True, slots=True)
class PullRequest:
    """A pull request. `people` wrote its commits or committed them; `strangers` are commits that no account is behind.

    `messages` are those of the commits, in which co-authors stand. `base` is the branch it is meant for; `merge_commit`
    is where that branch stood after the merge: the merge commit, the squashed one, or the last of those rebased.
    """

    number: int
    title: str
    author: str
    by_robot: bool
    base: str
    head: str
    from_fork: bool
    merged: bool
    merge_commit: str
    people: frozenset[str]
    strangers: tuple[str, ...]
    messages: tuple[str, ...]
    reviews: tuple[Said, ...]


@dataclass(frozen=True, slots=True)
class Issue:
    """An issue, and who opened it."""

    number: int
    title: str
    body: str
    author: str
    labels: frozenset[str]
