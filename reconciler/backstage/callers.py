"""A catalog in; a Component for each caller, and a Resource for each grant that it has, out."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping

from reconciler.backstage.catalog import OURS, Catalog
from reconciler.backstage.entity import Entity
from reconciler.backstage.estate import Use
from reconciler.backstage.names import is_name
from reconciler.backstage.renewals import Renewals
from reconciler.declarations import Declared, Grant


def components(catalog: Catalog) -> Iterator[Entity]:
    """Make a Component of each caller: of all that Backstage has, only these can consume an API."""
    if catalog.estate.declarations.backstage.components == "existing":
        return
    for name, uses in _by(catalog.estate.uses, lambda use: catalog.named.callers[use.grant.path]).items():
        first = uses[0].grant
        apis = sorted({catalog.named.apis[api] for use in uses for api in use.apis if api in catalog.named.apis})
        spec = {
            "type": "service",
            "lifecycle": "production",
            "owner": catalog.owners.reference(first.team),
            "consumesApis": [catalog.entities.reference("api", api) for api in apis],
            "dependsOn": _products(catalog, uses),
        }
        tiers = {f"{catalog.named.products[each]}={use.access.tier}" for use in uses if (each := use.product)}
        annotations = {
            f"{OURS}/environment": catalog.estate.environment,
            f"{OURS}/tiers": ",".join(sorted(each for each in tiers if not each.endswith("=None"))),
        }
        title = first.value.component or catalog.estate.declarations.teams[first.team].value.display_name
        yield catalog.entities.entity("Component", name, spec, title=title, annotations=annotations)


def grants(catalog: Catalog) -> Iterator[Entity]:
    """Make a Resource of each grant that gives something, with what its file needs to be renewed."""
    renewals = Renewals(catalog.estate, catalog.files)
    for path, uses in _by(catalog.estate.uses, lambda use: use.grant.path).items():
        grant, access = uses[0].grant, [use.access for use in uses]
        spec = {
            "type": "apim-grant",
            "owner": catalog.owners.reference(grant.team),
            "dependsOn": [*_products(catalog, uses), *_apis(catalog, uses)],
            "dependencyOf": _caller(catalog, grant),
            "renewal": renewals.around(grant),
        }
        until = max((each.until for each in access if each.until), default=None)
        annotations = {
            f"{OURS}/grant": f"{grant.team}/{grant.name}",
            f"{OURS}/path": f"{catalog.estate.declarations.backstage.folder}/{path}",
            f"{OURS}/environments": ",".join(grant.value.environments),
            f"{OURS}/expires": until.isoformat() if until else None,
            f"{OURS}/how": ",".join(sorted({each.how for each in access})),
            f"{OURS}/tier": next((each.tier for each in access if each.tier), None),
        }
        yield catalog.entities.entity(
            "Resource",
            catalog.named.grants[path],
            spec,
            title=f"{grant.team}: {grant.name}",
            description=" ".join(grant.value.reason.split()),
            annotations=annotations,
            path=path,
        )


def _caller(catalog: Catalog, grant: Declared[Grant]) -> list[str]:
    """Refer to who calls by it; of components that others make only one that the grant names is sure to be there.

    Those are by their own names, whose team's grant it may be, and in the namespace that is everybody's.
    """
    name = catalog.named.callers[grant.path]
    if catalog.estate.declarations.backstage.components == "ours":
        return [catalog.entities.reference("component", name)]
    return [f"component:default/{name}"] if grant.value.component and is_name(name) else []


def _by(uses: Iterable[Use], key: Callable[[Use], str]) -> Mapping[str, list[Use]]:
    found: dict[str, list[Use]] = defaultdict(list)
    for use in uses:
        found[key(use)].append(use)
    return dict(sorted(found.items()))


def _products(catalog: Catalog, uses: Iterable[Use]) -> list[str]:
    found = {catalog.named.products[use.product] for use in uses if use.product is not None}
    return [catalog.entities.reference("resource", name) for name in sorted(found)]


def _apis(catalog: Catalog, uses: Iterable[Use]) -> list[str]:
    """Refer to the API that a grant names itself, going around products."""
    named = {use.access.to.name[0] for use in uses if use.product is None}
    return [catalog.entities.reference("api", catalog.named.apis[api]) for api in sorted(named & {*catalog.named.apis})]
