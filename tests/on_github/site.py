"""What people do on GitHub in, as Python calls; a repository, its pull requests, issues and accounts out."""

import shutil
import subprocess
import threading
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

from on_github.bare import Bare
from on_github.governed import Governed
from on_github.people import WEB, Account
from on_github.records import Comment, Fault, Pull, Review, Thread, Token

NAME = "contoso/access"
RIGHTS = (
    *("contents", "pull_requests", "issues", "checks", "members", "metadata"),
    *("actions", "administration", "environments", "secrets", "variables", "organization_administration"),
)


class Site:
    """One repository, the people around it, and what they and robots do there."""

    def __init__(self, folder: Path, files: Mapping[str, str]) -> None:
        self.url = ""
        self.lock = threading.RLock()
        self.now = datetime(2026, 11, 24, 12, tzinfo=UTC)
        self._folder = folder
        self.bare = Bare(folder / "access.git", self.tick)
        self.forks: dict[str, Bare] = {}
        self.threads: dict[int, Thread] = {}
        self.pulls: dict[int, Pull] = {}
        self.teams: dict[str, list[str]] = {}
        self.tokens: dict[str, Token] = {}
        self.checks: list[dict[str, Any]] = []
        self.faults: list[Fault] = []
        self.asked: list[str] = []
        self.departures: list[str] = []
        self.governed = Governed()
        self._last_id = 0
        self.push("main", files, by="pat", message="The first files")

    def tick(self) -> datetime:
        """Let a second go by."""
        self.now += timedelta(seconds=1)
        return self.now

    def new_id(self) -> int:
        self._last_id += 1
        return self._last_id

    def git(self, *arguments: str) -> str:
        return self.bare.git(*arguments)

    def tip(self, branch: str = "main") -> str:
        """Give the commit a branch stands at."""
        found = self.bare.tip(f"refs/heads/{branch}")
        assert found, f"there is no branch {branch}"
        return found

    def writes(self) -> list[str]:
        """List what was asked for that was no read."""
        return [each for each in self.asked if not each.startswith("GET ")]

    # What people do at their desk.

    def push(
        self,
        branch: str,
        files: Mapping[str, str | None],
        *,
        by: str | None,
        message: str = "Ask",
        committer: str | None = "",
        fork: str | None = None,
    ) -> str:
        """Push a commit to a branch, which begins at main where it is new. Nobody may stand behind it (by=None)."""
        bare = self._repository(fork)
        parent = bare.tip(f"refs/heads/{branch}") or bare.tip("refs/heads/main")
        tree = bare.tree(parent, files)
        who = by if committer == "" else committer
        made = bare.commit(tree, [parent] if parent else [], message, author=by, committer=who)
        bare.set(f"refs/heads/{branch}", made)
        self.pushed()
        return made

    admin_push = push  # nothing protects a branch here: who pushes to main goes around every pull request

    def clone(self, folder: Path, *, by: str, fork: str | None = None) -> Path:
        """Clone it; what is pushed from there updates pull requests, as here."""
        place = self._repository(fork).folder
        subprocess.run(["git", "clone", "--quiet", str(place), str(folder)], check=True, timeout=60)  # noqa: S603, S607
        for key, value in {"name": by, "email": f"{by}@users.noreply.github.com"}.items():
            subprocess.run(["git", "-C", str(folder), "config", f"user.{key}", value], check=True, timeout=60)  # noqa: S603, S607
        return folder

    def _repository(self, fork: str | None) -> Bare:
        if fork is None:
            return self.bare
        if fork not in self.forks:
            self.forks[fork] = Bare(self._folder / "forks" / f"{fork}.git", self.tick)
            self.forks[fork].git("fetch", "--quiet", str(self.bare.folder), "refs/heads/*:refs/heads/*")
            hook = self.bare.folder / "hooks" / "post-receive"
            if hook.exists():
                shutil.copy(hook, self.forks[fork].folder / "hooks")
        return self.forks[fork]

    # What people do on GitHub's pages.

    def open(
        self,
        branch: str,
        author: str,
        title: str = "Ask",
        *,
        body: str = "",
        base: str = "main",
        fork: str | None = None,
    ) -> int:
        """Open a pull request; `fork` is whose copy of the repository its branch is in."""
        thread = self._thread(author, title, body)
        self.pulls[thread.number] = Pull(thread, branch, base, fork)
        self.pushed()
        return thread.number

    def _thread(self, author: str, title: str, body: str) -> Thread:
        number = len(self.threads) + 1
        self.threads[number] = Thread(number, Account(author), title, body, self.tick())
        return self.threads[number]

    def review(
        self, number: int, login: str, state: str = "APPROVED", body: str = "", *, commit: str | None = None
    ) -> None:
        """Review a pull request as it stands. That GitHub refuses who approves their own, nobody relies on here."""
        pull = self.pulls[number]
        pull.reviews.append(Review(self.new_id(), Account(login), state, body, commit or pull.head, self.tick()))

    def retarget(self, number: int, base: str) -> None:
        """Let a pull request be meant for another branch, as whoever opened it may."""
        self.pulls[number].base = base
        self.pulls[number].rebased.append(self.tick())
        self.pushed()

    def dismiss(self, number: int, login: str) -> None:
        """Dismiss what somebody said last."""
        last = [each for each in self.pulls[number].reviews if each.author.login == login][-1]
        last.state = "DISMISSED"

    def issue(self, author: str, title: str, body: str = "", labels: tuple[str, ...] = ()) -> int:
        thread = self._thread(author, title, body)
        thread.labels += labels
        return thread.number

    def comment(self, number: int, login: str, body: str) -> Comment:
        made = Comment(self.new_id(), Account(login), body)
        self.threads[number].comments.append(made)
        return made

    def close(self, number: int) -> None:
        self.threads[number].state = "closed"

    def merge(self, number: int, by: str, method: Literal["merge", "squash", "rebase"] = "merge") -> str:
        """Merge a pull request; gives where its base stands then."""
        self.pushed()
        pull = self.pulls[number]
        assert pull.thread.state == "open", "it is closed"
        assert pull.mergeable, "it conflicts"
        base, title = self.tip(pull.base), f"{pull.thread.title} (#{number})"
        tree = self.bare.merged_tree(base, pull.head)
        assert tree
        if method == "merge":
            message = (
                f"Merge pull request #{number} from {(pull.fork or 'contoso')}/{pull.branch}\n\n{pull.thread.title}"
            )
            made = self.bare.commit(tree, [base, pull.head], message, author=by, committer=WEB)
            pull.brought = [*pull.commits, made]
        elif method == "squash":
            each = [f"* {self.bare.told(commit)['message']}" for commit in pull.commits]
            message = "\n\n".join([title, *(each if len(each) > 1 else ())])
            made = self.bare.commit(tree, [base], message, author=pull.thread.author.login, committer=WEB)
            pull.brought = [made]
        else:
            # Who rebases and merges becomes the committer; GitHub cannot sign for them.
            pull.brought = self.bare.rebased([each for each in pull.commits if not self._merges(each)], base, by=by)
            made = pull.brought[-1]
        self._merged(pull, by, made)
        self.bare.set(f"refs/heads/{pull.base}", made)
        self.pushed()
        return made

    def _merges(self, commit: str) -> bool:
        return " " in self.bare.told(commit)["parents"]

    def _merged(self, pull: Pull, by: str, commit: str) -> None:
        pull.thread.state, pull.merged_at, pull.merged_by, pull.merge_commit = (
            "closed",
            self.tick(),
            Account(by),
            commit,
        )

    # Who may do what.

    def token(self, login: str = "access[bot]", **rights: str) -> str:
        """Give a token of somebody: with these rights, or with all there are."""
        text = f"ghs_planted{len(self.tokens)}"
        self.tokens[text] = Token(Account(login), rights or dict.fromkeys(RIGHTS, "write"))
        return text

    def fail(
        self, method: str, path: str, status: int, *, times: int = 1, message: str = "Server Error", **headers: str
    ) -> None:
        """Answer something else in the place of what is asked next at a path (a regular expression)."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.faults += [Fault(method, path, status, named, message)] * times

    # What GitHub does by itself.

    def pushed(self) -> None:
        """Look where branches stand now: pull requests follow them, and are tried on their base."""
        for pull in self.pulls.values():
            if pull.thread.state == "open":
                self._follow(pull)

    def _follow(self, pull: Pull) -> None:
        number, before = pull.thread.number, (pull.head, pull.base_commit)
        head = self._repository(pull.fork).tip(f"refs/heads/{pull.branch}")
        base = self.tip(pull.base)
        if head is None or (head, base) == before:
            return
        if pull.fork:
            self.git("fetch", "--quiet", str(self.forks[pull.fork].folder), head)
        self.bare.set(f"refs/pull/{number}/head", head)
        if pull.commits and self.bare.contains(base, head):  # pushed to the base by hand: GitHub calls it merged
            pull.brought = pull.commits
            self._merged(pull, "pat", base)
            return
        pull.head, pull.base_commit, pull.commits = head, base, self.bare.between(base, head)
        tree = self.bare.merged_tree(base, head)
        pull.mergeable = tree is not None
        if tree:
            message = f"Merge {head} into {base}"
            trial = self.bare.commit(tree, [base, head], message, author=WEB, committer=WEB)
            self.bare.set(f"refs/pull/{number}/merge", trial)

    def bringing(self, commit: str) -> Iterator[Pull]:
        """Find the pull requests of a commit: on the default branch those that brought it, else any that has it."""
        on_main = self.bare.contains(self.tip(), commit)
        for each in self.pulls.values():
            if commit in each.brought or (commit in each.commits and not on_main):
                yield each
