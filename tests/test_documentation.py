"""What the documents and the sample say, held to the code: every YAML block, link, verb, schema and figure."""

import ast
import json
import re
from collections.abc import Iterator
from dataclasses import fields, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import jsonschema
import pytest
import typer.main
from cloud import Cloud
from organisations import ENDPOINT, TODAY, environment, files

from reconciler.check import check, ended
from reconciler.cli import app
from reconciler.cli.demo_service import before_adoption
from reconciler.document import parse
from reconciler.emulator import Azure, Fault
from reconciler.emulator.admin import answered
from reconciler.emulator.wire import taken_apart
from reconciler.load import load
from reconciler.naming import fill_in
from reconciler.schemas import schemas
from reconciler.sources import from_folder

ROOT = Path(__file__).parents[1]
DOCUMENTS = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    ROOT / "CHANGELOG.md",
    *sorted((ROOT / "docs").rglob("*.md")),
]
SAMPLE = from_folder(ROOT / "access")


def blocks(language: str) -> Iterator[tuple[str, str]]:
    for document in DOCUMENTS:
        for match in re.finditer(rf"^```{language}\n(.*?)^```$", document.read_text(), re.MULTILINE | re.DOTALL):
            yield f"{document.name}:{document.read_text()[: match.start()].count(chr(10)) + 1}", match[1]


YAML_BLOCKS = dict(blocks("yaml"))


def test_there_are_yaml_blocks() -> None:
    assert len(YAML_BLOCKS) >= 6


@pytest.mark.parametrize("place", YAML_BLOCKS)
def test_a_yaml_block_in_the_documents_is_valid(place: str) -> None:
    text = YAML_BLOCKS[place]
    named = re.match(r"# access/(\S+)\n", text)
    assert named, f"{place}: the block's first line names no file"
    around: dict[str, Any] = {
        "environments.yaml": {
            "dev": environment(variables={"letter": "d"}),
            "prod": environment(variables={"letter": "p"}),
        },
        "commerce/team.yaml": {"display_name": "Commerce"},
        "commerce/apis.yaml": [{"api": "orders-$(letter)"}],
        "commerce/products/orders.yaml": {"environments": ["dev", "prod"]},
        "checkout/team.yaml": {"display_name": "Checkout"},
        "commerce/products/refunds.yaml": {"environments": ["prod"]},
        "platform/team.yaml": {"display_name": "Platform"},
        "security/team.yaml": {"display_name": "Security"},
    }
    written = files(around | {named[1]: text})
    loaded = load(written)
    assert [*map(str, [*loaded.problems, *check(loaded, written, TODAY), *ended(loaded, written, TODAY)])] == []


def test_the_module_for_backstage_is_the_one_that_is_tried() -> None:
    (shown,) = dict(blocks("js")).values()
    assert shown == (ROOT / "tests/backstage/access.js").read_text()


def test_every_relative_link_leads_somewhere() -> None:
    for document in DOCUMENTS:
        for target in re.findall(r"\]\((?!https?:)([^)#]+)", document.read_text()):
            assert (document.parent / target).exists(), f"{document.name}: {target}"


def test_every_command_in_the_documents_exists() -> None:
    commands = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    seen = 0
    for place, text in blocks("console"):
        for verb, rest in re.findall(r"^\$? ?reconciler ([a-z-]+)(.*)$", text, re.MULTILINE):
            assert verb in commands, f"{place}: {verb}"
            known = {option for each in commands[verb].params for option in each.opts}
            for option in re.findall(r"(?<!\S)--[a-z-]+", rest.partition("#")[0].partition('"$(')[0]):
                assert option in known, f"{place}: {verb} {option}"
            seen += 1
    assert seen >= 6


def test_the_sample_reads_like_a_company() -> None:
    loaded = load(SAMPLE)
    assert [*loaded.problems, *check(loaded, SAMPLE, TODAY), *ended(loaded, SAMPLE, TODAY)] == []
    found = loaded.declarations
    assert 6 <= len(found.teams) <= 8
    assert len(found.apis) == 40
    assert len(found.products) >= 12
    assert len(found.grants) >= 30
    assert set(found.environments) == {"dev", "prod"}


@pytest.mark.parametrize("name", ["dev", "prod"])
def test_the_sample_comes_to_rest_in_each_environment(name: str) -> None:
    declarations = load(SAMPLE).declarations
    place = declarations.environments[name]
    apis = {fill_in(api.value.api, {**place.variables, "env": name}) for api in declarations.apis}
    cloud = Cloud(service=place.service, environment=name)
    if name == "prod":
        cloud.seed(before_adoption(apis))
    local = place.model_copy(update={"endpoint": ENDPOINT})
    declarations = replace(declarations, environments={name: local})
    plan = cloud.converge(declarations)
    assert plan.written.changes
    assert cloud.plan(declarations, declarations).written.changes == ()


def schema_of(path: str) -> str | None:
    name = path.rsplit("/", 1)[-1]
    if not name.endswith(".yaml"):
        return None
    kinds = {
        "environments.yaml": "environments",
        "guardrails.yaml": "guardrails",
        "team.yaml": "team",
        "apis.yaml": "apis",
    }
    return kinds.get(name) or {"products": "product", "grants": "grant"}[path.split("/")[1]]


def test_the_published_schemas_accept_every_file_of_the_sample() -> None:
    for path, content in SAMPLE.contents.items():
        if name := schema_of(path):
            schema = json.loads((ROOT / "schemas" / f"{name}.json").read_text())
            jsonschema.validate(parse(path, content), schema)
            assert f"schemas/{name}.json" in content.decode().partition("\n")[0]


def test_the_published_schemas_are_fresh_and_refuse_what_the_models_refuse() -> None:
    for name, text in schemas().items():
        assert (ROOT / "schemas" / name).read_text() == text
        schema = json.loads(text)
        jsonschema.Draft202012Validator.check_schema(schema)
        wrong: Any = [{"nonsense": 1}] if schema.get("type") == "array" else {"nonsense": 1}
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(wrong, schema)


def properties(schema: Any, path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    if isinstance(schema, dict):
        for key, value in (schema.get("properties") or {}).items():
            yield f"{path}/{key}", value
        for key, value in schema.items():
            yield from properties(value, f"{path}/{key}")


@pytest.mark.parametrize("name", sorted(set(schemas()) - {"plan.json"}))
def test_an_editor_can_explain_every_key(name: str) -> None:
    schema = json.loads(schemas()[name])
    told = {f"#/$defs/{key}" for key, each in schema.get("$defs", {}).items() if each.get("description")}
    explained = [(path, each.get("description") or each.get("$ref") in told) for path, each in properties(schema)]
    silent = [path for path, text in explained if not text]
    assert silent == []


def test_what_the_guide_asks_of_the_local_azure_is_answered() -> None:
    guide = (ROOT / "docs" / "emulator.md").read_text()
    line = r"""^\$ curl --cacert "\$SSL_CERT_FILE"(?: -X (\w+))? "?(https:[^\s"]+)"?(?: -d '(.*)')?$"""
    asked = re.findall(line, guide, re.MULTILINE)
    assert len(asked) == len(re.findall(r"^\$ curl .*/_admin/", guide, re.MULTILINE))
    for method, url, body in asked:
        at = urlsplit(url)
        call = taken_apart(method or "GET", at.path, at.query, {}, body=body.encode())
        answer = answered(Azure(), call, host="127.0.0.1")
        assert answer is not None
        assert answer.status in (200, 204), url


def test_the_guide_names_everything_a_rule_may_have() -> None:
    guide = (ROOT / "docs" / "emulator.md").read_text()
    assert [each.name for each in fields(Fault) if f"`{each.name}`" not in guide] == []


THREATS = (
    *("writes yaml", "a fork", "workflow on a branch", "compromised action", "stolen plan", "token that reads"),
    *("token that applies", "content in api management", "man in the middle", "too many rights"),
)
_NAMED_TEST = re.compile(r"`((?:[a-z_]+/)?test_[a-z_]+\.py)::(test_[a-z0-9_]+)`")


def test_every_threat_names_tests_that_there_are_and_what_is_not_stopped() -> None:
    sections = (ROOT / "docs/security.md").read_text().split("\n## ")
    for threat in THREATS:
        (section,) = [each for each in sections if threat in each.partition("\n")[0].lower()]
        assert _NAMED_TEST.search(section), threat
        assert "**Not stopped:**" in section, threat
        rows = [line for line in section.splitlines() if line.startswith("| ") and "what they try" not in line]
        assert [row for row in rows if not _NAMED_TEST.search(row)] == [], threat
    named = {each for section in sections for each in _NAMED_TEST.findall(section)}
    assert len(named) > 80
    there = {(path, name) for path, _ in named for name in _tests_of(ROOT / "tests" / path)}
    assert named - there == set()


def _tests_of(path: Path) -> set[str]:
    """Name the tests of a file, as they are collected: functions, not words in a comment."""
    tree = ast.parse(path.read_text()) if path.is_file() else ast.Module([], [])
    return {each.name for each in tree.body if isinstance(each, (ast.FunctionDef, ast.AsyncFunctionDef))}
