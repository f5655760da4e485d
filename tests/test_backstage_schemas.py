"""Every entity of a catalog is one by Backstage's own JSON schemas, and each reference leads to one."""

from collections.abc import Iterator, Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any

import backstage_rules
import pytest
from backstage_rules import dangling, reference, refused
from organisations import SERVICE, files, organisation
from ruamel.yaml import YAML
from test_backstage import GRANT, catalog, entities

from reconciler.backstage.writing import files as folder
from reconciler.load import load
from reconciler.sources import from_folder

pytestmark = pytest.mark.skipif(
    not backstage_rules.PRESENT, reason="Backstage's schemas are not here: `make test` fetches them where npm is"
)
ACCESS = Path(__file__).parents[1] / "access"
STRANGE = {
    "orders v2 (EU)": {"displayName": "É \u202e", "path": "orders"},
    "Orders_-v2-": {"displayName": " x ", "path": ""},
    "x" * 80: {"displayName": "x" * 300, "path": "a b/{c}?d"},
    "2024": {"displayName": "2024", "path": "2024", "description": "- a: b\n# ${{ x }}"},
}


def sample() -> list[Mapping[str, Any]]:
    """Give the sample organisation's catalog, whose service has what is declared."""
    contents = {path: content.decode() for path, content in from_folder(ACCESS).contents.items()}
    contents["environments.yaml"] = f"prod: {{service: {SERVICE}, variables: {{letter: p}}}}"
    loaded = load(from_folder(ACCESS)).declarations
    names = [each.value.api.replace("$(letter)", "p").replace("$(env)", "prod") for each in loaded.apis]
    made = catalog(contents, {f"apis/{name}": {"displayName": name, "path": name} for name in names})
    return [*entities(made).values()]


def strange() -> list[Mapping[str, Any]]:
    """Give the catalog of a company with names that Backstage would not take."""
    product = {"display_name": "P", "environments": ["prod"], "apis": [*STRANGE], "manage": "product"}
    made = organisation(
        **{
            "backstage.yaml": {"repository": "contoso/access", "systems": {"s": {"domain": "d"}}},
            "commerce/apis.yaml": [{"api": each, "system": "Shop & Co"} for each in STRANGE],
            "commerce/products/orders.yaml": product,
            "checkout/grants/orders.yaml": {**GRANT, "key": True, "component": "Web Shop / (EU)"},
        }
    )
    company = catalog(made, {f"apis/{name}": each for name, each in STRANGE.items()})
    templates = [text for name, text in folder(company).items() if name.endswith("/template.yaml")]
    assert len(templates) == 5
    return [*entities(company).values(), *(YAML(typ="safe").load(each) for each in templates)]


@pytest.fixture(scope="module", params=["sample", "strange"])
def made(request: pytest.FixtureRequest) -> list[Mapping[str, Any]]:
    return sample() if request.param == "sample" else strange()


def test_backstage_refuses_no_entity(made: list[Mapping[str, Any]]) -> None:
    assert {each["kind"] for each in made} >= {"API", "Resource", "Component", "Group", "System"}
    assert {reference(each): found for each in made if (found := refused(each))} == {}


def test_each_reference_leads_to_an_entity_and_no_two_have_one_name(made: list[Mapping[str, Any]]) -> None:
    assert dangling(made) == []


@pytest.mark.parametrize("namespace", ["Access", "prod.eu", "prod_eu"])
def test_a_namespace_that_backstage_would_refuse_is_refused_here(namespace: str) -> None:
    entity = {**strange()[0], "metadata": {"name": "a", "namespace": namespace}}
    assert f"metadata: {namespace!r} is no namespace" in refused(entity)
    (problem,) = load(files(organisation(**{"backstage.yaml": {"namespace": namespace}}))).problems
    assert problem.path == "access/backstage.yaml"


def broken() -> Iterator[tuple[str, Any, Any]]:
    yield "spec.owner", None, "'owner' is a required property"
    yield "spec.definition", "", "definition"
    yield "spec.definition", 7, "7 is not of type 'string'"
    yield "spec.lifecycle", [], "[] is not of type 'string'"
    yield "metadata.name", "orders;rev=2", "is no name"
    yield "metadata.name", "x" * 64, "is no name"
    yield "metadata.name", "orders-", "is no name"
    yield "metadata.namespace", "Prod.EU", "is no namespace"
    yield "metadata.annotations", {"apim-reconciler/days": 365}, "is not of type 'string'"
    yield "metadata.annotations", {"a/b/c": "x"}, "'a/b/c' is no annotation"
    yield "metadata.annotations", {"Apim/x": "x"}, "'Apim/x' is no annotation"
    yield "metadata.tags", ["Key and token"], "is no tag"
    yield "metadata.links", [{"url": "orders"}], "is no link"
    yield "metadata.links", [{"url": "https://a.example", "title": " "}], "is no title"
    yield "status", {}, "status is no field"
    yield "apiVersion", "backstage.io/v2", "no schema ApiV2"


@pytest.mark.parametrize(("where", "value", "said"), [*broken()])
def test_what_backstage_would_refuse_is_noticed(where: str, value: Any, said: str) -> None:
    entity = deepcopy(dict(next(each for each in strange() if each["kind"] == "API")))
    *path, last = where.split(".")
    place = entity
    for each in path:
        place = place[each]
    if value is None:
        del place[last]
    else:
        place[last] = value
    assert any(said in each for each in refused(entity)), refused(entity)


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"owner": "group:default/nobody"}, "group:default/nobody"),
        ({"owner": "nobody"}, "group:default/nobody"),
        ({"dependsOn": ["orders"]}, "orders, which is no reference"),
        ({"consumesApis": ["api:elsewhere/orders"]}, "api:elsewhere/orders"),
    ],
)
def test_a_reference_that_leads_nowhere_is_noticed(said: Mapping[str, Any], told: str) -> None:
    made = strange()
    component = next(each for each in made if each["kind"] == "Component")
    lost = {**component, "spec": {**component["spec"], **said}}
    assert dangling([*made[: made.index(component)], lost, *made[made.index(component) + 1 :]]) == [
        f"{reference(component)}: {told}"
    ]
    assert dangling([*made, component]) == [f"{reference(component)} is there twice"]
