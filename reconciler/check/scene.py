"""Loaded declarations and their files in; what several checks ask of them out: positions, environments, variables."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import PurePosixPath
from typing import Any

from pydantic import BaseModel

from reconciler.declarations import Declared, Environment, Product
from reconciler.errors import Problem
from reconciler.load import ENVIRONMENTS, Loaded
from reconciler.naming import fill_in, unknown_variable
from reconciler.places import Places
from reconciler.sources import Files
from reconciler.words import did_you_mean

Keys = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Setting:
    """One environment, and what its variables stand for."""

    name: str
    environment: Environment

    def fill_in(self, text: str) -> str:
        """Fill in `$(env)` and the variables."""
        return fill_in(text, self.variables)

    @property
    def variables(self) -> Mapping[str, str]:
        """The variables, and `env`, which is always the name."""
        return {**self.environment.variables, "env": self.name}


class Scene:
    """What is declared, as of a day."""

    def __init__(self, loaded: Loaded, files: Files, day: date) -> None:
        self.declarations, self.broken, self.day = loaded.declarations, loaded.broken, day
        self.places = Places(files)
        self.in_teams = frozenset(path.partition("/")[2] for path in files.contents)
        self.settings = [Setting(*each) for each in self.declarations.environments.items()]
        apis = [api.value.api for api in self.declarations.apis]
        self._owned = {setting.name: {setting.fill_in(api) for api in apis} for setting in self.settings}
        self.products: Mapping[str, Declared[Product]] = {each.name: each for each in self.declarations.products}

    def problem(
        self, item: Declared[Any], keys: Keys, message: str, hint: str = "", *, at_key: bool = False
    ) -> Problem:
        """Make a problem at a place inside a declaration."""
        return self.places.problem(item.path, (*item.keys, *keys), message, hint, at_key=at_key)

    def of_environments(self, keys: Keys, message: str, hint: str = "", *, at_key: bool = False) -> Problem:
        """Make a problem inside environments.yaml."""
        return self.places.problem(ENVIRONMENTS, keys, message, hint, at_key=at_key)

    def unknown_variable(self, item: Declared[Any], keys: Keys, text: str, setting: Setting) -> Iterator[Problem]:
        """Find a `$(name)` that nothing fills in."""
        if variable := unknown_variable(setting.fill_in(text)):
            known = sorted(setting.variables)
            hint = did_you_mean(variable, known) or f"known there: {', '.join(known)}"
            yield self.problem(item, keys, f"`$({variable})` has no value in {setting.name}", hint)

    def owned(self, item: Declared[Any], keys: Keys, api: str, setting: Setting) -> Iterator[Problem]:
        """Find an API that no team lists."""
        name, owned = setting.fill_in(api), self._owned[setting.name]
        if name not in owned and not unknown_variable(name) and not self.any_broken("apis.yaml", "apis"):
            hint = did_you_mean(name, owned) or "its owner lists it in apis.yaml"
            yield self.problem(item, keys, f"no team owns API `{name}` ({setting.name})", hint)

    def environments(self, item: Declared[Any], names: Sequence[str]) -> Iterator[Problem]:
        """Find names under `environments` that are not declared, or are repeated."""
        if ENVIRONMENTS in self.broken:
            return
        for index, name in enumerate(names):
            keys = ("environments", index)
            if name not in self.declarations.environments:
                hint = did_you_mean(name, self.declarations.environments)
                yield self.problem(item, keys, f"environment `{name}` is not in environments.yaml", hint)
            if name in names[:index]:
                yield self.problem(item, keys, f"environment `{name}` is named twice", "name it once")

    def overlays(self, item: Declared[Any]) -> Iterator[Problem]:
        """Find environments under `in:` that the declaration is not in."""
        for name in item.value.in_:
            if name not in item.value.environments:
                hint = did_you_mean(name, item.value.environments) or "add it to `environments`"
                yield self.problem(item, ("in", name), f"`{name}` is not one of its environments", hint, at_key=True)

    def formerly(self, item: Declared[Any], others: Sequence[Declared[Any]]) -> Iterator[Problem]:
        """Find a former name that is still in use: a rename removes the old file."""
        former = item.value.formerly
        if former and any(each.name == former and each.team == item.team for each in others):
            message = f"`formerly: {former}` names a declaration that is still there"
            yield self.problem(item, ("formerly",), message, "delete that file, or this line")

    def any_broken(self, *names: str) -> bool:
        """Whether a file or folder of such a name gave nothing, so that what it would have named is not known."""
        return any(name in PurePosixPath(path).parts[1:] for path in self.broken for name in names)


def where(overlays: Mapping[str, BaseModel], setting: Setting, *keys: str | int) -> Keys:
    """Say where a value that holds in an environment was written: under `in:`, or above."""
    overlay = overlays.get(setting.name)
    inside = ("in", setting.name) if overlay is not None and keys[0] in overlay.model_fields_set else ()
    return (*inside, *keys)
