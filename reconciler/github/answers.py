"""GitHub's answers in, as JSON; what this tool reads of them out. What GitHub adds one day does not disturb."""

from pydantic import AwareDatetime, BaseModel


class Account(BaseModel):
    """A person, a robot or an organisation; of a commit nobody is behind, GitHub answers an empty one."""

    login: str | None = None
    type: str = "User"


class Repo(BaseModel):
    """Where a branch lives."""

    id: int
    default_branch: str


class Branch(BaseModel):
    """One side of a pull request; a fork that was deleted leaves no repository behind."""

    ref: str
    sha: str
    repo: Repo | None


class Pull(BaseModel):
    """A pull request in a list."""

    number: int
    title: str
    body: str | None
    user: Account | None
    base: Branch
    head: Branch
    merged_at: AwareDatetime | None


class WholePull(Pull):
    """A pull request by itself, which knows how many commits it has."""

    commits: int


class Message(BaseModel):
    """What a commit says."""

    message: str


class Commit(BaseModel):
    """A commit with the accounts that GitHub found by its e-mail addresses."""

    sha: str
    author: Account | None
    committer: Account | None
    commit: Message


class Review(BaseModel):
    """A review of a pull request."""

    user: Account | None
    state: str
    commit_id: str | None
    body: str
    submitted_at: AwareDatetime | None = None


class Event(BaseModel):
    """What happened to a pull request."""

    event: str
    commit_id: str | None
    created_at: AwareDatetime


class Comment(BaseModel):
    """A comment below a pull request or an issue."""

    id: int
    body: str | None = None
    user: Account | None


class Label(BaseModel):
    """A label of an issue."""

    name: str | None = None


class AnIssue(BaseModel):
    """An issue; every pull request is one, too, and says so."""

    number: int
    title: str
    body: str | None = None
    user: Account | None
    labels: list[Label | str]
    pull_request: object = None

    def names(self) -> frozenset[str]:
        """Give the labels by name."""
        names = (label if isinstance(label, str) else label.name for label in self.labels)
        return frozenset(name for name in names if name)


class Made(BaseModel):
    """An object of git."""

    sha: str


class Ref(BaseModel):
    """A branch, and the commit it stands at."""

    object: Made


class GitCommit(BaseModel):
    """A commit as git has it."""

    sha: str
    message: str
    tree: Made
    parents: list[Made]
