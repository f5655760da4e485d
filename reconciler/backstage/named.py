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
    captions, products = _captions(grants), names(titles.values())
    existing = estate.declarations.backstage.components == "existing"
    granted = names(captions.values(), taken=products.values())  # both are Resources
    return Named(
        names(api for api in sorted(estate.apis) if api in living),
        {product: products[title] for product, title in titles.items()},
        names(sorted({*estate.declarations.backstage.systems, *_systems(estate)})),
        {path: granted[caption] for path, caption in captions.items()},
        {path: _caller(grant) for path, grant in grants.items()} if existing else _callers(grants),
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
    """Name who calls: the component that a grant names, or its team; two teams' components of one name stay two."""
    said = {path: _caller(grant) for path, grant in grants.items()}
    teams = _teams(said, grants)
    apart = {path: f"{grants[path].team}-{name}" if len(teams[name]) > 1 else name for path, name in said.items()}
    teams = _teams(apart, grants)
    texts = {path: f"{grants[path].team}/{text}" if len(teams[text]) > 1 else text for path, text in apart.items()}
    made = names(texts.values())
    return {path: made[text] for path, text in texts.items()}


def _caller(grant: Declared[Grant]) -> str:
    return grant.value.component or grant.team


def _teams(texts: Mapping[str, str], grants: Mapping[str, Declared[Grant]]) -> Mapping[str, set[str]]:
    found = defaultdict(set)
    for path, text in texts.items():
        found[text].add(grants[path].team)
    return found
