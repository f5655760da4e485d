"""Answers, the folder's files and a day in; the one grant file that they ask for, or every reason against it, out."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from reconciler.asking.answers import Answers, NotAskable
from reconciler.asking.writing import written
from reconciler.asking.wrong import day_of, wrong
from reconciler.check import check
from reconciler.declarations import Declarations, Declared, Grant, Product
from reconciler.declarations.fields import wrong_name
from reconciler.document import Keys
from reconciler.ends import edited, last_day, new_ends, product_of
from reconciler.errors import Problem
from reconciler.load import load
from reconciler.sources import Files


@dataclass(frozen=True, slots=True)
class Asked:
    """The one file that says so. `before` is what stood there: then a grant goes on, or grows."""

    path: str
    content: bytes
    before: bytes | None
    title: str
    owner: str
    warnings: tuple[str, ...] = ()


def ask(answers: Answers, files: Files, day: date) -> Asked:
    """Make the file, sure that the folder is as valid with it as without. Raises NotAskable."""
    declarations = load(files).declarations
    answers = replace(answers, reason=" ".join(answers.reason.split()))
    if reasons := [*wrong(answers, declarations, day)]:
        raise NotAskable(reasons)
    product = next(each for each in declarations.products if each.name == answers.product)
    request = _Request(answers, product, files, declarations, day)
    grant = request.existing()
    path, content, verb = request.new() if grant is None else request.again(grant)
    after = Files(files.root, {**files.contents, path: content})
    problems = sorted(_problems(after, day) - _problems(files, day))
    if refused := [problem for problem in problems if problem.level == "error"]:
        raise NotAskable(map(_in_words, refused))
    title = f"{answers.team} {verb} {product.name} in {', '.join(request.environments)}"
    return Asked(path, content, files.contents.get(path), title, product.team, tuple(map(_in_words, problems)))


def grants_for(declarations: Declarations, team: str, product: str) -> tuple[Declared[Grant], ...]:
    """Give what a team has of a product already."""
    return tuple(each for each in declarations.grants if each.team == team and product_of(each) == product)


@dataclass(frozen=True, slots=True)
class _Request:
    """Answers that are each right by themselves, and where they are asked."""

    answers: Answers
    product: Declared[Product]
    files: Files
    declarations: Declarations
    day: date

    @property
    def environments(self) -> list[str]:
        return [name for name in self.product.value.environments if name in self.answers.environments]

    def existing(self) -> Declared[Grant] | None:
        """Find the team's own grant for the same caller: it goes on, and nothing is asked for twice."""
        team, component = self.answers.team, self.answers.component or ""
        has = grants_for(self.declarations, team, self.product.name)
        same = [each for each in has if (each.value.component or "") == component]
        there = [each for each in same if {*each.value.environments} & {*self.environments}] or same
        if len(there) > 1:
            paths = ", ".join(each.path for each in there)
            raise NotAskable([f"{team} has {self.product.name} in more than one file already: change {paths}"])
        if there and there[0].value.emergency:
            path = there[0].path
            raise NotAskable([f"{team} has {self.product.name} for a day, in an emergency: {path} has to go first"])
        return there[0] if there else None

    def new(self) -> tuple[str, bytes, str]:
        """Write a file of its own."""
        answers, name, ends = self.answers, self.free_name(), self.ends(self.environments)
        latest = max((end for end in ends.values() if end), default=None)
        values: dict[str, Any] = {
            "product": self.product.name if name != self.product.name else None,
            "environments": self.environments,
            "key": answers.key or None,
            "portal": answers.portal or None,
            "reason": answers.reason,
            "component": answers.component,
            "requested_by": answers.requested_by,
            "expires": latest,
            "in": {name: {"expires": end} for name, end in ends.items() if end and end != latest} or None,
        }
        path = f"{answers.team}/grants/{name}.yaml"
        said = {key: value for key, value in values.items() if value is not None}
        team = self.files.contents.get(f"{answers.team}/team.yaml", b"")
        return path, written(path, said, like=team), "asks for"

    def free_name(self) -> str:
        """Name the file after the product; where that name is taken, after who calls, too, or with a number."""
        product, component = self.product.name, self.answers.component
        caller = f"{product}-{(component or '').lower().replace('_', '-')}"
        names = [product, *([caller] if component and not wrong_name(caller) else [])]
        names += [f"{product}-{number}" for number in range(2, len(self.files.contents) + 3)]
        folder = f"{self.answers.team}/grants"
        return next(name for name in names if f"{folder}/{name}.yaml" not in self.files.contents)

    def again(self, grant: Declared[Grant]) -> tuple[str, bytes, str]:
        """Let a grant go on, and add to it what it does not say yet."""
        answers, value, has = self.answers, grant.value, f"{grant.team} has {self.product.name} already"
        more: dict[Keys, Any] = {}
        if new := [name for name in self.environments if name not in value.environments]:
            more["environments",] = [*value.environments, *new]
        more |= {(name,): True for name in ("key", "portal") if getattr(answers, name) and not getattr(value, name)}
        days = self.ends(self.environments)
        if more and not answers.expires and (value.expires or self.day) >= self.day:
            # What only grows does not run longer by the way.
            days = {name: _earliest(days[name], value.expires) for name in new}
        ends = {keys: end for keys, end in new_ends(grant, days).items() if end != _end(value, keys)}
        if not more and not ends:
            raise NotAskable([f"{has}, and no later end is possible: {grant.path}"])
        by: dict[Keys, Any] = {("requested_by",): answers.requested_by} if answers.requested_by else {}
        content = edited(grant.path, self.files.contents[grant.path], {**more, **by, **ends})
        if content is None:
            raise NotAskable([f"{has}; its file has to be changed by hand: {grant.path}"])
        return grant.path, content, "asks for more of" if more else "renews"

    def ends(self, environments: Iterable[str]) -> dict[str, date | None]:
        """Say when it ends in each environment: as asked, but where that is too long, as late as possible there.

        What is too long everywhere is left for the check to refuse.
        """
        last = {name: last_day(self.declarations, self.product, name, self.day) for name in environments}
        wanted = day_of(self.answers.expires) if self.answers.expires else None
        if wanted is None:
            return last
        if all(end is not None and end < wanted for end in last.values()):
            return dict.fromkeys(last, wanted)
        return {name: _earliest(end, wanted) for name, end in last.items()}


def _earliest(*days: date | None) -> date | None:
    return min((day for day in days if day is not None), default=None)


def _end(grant: Grant, keys: Keys) -> date | None:
    if len(keys) == 1:
        return grant.expires
    overlay = grant.in_.get(str(keys[1]))
    return overlay.expires if overlay else None


def _problems(files: Files, day: date) -> set[Problem]:
    loaded = load(files)
    return {*loaded.problems, *check(loaded, files, day)}


def _in_words(problem: Problem) -> str:
    return f"{problem.message} ({problem.hint})" if problem.hint else problem.message
