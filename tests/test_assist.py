"""What an assistant is told follows from the declarations, and from a catalog where there is one, and nothing else."""

import json
import subprocess
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from assisted import COMPANY, cataloged, world
from cloud import Cloud
from hypothesis import HealthCheck, given, settings
from organisations import SERVICE, TODAY, organisation, worlds
from organisations import World as Service

from reconciler.access import access
from reconciler.asking import Answers, NotAskable
from reconciler.assist.catalog import entries
from reconciler.assist.definition import read, words_in
from reconciler.assist.describing import AboutApi, describe
from reconciler.assist.drafting import draft, judge
from reconciler.assist.ending import ending
from reconciler.assist.finding import find
from reconciler.assist.live import Live, LiveApi, live_apis, operations
from reconciler.assist.owning import about_product, about_team
from reconciler.assist.planned import explain_plan
from reconciler.assist.question import NoAnswer
from reconciler.assist.rereading import plan_of
from reconciler.errors import DeclarationError
from reconciler.report.document import PlanDocument, PlansDocument, document
from reconciler.report.story import tell
from reconciler.withheld import withheld

ANSWERS = Answers("checkout", "orders", ("dev",), key=True, portal=False, reason="Try it out")


def api(name: str = "orders", *, within: Any = None, **asked: Any) -> AboutApi:
    asked = {"part": "overview", "operation": None, "page": 1, **asked}
    return describe(within or world(), name, asked.pop("environment", None), **asked)


def said(answer: Any) -> str:
    return json.dumps(answer.model_dump(mode="json"))


@pytest.mark.parametrize(
    ("words", "first"),
    [
        ("orders", "orders"),
        ("Order", "orders"),
        ("refund", "refunds"),
        ("an API of the storefront", "orders"),
        ("commerce refunds", "refunds"),
        ("orders-p", "orders"),
        ("basket", "orders"),
    ],
)
def test_words_find_an_api(words: str, first: str) -> None:
    assert find(world(), words).matches[0].name == first


def test_operations_and_titles_of_the_catalog_are_searched() -> None:
    assert find(world(), "parcel").matches == []
    assert find(world(), "parcel").note is not None
    (found,) = find(world(cataloged()), "parcel").matches
    assert (found.name, found.fits_by) == ("orders", ["operations"])
    (found,) = find(world(cataloged(title="Purchases")), "purchase").matches
    assert found.display_name is not None
    assert found.display_name.text_from_others == "Purchases"


def test_more_words_that_fit_come_before_one_that_fits_well() -> None:
    names = [each.name for each in find(world(), "refunds production commerce orders").matches]
    assert names.index("orders") < names.index("refunds")
    assert [each.kind for each in find(world(), "orders").matches] == ["api", "product"]


def test_no_more_are_given_than_asked_for() -> None:
    apis = [{"api": f"orders-{number}"} for number in range(30)]
    many = world(**{"checkout/apis.yaml": apis})
    found = find(many, "orders", 20)
    assert (len(found.matches), found.shown.total) == (20, 32)
    for limit in (0, 21):
        with pytest.raises(NoAnswer, match="from 1 to 20"):
            find(many, "orders", limit)
    with pytest.raises(NoAnswer, match="at least one word"):
        find(many, " ?! ")


@pytest.mark.parametrize("name", ["orders", "ORDERS", "orders-d", "orders-p", " orders ", "orders-$(letter)"])
def test_an_api_goes_by_its_name_and_its_ids(name: str) -> None:
    assert api(name).name == "orders"


def test_an_api_tells_who_owns_and_uses_it_and_how_to_get_access() -> None:
    found = api()
    assert found.owner is not None
    assert (found.owner.team, found.owner.reviewers) == ("commerce", ["contoso/commerce"])
    assert {place.environment: place.id for place in found.places} == {"dev": "orders-d", "prod": "orders-p"}
    (use,) = found.used_by
    assert (use.who, use.environment, use.how, use.product, use.tier) == (
        "checkout",
        "prod",
        "key",
        "orders",
        "partner",
    )
    assert (use.until, use.files) == (date(2026, 12, 10), ["access/checkout/grants/orders.yaml"])
    assert [each.text_from_others for each in use.components] == ["web"]
    offer = found.get_access[1]
    assert (offer.product, offer.environment, offer.credentials, offer.longest_days) == ("orders", "prod", "key", 250)
    assert offer.tiers == {"standard": "10 per minute", "partner": "as often as it likes"}
    assert [each.team for each in offer.decides] == ["commerce", "platform"]
    assert "--product orders -e prod --key" in offer.how
    assert [use.environment for use in api(environment="dev").used_by] == []


def test_what_is_not_known_is_said() -> None:
    found = api()
    assert all("not known: start the server with --live" in place.endpoints_from for place in found.places)
    assert any("No definition is at hand" in note for note in api(part="operations").notes)
    assert any("No definition is at hand" in note for note in api(part="definition").notes)
    with pytest.raises(NoAnswer, match="No definition is at hand"):
        api(operation="getOrder")
    assert any("on no product" in note for note in api("refunds").notes)


def test_a_definition_comes_as_a_table_then_one_operation_then_its_text() -> None:
    within = world(cataloged())
    rows = api(within=within, part="operations").operations
    assert [(row.name, row.method) for row in rows[:1]] == [("getOrder", "GET")]
    assert [row.path and row.path.text_from_others for row in rows] == ["/orders/{id}", "/orders"]
    one = api(within=within, operation="getorder").operation
    assert one is not None
    assert "An order" in one.text_from_others
    assert '"$ref": "#/components/responses/o"' in one.text_from_others  # what leads back to itself is named
    assert "parameters of the path" in one.text_from_others
    second = rows[1].name
    assert api(within=within, operation=second).operations[0].name == second
    text = api(within=within, part="definition").definition
    assert text is not None
    assert text.text_from_others.startswith('{"openapi"')
    with pytest.raises(NoAnswer, match=r"has no operation `getOrders`\. Did you mean `getOrder`"):
        api(within=within, operation="getOrders")


def test_a_long_definition_comes_in_pages_and_a_key_in_it_is_never_cut_in_two() -> None:
    key = "0123456789abcdef0123456789abcdef"
    text = "x" * 7_980 + f" {key} " + "y" * 9_000
    within = world(cataloged(text, "graphql"))
    first = api(within=within, part="definition")
    assert first.definition_shown is not None
    pages = first.definition_shown.pages
    whole = "".join(
        found.text_from_others
        for page in range(1, pages + 1)
        if (found := api(within=within, part="definition", page=page).definition)
    )
    assert (pages, whole) == (3, text.replace(key, "(hidden: it looks like a key)"))
    with pytest.raises(NoAnswer, match=f"There is no page {pages + 1}: it has {pages}"):
        api(within=within, part="definition", page=pages + 1)


def test_endpoints_come_from_the_catalog_of_that_environment_alone() -> None:
    by_link = world(cataloged(endpoints=("https://gw.contoso.example/orders",)))
    for within, url in (
        (world(cataloged()), "https://apim.contoso.example/orders"),
        (by_link, "https://gw.contoso.example/orders"),
    ):
        places = {place.environment: place for place in api(within=within).places}
        assert [each.text_from_others for each in places["prod"].endpoints] == [url]
        assert places["prod"].endpoints_from == "the catalog"
        assert places["dev"].endpoints == []


def test_a_service_that_was_read_tells_names_endpoints_operations_and_what_nobody_declared() -> None:
    def row(name: str, **says: Any) -> dict[str, Any]:
        return {"name": name, "properties": says}

    service = {
        "properties": {
            "gatewayUrl": "https://apim-prod.azure-api.net",
            "hostnameConfigurations": [
                {"type": "Proxy", "hostName": "apim-prod.azure-api.net", "certificateSource": "BuiltIn"},
                {"type": "Proxy", "hostName": "api.contoso.example", "defaultSslBinding": True},
                {"type": "DeveloperPortal", "hostName": "portal.contoso.example"},
            ],
        }
    }
    rows = [
        row("orders-p", displayName="Orders of prod", path="shop/orders", apiVersion="v2", apiVersionSetId="/x/orders"),
        row("orders-p;rev=2", displayName="Orders, to come", path="shop/orders"),
        row("forgotten", displayName="Forgotten", path="old"),
    ]
    asked = []

    def of(name: str) -> Any:
        asked.append(name)
        return operations([row("get", method="GET", urlTemplate="/{id}", displayName="Look up")])

    live = Live(live_apis(service, rows, [row("orders", versioningScheme="Segment")]), operations=of)
    within = world(live={"prod": live})
    found = api(within=within)
    assert found.display_name is not None
    assert found.display_name.text_from_others == "Orders of prod"
    (prod,) = (place for place in found.places if place.environment == "prod")
    assert [each.text_from_others for each in prod.endpoints] == ["https://api.contoso.example/shop/orders/v2"]
    assert asked == []
    assert [each.name for each in api(within=within, part="operations").operations] == ["get"]
    assert asked == ["orders-p"]
    assert any("nobody is known to own it" in note for note in api("forgotten", within=within).notes)
    assert find(within, "forgotten").matches[0].owner is None
    refunds = api("refunds", within=within).places[0]
    assert (refunds.endpoints, refunds.endpoints_from) == ([], "the service does not have this API")


@pytest.mark.parametrize(
    ("scheme", "url"),
    [
        ({"versioningScheme": "Query", "versionQueryName": "v"}, "https://g/orders?v=2%2F0"),
        ({"versioningScheme": "Header", "versionHeaderName": "X-V"}, "https://g/orders (with the header X-V: 2/0)"),
    ],
)
def test_an_endpoint_says_its_version_as_the_service_wants_it(scheme: Any, url: str) -> None:
    rows = [{"name": "o", "properties": {"path": "/orders/", "apiVersion": "2/0", "apiVersionSetId": "a/s"}}]
    found = live_apis({"properties": {"gatewayUrl": "https://g/"}}, rows, [{"name": "s", "properties": scheme}])
    assert found["o"] == LiveApi("", "", "http", (url,))


def test_a_team_reaches_what_access_gives_it_and_nothing_more() -> None:
    within = world()
    for environment, compiled in within.compiled.items():
        theirs = {
            (each.to.name[0], each.how, each.tier, each.until)
            for each in access(compiled.state)
            if each.who == "checkout"
        }
        reaches = about_team(within, "checkout", environment, 1).reaches
        assert {(each.product, each.how, each.tier, each.until) for each in reaches} == theirs
        assert all(each.apis == ["orders"] for each in reaches)
    owner = about_team(within, "Commerce", None, 1)
    assert (owner.owns_apis, owner.owns_products, owner.reaches) == (["orders", "refunds"], ["orders"], [])


def test_a_key_for_every_api_is_told_of_as_such() -> None:
    grants = {"environments": ["prod"], "key": True, "reason": "Watch all of it", "api": "*", "expires": "2026-12-31"}
    within = world(**{"platform/grants/all.yaml": grants})
    (reach,) = about_team(within, "platform", None, 1).reaches
    assert (reach.apis, reach.product, reach.files) == (["*"], None, ["access/platform/grants/all.yaml"])
    assert {use.who for use in api(within=within, environment="prod").used_by} == {"checkout", "platform"}


def test_what_is_cut_off_by_hand_is_not_told_as_access_where_that_is_known() -> None:
    cut = Live(withheld=withheld(["team checkout"]))
    assert about_team(world(live={"prod": cut}), "checkout", "prod", 1).reaches == []
    assert len(about_team(world(live={"dev": cut}), "checkout", "prod", 1).reaches) == 1


def test_a_product_tells_its_apis_and_users_by_environment() -> None:
    found = about_product(world(), "orders", None, 1)
    assert [(place.environment, place.apis, place.mode) for place in found.places] == [
        ("dev", ["orders"], "add"),
        ("prod", ["orders"], "add"),
    ]
    assert [(use.who, use.environment) for use in found.used_by] == [("checkout", "prod")]
    assert about_product(world(), "orders", "dev", 1).used_by == []


def test_what_is_only_observed_is_said_so() -> None:
    product = {**COMPANY["commerce/products/orders.yaml"], "mode": "observe"}
    within = world(**{"commerce/products/orders.yaml": product})
    assert any("dev only observes orders" in note for note in api(within=within).notes)
    assert any("prod only observes orders" in note for note in about_product(within, "orders", "prod", 1).notes)


@pytest.mark.parametrize(("days", "ends"), [(16, 0), (17, 1)])
def test_what_ends_is_told_to_the_day(days: int, ends: int) -> None:
    found = ending(world(), days, None, 1)
    assert [len(team.ends) for team in found.teams] == [1] * ends
    assert (TODAY + timedelta(days=17)) == date(2026, 12, 10)
    assert found.over == []


def test_what_is_over_is_named_apart() -> None:
    grant = {**COMPANY["checkout/grants/orders.yaml"], "expires": "2026-11-22"}
    found = ending(world(**{"checkout/grants/orders.yaml": grant}), 366, "checkout", 1)
    assert (found.teams, found.over) == ([], ["access/checkout/grants/orders.yaml"])
    with pytest.raises(NoAnswer, match="from 0 to 366"):
        ending(world(), 367, None, 1)
    with pytest.raises(NoAnswer, match=r"no team `chekout`\. Did you mean `checkout`"):
        ending(world(), 1, "chekout", 1)


@pytest.mark.parametrize(("team", "component"), [("platform", None), ("checkout", "web")])
def test_a_draft_is_a_patch_that_git_applies_and_that_is_valid(
    team: str, component: str | None, tmp_path: Path
) -> None:
    within = world()
    answers = replace(ANSWERS, team=team, component=component)
    found = draft(within, answers)
    for path, content in within.files.contents.items():
        file = tmp_path / "access" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    for command in (["init", "-q"], ["apply", "-"]):
        given = found.patch.text_from_others.encode()
        subprocess.run(["git", *command], cwd=tmp_path, check=True, timeout=20, input=given)  # noqa: S603, S607
    after = {found.file.removeprefix("access/"): (tmp_path / found.file).read_text()}
    judged = judge(within, after)
    assert judged.valid
    assert judged.decides == found.decides
    assert [each.team for each in found.decides[0].one_of] == ["commerce", "platform"]
    assert all(
        content == (tmp_path / "access" / path).read_bytes()
        for path, content in within.files.contents.items()
        if path not in after
    )


def test_every_reason_against_a_request_is_given() -> None:
    with pytest.raises(NotAskable) as error:
        draft(world(), replace(ANSWERS, product="order", environments=("prdo",), reason=""))
    assert error.value.reasons == (
        "there is no product `order` (did you mean `orders`?)",
        "say why: the owner decides by the reason",
    )


def test_a_change_is_judged_without_being_made() -> None:
    gone = judge(world(), {"access/checkout/grants/orders.yaml": None})
    assert [each.why and each.why.text_from_others for each in gone.decides] == ["checkout gives orders back"]
    broken = judge(world(), {"checkout/grants/more.yaml": "product: orders\nkey: ture\n"})
    assert not broken.valid
    assert broken.mistakes[0].text_from_others.startswith("access/checkout/grants/more.yaml:")
    assert (
        judge(world(), {"README.md": "Hello"}).note
        == "Nobody needs to approve this: nothing changes that is anybody's."
    )
    for strange in ("../x", "/etc/passwd", "a\\b", "x\ny"):
        with pytest.raises(NoAnswer, match="is no path below the folder"):
            judge(world(), {strange: ""})
    with pytest.raises(NoAnswer, match=r"no file `x\.yaml` to delete"):
        judge(world(), {"x.yaml": None})
    with pytest.raises(NoAnswer, match="1 to 20 files"):
        judge(world(), {})


def test_a_plan_is_told_in_the_words_of_its_report() -> None:
    cloud = Cloud().seed({f"apis/{name}": {"displayName": name, "path": name} for name in ("orders", "refunds")})
    rules = {"guardrails.yaml": {"revocation_grace": "10 days"}}
    first = organisation(**rules)
    plan = cloud.converge(first)
    gone = cloud.plan(organisation(**rules, **{"checkout/grants/orders.yaml": None}), first)
    for each in (plan, gone):
        (told,) = explain_plan(PlansDocument(plans=[document(each)]).model_dump_json()).plans
        story = tell(each)
        assert [one.text_from_others for one in told.access] == [f"{line.sign} {line.text}" for line in story.access]
        assert told.counts == story.counts
        assert (told.fingerprint, told.environment) == (each.fingerprint, "prod")
        assert told.service is not None
        assert told.service.text_from_others == SERVICE
    assert told.risks[0].what.startswith("Somebody loses access")
    assert [one.text_from_others for one in told.risks[0].examples] == [
        "checkout loses orders in prod: key suspended, deleted on 2026-12-03"
    ]
    assert told.note == "An apply would write this."


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(worlds())
def test_any_plan_reads_from_its_document_as_it_was_written(service: Service) -> None:
    plan = Cloud().seed(service.living).plan(service.contents)
    again = tell(plan_of(PlanDocument.model_validate_json(document(plan).model_dump_json())))
    written = tell(plan)
    for part in ("title", "access", "observed_access", "resources", "observed_resources", "notes", "counts"):
        assert getattr(again, part) == getattr(written, part), part


def effect(**says: Any) -> dict[str, Any]:
    budget = {"reads": 0, "writes": 0, "deletes": 0, "seconds": 0}
    return {"changes": [], "gained": [], "lost": [], "kept": [], "writes": 0, "budget": budget, **says}


def planned(**says: Any) -> dict[str, Any]:
    lists = {"waiting": {}, "held": {}, "unmanaged": {}, "ending": [], "withheld": [], "around": [], "warnings": []}
    about = {"environment": "prod", "service": SERVICE, "day": "2026-11-23", "fingerprint": "f", "scoped": False}
    return {**about, "written": effect(), "observed": effect(), **lists, **says}


def change(action: str, kind: str, *name: str, **says: Any) -> dict[str, Any]:
    sides = {"create": (None, {}), "delete": ({}, None)}.get(action, ({}, {}))
    return {"action": action, "kind": kind, "name": name, "writes": 1, "before": sides[0], "after": sides[1], **says}


RISKS: dict[str, tuple[dict[str, Any], str]] = {
    "open": (
        {"written": effect(gained=[{"who": "everybody", "product": "orders", "how": "open"}])},
        "becomes open to everybody",
    ),
    "around": ({"written": effect(gained=[{"who": "a", "api": "*", "how": "key"}])}, "goes around products"),
    "product": ({"written": effect(changes=[change("delete", "product", "orders")])}, "A product is deleted"),
    "along": (
        {"written": effect(changes=[change("delete", "product", "orders", cascades=["subscription a--b"])])},
        "their keys are lost for good",
    ),
    "undeclared": (
        {"written": effect(changes=[change("delete", "subscription", "old", why="undeclared")])},
        "what no file names",
    ),
    "ways": (
        {"around": [{"product": "orders", "name": "product b", "why": "w", "accepted": False}]},
        "that nobody accepted",
    ),
    "emergency": (
        {"written": effect(gained=[{"who": "a", "product": "b", "how": "key", "emergency": "c"}])},
        "in an emergency",
    ),
    "held": ({"held": {"group a": ["product-group b/a"]}}, "stays in force"),
    "observed": ({"observed": effect(lost=[{"who": "a", "product": "b", "how": "key"}])}, "STILL IN FORCE"),
}


@pytest.mark.parametrize("risk", RISKS)
def test_what_is_risky_in_a_plan_is_named(risk: str) -> None:
    says, words = RISKS[risk]
    assert explain_plan(planned()).plans[0].risks == []
    assert any(words in each.what for each in explain_plan({"plans": [planned(**says)]}).plans[0].risks)


@pytest.mark.parametrize(
    ("plan", "why"),
    [
        ("{", "This is no JSON"),
        ("[]", "This is no plan"),
        ("[" * 100_000, "This is no JSON"),
        ({"plans": []}, "There is no plan in it"),
        ({"plans": [{"environment": "prod"}]}, "`service` is missing"),
        (planned(written=effect(changes=[change("create", "planet", "x")])), "there is no kind 'planet'"),
        (planned(written=effect(changes=[change("create", "product")])), "a product has no name"),
        (planned(written=effect(changes=[change("delete", "product", "x", before=None)])), "nothing before"),
        (planned(written=effect(changes=[{**change("create", "product", "x"), "action": "delete"}])), "is to 'delete'"),
        (planned(written=effect(gained=[{"who": "a", "product": "b", "how": "magic"}])), "`how` is key"),
        (planned(written=effect(gained=[{"who": "a", "how": "key"}])), "to a `product` or to an `api`"),
        (planned(ending=[{"who": "a", "product": "b", "how": "key", "until": "soon"}]), "until"),
    ],
)
def test_what_is_no_plan_is_refused_with_what_is_one(plan: Any, why: str) -> None:
    with pytest.raises(NoAnswer, match="reconciler plan --format json") as error:
        explain_plan(plan)
    assert why in str(error.value)
    assert len(str(error.value)) < 1_500


CATALOG = b"""---
apiVersion: backstage.io/v1alpha1
kind: API
metadata:
  name: orders-p
  title: Orders
  annotations: {apim-reconciler/api: orders;p, apim-reconciler/environment: prod}
  links:
  - {url: "https://gw.contoso.example/orders", title: Endpoint in prod}
  - {url: "https://portal.contoso.example", title: Developer portal}
spec: {type: openapi, lifecycle: production, owner: "group:default/commerce", definition: {$text: ./definitions/o.json}}
---
kind: API
metadata: {name: refunds}
spec: {type: openapi, definition: No definition of this API is known.}
---
kind: Location
metadata: {name: access}
"""


def test_a_catalog_is_read_as_backstage_writes_it() -> None:
    orders, refunds = entries("apis.yaml", CATALOG)
    assert (orders.id, orders.environment, orders.title, orders.path) == (
        "orders;p",
        "prod",
        "Orders",
        "./definitions/o.json",
    )
    assert orders.endpoints == ("https://gw.contoso.example/orders",)
    assert (refunds.id, refunds.environment, refunds.path) == ("refunds", None, "")
    with pytest.raises(DeclarationError, match=r"this is no catalog of APIs: `spec` \(write it anew"):
        entries("apis.yaml", b"kind: API\nmetadata: {name: x}\n")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("{", "neither JSON nor YAML"),
        ("[1", "neither JSON nor YAML"),
        ('{"a": ' * 50_000, "neither JSON nor YAML"),
        ("a: &x [1]\nb: *x\n", "neither JSON nor YAML"),
        ("a: 1", "it has no `paths`"),
        ("x" * (8 * 1024 * 1024 + 1), "too many to be taken apart"),
    ],
)
def test_a_definition_that_cannot_be_read_is_still_a_text(text: str, why: str) -> None:
    found = read(text, "openapi")
    assert why in found.trouble
    assert found.operations == ()
    assert api(within=world(cataloged(text[:100])), part="definition").definition is not None


def test_a_definition_of_references_without_end_is_cut_short() -> None:
    schemas = {f"s{each}": {"anyOf": [{"$ref": f"#/schemas/s{other}"} for other in range(40)]} for each in range(40)}
    says = {"operationId": "get", "schema": {"$ref": "#/schemas/s0"}}
    text = json.dumps({"paths": {"/x": {"get": says}}, "schemas": schemas})
    found = api(within=world(cataloged(text)), operation="get")
    assert found.operation is not None
    assert len(found.operation.text_from_others) <= 8_000
    assert any("It is cut" in note for note in found.notes)


def test_older_definitions_and_yaml_are_read_too() -> None:
    text = (
        "swagger: '2.0'\nhost: api.contoso.example\nbasePath: /o\nschemes: [https]\n"
        "paths:\n  /x:\n    get: {operationId: x, summary: Y}\n"
    )
    found = read(text, "openapi")
    assert found.servers == ("https://api.contoso.example/o",)
    assert [each.name for each in found.operations] == ["x"]
    assert sorted(word.strip() for word in words_in("operationId: getThing\n  summary: 'Look'\n")) == [
        "Look",
        "getThing",
    ]
