"""A catalog in; the files of its folder, or one stream of documents, out: the same input gives the same bytes."""

import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from ruamel.yaml import YAML

from reconciler.backstage.apis import apis
from reconciler.backstage.callers import components, grants
from reconciler.backstage.catalog import DEFINITIONS, Catalog
from reconciler.backstage.entity import Entity
from reconciler.backstage.pages import pages
from reconciler.backstage.products import products
from reconciler.backstage.systems import domains, systems
from reconciler.backstage.templates import templates
from reconciler.commits import Commit
from reconciler.definitions.files import as_files

LOCATION: Final = "catalog-info.yaml"
"""The file that ties all others: the one that Backstage is told of."""

_WIDE: Final = 4096  # no line is broken


def documents(catalog: Catalog) -> Mapping[str, tuple[Entity, ...]]:
    """Give every entity, by the file that holds it; no file is empty."""
    made = {
        "groups.yaml": catalog.owners.groups(catalog.entities),
        "systems.yaml": (*domains(catalog), *systems(catalog)),
        "apis.yaml": apis(catalog),
        "products.yaml": products(catalog),
        "components.yaml": components(catalog),
        "grants.yaml": grants(catalog),
    }
    return {name: found for name, each in made.items() if (found := tuple(each))}


def files(catalog: Catalog, history: Sequence[Commit] = ()) -> Mapping[str, bytes]:
    """Give the folder's files."""
    found = {name: written(entities) for name, entities in documents(catalog).items()}
    texts = {f"{DEFINITIONS}/{name}": text for name, text in as_files(catalog.library, catalog.named.apis).items()}
    for name, (template, beside) in templates(catalog).items():
        found[f"{name}/template.yaml"] = written([template])
        texts |= {f"{name}/{file}": content for file, content in beside.items()}
    return {LOCATION: written([location(catalog, sorted(found))]), **found, **texts, **pages(catalog, history)}


def page(catalog: Catalog, kind: str, name: str) -> str:
    """Say where the page of an API lies, by its id, or of a product, by its name; of what does not live the list."""
    ids = {each.name: product for product, each in catalog.estate.products.items()}
    entity = catalog.named.apis.get(name) if kind == "api" else catalog.named.products.get(ids.get(name, ""))
    return f"docs/{kind}/{entity}/docs/index.md" if entity else f"{kind}s.yaml"


def stream(catalog: Catalog) -> bytes:
    """Give every entity in one stream."""
    return written(whole(catalog))


def whole(catalog: Catalog) -> Iterator[Entity]:
    """Give every entity, with its definition in its place."""
    texts = {f"./{file}": catalog.library[api].text for api in catalog.named.apis if (file := catalog.file_of(api))}
    return (_whole(entity, texts) for entities in documents(catalog).values() for entity in entities)


def location(catalog: Catalog, files: Iterable[str]) -> Entity:
    """Tie files together. Its type is left out, so that Backstage reads them the way that it reads this one."""
    spec = {"targets": [f"./{name}" for name in files]}
    return catalog.entities.entity("Location", "access", spec, title=f"Access to {catalog.estate.environment}")


def written(entities: Iterable[Entity]) -> bytes:
    """Write entities as documents of YAML."""
    yaml, stream = YAML(typ="safe", pure=False), io.StringIO()
    yaml.default_flow_style, yaml.allow_unicode, yaml.width = False, True, _WIDE
    yaml.sort_base_mapping_type_on_output = False  # type: ignore[assignment]
    for entity in entities:
        stream.write("---\n")
        yaml.dump(_plain(entity), stream)
    return stream.getvalue().encode()


def _whole(entity: Entity, texts: Mapping[str, str]) -> Entity:
    match entity:
        case {"spec": {"definition": {"$text": str(file)}} as spec}:
            return {**entity, "spec": {**spec, "definition": texts[file]}}
    return entity


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _plain(each) for key, each in value.items()}
    return [_plain(each) for each in value] if isinstance(value, list | tuple) else value
