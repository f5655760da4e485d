"""A catalog in; an API for each that a team owns and that lives out."""

from collections import defaultdict
from collections.abc import Iterator, Mapping

from reconciler.backstage.catalog import OURS, Catalog
from reconciler.backstage.entity import Entity, Link
from reconciler.backstage.systems import system_of

_NO_DEFINITION = "No definition of this API is known."


def apis(catalog: Catalog) -> Iterator[Entity]:
    """Make them. Without a definition that says so: Backstage wants one."""
    on = _products(catalog)
    for api, name in catalog.named.apis.items():
        declared, seen, described = catalog.estate.apis[api], catalog.seen.apis[api], catalog.described.get(api)
        spec = {
            "type": described.type if described else "openapi",
            "lifecycle": declared.value.lifecycle or "production",
            "owner": catalog.owners.reference(declared.team),
            "system": system_of(catalog, declared),
            "definition": {"$text": f"./{described.file}"} if described else _NO_DEFINITION,
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
            links=(*_gateway(catalog, seen.path), *catalog.in_portal("api-details#api", api)),
            path=declared.path,
        )


def _products(catalog: Catalog) -> Mapping[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for product, apis_on_it in catalog.estate.linked.items():
        for api in apis_on_it:
            found[api].append(catalog.estate.products[product].name)
    return {api: sorted(products) for api, products in found.items()}


def _gateway(catalog: Catalog, path: str) -> tuple[Link, ...]:
    if not catalog.seen.gateway:
        return ()
    return ({"url": f"{catalog.seen.gateway}/{path}", "title": f"Endpoint in {catalog.estate.environment}"},)
