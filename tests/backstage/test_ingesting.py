"""A real Backstage takes every entity, without a word of complaint, and shows each relation that is declared."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from backend import Backend, backend, served
from conftest import Desk
from declared import relations
from ruamel.yaml import YAML

Read = tuple[Backend, dict[str, Any], str]


@pytest.fixture(scope="module", params=["sample", "large"])
def desk(request: pytest.FixtureRequest) -> Desk:
    found: Desk = request.getfixturevalue(request.param)
    return found


@pytest.fixture(scope="module")
def read(desk: Desk, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Read]:
    """A backend that has read the catalog to its end."""
    names = written(desk).keys()
    with served(desk.catalog) as url:
        location = {"type": "url", "target": f"{url}/catalog-info.yaml"}
        with backend(tmp_path_factory.mktemp("backstage"), [location]) as running:
            yield running, running.settled(lambda found: names <= found.keys()), location["target"]


def written(desk: Desk) -> dict[str, Any]:
    found = {}
    for path in desk.catalog.glob("*.yaml"):
        for each in YAML(typ="safe").load_all(path):
            found[f"{each['kind']}:{each['metadata']['namespace']}/{each['metadata']['name']}".lower()] = each
    return found


def test_every_entity_is_there_without_an_error_and_nothing_dangles(desk: Desk, read: Read) -> None:
    running, found, _ = read
    there = {name: each for name, each in found.items() if not name.startswith("location:default/generated")}
    assert set(there) == {*written(desk), *_templates(desk)}
    wrong = {name: status for name, each in found.items() if (status := _errors(each))}
    assert not wrong
    dangling = [(name, target) for name, _, target in _relations(found) if target not in found]
    assert not dangling
    assert running.complaints() == []


def test_each_relation_of_the_declarations_is_shown_and_nobody_consumes_more(desk: Desk, read: Read) -> None:
    _, found, _ = read
    today = datetime.now(UTC).date().isoformat()
    wanted = relations(desk.access, "prod", today, _meant(found))
    assert len(wanted) > 50
    shown = set(_relations(found))
    assert wanted - shown == set()
    assert _consumed(shown) == _consumed(wanted)


def test_backstage_finds_nothing_wrong_with_any_entity(desk: Desk, read: Read) -> None:
    running, _, url = read
    refused = {}
    templates = [YAML(typ="safe").load(path) for path in desk.catalog.glob("templates/*/template.yaml")]
    assert bool(templates) == (desk.access / "backstage.yaml").exists()
    made = {**written(desk), **{f"template {each['metadata']['name']}": each for each in templates}}
    for name, entity in made.items():
        if isinstance(entity["spec"].get("definition"), dict):
            entity["spec"]["definition"] = "the text of a file"
        said = running.tell("/catalog/validate-entity", {"entity": entity, "location": f"url:{url}"})
        if said.status_code != 200:
            refused[name] = said.text[:300]
    assert not refused


def _meant(found: Mapping[str, Any]) -> dict[str, str]:
    """Give the entity of each API in Azure, product and grant, by what its annotations say that it is."""
    meant = {}
    for name, entity in found.items():
        said = entity["metadata"].get("annotations") or {}
        if name.startswith("api:"):
            meant[f"api:{said['management.azure.com/resourceId'].rpartition('/')[2]}".lower()] = name
        elif (kind := entity.get("spec", {}).get("type")) in ("apim-product", "apim-grant"):
            what = kind.removeprefix("apim-")
            meant[f"{what}:{said[f'apim-reconciler/{what}']}"] = name
    return meant


def _consumed(relations: Iterable[tuple[str, str, str]]) -> set[tuple[str, str, str]]:
    return {each for each in relations if each[1] == "consumesApi"}


def _errors(entity: Mapping[str, Any]) -> list[Any]:
    return [each for each in (entity.get("status") or {}).get("items") or () if each["level"] == "error"]


def _relations(found: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    for name, entity in found.items():
        for each in entity.get("relations") or ():
            yield name, each["type"], each["targetRef"]


def _templates(desk: Desk) -> list[str]:
    return [f"template:default/{path.parent.name}" for path in desk.catalog.glob("templates/*/template.yaml")]
