"""Microsoft Graph's groups: found by name and id, paged, refused as Graph refuses; and who looks them up."""

import json
from pathlib import Path
from typing import Any

import pytest
from caller import SERVICE, Arm, Reply

from reconciler.emulator import Azure, SeedError
from reconciler.emulator.seed_file import plant_values
from reconciler.emulator.state_file import load, save

CHECKOUT = "5f0c0000-0000-0000-0000-000000000001"
ANN = "a0000000-0000-0000-0000-000000000001"
GRAPH = "https://graph.microsoft.com"


@pytest.fixture
def arm() -> Arm:
    azure = Azure()
    azure.directory.add_user("Ann Ant", ANN, userPrincipalName="ann@contoso.example", mail="ann@contoso.example")
    azure.directory.add_group("Checkout", CHECKOUT, members=[ANN], description="Who sells")
    return Arm(azure)


def graph(arm: Arm, path: str, *, query: str = "", method: str = "GET", audience: str = GRAPH) -> Reply:
    token = arm.azure.token("tests", audience=audience)
    path = path if path.startswith("/") else f"/v1.0/{path}"
    return arm(method, path, query=query, version="", headers={"authorization": f"Bearer {token}"})


def test_a_group_is_found_by_its_name_whatever_its_case(arm: Arm) -> None:
    arm.azure.directory.add_group("Payments")
    arm.azure.directory.add_group("O'Neill")
    found = graph(arm, "groups", query="$filter=displayName%20eq%20'checkout'").json
    assert [row["id"] for row in found["value"]] == [CHECKOUT]
    assert found["@odata.context"] == "https://localhost:8443/v1.0/$metadata#groups"
    assert "@odata.nextLink" not in found
    assert graph(arm, "groups", query="$filter=displayName%20eq%20'nobody'").json["value"] == []
    quoted = graph(arm, "groups", query="$filter=displayName%20eq%20'O''Neill'").json["value"]
    assert [row["displayName"] for row in quoted] == ["O'Neill"]


def test_a_group_has_graphs_properties_or_those_that_were_selected(arm: Arm) -> None:
    group = graph(arm, f"groups/{CHECKOUT.upper()}").json
    assert {"id": CHECKOUT, "displayName": "Checkout", "securityEnabled": True, "mail": None}.items() <= group.items()
    assert "members" not in group
    selected = graph(arm, f"groups/{CHECKOUT}", query="$select=id,displayName").json
    assert selected == {
        "@odata.context": "https://localhost:8443/v1.0/$metadata#groups(id,displayName)/$entity",
        "id": CHECKOUT,
        "displayName": "Checkout",
    }


def test_pages_are_followed_by_a_link_that_nobody_can_make_up(arm: Arm) -> None:
    for number in range(250):
        arm.azure.directory.add_group(f"Team {number}")
    names, page, pages = [], graph(arm, "groups", query="$select=displayName").json, 1
    while "@odata.nextLink" in page and pages < 10:
        names += [row["displayName"] for row in page["value"]]
        assert "skip" not in page["@odata.nextLink"].partition("?")[2].replace("%24skiptoken", "")
        path, _, query = page["@odata.nextLink"].removeprefix("https://localhost:8443").partition("?")
        page, pages = graph(arm, path, query=query).json, pages + 1
    names += [row["displayName"] for row in page["value"]]
    assert names == ["Checkout", *(f"Team {number}" for number in range(250))]
    assert pages == 3
    assert len(graph(arm, "groups", query="$top=7").json["value"]) == 7
    assert len(graph(arm, "groups", query="$top=999").json["value"]) == 251


def test_members_say_what_they_are_and_users_are_found_by_id_or_name(arm: Arm) -> None:
    parent = arm.azure.directory.add_group("Sales", members=[CHECKOUT, ANN])
    rows = graph(arm, f"groups/{parent}/members", query="$select=id,displayName").json["value"]
    assert rows == [
        {"@odata.type": "#microsoft.graph.group", "id": CHECKOUT, "displayName": "Checkout"},
        {"@odata.type": "#microsoft.graph.user", "id": ANN, "displayName": "Ann Ant"},
    ]
    for name in (ANN, "Ann@Contoso.example"):
        assert graph(arm, f"users/{name}").json["userPrincipalName"] == "ann@contoso.example"
    assert [row["id"] for row in graph(arm, "users").json["value"]] == [ANN]
    arm.azure.directory.remove(ANN)
    assert len(graph(arm, f"groups/{parent}/members").json["value"]) == 1


@pytest.mark.parametrize(
    ("path", "query", "status", "code"),
    [
        (f"groups/{ANN}", "", 404, "Request_ResourceNotFound"),
        (f"groups/{ANN}/members", "", 404, "Request_ResourceNotFound"),
        (f"users/{CHECKOUT}", "", 404, "Request_ResourceNotFound"),
        ("groups/nonsense", "", 400, "Request_BadRequest"),
        ("groups", "$filter=colour%20eq%20'red'", 400, "Request_BadRequest"),
        ("groups", "$filter=displayName%20eq", 400, "Request_BadRequest"),
        ("groups", "$select=colour", 400, "BadRequest"),
        ("groups", "$skiptoken=nonsense", 400, "Request_BadRequest"),
        ("groups", "$top=1000", 400, "Request_UnsupportedQuery"),
        ("groups", "$top=0", 400, "Request_UnsupportedQuery"),
        ("groups", "$orderby=displayName", 400, "Request_UnsupportedQuery"),
        ("nonsense", "", 400, "BadRequest"),
    ],
)
def test_refusals_have_graphs_shape(arm: Arm, path: str, query: str, status: int, code: str) -> None:
    refused = graph(arm, path, query=query)
    assert (refused.status, refused.error["code"]) == (status, code)
    assert {"date", "request-id", "client-request-id"} == set(refused.error["innerError"])


@pytest.mark.parametrize("audience", ["https://management.azure.com", "https://vault.azure.net"])
def test_graph_takes_only_its_own_tokens(arm: Arm, audience: str) -> None:
    refused = graph(arm, "groups", audience=audience)
    assert (refused.status, refused.error["code"]) == (401, "InvalidAuthenticationToken")
    assert refused.error["message"] == "Access token validation failure. Invalid audience."
    assert arm("GET", "/v1.0/groups", headers={"authorization": ""}).status == 401


def test_a_client_with_app_roles_for_graph_may_what_they_say(arm: Arm) -> None:
    arm.azure.app_role("tests", GRAPH, "User.Read.All")
    assert graph(arm, f"users/{ANN}").status == 200
    refused = graph(arm, f"groups/{CHECKOUT}")
    assert (refused.status, refused.error["code"]) == (403, "Authorization_RequestDenied")
    arm.azure.app_role("tests", GRAPH, "GroupMember.Read.All")
    assert graph(arm, f"groups/{CHECKOUT}/members").status == 200


def test_graph_is_read_only_and_counted_apart(arm: Arm) -> None:
    assert graph(arm, "groups", method="POST").status == 405
    assert (arm.azure.log.reads, arm.azure.log.writes) == (0, 0)
    assert [entry.principal for entry in arm.azure.log.at("graph")] == ["tests"]


def test_an_external_group_is_looked_up_once_the_directory_holds_any(arm: Arm) -> None:
    def put(name: str, external: str, on: Arm = arm) -> Reply:
        return on("PUT", f"groups/{name}", {"displayName": name, "type": "external", "externalId": external})

    for tenant in ("contoso.onmicrosoft.com", "7c9e0000-0000-0000-0000-000000000000"):
        assert put("checkout", f"aad://{tenant}/groups/{CHECKOUT}").status in {200, 201}
    for external, ending in (
        (f"aad://contoso.onmicrosoft.com/groups/{ANN}", f"Resource '{ANN}' does not exist or one of its queried"),
        (CHECKOUT, "Invalid URI: The format of the URI could not be determined."),
    ):
        refused = put("other", external)
        assert (refused.status, refused.error["code"]) == (400, "ValidationError")
        assert refused.error["message"].startswith(
            f"Failed to query Azure Active Directory graph due to error: {ending}"
        )
    assert "other" not in arm("GET", "groups").names
    assert put("any", f"aad://contoso.onmicrosoft.com/groups/{ANN}", on=Arm()).status == 201


def test_a_seed_fills_the_directory_and_a_state_keeps_it(tmp_path: Path) -> None:
    azure, again = Azure(), Azure()
    described: dict[str, Any] = {
        "groups": {CHECKOUT: {"displayName": "Checkout", "members": [ANN]}},
        "users": {ANN: {"displayName": "Ann Ant", "userPrincipalName": "ann@contoso.example"}},
    }
    plant_values(azure, {"directory": described, "services": {SERVICE: {}}})
    save(azure, tmp_path / "state.json")
    load(again, tmp_path / "state.json")
    for each in (azure, again):
        rows = graph(Arm(each), f"groups/{CHECKOUT}/members").json["value"]
        assert [row["userPrincipalName"] for row in rows] == ["ann@contoso.example"]
    assert (
        Arm(again)("PUT", "groups/x", {"displayName": "X", "type": "external", "externalId": "aad://t/groups/y"}).status
        == 400
    )
    assert json.dumps(again.directory.as_json()) == json.dumps(azure.directory.as_json())


@pytest.mark.parametrize(
    "described",
    [
        [],
        {"teams": {}},
        {"groups": {"not-a-guid": {"displayName": "G"}}},
        {"groups": {CHECKOUT: {}}},
        {"users": {ANN: {"displayName": "A", "colour": "red"}}},
    ],
)
def test_a_wrong_directory_in_a_seed_is_named(described: Any) -> None:
    with pytest.raises(SeedError, match="directory"):
        plant_values(Azure(), {"directory": described})


def test_the_federated_credentials_of_a_registered_application_are_listed(arm: Arm) -> None:
    issuer, subject = "https://token.actions.githubusercontent.com", "repo:contoso/access:environment:access-prod"
    arm.azure.applications.plant("c1", {"federated": [{"issuer": issuer, "subject": subject}]})
    path = "applications(appId='c1')/federatedIdentityCredentials"
    (row,) = graph(arm, path).json["value"]
    assert (row["issuer"], row["subject"], row["audiences"]) == (issuer, subject, ["api://AzureADTokenExchange"])
    assert graph(arm, path.replace("c1", "c2")).status == 404
    assert graph(arm, path, method="POST").status == 405
    arm.azure.applications.plant("tests", {"roles": {GRAPH: ["Group.Read.All"]}})
    assert graph(arm, path).status == 403
    arm.azure.applications.plant("tests", {"roles": {GRAPH: ["Application.Read.All"]}})
    assert graph(arm, path).status == 200


def test_service_principals_are_found_by_application_and_many_at_once(arm: Arm) -> None:
    apps = [arm.azure.directory.add_application(f"App {number}") for number in range(16)]
    off = arm.azure.directory.add_application("Off", accountEnabled=False)
    arm.azure.directory.add_group("Payments")

    def asked(ids: list[str], path: str = "servicePrincipals", key: str = "appId") -> Reply:
        values = ",".join(f"'{each}'" for each in ids)
        return graph(arm, path, query=f"$filter={key}%20in%20({values})&$select={key},displayName")

    found = asked([off.upper(), apps[3], ANN]).json["value"]
    assert found == [{"appId": apps[3], "displayName": "App 3"}, {"appId": off, "displayName": "Off"}]
    assert len(asked(apps[:15]).json["value"]) == 15
    refused = asked(apps)
    assert (refused.status, refused.error["code"]) == (400, "Request_UnsupportedQuery")
    assert refused.error["message"].endswith("'OR' operators: 16. Max allowed: 15.")
    assert [row["displayName"] for row in asked([CHECKOUT], "groups", "id").json["value"]] == ["Checkout"]
    assert graph(arm, "groups", query="$filter=id%20in%20()").status == 400
    disabled = graph(arm, "servicePrincipals", query="$filter=accountEnabled%20eq%20false").json["value"]
    assert [(row["appId"], row["servicePrincipalType"]) for row in disabled] == [(off, "Application")]
    arm.azure.applications.plant("tests", {"roles": {GRAPH: ["Group.Read.All"]}})
    assert asked(apps[:1]).status == 403


def test_lists_of_a_service_know_no_in(arm: Arm) -> None:
    assert arm("GET", "groups", query="$filter=name%20in%20('a')").status == 400
