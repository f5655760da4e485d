"""A catalog of Backstage holds what is declared, each under a valid name of its own, in the same bytes."""

import asyncio
import json
from collections.abc import Mapping
from io import StringIO
from typing import Any

import pytest
from cloud import Cloud
from hypothesis import given
from hypothesis import strategies as st
from organisations import SERVICE, TODAY, files, organisation
from ruamel.yaml import YAML

from reconciler.azure.seeing import see
from reconciler.backstage.catalog import Catalog
from reconciler.backstage.estate import Estate
from reconciler.backstage.names import names
from reconciler.backstage.seen import seen
from reconciler.backstage.writing import files as folder
from reconciler.backstage.writing import stream, whole
from reconciler.errors import AccessDenied, Refused
from reconciler.kept import MADE, changes
from reconciler.load import load
from reconciler.permissions import role

APIS = {
    "apis/orders": {"displayName": "Orders \u202e\x1b[31m", "path": "orders", "description": "Reads\n  and  places"},
    "apis/refunds": {"displayName": "Refunds", "path": "refunds"},
}
GRANT = {"environments": ["prod"], "reason": "r", "expires": "2027-06-30"}


def catalog(contents: Mapping[str, Any], apis: Mapping[str, Any] = APIS, **more: Any) -> Catalog:
    """Make it by the real client from the emulator."""

    async def read() -> Any:
        async with Cloud().seed(apis).session() as session:
            return await see(session)

    written = files(contents)
    loaded = load(written)
    assert not loaded.problems
    estate = Estate(loaded.declarations, "prod", day=TODAY)
    return Catalog(estate, seen(SERVICE, *asyncio.run(read())), written, **more)


def entities(made: Catalog) -> dict[str, Any]:
    found = YAML(typ="safe").load_all(StringIO(stream(made).decode()))
    return {f"{each['kind']}:{each['metadata']['name']}".lower(): each for each in found}


def test_owner_consumer_product_and_system_are_as_declared() -> None:
    made = catalog(
        organisation(
            **{
                "backstage.yaml": {"systems": {"shop": {"domain": "retail"}}, "repository": "contoso/access"},
                "commerce/apis.yaml": [{"api": "orders", "system": "shop", "lifecycle": "experimental"}],
                "checkout/grants/orders.yaml": {**GRANT, "key": True, "component": "web-shop"},
            }
        )
    )
    found = entities(made)
    assert found["api:orders"]["spec"] == {
        "type": "openapi",
        "lifecycle": "experimental",
        "owner": "group:default/commerce",
        "system": "system:default/shop",
        "definition": "No definition of this API is known: it was not fetched.",
        "declared": {"api": "orders"},
    }
    assert found["system:shop"]["spec"] == {"owner": "group:default/commerce", "domain": "domain:default/retail"}
    assert found["resource:orders"]["spec"]["dependsOn"] == ["api:default/orders"]
    assert found["component:web-shop"]["spec"]["consumesApis"] == ["api:default/orders"]
    assert found["component:web-shop"]["spec"]["owner"] == "group:default/checkout"
    metadata = found["api:orders"]["metadata"]
    assert metadata["annotations"]["management.azure.com/resourceId"] == f"{SERVICE}/apis/orders"
    assert metadata["annotations"]["backstage.io/edit-url"] == (
        "https://github.com/contoso/access/edit/main/access/commerce/apis.yaml"
    )
    assert metadata["links"][0]["url"] == "https://apim-test.azure-api.net/orders"
    assert metadata["title"] == "Orders \\u202e\\x1b[31m"
    assert metadata["description"] == "Reads and places"


def test_versions_of_an_api_are_told_apart_and_have_their_own_address() -> None:
    versions = {f"apiVersionSets/{name}": {"displayName": "Orders", "versioningScheme": name} for name in ("Segment",)}
    header = {"displayName": "Refunds", "versioningScheme": "Header", "versionHeaderName": "x-version"}
    versions["apiVersionSets/Header"] = header
    apis = {
        name: {**APIS[name], "displayName": "Orders", "apiVersion": "v2", "apiVersionSetId": f"/apiVersionSets/{of}"}
        for name, of in (("apis/orders", "Segment"), ("apis/refunds", "Header"))
    }
    found = entities(catalog(organisation(), {**versions, **apis}))
    assert {found[f"api:{name}"]["metadata"]["title"] for name in ("orders", "refunds")} == {"Orders (v2)"}
    assert found["api:orders"]["metadata"]["links"][0]["url"].endswith("azure-api.net/orders/v2")
    assert found["api:refunds"]["metadata"]["links"][0]["url"].endswith("azure-api.net/refunds")


def test_every_reference_leads_to_an_entity() -> None:
    more = {f"checkout/grants/{how}.yaml": {**GRANT, "product": "orders", how: True} for how in ("key", "portal")}
    around = {**GRANT, "key": True, "api": "*"}
    refunds = {**GRANT, "key": True, "api": "refunds"}
    made = catalog(
        organisation(**more, **{"checkout/grants/all.yaml": around, "commerce/grants/refunds.yaml": refunds})
    )
    found = entities(made)
    for entity in found.values():
        for value in entity["spec"].values():
            for reference in value if isinstance(value, list) else [value]:
                if isinstance(reference, str) and ":default/" in reference:
                    assert reference.replace("default/", "") in found
    assert found["component:checkout"]["spec"]["consumesApis"] == ["api:default/orders", "api:default/refunds"]
    assert found["resource:checkout-portal"]["metadata"]["annotations"]["apim-reconciler/how"] == "portal"
    assert found["resource:commerce-refunds"]["spec"]["dependsOn"] == ["api:default/refunds"]


def test_who_only_sees_it_in_the_portal_or_whose_access_is_over_calls_nothing() -> None:
    over = {**GRANT, "key": True, "product": "orders", "expires": "2026-11-22"}
    made = catalog(
        organisation(
            **{
                "checkout/grants/orders.yaml": {**GRANT, "portal": True},
                "a/grants/over.yaml": over,
                "a/team.yaml": {"display_name": "A"},
            }
        )
    )
    found = entities(made)
    assert "consumesApis" not in found["component:checkout"]["spec"]
    assert "component:a" not in found


def test_the_same_input_gives_the_same_bytes_and_only_what_differs_is_written() -> None:
    first, second = (folder(catalog(organisation())) for _ in range(2))
    assert first == second
    lying: dict[str, bytes] = {}
    made = changes(first, lying.get, folder="catalog")
    assert [*made] == [MADE, *sorted(first)]
    lying.update({name: content for name, content in made.items() if content is not None})
    assert changes(second, lying.get, folder="catalog") == {}
    grown = folder(catalog(organisation(**{"a/team.yaml": {"display_name": "A"}})))
    assert [*changes(grown, lying.get, folder="catalog")] == ["groups.yaml"]
    less = {name: content for name, content in first.items() if name != "grants.yaml"}
    assert changes(less, lying.get, folder="catalog") == {
        "grants.yaml": None,
        MADE: json.dumps(sorted(less), indent=0).encode() + b"\n",
    }


def test_what_somebody_else_made_is_never_written_over_or_taken_away() -> None:
    made = folder(catalog(organisation()))
    with pytest.raises(Refused, match=r"catalog/apis\.yaml was not made by this command"):
        changes(made, {"apis.yaml": b"own"}.get, folder="catalog")
    listed = json.dumps(["../../etc/passwd", "/etc/passwd", 7, "apis.yaml"]).encode()
    assert None not in changes(made, {MADE: listed}.get, folder="catalog").values()


def test_a_renewal_changes_the_day_and_nothing_else() -> None:
    text = "\ufeff# ours\nenvironments: [prod]\r\nkey: true\nexpires:   '2027-06-30'  # agreed\nreason: 2027-06-30 é\n"
    made = catalog(organisation(**{"checkout/grants/orders.yaml": text}))
    renewal = entities(made)["resource:checkout-orders"]["spec"]["renewal"]
    assert renewal["head"] + "2027-06-30" + renewal["tail"] == text
    assert renewal["head"].endswith("expires:   '")
    assert renewal["latest"] == "2027-11-23"
    apart = {**GRANT, "key": True, "in": {"prod": {"expires": "2027-01-01"}}}
    found = entities(catalog(organisation(**{"checkout/grants/orders.yaml": apart})))
    assert "renewal" not in found["resource:checkout-orders"]["spec"]


def test_groups_and_components_that_others_make_are_not_made_and_are_named_as_they_name_them() -> None:
    group = "5f0c0000-0000-0000-0000-000000000000"
    contents = organisation(
        **{
            "backstage.yaml": {"groups": "existing", "components": "existing"},
            "commerce/team.yaml": {"display_name": "Commerce", "entra_group": group},
            "checkout/grants/orders.yaml": {**GRANT, "key": True, "component": "web-shop"},
        }
    )
    made = catalog(contents, groups={group: "SG - Commerce & Friends (EU)"})
    found = entities(made)
    assert found["api:orders"]["spec"]["owner"] == "group:default/sg_-_commerce_friends_eu"
    assert not [name for name in found if name.startswith(("group:", "component:"))]
    assert found["resource:checkout-orders"]["spec"]["dependencyOf"] == ["component:default/web-shop"]
    assert made.owners.unknown() == ("checkout",)


SHOWN = role("backstage", [SERVICE], marks=[])["Actions"]
OPTIONAL = {"apis/schemas/read", "namedValues/read", "eventtypes/values/Read"}
"""Without these a catalog says less, or is read anew more often: other tests have them."""


@pytest.mark.parametrize("left_out", ["", *SHOWN])
def test_the_printed_role_is_enough_and_nothing_in_it_is_too_much(left_out: str) -> None:
    cloud = Cloud().seed(APIS)
    cloud.azure.grant("catalog", {"actions": [each for each in SHOWN if each != left_out]})

    async def read() -> Any:
        async with cloud.session("catalog") as session:
            return await see(session)

    if left_out and not left_out.endswith(tuple(OPTIONAL)):
        with pytest.raises(AccessDenied):
            asyncio.run(read())
    else:
        assert set(seen(SERVICE, *asyncio.run(read())).apis) >= {"orders", "refunds"}


def test_two_teams_call_by_one_component_that_others_make_and_by_one_name_of_ours_they_stay_two() -> None:
    web = {**GRANT, "key": True, "component": "web"}
    grants = {f"{team}/grants/orders.yaml": web for team in ("checkout", "commerce")}
    wrong = {"checkout/grants/wrong.yaml": {**web, "product": "orders", "component": "web shop"}}

    def callers(**settings: str) -> list[Any]:
        found = entities(catalog(organisation(**grants, **wrong, **{"backstage.yaml": settings})))
        return [
            each["spec"].get("dependencyOf") for name, each in found.items() if each["spec"]["type"] == "apim-grant"
        ]

    assert callers(components="existing", namespace="access") == [
        ["component:default/web"],
        None,
        ["component:default/web"],
    ]
    first, _, second = callers()
    assert (first, second) == (["component:default/checkout-web"], ["component:default/commerce-web"])


def test_no_two_teams_are_one_caller() -> None:
    teams = {"a": "web", "b": "web", "c": "a-web", "d": "A-Web", "e": None}
    more: dict[str, Any] = {f"{team}/team.yaml": {"display_name": team} for team in teams}
    for team, component in teams.items():
        named = {"component": component} if component else {}
        more[f"{team}/grants/orders.yaml"] = {**GRANT, "key": True, **named}
    found = entities(catalog(organisation(**more)))
    owners = [each["spec"]["owner"] for each in found.values() if each["kind"] == "Component"]
    assert sorted(owners) == [f"group:default/{team}" for team in sorted({*teams, "checkout"})]


@given(st.lists(st.text(min_size=1, max_size=90), max_size=8))
def test_names_are_valid_and_each_its_own_whatever_they_come_from(texts: list[str]) -> None:
    made = names(texts)
    assert set(made) == set(texts)
    assert len({name.lower() for name in made.values()}) == len(made)
    for name in made.values():
        assert len(name) <= 63
        assert all(part.isascii() and part.isalnum() for part in name.replace("_", "-").replace(".", "-").split("-"))


@pytest.mark.parametrize(
    "more",
    [
        {"commerce/products/checkout-orders.yaml": {"environments": ["prod"]}},
        {
            **{f"commerce/products/{name}.yaml": {"environments": ["prod"]} for name in ("b-c", "c")},
            **{f"{team}/team.yaml": {"display_name": team} for team in ("a", "a-b")},
            **{f"{path}.yaml": {**GRANT, "key": True} for path in ("a/grants/b-c", "a-b/grants/c")},
        },
        {f"{'t' * 70}/team.yaml": {"display_name": "T"}},
    ],
    ids=["a product named as a grant is", "teams and grants that read alike", "a long team"],
)
def test_no_two_entities_of_a_kind_have_one_name_and_none_is_too_long(more: Mapping[str, Any]) -> None:
    made = [(each["kind"], each["metadata"]["name"].lower()) for each in whole(catalog(organisation(**more)))]
    assert len(made) == len({*made})
    assert max(len(name) for _, name in made) <= 63
    assert len(made) >= 8


def test_a_name_that_is_one_stays_and_does_not_depend_on_what_else_there_is() -> None:
    assert names(["orders", "orders;rev=2"]) == {"orders": "orders", **names(["orders;rev=2"])}
    both = names(["Orders", "orders"])
    assert both["Orders"].startswith("Orders-")
    assert both["orders"].startswith("orders-")
