"""A catalog in; the systems that its APIs name, and the domains of these, out."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from reconciler.backstage.catalog import Catalog
from reconciler.backstage.entity import Entity
from reconciler.declarations import Api, Declared


def systems(catalog: Catalog) -> Iterator[Entity]:
    """Make a System of each name that an API says, or backstage.yaml."""
    known, teams = catalog.estate.declarations.backstage.systems, _teams(catalog)
    for name, entity in catalog.named.systems.items():
        says, its = known.get(name), teams.get(name, set())
        owner = (says.owner if says else None) or (min(its) if len(its) == 1 else None)
        domain = catalog.entities.reference("domain", says.domain) if says and says.domain else None
        spec = {"owner": _owner(catalog, owner, its), "domain": domain}
        yield catalog.entities.entity(
            "System", entity, spec, title=name, description=says.description if says else None
        )


def domains(catalog: Catalog) -> Iterator[Entity]:
    """Make a Domain of each name that a system says, or backstage.yaml."""
    settings = catalog.estate.declarations.backstage
    for name in sorted({*settings.domains, *(each.domain for each in settings.systems.values() if each.domain)}):
        says = settings.domains.get(name)
        spec = {"owner": _owner(catalog, says.owner if says else None, ())}
        yield catalog.entities.entity("Domain", name, spec, description=says.description if says else None)


def system_of(catalog: Catalog, api: Declared[Api]) -> str | None:
    """Refer to the system that an API is part of."""
    system = api.value.system
    return catalog.entities.reference("system", catalog.named.systems[system]) if system else None


def _teams(catalog: Catalog) -> Mapping[str, set[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for api in catalog.estate.apis.values():
        if api.value.system:
            found[api.value.system].add(api.team)
    return found


def _owner(catalog: Catalog, owner: str | None, teams: Iterable[str]) -> str:
    """Say who answers: the team that is named, else the platform team, else the first that has to do with it."""
    declarations = catalog.estate.declarations
    others = sorted(teams) or sorted(declarations.teams)
    return catalog.owners.reference(owner or declarations.guardrails.platform_team or others[0])
