"""A catalog in; a Resource for each declared product, with what a request for it may ask, out."""

from collections.abc import Iterator, Mapping

from reconciler.backstage.catalog import OURS, Catalog
from reconciler.backstage.entity import Entity
from reconciler.backstage.granted import Granted, granted
from reconciler.backstage.systems import system_of
from reconciler.declarations import Declared, Product


def products(catalog: Catalog) -> Iterator[Entity]:
    """Make them."""
    estate = catalog.estate
    grants = granted(estate.declarations, estate.day)
    for product, name in catalog.named.products.items():
        declared = estate.products[product]
        systems = {system_of(catalog, estate.apis[api]) for api in estate.linked.get(product, ()) if api in estate.apis}
        spec = {
            "type": "apim-product",
            "owner": catalog.owners.reference(declared.team),
            "system": systems.pop() if len(systems) == 1 else None,
            "dependsOn": [catalog.entities.reference("api", api) for api in catalog.apis_of(product)],
            "granted": _granted(grants.get(declared.name)),
        }
        yield catalog.entities.entity(
            "Resource",
            name,
            spec,
            title=catalog.title_of(product),
            description=catalog.about(product),
            annotations={
                **catalog.in_azure(f"products/{product}"),
                **_offer(catalog, declared),
                "backstage.io/techdocs-ref": f"dir:./docs/product/{name}",
            },
            links=catalog.in_portal("product#product", product),
            path=declared.path,
        )


def _granted(found: Granted | None) -> Mapping[str, Mapping[str, object]] | None:
    return {"files": found.files, "callers": found.callers} if found else None


def _offer(catalog: Catalog, product: Declared[Product]) -> Mapping[str, str]:
    """Say what a request may ask for: templates and assistants read it."""
    says = catalog.estate.says(product)
    longest = says.get("max_duration") or catalog.estate.declarations.guardrails.max_duration
    return {
        f"{OURS}/product": product.name,
        f"{OURS}/environments": ",".join(product.value.environments),
        f"{OURS}/credentials": says.get("credentials") or "key",
        f"{OURS}/tiers": ",".join(says.get("tiers") or ()),
        f"{OURS}/longest": longest if isinstance(longest, str) else f"{longest} days",
    }
