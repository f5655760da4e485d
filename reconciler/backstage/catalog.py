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
from reconciler.definitions import Library
from reconciler.definitions.files import file_of
from reconciler.sources import Files

OURS = "apim-reconciler"
"""Before the slash of our own annotations."""

DEFINITIONS = "definitions"
"""The folder of the texts, and of the index that says which of them are still right."""


@dataclass(frozen=True)
class Catalog:
    """`files` are those that were loaded, `groups` are display names by Entra id."""

    estate: Estate
    seen: Seen
    files: Files
    library: Library = field(default_factory=Library)
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

    def title_of(self, product: str) -> str:
        """Give a product's name as people say it."""
        declared, seen = self.estate.products[product], self.seen.products.get(product)
        return str(self.estate.says(declared).get("display_name") or (seen and seen.title) or declared.name)

    def about(self, product: str) -> str:
        """Give its description."""
        declared, seen = self.estate.products[product], self.seen.products.get(product)
        return str(self.estate.says(declared).get("description") or (seen and seen.description) or "")

    def endpoint(self, api: str) -> str:
        """Give an API's address at the gateway; empty where the service names none."""
        return f"{self.seen.gateway}/{self.seen.apis[api].path}" if self.seen.gateway else ""

    def file_of(self, api: str) -> str | None:
        """Name the file of an API's definition below the folder, if one is known."""
        found = self.library[api]
        return f"{DEFINITIONS}/{file_of(found, self.named.apis[api])}" if found.text else None

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
