"""The ids of Entra that people write are looked up in Microsoft Graph: what it knows is told, and decides nothing."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from asgi import AsgiTransport, Credential
from azure.core.exceptions import ClientAuthenticationError, ServiceRequestError
from checked import checked
from organisations import ENDPOINT, TENANT, TODAY, environment, files, organisation

from reconciler.azure.directory import told
from reconciler.azure.graph import graph_of
from reconciler.declarations import Declarations
from reconciler.emulator import Azure
from reconciler.entra.findings import looked
from reconciler.entra.named import Named, named, new
from reconciler.entra.told import Application, Silence, Told
from reconciler.load import load

GRAPH = "https://graph.microsoft.com"
GROUP, APP = "5f0c0000-0000-0000-0000-000000000001", "1a2b0000-0000-0000-0000-000000000001"
TEAM, GRANT, ORDERS = "checkout/team.yaml", "checkout/grants/orders.yaml", "commerce/products/orders.yaml"


def loaded(contents: Mapping[str, Any]) -> Declarations:
    """Load, also what `validate` would refuse."""
    return load(files(contents)).declarations


def company(**more: Any) -> dict[str, Any]:
    """A team that is an Entra group, and a grant whose application calls with tokens of Entra."""
    contents = organisation(**{TEAM: {"display_name": "Checkout", "entra_group": GROUP}})
    contents[ORDERS] |= {"oauth": {"audience": "api://orders"}, **more.pop("product", {})}
    contents[GRANT] |= {"clients": [APP], **more.pop("grant", {})}
    return {**contents, **more}


def at_prod(contents: Mapping[str, Any], day: date = TODAY) -> list[tuple[str, str, Any]]:
    return [(each.kind, each.id, each.keys) for each in named(loaded(contents), "prod", day=day)]


OF_TEAM, OF_GRANT = ("group", GROUP, ("entra_group",)), ("application", APP, ("clients", 0))
OTHER = "1a2b0000-0000-0000-0000-000000000002"
OVERLAID = {"in": {"prod": {"clients": [OTHER, APP]}}}
ISSUED = {"audience": "api://orders", "issuer": "https://okta.example"}


@pytest.mark.parametrize(
    ("contents", "expected"),
    [
        (company(), [OF_TEAM, OF_GRANT]),
        (
            company(grant=OVERLAID),
            [
                OF_TEAM,
                ("application", OTHER, ("in", "prod", "clients", 0)),
                ("application", APP, ("in", "prod", "clients", 1)),
            ],
        ),
        (company(grant={"in": {"prod": {"clients": None}}}), [OF_TEAM]),
        (company(grant={"in": {"prod": {"key": False}}}), [OF_TEAM, OF_GRANT]),
        (company(product={"oauth": None}), [OF_TEAM]),
        (company(product={"oauth": ISSUED}), [OF_TEAM]),
        (company(product={"oauth": ISSUED, "in": {"prod": {"oauth": {"audience": "a"}}}}), [OF_TEAM, OF_GRANT]),
        (company(grant={"expires": "2026-11-22"}), [OF_TEAM]),
        (company(grant={"expires": "2026-11-23"}), [OF_TEAM, OF_GRANT]),
        (company(grant={"revoked": "compromised"}), [OF_TEAM]),
        (company(grant={"suspended": True}), [OF_TEAM, OF_GRANT]),
        (company(grant={"environments": ["dev"]}), [OF_TEAM]),
        (company(grant={"product": "refunds"}), [OF_TEAM]),
        (company(grant={"api": "orders"}), [OF_TEAM]),
        (company(**{"environments.yaml": {"prod": environment(tenant=None)}}), []),
        (organisation(), []),
    ],
)
def test_only_what_entra_makes_tokens_for_is_named(contents: dict[str, Any], expected: list[Any]) -> None:
    assert at_prod(contents) == expected


def test_a_team_may_be_another_group_in_an_environment() -> None:
    other = GROUP.replace("1", "2")
    team = {"display_name": "Checkout", "entra_group": GROUP, "in": {"prod": {"entra_group": other}}}
    assert at_prod(organisation(**{TEAM: team})) == [("group", other, ("in", "prod", "entra_group"))]


def test_what_was_named_there_before_is_not_new() -> None:
    before = named(loaded(company()), "prod", day=TODAY)
    now = named(loaded(company(grant={"clients": [OTHER, APP]})), "prod", day=TODAY)
    assert [each.id for each in new(now, before)] == [OTHER]
    assert [each.id for each in new(now, ())] == [GROUP, OTHER, APP]
    moved = replace(before[1], path="checkout/grants/second.yaml")
    assert new((moved,), before) == (moved,)


OUR_GROUP = Named("group", GROUP, "checkout", "Checkout", TEAM, ("entra_group",))
OUR_APP = Named("application", APP, "checkout", "orders", GRANT, ("clients", 0))
DENIED, UNREACHED = Silence(needs="Some.Read.All"), Silence(trouble="503 Busy", passes=True)
KNOWN = Told({GROUP: "Checkout"}, {APP: Application("web-shop", enabled=True)})


@pytest.mark.parametrize(
    ("name", "answer", "level", "message"),
    [
        (OUR_GROUP, KNOWN, None, ""),
        (OUR_APP, KNOWN, None, ""),
        (OUR_GROUP, Told({GROUP: "SG-42"}, {}), "note", "Entra calls this group `SG-42`"),
        (OUR_GROUP, Told({}, {}), "warning", f"Entra knows no group {GROUP} in tenant {TENANT}: nobody would be in it"),
        (OUR_APP, Told({}, {}), "warning", f"Entra knows no application {APP} in tenant {TENANT}: it gets no tokens"),
        (
            OUR_APP,
            Told({}, {APP: Application("web-shop", enabled=False)}),
            "warning",
            f"application {APP} (`web-shop`) is disabled in Entra: it gets no tokens",
        ),
        (OUR_GROUP, Told(DENIED, {}), None, ""),
        (OUR_APP, Told({}, DENIED), None, ""),
    ],
)
def test_each_id_is_judged_by_what_was_told(name: Named, answer: Told, level: str | None, message: str) -> None:
    found = looked([name], answer, tenant=TENANT).findings
    assert [each.level for each in found] == ([level] if level else [])
    assert all(each.message.startswith(message) and each.hint and each.at == name for each in found)


def test_what_was_not_looked_at_is_said_once_with_what_would_let_it_be() -> None:
    names = [OUR_GROUP, OUR_APP, replace(OUR_APP, id=OTHER)]
    denied = looked(names, Told({GROUP: "Checkout"}, DENIED), tenant=TENANT).unseen
    assert [each.says for each in denied] == [
        "whether Entra knows the applications of grants was not looked at: this identity may not"
    ]
    assert "Some.Read.All" in denied[0].mend
    unreached = looked(names, Told(UNREACHED, UNREACHED), tenant=TENANT).unseen
    assert [each.says.rpartition(": ")[2] for each in unreached] == ["503 Busy", "503 Busy"]
    assert [each.passes for each in (*denied, *unreached)] == [False, True, True]
    assert [each.says for each in looked([OUR_APP], Told(DENIED, DENIED), tenant=TENANT).unseen] == [denied[0].says]


class Broken(AsgiTransport):
    """A network on which nobody answers, or nobody for a long time."""

    def __init__(self, seconds: float) -> None:
        super().__init__(None)
        self._seconds = seconds

    async def send(self, *_: Any, **__: Any) -> Any:
        await asyncio.sleep(self._seconds)
        raise ServiceRequestError("Name or service not known")


class OfOneTenant(Credential):
    """What azure-identity does when a token of another tenant is asked for."""

    async def get_token(self, *scopes: str, **options: Any) -> Any:
        assert scopes == (f"{ENDPOINT}/.default",)
        if options.get("tenant_id") != TENANT:
            raise ClientAuthenticationError(
                "The current credential is not configured to acquire tokens for tenant t. To enable acquiring tokens"
            )
        return await super().get_token()


def ask(azure: Azure, *, groups: Any = (), applications: Any = (), tenant: str = TENANT, **options: Any) -> Told:
    given = {"transport": AsgiTransport(checked(azure)), "backoff": 0, "graph": ENDPOINT, **options}
    credential = OfOneTenant(azure.token("tests", audience=GRAPH))
    return asyncio.run(told(tenant, groups=groups, applications=applications, credential=credential, **given))  # type: ignore[arg-type]


@pytest.fixture
def azure() -> Azure:
    azure = Azure()
    azure.directory.add_group("Checkout", GROUP)
    azure.directory.add_application("web-shop", APP)
    return azure


def test_graph_tells_what_it_knows_and_leaves_out_what_it_does_not(azure: Azure) -> None:
    azure.directory.add_application("old-shop", OTHER, accountEnabled=False)
    gone = azure.directory.add_group("Gone")
    azure.directory.remove(gone)
    assert ask(azure, groups=[GROUP, gone], applications=[APP, OTHER, GROUP]) == Told(
        {GROUP: "Checkout"},
        {APP: Application("web-shop", enabled=True), OTHER: Application("old-shop", enabled=False)},
    )


def test_many_ids_are_asked_fifteen_at_once_and_each_once(azure: Azure) -> None:
    ids = [azure.directory.add_group(f"Team {number}") for number in range(40)]
    answer = ask(azure, groups=[*ids, *ids])
    assert isinstance(answer.groups, dict)
    assert answer.groups.keys() == set(ids)
    assert len(azure.log.at("graph")) == 3


def test_without_ids_nothing_is_asked(azure: Azure) -> None:
    assert ask(azure) == Told({}, {})
    assert azure.log.at("graph") == []


@pytest.mark.parametrize(
    ("roles", "groups", "applications"),
    [
        (["User.Read.All"], "GroupMember.Read.All", "Application.Read.All"),
        (["GroupMember.Read.All"], "", "Application.Read.All"),
        (["Application.Read.All"], "GroupMember.Read.All", ""),
        (["GroupMember.Read.All", "Application.Read.All"], "", ""),
        (["Directory.Read.All"], "", ""),
    ],
)
def test_who_may_not_read_is_told_the_least_that_would_do(
    azure: Azure, roles: list[str], groups: str, applications: str
) -> None:
    azure.applications.plant("tests", {"roles": {GRAPH: roles}})
    answer = ask(azure, groups=[GROUP], applications=[APP])
    needs = [each.needs if isinstance(each, Silence) else "" for each in (answer.groups, answer.applications)]
    assert needs == [groups, applications]


@pytest.mark.parametrize(
    ("options", "trouble"),
    [
        ({"transport": Broken(0)}, Silence(trouble="Name or service not known", passes=True)),
        ({"transport": Broken(30), "patience": 0.05}, Silence(trouble="no answer in 0 s", passes=True)),
        ({"graph": None}, Silence(trouble="no Microsoft Graph is known for this environment's `authority`")),
        ({"tenant": "t"}, Silence(trouble="The current credential is not configured to acquire tokens for tenant t")),
    ],
)
def test_who_is_not_reached_says_nothing_and_stops_nothing(azure: Azure, options: Any, trouble: Silence) -> None:
    assert ask(azure, groups=[GROUP], applications=[APP], **options) == Told(trouble, trouble)


@pytest.mark.parametrize(
    ("status", "code", "passes"), [(401, "InvalidAuthenticationToken", False), (503, "ServiceUnavailable", True)]
)
def test_any_other_refusal_is_no_missing_permission(azure: Azure, status: int, code: str, *, passes: bool) -> None:
    azure.fault(path="v1.0/", status=status, code=code, times=None)
    answer = ask(azure, groups=[GROUP])
    assert isinstance(answer.groups, Silence)
    assert answer.groups.trouble.startswith(f"{status} {code}")
    assert (answer.groups.needs, answer.groups.passes) == ("", passes)


@pytest.mark.parametrize(
    ("endpoint", "authority", "expected"),
    [
        ("https://management.azure.com", "https://login.microsoftonline.com", GRAPH),
        ("https://management.usgovcloudapi.net", "https://login.microsoftonline.us/", "https://graph.microsoft.us"),
        (
            "https://management.chinacloudapi.cn",
            "https://login.chinacloudapi.cn",
            "https://microsoftgraph.chinacloudapi.cn",
        ),
        ("https://management.azure.com", "https://login.example", None),
        ("https://localhost:8443/", "https://login.microsoftonline.com", ENDPOINT),
    ],
)
def test_graph_is_where_the_cloud_has_it(endpoint: str, authority: str, expected: str | None) -> None:
    assert graph_of(endpoint, authority) == expected


def test_a_seed_may_hold_applications_and_a_wrong_one_is_named(azure: Azure) -> None:
    again = Azure()
    again.directory.plant(json.loads(json.dumps(azure.directory.as_json())))
    assert ask(again, groups=[GROUP], applications=[APP]) == KNOWN
    with pytest.raises(ValueError, match="a servicePrincipal has no colour"):
        again.directory.plant({"servicePrincipals": {APP: {"displayName": "x", "colour": "red"}}})
