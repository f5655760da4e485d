"""An estate and what lives in; the name that each API, product, system, grant and caller has in its catalog out."""

from collections import Counter, defaultdict
from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass

from reconciler.backstage.estate import Estate
from reconciler.backstage.names import names
from reconciler.declarations import Declared, Grant


@dataclass(frozen=True, slots=True)
class Named:
    """APIs and products by their ids in the service, systems by what is said; grants, and who calls, by the file."""

    apis: Mapping[str, str]
    products: Mapping[str, str]
    systems: Mapping[str, str]
    grants: Mapping[str, str]
    callers: Mapping[str, str]


def named(estate: Estate, living: Container[str]) -> Named:
    """Name everything. An API that a file declares and the service lacks has no name, for there is none."""
    titles = {product: each.name for product, each in estate.products.items()}
    grants = {use.grant.path: use.grant for use in estate.uses}
    captions, callers = _captions(grants), _callers(grants)
    products, called = names(titles.values()), names(callers.values())
    granted = names(captions.values(), taken=products.values())  # both are Resources
    return Named(
        names(api for api in sorted(estate.apis) if api in living),
        {product: products[title] for product, title in titles.items()},
        names(sorted({*estate.declarations.backstage.systems, *_systems(estate)})),
        {path: granted[caption] for path, caption in captions.items()},
        {path: called[caller] for path, caller in callers.items()},
    )


def _systems(estate: Estate) -> Iterator[str]:
    return (api.value.system for api in estate.apis.values() if api.value.system)


def _captions(grants: Mapping[str, Declared[Grant]]) -> Mapping[str, str]:
    """Say whose it is and what; `c` of team `a-b` and `b-c` of team `a` stay two."""
    said = {path: f"{grant.team}-{grant.name}" for path, grant in grants.items()}
    times = Counter(said.values())
    return {
        path: text if times[text] == 1 else f"{grants[path].team}/{grants[path].name}" for path, text in said.items()
    }


def _callers(grants: Mapping[str, Declared[Grant]]) -> Mapping[str, str]:
    """Say who calls: the component that a grant names, or its team; two teams' components of one name stay two."""
    said = {path: grant.value.component or grant.team for path, grant in grants.items()}
    teams = defaultdict(set)
    for path, name in said.items():
        teams[name].add(grants[path].team)
    return {path: f"{grants[path].team}-{name}" if len(teams[name]) > 1 else name for path, name in said.items()}
