"""`apis.yaml` of a catalog folder in; what it says of each API, and where its definition lies, out."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from reconciler.assist.definition import Definition
from reconciler.document import parse
from reconciler.errors import DeclarationError, Problem

_ID = "apim-reconciler/api"
_ENVIRONMENT = "apim-reconciler/environment"
_ENDPOINT = "Endpoint"  # how the title of a link to a gateway begins


@dataclass(frozen=True, slots=True)
class Entry:
    """One API of the catalog; `path` is of its definition, below the folder."""

    id: str
    environment: str | None
    kind: str
    title: str = ""
    description: str = ""
    path: str = ""
    endpoints: tuple[str, ...] = ()


@dataclass(frozen=True)
class Catalog:
    """The APIs that a catalog holds, how the definition of one is read, and its text for searching."""

    entries: tuple[Entry, ...] = ()
    definition: Callable[[Entry], Definition | None] = lambda _: None
    text: Callable[[Entry], str] = lambda _: ""

    def of(self, ids: Mapping[str, str]) -> Entry | None:
        """Find an API by its ids by environment: of one that the catalog tells of, or of any where it says of none."""
        for environment, name in ids.items():
            if found := self._known.get((environment, name)) or self._known.get((None, name)):
                return found
        return None

    @cached_property
    def _known(self) -> Mapping[tuple[str | None, str], Entry]:
        return {(each.environment, each.id): each for each in self.entries}


NO_CATALOG: Final = Catalog()


def entries(path: str, content: bytes) -> tuple[Entry, ...]:
    """Read the API entities. Raises DeclarationError where the file is not one that `reconciler backstage` writes."""
    return tuple(_each(path, content))


class _Seen(BaseModel):
    model_config = ConfigDict(extra="ignore")


class _Link(_Seen):
    url: str
    title: str = ""


class _Metadata(_Seen):
    name: str
    title: str = ""
    description: str = ""
    annotations: dict[str, str] = Field(default_factory=dict)
    links: list[_Link] = Field(default_factory=list)


class _Spec(_Seen):
    type: str
    definition: Any = None


class _Entity(_Seen):
    kind: str
    metadata: _Metadata
    spec: _Spec


def _each(path: str, content: bytes) -> Iterator[Entry]:
    for document in re.split(rb"^---[^\n]*\n", content, flags=re.MULTILINE):
        if (value := parse(path, document)) is None or (isinstance(value, dict) and value.get("kind") != "API"):
            continue
        try:
            entity = _Entity.model_validate(value)
        except ValidationError as error:
            where = ".".join(map(str, error.errors()[0]["loc"]))
            hint = "write it anew: `reconciler backstage -o` and the folder"
            raise DeclarationError([Problem(path, 1, 1, f"this is no catalog of APIs: `{where}`", hint)]) from error
        yield _entry(entity)


def _entry(entity: _Entity) -> Entry:
    said, spec = entity.metadata, entity.spec
    text = spec.definition.get("$text") if isinstance(spec.definition, dict) else None
    return Entry(
        id=said.annotations.get(_ID) or said.name,
        environment=said.annotations.get(_ENVIRONMENT),
        kind=spec.type,
        title=said.title,
        description=said.description,
        path=text if isinstance(text, str) else "",
        endpoints=tuple(each.url for each in said.links if each.title.startswith(_ENDPOINT)),
    )
