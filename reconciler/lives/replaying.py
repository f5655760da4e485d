"""Revisions in; what was declared before and after each of them out, and which could not be read, and why.

Every file is read once for each content it had. The declarations are those that `load` gives of all the files.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import chain, groupby
from operator import attrgetter
from typing import Any, Final

from reconciler.declarations import Declarations, Declared, Grant, Guardrails, OwnerMap, yielded
from reconciler.errors import Problem
from reconciler.lives.listed import Listed
from reconciler.load import ADOPTION, BACKSTAGE, ENVIRONMENTS, GUARDRAILS, REVIEWS, Loaded, load
from reconciler.revisions import Line, Revision
from reconciler.sources import Files

_LISTS: Final = ("apis", "products", "grants", "fragments")
_ALONE: Final = {
    ENVIRONMENTS: "environments",
    GUARDRAILS: "guardrails",
    ADOPTION: "owner_map",
    BACKSTAGE: "backstage",
    REVIEWS: "review",
}
NOTHING: Final = Declarations({}, Guardrails(), OwnerMap(), {})


@dataclass(frozen=True, slots=True)
class Point:
    """A revision at which everything could be read, with what was declared before and after it.

    `touched` gives for each path the revision that changed it last: an unreadable one, where this one only mended it.
    `grants` are those of these paths, as they are afterwards.
    """

    revision: Revision
    before: Declarations
    after: Declarations
    touched: Mapping[str, Revision]
    grants: tuple[Declared[Grant], ...]


@dataclass(frozen=True, slots=True)
class Skipped:
    """A revision at which not everything could be read: until it was mended, what was declared before stood."""

    revision: Revision
    problem: Problem


@dataclass(frozen=True, slots=True)
class Replay:
    """What was declared, step by step."""

    points: tuple[Point, ...]
    skipped: tuple[Skipped, ...]


def replay(line: Line) -> Replay:
    """Read them, oldest first."""
    points: list[Point] = []
    skipped: list[Skipped] = []
    folder, before, touched = _Folder(line.folder), NOTHING, dict[str, Revision]()
    for revision in line.revisions:
        folder.take(revision)
        touched |= dict.fromkeys(revision.edits, revision)
        if problem := folder.problem():
            skipped.append(Skipped(revision, problem))
            continue
        after = folder.declarations(before)
        points.append(Point(revision, before, after, touched, folder.grants(touched)))
        before, touched = after, {}
    return Replay(tuple(points), tuple(skipped))


@dataclass(slots=True)
class _Folder:
    """What each file says, and what is wrong with it, as of one revision."""

    root: str
    parts: dict[str, Listed] = field(default_factory=lambda: {each: Listed() for each in _LISTS})
    alone: dict[str, Any] = field(default_factory=dict)
    teams: dict[str, Declared[Any]] = field(default_factory=dict)
    wrong: dict[str, Problem] = field(default_factory=dict)
    paths: set[str] = field(default_factory=set)
    folders: Counter[str] = field(default_factory=Counter)
    stale: set[str] = field(default_factory=set)

    def take(self, revision: Revision) -> None:
        for path, left in revision.edits.items():
            self.forget(path)
            if left is not None:
                self.paths.add(path)
                self.folders[path.partition("/")[0]] += "/" in path
            if isinstance(left, tuple):
                self.wrong[path] = left[0]
        contents = {path: left for path, left in revision.edits.items() if isinstance(left, bytes)}
        alone = {path: contents.pop(path) for path in (ENVIRONMENTS,) if path in contents}
        for some in filter(None, (alone, contents)):  # beside it, APIs would yield to each other before all are known
            self.learn(some, load(Files(self.root, some)))

    def forget(self, path: str) -> None:
        if path in self.paths:
            self.paths.remove(path)
            self.folders[path.partition("/")[0]] -= "/" in path
        self.wrong.pop(path, None)
        self.alone.pop(path, None)
        self.stale |= {name for name in _LISTS if self.parts[name].forget(path)}
        if path.endswith("/team.yaml"):
            self.teams.pop(path.removesuffix("/team.yaml"), None)
            self.stale.add("teams")

    def learn(self, contents: Mapping[str, bytes], loaded: Loaded) -> None:
        """Take what these files give; what `load` misses beside them is looked for among all."""
        said, names = loaded.declarations, {Files(self.root, {}).shown(path): path for path in contents}
        for problem in reversed(loaded.problems):
            if problem.path in names:
                self.wrong[names[problem.path]] = problem
        self.alone |= {path: getattr(said, name) for path, name in _ALONE.items() if path in contents}
        self.teams |= said.teams
        self.stale |= {"teams"} if said.teams else set()
        for name in _LISTS:
            for path, items in groupby(getattr(said, name), key=attrgetter("path")):
                self.parts[name].put(path, items)
                self.stale.add(name)

    def problem(self) -> Problem | None:
        """Give the first thing that keeps the whole from being read."""
        if self.wrong:
            return self.wrong[min(self.wrong)]
        absent = Files(self.root, {}).shown
        if ENVIRONMENTS not in self.paths:
            return Problem(absent(ENVIRONMENTS), 1, 1, "there is no environments.yaml")
        folders = (name for name, number in self.folders.items() if number and name not in self.teams)
        if alone := min(folders, default=None):
            return Problem(absent(f"{alone}/team.yaml"), 1, 1, f"team {alone!r} has no team.yaml")
        return None

    def declarations(self, before: Declarations) -> Declarations:
        """Put them together as `load` does; what did not change is the very same value as before."""
        parts: dict[str, Any] = {
            name: self.parts[name].all() if name in self.stale else getattr(before, name) for name in _LISTS
        }
        alone: dict[str, Any] = {name: self.alone.get(path, getattr(NOTHING, name)) for path, name in _ALONE.items()}
        if "apis" in self.stale or alone["environments"] is not before.environments:
            variables = {name: {**each.variables, "env": name} for name, each in alone["environments"].items()}
            parts["apis"] = yielded(self.parts["apis"].all(), variables)
        parts["teams"] = before.teams
        if "teams" in self.stale:
            parts["teams"] = {name: self.teams[name] for name in sorted(self.teams, key="{}/".format)}
        self.stale = set()
        return Declarations(**alone, **parts)

    def grants(self, paths: Iterable[str]) -> tuple[Declared[Grant], ...]:
        return tuple(chain.from_iterable(map(self.parts["grants"].get, paths)))
