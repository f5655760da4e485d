"""What a catalog is made from: an estate, what was read of its service, and what everything is called."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from urllib.parse import quote

from reconciler.backstage.entity import Entities, Link
from reconciler.backstage.estate import Estate
from reconciler.backstage.named import Named, named
from reconciler.backstage.owners import Owners
from reconciler.backstage.seen import Seen
from reconciler.sources import Files

OURS = "apim-reconciler"
"""Before the slash of our own annotations."""


@dataclass(frozen=True, slots=True)
class Described:
    """An API's type in Backstage's words, and the file of its definition, below the catalog's folder."""

    type: str
    file: str


@dataclass(frozen=True)
class Catalog:
    """`files` are those that were loaded; `described` is by API, `groups` gives Entra's display names by object id."""

    estate: Estate
    seen: Seen
    files: Files
    described: Mapping[str, Described] = field(default_factory=dict)
    groups: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def entities(self) -> Entities:
        """What makes entities of the namespace."""
        return Entities(self.estate.declarations.backstage)

    @cached_property
    def owners(self) -> Owners:
        """What names owners."""
        return Owners(self.estate, self.groups)

    @cached_property
    def named(self) -> Named:
        """What everything is called."""
        return named(self.estate, self.seen.apis)

    def apis_of(self, product: str) -> tuple[str, ...]:
        """Name the APIs of a product, by its id, as entities."""
        return tuple(self.named.apis[api] for api in self.estate.linked.get(product, ()) if api in self.named.apis)

    def in_azure(self, path: str) -> Mapping[str, str]:
        """Say where it is, by its path below the service."""
        return {
            "management.azure.com/resourceId": f"{self.seen.service}/{path}",
            f"{OURS}/environment": self.estate.environment,
        }

    def in_portal(self, page: str, name: str) -> tuple[Link, ...]:
        """Link to a page of the developer portal, if there is one."""
        if not self.seen.portal:
            return ()
        return ({"url": f"{self.seen.portal}/{page}={quote(name, safe='')}", "title": "Developer portal"},)
