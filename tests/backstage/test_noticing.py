"""What is wrong with a catalog is noticed: the tests of ours would fail, had ours such a fault."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from backend import Backend, backend, served
from ruamel.yaml import YAML

HEAD = "apiVersion: backstage.io/v1alpha1\n"
FILES = {
    "catalog-info.yaml": HEAD
    + "kind: Location\nmetadata: {name: all}\nspec: {targets: [./right.yaml, ./wrong.yaml, ./more.yaml]}\n",
    "more.yaml": HEAD + "kind: Location\nmetadata: {name: more}\nspec: {targets: [./lost.yaml]}\n",
    "right.yaml": HEAD
    + "kind: API\nmetadata: {name: right}\n"
    + "spec: {type: openapi, lifecycle: production, owner: nobody, definition: {$text: ./right.json}}\n",
    "right.json": '{"openapi": "3.0.0"}',
    "wrong.yaml": HEAD
    + "kind: API\nmetadata: {name: wrong, annotations: {a/days: 365}}\n"
    + "spec: {type: openapi, lifecycle: production, definition: x}\n",
}
WRONG = {
    "/spec must have required property 'owner'": lambda entity: entity["spec"].pop("owner"),
    "annotations": lambda entity: entity["metadata"].update(annotations={"a/days": 365}),
    "metadata.name": lambda entity: entity["metadata"].update(name="orders;rev=2"),
    "tags": lambda entity: entity["metadata"].update(tags=["Key and token"]),
}


@pytest.fixture(scope="module")
def read(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Backend, str]]:
    folder = tmp_path_factory.mktemp("faults")
    for name, text in FILES.items():
        (folder / name).write_text(text)
    with served(folder) as url:
        target = f"{url}/catalog-info.yaml"
        with backend(tmp_path_factory.mktemp("noticing"), [{"type": "url", "target": target}]) as running:
            yield running, target


def test_what_is_refused_and_what_is_not_there_is_complained_of_and_what_dangles_is_seen(
    read: tuple[Backend, str],
) -> None:
    running, _ = read
    found = running.settled(lambda found: "api:default/right" in found and len(running.complaints()) > 1)
    assert "api:default/wrong" not in found
    assert {"type": "ownedBy", "targetRef": "group:default/nobody"} in found["api:default/right"]["relations"]
    assert "group:default/nobody" not in found
    said = "\n".join(running.complaints())
    assert "api:default/wrong" in said
    assert "lost.yaml" in said


@pytest.mark.parametrize("said", WRONG)
def test_an_entity_that_is_wrong_is_refused(read: tuple[Backend, str], said: str) -> None:
    running, target = read
    entity: dict[str, Any] = YAML(typ="safe").load(FILES["right.yaml"])
    assert running.tell("/catalog/validate-entity", {"entity": entity, "location": f"url:{target}"}).status_code == 200
    WRONG[said](entity)
    answer = running.tell("/catalog/validate-entity", {"entity": entity, "location": f"url:{target}"})
    assert answer.status_code == 400
    assert said in answer.text


def test_a_backend_is_gone_when_its_block_ends(tmp_path: Path) -> None:
    with backend(tmp_path, []) as running:
        assert running.process.poll() is None
    assert running.process.poll() is not None
