"""Files in, Declarations out, together with every Problem of every file: YAML, unknown keys, wrong types, names."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import PurePosixPath
from typing import Any, Final, TypeVar

from pydantic import BaseModel, RootModel, ValidationError

from reconciler.declarations import (
    Api,
    Backstage,
    Declarations,
    Declared,
    Environments,
    Fragment,
    Grant,
    Guardrails,
    OwnerMap,
    Product,
    Review,
    Team,
    yielded,
)
from reconciler.declarations.fields import FRAGMENT_NAME, LONGEST_NAME, wrong_name
from reconciler.document import MOST_PROBLEMS, parse
from reconciler.errors import DeclarationError, Problem
from reconciler.places import Places
from reconciler.sources import Files
from reconciler.words import did_you_mean, explain

ENVIRONMENTS: Final = "environments.yaml"
GUARDRAILS: Final = "guardrails.yaml"
ADOPTION: Final = "adoption.yaml"
BACKSTAGE: Final = "backstage.yaml"
REVIEWS: Final = "reviews.yaml"
_ALONE: Final = (ENVIRONMENTS, GUARDRAILS, ADOPTION, BACKSTAGE, REVIEWS)
_IN_TEAM: Final = ("team.yaml", "apis.yaml")
_IGNORED: Final = frozenset({".md", ".txt"})
Model = TypeVar("Model", bound=BaseModel)


class Apis(RootModel[list[Api]]):
    """The list in `apis.yaml`."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """What could be read, and what is wrong with the rest; `broken` are the files that gave nothing."""

    declarations: Declarations
    problems: tuple[Problem, ...]
    broken: frozenset[str]


def load(files: Files) -> Loaded:
    """Read every file. Raises nothing for what people write: their mistakes are in `problems`."""
    return _Loader(files).everything()


@dataclass(slots=True)
class _Loader:
    files: Files
    problems: list[Problem] = field(default_factory=list)
    broken: set[str] = field(default_factory=set)
    teams: dict[str, Declared[Team]] = field(default_factory=dict)
    apis: list[Declared[Api]] = field(default_factory=list)
    products: list[Declared[Product]] = field(default_factory=list)
    grants: list[Declared[Grant]] = field(default_factory=list)
    fragments: list[Declared[Fragment]] = field(default_factory=list)
    places: Places = field(init=False)

    def __post_init__(self) -> None:
        self.places = Places(self.files)

    def everything(self) -> Loaded:
        for path in self.files.contents:
            self.one(path)
        environments = self.model(ENVIRONMENTS, Environments) if ENVIRONMENTS in self.files.contents else None
        if ENVIRONMENTS not in self.files.contents:
            self.problem(
                ENVIRONMENTS, "there is no environments.yaml", "name the service there; `reconciler init` makes one"
            )
        guardrails = self.model(GUARDRAILS, Guardrails) if GUARDRAILS in self.files.contents else None
        owner_map = self.model(ADOPTION, OwnerMap) if ADOPTION in self.files.contents else None
        backstage = self.model(BACKSTAGE, Backstage) if BACKSTAGE in self.files.contents else None
        review = self.model(REVIEWS, Review) if REVIEWS in self.files.contents else None
        self.every_team_says_who_it_is()
        named = environments.root if environments else {}
        declarations = Declarations(
            environments=named,
            guardrails=guardrails or Guardrails(),
            owner_map=owner_map or OwnerMap(),
            backstage=backstage or Backstage(),
            review=review,
            teams=self.teams,
            apis=yielded(self.apis, {name: {**each.variables, "env": name} for name, each in named.items()}),
            products=tuple(self.products),
            grants=tuple(self.grants),
            fragments=tuple(self.fragments),
        )
        return Loaded(declarations, tuple(sorted(set(self.problems))), frozenset(self.broken))

    def one(self, path: str) -> None:
        match PurePosixPath(path).parts:
            case (team, "team.yaml"):
                if self.named(path, team):
                    self.teams.update((team, Declared(team, team, model, path)) for model in self.models(path, Team))
            case (team, "apis.yaml"):
                self.apis += self.each_api(path, team)
            case (team, "apis", file) if file.endswith(".yaml"):
                self.apis += self.one_api(path, team)
            case (team, "products", file) if file.endswith(".yaml"):
                self.products += self.declared(path, team, Product)
            case (team, "grants", file) if file.endswith(".yaml"):
                self.grants += self.declared(path, team, Grant)
            case (team, "fragments", file) if file.endswith(".xml"):
                self.fragments += self.each_fragment(path, team)
            case _:
                self.unexpected(path)

    def declared(self, path: str, team: str, model: type[Model]) -> Iterator[Declared[Model]]:
        name = PurePosixPath(path).stem
        if self.named(path, name):
            yield from (Declared(team, name, value, path) for value in self.models(path, model))

    def models(self, path: str, model: type[Model]) -> Iterator[Model]:
        if (value := self.model(path, model)) is not None:
            yield value

    def model(self, path: str, model: type[Model]) -> Model | None:
        """Read one file into a model; what is wrong with it becomes problems."""
        try:
            value = parse(self.files.shown(path), self.files.contents[path])
        except DeclarationError as error:
            self.problems += error.problems
            self.broken.add(path)
            return None
        if value is None:
            self.problem(path, "the file is empty", "write its keys, or delete it")
            return None
        try:
            return model.model_validate(value)
        except ValidationError as error:
            found = error.errors(include_url=False)
            for each in found[:MOST_PROBLEMS]:
                self.invalid(path, each, model)
            if len(found) > MOST_PROBLEMS:
                more, hint = "more problems are not listed", "Mend these first"
                self.problems.append(replace(self.problems[-1], message=more, hint=hint))
            self.broken.add(path)
            return None

    def invalid(self, path: str, error: Mapping[str, Any], model: type[BaseModel]) -> None:
        keys = [part for part in error["loc"] if part != "[key]"]
        message, hint = explain(error, _keys_at(model, keys[:-1]))
        at_key = error["type"] in ("extra_forbidden", "missing") or "[key]" in error["loc"]
        self.problems.append(self.places.problem(path, keys, message, hint, at_key=at_key))

    def each_api(self, path: str, team: str) -> Iterator[Declared[Api]]:
        for listed in self.models(path, Apis):
            for index, api in enumerate(listed.root):
                yield Declared(team, api.api, api, path, (index,))

    def one_api(self, path: str, team: str) -> Iterator[Declared[Api]]:
        """Read a file with one API. Its name is for people: the id is said inside."""
        if self.named(path, PurePosixPath(path).stem):
            yield from (Declared(team, api.api, api, path) for api in self.models(path, Api))

    def each_fragment(self, path: str, team: str) -> Iterator[Declared[Fragment]]:
        name, content = PurePosixPath(path).stem, self.files.contents[path]
        if not FRAGMENT_NAME.fullmatch(name) or len(name) > LONGEST_NAME:
            message = f"`{name}` cannot be a fragment's name in Azure"
            self.problem(path, message, "use letters, digits, '-' and '_', at most 80")
            return
        try:
            yield Declared(team, name, Fragment(content.decode("utf-8-sig")), path)
        except UnicodeDecodeError as error:
            self.problem(path, "not UTF-8 text", "save it as UTF-8", line=content.count(b"\n", 0, error.start) + 1)

    def named(self, path: str, name: str) -> bool:
        if wrong := wrong_name(name):
            self.problem(path, f"the name {wrong}")
            return False
        return True

    def unexpected(self, path: str) -> None:
        """A file that would be read by nobody is a mistake; prose is not."""
        pure = PurePosixPath(path)
        if path in _ALONE or pure.suffix in _IGNORED:
            return
        hint = did_you_mean(pure.name, [*_ALONE, *_IN_TEAM]) if len(pure.parts) <= 2 else ""  # noqa: PLR2004
        if pure.suffix == ".yml":
            hint = f"name it {pure.stem}.yaml"
        places = "team.yaml, apis.yaml, apis/, products/ and grants/ (*.yaml) and fragments/*.xml in a team's folder"
        self.problem(path, "this file is not read", hint or f"declarations stand in {places}")

    def every_team_says_who_it_is(self) -> None:
        folders = {PurePosixPath(path).parts[0] for path in self.files.contents if "/" in path}
        for team in sorted(folders - set(self.teams)):
            path = f"{team}/team.yaml"
            if path not in self.files.contents and not wrong_name(team):
                self.problem(path, f"team {team!r} has no team.yaml", "say there who the team is: display_name: ...")

    def problem(self, path: str, message: str, hint: str = "", *, line: int = 1) -> None:
        self.problems.append(Problem(self.files.shown(path), line, 1, message, hint))
        self.broken.add(path)


def _keys_at(model: type[BaseModel], keys: list[str | int]) -> list[str]:
    """List the keys that a model knows at a place inside it."""
    schema = _schema(model)
    found: Mapping[str, Any] = schema
    for key in keys:
        found = _resolved(found, schema)
        found = (
            (found.get("properties") or {}).get(key) or found.get("additionalProperties") or found.get("items") or {}
        )
    return list(_resolved(found, schema).get("properties") or ())


@cache
def _schema(model: type[BaseModel]) -> Mapping[str, Any]:
    return model.model_json_schema(by_alias=True)


def _resolved(found: Any, schema: Mapping[str, Any]) -> Mapping[str, Any]:
    if not isinstance(found, dict):
        return {}
    for option in found.get("anyOf") or ():
        if "$ref" in option or "properties" in option:
            found = option
    reference = found.get("$ref")
    part: Mapping[str, Any] = schema["$defs"][reference.rsplit("/", 1)[-1]] if reference else found
    return part
