"""Definitions of APIs as they were fetched: what of them is shown, and what it takes to know which to fetch again."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

Type = Literal["openapi", "wsdl", "graphql", "grpc", "odata", "asyncapi"]  # Backstage's words, and one of our own
ENDINGS: Mapping[Type, str] = {
    "openapi": "json",
    "wsdl": "wsdl",
    "graphql": "graphql",
    "grpc": "proto",
    "odata": "xml",
    "asyncapi": "json",
}


@dataclass(frozen=True, slots=True)
class Definition:
    """The definition of one API. Where there is no text, `why` says why; with both, the text is an earlier one."""

    api: str
    type: Type = "openapi"
    text: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True)
class Kept:
    """A definition, the row of the list of APIs it was fetched for, the API's ETag where it was asked, and when.

    `row` is empty where it has to be fetched again whatever else is known.
    """

    definition: Definition
    row: str
    fetched: datetime
    etag: str = ""


@dataclass(frozen=True, slots=True)
class Library:
    """The definitions of one service by the ids of their APIs; the activity log was read up to `read`."""

    service: str = ""
    read: datetime | None = None
    apis: Mapping[str, Kept] = field(default_factory=dict)

    def __getitem__(self, api: str) -> Definition:
        """Give the definition of an API; of one that nobody asked for there is none, and it says so."""
        kept = self.apis.get(api)
        return kept.definition if kept else Definition(api, why="it was not fetched")
