"""A catalog and the history of its files in; a page for each API and each product, as TechDocs wants them, out."""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined

from reconciler.backstage.catalog import Catalog
from reconciler.backstage.estate import Use
from reconciler.backstage.operations import operations
from reconciler.backstage.rules import rules
from reconciler.commits import Commit
from reconciler.report.markdown import inert

_PAGE: Final = Environment(
    loader=PackageLoader("reconciler.backstage"),
    autoescape=False,  # noqa: S701  Markdown: a text of others is made inert where it comes in
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
).get_template("page.md")
_CHANGES, _OPERATIONS = 30, 500  # a page that nobody can scroll is read by nobody


def pages(catalog: Catalog, history: Sequence[Commit]) -> Mapping[str, bytes]:
    """Give a site for each: `mkdocs.yml`, and the page."""
    made: dict[str, bytes] = {}
    for api, name in catalog.named.apis.items():
        made.update(_site(f"docs/api/{name}", catalog.seen.apis[api].title, _of_api(catalog, api, history)))
    for product, name in catalog.named.products.items():
        made.update(_site(f"docs/product/{name}", catalog.title_of(product), _of_product(catalog, product, history)))
    return made


def _site(folder: str, title: str, page: Mapping[str, Any]) -> Iterator[tuple[str, bytes]]:
    settings = {"site_name": title, "plugins": ["techdocs-core"], "nav": [{"Access": "index.md"}]}
    yield f"{folder}/mkdocs.yml", (json.dumps(settings, indent=2, ensure_ascii=False) + "\n").encode()
    yield f"{folder}/docs/index.md", _PAGE.render(title=inert(title), **page).encode()


def _of_api(catalog: Catalog, api: str, history: Sequence[Commit]) -> Mapping[str, Any]:
    declared, seen = catalog.estate.apis[api], catalog.seen.apis[api]
    on = sorted(product for product, apis in catalog.estate.linked.items() if api in apis)
    asked = [f"* {_entity(catalog, 'resource', catalog.named.products[each], catalog.title_of(each))}" for each in on]
    nowhere = "It is on no product. Nobody can ask for it until its owner puts it on one."
    return {
        "about": inert(declared.value.description or seen.description),
        "facts": {
            "Owner": _team(catalog, declared.team),
            "Lifecycle": inert(declared.value.lifecycle or "production"),
            "System": inert(declared.value.system or ""),
            "Data": inert(declared.value.classification or ""),
            f"Endpoint in {catalog.estate.environment}": _code(catalog.endpoint(api)),
        },
        "access": ["Ask for a product that it is on:", "\n".join(asked)] if on else [nowhere],
        "rules": [
            f"{inert(catalog.title_of(each))}: {inert(line)}" for each in on for line in rules(_says(catalog, each))
        ],
        "consumers": _consumers(catalog, [use for use in catalog.estate.uses if api in use.apis]),
        "operations": [
            [inert(each.method), inert(each.path), inert(each.summary)]
            for each in operations(catalog.library[api])[:_OPERATIONS]
        ],
        "history": _changes(catalog, history, {declared.path, *(catalog.estate.products[each].path for each in on)}),
    }


def _of_product(catalog: Catalog, product: str, history: Sequence[Commit]) -> Mapping[str, Any]:
    declared = catalog.estate.products[product]
    uses = [use for use in catalog.estate.uses if use.product == product]
    apis = [api for api in catalog.estate.linked.get(product, ()) if api in catalog.named.apis]
    named = (_entity(catalog, "api", catalog.named.apis[api], catalog.seen.apis[api].title) for api in apis)
    return {
        "about": inert(catalog.about(product)),
        "facts": {
            "Owner": _team(catalog, declared.team),
            "Environments": inert(", ".join(declared.value.environments)),
            "APIs": ", ".join(named),
        },
        "access": list(_asking(catalog, product)),
        "rules": [inert(line) for line in rules(_says(catalog, product))],
        "consumers": _consumers(catalog, uses),
        "operations": [],
        "history": _changes(catalog, history, {declared.path, *(use.grant.path for use in uses)}),
    }


def _says(catalog: Catalog, product: str) -> Mapping[str, Any]:
    """Give what its file says there, and below that whether Azure asks for a key."""
    declared, seen = catalog.estate.products[product], catalog.seen.products.get(product)
    return {"subscription_required": seen is None or seen.asks_for_key, **catalog.estate.says(declared)}


def _asking(catalog: Catalog, product: str) -> Iterator[str]:
    """Say how to ask for a product, and who decides."""
    declared, settings = catalog.estate.products[product], catalog.estate.declarations.backstage
    if settings.repository is not None:
        yield f"Open [Request access](/create/templates/{settings.namespace}/access-request), and choose it there."
    yield f"By hand: `reconciler request --product {declared.name}`, or a file such as"
    yield (
        f"```yaml\n# {settings.folder}/YOUR-TEAM/grants/{declared.name}.yaml\n"
        f"environments: [{', '.join(declared.value.environments)}]\nkey: true\nreason: ...\nexpires: YYYY-MM-DD\n```"
    )
    if declared.value.approval == "automatic":
        yield "Within everybody's rules it is given without an approval."
    else:
        deciding = dict.fromkeys((declared.team, *(declared.value.approvers or ())))
        yield f"{' or '.join(_team(catalog, team) for team in deciding)} decides."
    says = catalog.estate.says(declared)
    longest = says.get("max_duration") or catalog.estate.declarations.guardrails.max_duration
    if not isinstance(longest, str):
        yield f"Access lasts for {longest} days at most, and can be renewed."


def _consumers(catalog: Catalog, uses: Iterable[Use]) -> list[list[str]]:
    rows = []
    for use in uses:
        caller, access = catalog.named.callers[use.grant.path], use.access
        through = use.grant.name if use.product is None else catalog.title_of(use.product)
        until = access.until.isoformat() if access.until else "until it is taken back"
        who = f"{inert(caller)}, of {_team(catalog, use.grant.team)}"
        rows.append([who, inert(through), access.how, inert(access.tier or ""), until])
    return sorted(rows)


def _changes(catalog: Catalog, history: Sequence[Commit], paths: Collection[str]) -> list[str]:
    found = [each for each in history if not each.paths.isdisjoint(paths)][:_CHANGES]
    return [f"{each.day.isoformat()}: {inert(each.subject)} ({_commit(catalog, each.sha)})" for each in found]


def _commit(catalog: Catalog, sha: str) -> str:
    settings = catalog.estate.declarations.backstage
    short = f"`{sha[:9]}`"
    return f"[{short}](https://{settings.host}/{settings.repository}/commit/{sha})" if settings.repository else short


def _code(text: str) -> str:
    return f"`{text.replace('`', '')}`" if text else ""


def _team(catalog: Catalog, team: str) -> str:
    return inert(catalog.estate.declarations.teams[team].value.display_name)


def _entity(catalog: Catalog, kind: str, name: str, title: str) -> str:
    return f"[{inert(title)}](/catalog/{catalog.estate.declarations.backstage.namespace}/{kind}/{name})"
