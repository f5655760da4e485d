"""A real Backstage takes every entity, without a word of complaint, and shows each relation that is declared."""

import re
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


def test_each_relation_of_the_declarations_is_shown(desk: Desk, read: Read) -> None:
    _, found, _ = read
    today = datetime.now(UTC).date().isoformat()
    wanted = relations(desk.access, "prod", today)
    assert len(wanted) > 50
    named = set(_relations(found))
    assert {each for each in wanted if each[0] in found and each[2] in found} <= named
    calls = {each for each in named if each[1] == "consumesApi" and {each[0], each[2]} <= {*_named(wanted)}}
    assert calls == {each for each in wanted if each[1] == "consumesApi" and each[0] in found and each[2] in found}
    callers = {name for name in found if name.startswith("component:")}
    assert all(_digested(name) for name in callers - {*_named(wanted)})
    renamed = {each for each in wanted if each[0] not in found or each[2] not in found}
    assert all(len(each.partition("/")[2]) > 63 for row in renamed for each in (row[0], row[2]) if each not in found)


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


def _named(rows: Iterable[tuple[str, str, str]]) -> Iterator[str]:
    return (name for row in rows for name in (row[0], row[2]))


def _digested(name: str) -> bool:
    return re.search("-[0-9a-f]{8}$", name) is not None


def _errors(entity: Mapping[str, Any]) -> list[Any]:
    return [each for each in (entity.get("status") or {}).get("items") or () if each["level"] == "error"]


def _relations(found: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    for name, entity in found.items():
        for each in entity.get("relations") or ():
            yield name, each["type"], each["targetRef"]


def _templates(desk: Desk) -> list[str]:
    return [f"template:default/{path.parent.name}" for path in desk.catalog.glob("templates/*/template.yaml")]
