"""A catalog in; an API for each that a team owns and that lives out."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any

from reconciler.backstage.catalog import OURS, Catalog
from reconciler.backstage.entity import Entity, Link
from reconciler.backstage.names import names
from reconciler.backstage.systems import system_of
from reconciler.declarations import UNOWNED, Api


def apis(catalog: Catalog) -> Iterator[Entity]:
    """Make them. One without a definition says why: Backstage wants a text."""
    on, files = _products(catalog), _files(catalog)
    for api, name in catalog.named.apis.items():
        declared, seen, file = catalog.estate.apis[api], catalog.seen.apis[api], catalog.file_of(api)
        spec = {
            "type": catalog.library[api].type,
            "lifecycle": declared.value.lifecycle or "production",
            "owner": catalog.owners.reference(declared.team),
            "system": system_of(catalog, declared),
            "definition": {"$text": f"./{file}"}
            if file
            else f"No definition of this API is known: {catalog.library[api].why}.",
            "declared": _declared(declared.value, files[name.lower()] if declared.team == UNOWNED else None),
        }
        annotations = {
            **catalog.in_azure(f"apis/{api}"),
            f"{OURS}/api": api,
            f"{OURS}/products": ",".join(on.get(api, ())),
            "backstage.io/techdocs-ref": f"dir:./docs/api/{name}",
        }
        yield catalog.entities.entity(
            "API",
            name,
            spec,
            title=seen.title,
            description=declared.value.description or seen.description,
            annotations=annotations,
            links=(*_gateway(catalog, api), *catalog.in_portal("api-details#api", api)),
            path=declared.path,
        )


def _declared(api: Api, file: str | None) -> Mapping[str, Any]:
    """Say how a file names it: by its id everywhere, not in this environment alone."""
    said: dict[str, Any] = {"api": api.api, "environments": api.environments, "file": file}
    return {key: value for key, value in said.items() if value}


def _files(catalog: Catalog) -> Mapping[str, str]:
    """Name the file by which a team would take over each API: one that no team has for another."""
    taken = [path.stem for path in map(PurePosixPath, catalog.files.contents) if path.parts[1:2] == ("apis",)]
    return names((name.lower() for name in catalog.named.apis.values()), taken=taken)


def _products(catalog: Catalog) -> Mapping[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for product, apis_on_it in catalog.estate.linked.items():
        for api in apis_on_it:
            found[api].append(catalog.estate.products[product].name)
    return {api: sorted(products) for api, products in found.items()}


def _gateway(catalog: Catalog, api: str) -> tuple[Link, ...]:
    found = catalog.endpoint(api)
    return ({"url": found, "title": f"Endpoint in {catalog.estate.environment}"},) if found else ()
