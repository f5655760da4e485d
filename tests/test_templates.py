"""Each template of Backstage opens a pull request with one file, valid by our rules, whatever anybody answers."""

import re
from collections.abc import Mapping
from datetime import timedelta
from io import StringIO
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from organisations import TODAY, environment, files, organisation
from ruamel.yaml import YAML
from scaffolder import ACTIONS, NotFound, Opened, Scaffolder
from test_backstage import catalog

from reconciler.backstage.writing import files as folder
from reconciler.backstage.writing import stream
from reconciler.check import check
from reconciler.declarations import Declarations
from reconciler.document import parse
from reconciler.errors import DeclarationError
from reconciler.load import load

REPOSITORY = {"repository": "contoso/access"}
GRANT = "# ours\r\nenvironments: [prod]\nkey: true\nreason: 'a: b'\nexpires:   '2027-06-30'  # until then\n"
CONTENTS = organisation(
    **{
        "backstage.yaml": REPOSITORY,
        "guardrails.yaml": {"platform_team": "platform"},
        "platform/team.yaml": {"display_name": "Platform", "reviewers": ["pat"]},
        "unowned/team.yaml": {"display_name": "Nobody"},
        "unowned/apis.yaml": [{"api": "legacy_X"}],
        "checkout/grants/orders.yaml": None,
        "commerce/grants/orders.yaml": GRANT,
        "commerce/products/gold.yaml": {"environments": ["prod"], "apis": ["refunds"], "tiers": {"slow": {}}},
    }
)
APIS = {f"apis/{name}": {"displayName": name, "path": name} for name in ("orders", "refunds", "legacy_X")}
NAMES = ("access-request", "access-renew", "access-give-back", "access-publish-product", "access-take-ownership")
CHECKOUT, ORDERS = "group:default/checkout", "resource:default/orders"
LATER = (TODAY + timedelta(days=100)).isoformat()
REQUEST = {
    "product": ORDERS,
    "team": CHECKOUT,
    "environments": ["prod"],
    "need": "key",
    "reason": "Show the order history",
    "expires": LATER,
    "repository": "github.com?owner=contoso&repo=access",
}
RENEWAL = {"grant": "resource:default/commerce-orders", "expires": LATER, "repository": REQUEST["repository"]}
PRODUCT = {
    **{key: REQUEST[key] for key in ("team", "environments", "repository")},
    "name": "new",
    "display_name": "New: #1",
    "description": "What it is\nfor",
    "apis": ["api:default/orders", "api:default/refunds"],
    "manage": "product",
    "longest": "30 days",
}
API = {"api": "api:default/legacy_x", "team": CHECKOUT, "repository": REQUEST["repository"]}
ANSWERS: dict[str, dict[str, Any]] = {
    "access-request": REQUEST,
    "access-renew": RENEWAL,
    "access-give-back": {key: RENEWAL[key] for key in ("grant", "repository")},
    "access-publish-product": PRODUCT,
    "access-take-ownership": API,
}
hostile = st.one_of(
    st.sampled_from(
        [
            "x\nevil: true",
            "x\r\n- evil",
            '"\nevil: true\n"',
            "'}, evil: {",
            "${{ secrets.USER_OAUTH_TOKEN }}",
            "{{ 7 * 7 }}{% raw %}",
            "../../.github/workflows/x",
            "..",
            "/etc/passwd",
            "*a",
            "&a !!python/object",
            "` @octocat `` ``` <img src=x> [a](b) #1",
            "---\n...",
            "# x: y",
            "\u2028evil: true",
            "\x85evil: true",
            "true",
            "1e3",
            "",
        ]
    ),
    st.text(max_size=20),
)


def made(apis: Mapping[str, Any] = APIS, **more: Any) -> tuple[dict[str, bytes], dict[str, Any]]:
    found = catalog({**CONTENTS, **more}, apis)
    entities = YAML(typ="safe", pure=True).load_all(StringIO(stream(found).decode()))
    by_name = {f"{each['kind']}:default/{each['metadata']['name']}".lower(): each for each in entities}
    return dict(folder(found)), by_name


FOLDER, ENTITIES = made()


def scaffolder(**changed: Any) -> Scaffolder:
    """Give one, over a catalog in which somebody else has put other entities."""
    return Scaffolder(FOLDER, {**ENTITIES, **changed})


def merged(opened: Opened, **more: Any) -> Declarations:
    """Put the files where they belong, and be sure that the folder is valid."""
    contents = {**CONTENTS, **more}
    for path, text in opened.files.items():
        assert path.startswith("access/")
        contents[path.removeprefix("access/")] = text
    written = files({path: content for path, content in contents.items() if content is not None})
    loaded = load(written)
    assert [str(each) for each in (*loaded.problems, *check(loaded, written, TODAY)) if each.level == "error"] == []
    return loaded.declarations


def one(opened: Opened) -> tuple[str, str]:
    ((path, text),) = opened.files.items()
    assert text is not None
    return path, text


@pytest.mark.parametrize("name", NAMES)
def test_a_template_asks_for_what_it_uses_by_actions_that_are_known(name: str) -> None:
    template = scaffolder().template(name)
    assert (template["apiVersion"], template["kind"]) == ("scaffolder.backstage.io/v1beta3", "Template")
    assert f"./templates/{name}/template.yaml" in FOLDER["catalog-info.yaml"].decode()
    spec = template["spec"]
    asked = {field for page in spec["parameters"] for field in page["properties"]}
    assert {field for page in spec["parameters"] for field in page["required"]} <= asked
    said = str([spec["steps"], spec["output"]])
    used = set(re.findall(r"parameters\.(\w+)", said))
    assert used == asked - {"repository"}
    steps = [step["id"] for step in spec["steps"]]
    assert len(steps) == len(set(steps))
    assert set(re.findall(r"steps\.(\w+)\.", said)) <= set(steps)
    for step in spec["steps"]:
        assert set(step["input"]) <= ACTIONS[step["action"]]
        if "url" in step["input"]:
            assert f"templates/{name}/{step['input']['url'].removeprefix('./')}" in FOLDER


def test_every_value_in_a_content_is_written_as_json() -> None:
    contents = {
        path: text.decode() for path, text in FOLDER.items() if path.startswith("templates/") and "/content/" in path
    }
    assert len(contents) == 4
    for path, text in contents.items():
        if path.endswith("/renewed.yaml"):
            assert text == "${{ values.head }}${{ values.day }}${{ values.tail }}"
        else:
            expressions = re.findall(r"\$\{\{(.*?)\}\}", text)
            assert expressions
            assert all(each.endswith(" | dump ") for each in expressions), path


@pytest.mark.parametrize("name", NAMES)
def test_the_form_takes_what_is_meant_and_refuses_what_would_lead_elsewhere(name: str) -> None:
    for page in scaffolder().template(name)["spec"]["parameters"]:
        schema = {"type": "object", **page}
        jsonschema.Draft7Validator.check_schema(schema)
        check = jsonschema.Draft7Validator(schema)
        check.validate(ANSWERS[name])
        for field, says in page["properties"].items():
            wrong: list[Any] = ["../x", "x" * 2000] if "pattern" in says or "enum" in says else ["x" * 2000]
            for each in wrong if says["type"] == "string" else [[], ["../x"], "x"]:
                assert not check.is_valid({**ANSWERS[name], field: each}), field


def test_a_request_is_a_new_grant_that_says_what_was_answered() -> None:
    opened = scaffolder().run("access-request", {**REQUEST, "component": "web_shop"})
    path, _ = one(opened)
    assert path == "access/checkout/grants/orders-web-shop.yaml"
    grant = next(each for each in merged(opened).grants if each.team == "checkout").value
    assert grant.model_dump(exclude_unset=True, mode="json") == {
        "environments": ["prod"],
        "product": "orders",
        "key": True,
        "reason": "Show the order history",
        "component": "web_shop",
        "requested_by": "octocat",
        "expires": LATER,
    }
    assert opened.said["branchName"] == "access/request-checkout-orders-web-shop"
    assert opened.said["title"] == "checkout asks for orders in prod"
    assert opened.said["description"] == (
        "`octocat` asks: `checkout asks for orders in prod`.\n\n"
        '> `"Show the order history"`\n\n`commerce` owns it and decides.'
    )
    assert opened.said["repoUrl"] == "github.com?owner=contoso&repo=access"
    assert opened.said["forceEmptyGitAuthor"] is True
    assert opened.said["commitMessage"].endswith("\n\nCo-authored-by: octocat <octocat@users.noreply.github.com>")


@pytest.mark.parametrize(
    ("need", "says"), [("key", (True, None)), ("portal", (None, True)), ("key and portal", (True, True))]
)
def test_a_request_asks_for_the_key_or_the_portal_or_both(need: str, says: tuple[Any, Any]) -> None:
    gold = {"product": "resource:default/gold", "tier": "slow"} if need == "key" else {}
    (grant,) = (
        each.value
        for each in merged(scaffolder().run("access-request", {**REQUEST, **gold, "need": need}, login=None)).grants
        if each.team == "checkout"
    )
    assert (grant.key, grant.portal, grant.tier) == (*says, gold.get("tier"))
    assert grant.requested_by is None


def test_a_request_leaves_what_the_team_has_already_as_it_is() -> None:
    asked = {**REQUEST, "team": "group:default/commerce"}
    with pytest.raises(NotFound, match="your-team-has-it-already-renew-it"):
        scaffolder().run("access-request", asked)
    opened = scaffolder().run("access-request", {**asked, "environments": ["dev"]})
    assert one(opened)[0] == f"access/commerce/grants/orders-{LATER}.yaml"
    assert one(scaffolder().run("access-request", {**asked, "component": "web"}))[0].endswith("/orders-web.yaml")


TWO = {
    "environments.yaml": {
        name: environment(service=f"{environment()['service']}-{name}", mode="observe") for name in ("dev", "prod")
    },
    "commerce/products/orders.yaml": {"environments": ["dev", "prod"], "apis": ["orders"]},
    "commerce/products/web.yaml": {"environments": ["dev", "prod"], "apis": ["refunds"]},
}
HELD = {"environments": ["dev"], "key": True, "reason": "As before", "expires": "2027-01-31"}
OVER = {**HELD, "environments": ["prod"], "expires": "2026-11-01"}


@pytest.mark.parametrize(
    ("grants", "asked", "name"),
    [
        ({"orders": HELD}, {}, f"orders-{LATER}"),
        ({"orders": {**HELD, "product": "web"}}, {}, f"orders-{LATER}"),
        ({"orders": {**HELD, "component": "web"}}, {}, f"orders-{LATER}"),
        ({"orders-web": {**HELD, "product": "web"}}, {"component": "web"}, f"orders-web-{LATER}"),
        ({"orders": OVER}, {}, "orders"),
        ({"orders": {**OVER, "in": {"prod": {"expires": "2027-01-31"}}, "product": "web"}}, {}, f"orders-{LATER}"),
        ({"other": {**HELD, "product": "orders"}}, {"environments": ["prod"]}, "orders"),
        ({"orders": HELD}, {"environments": ["dev", "prod"]}, None),
        ({"other": {**HELD, "product": "orders"}}, {"environments": ["dev"]}, None),
        ({"x": {**HELD, "product": "orders", "component": "W_s"}}, {"component": "W_s", "environments": ["dev"]}, None),
        ({"orders": {**OVER, "emergency": True}}, {}, None),
        ({"orders": {**OVER, "environments": ["dev", "prod"], "in": {"dev": {"expires": LATER}}}}, {}, None),
        ({"orders": HELD, f"orders-{LATER}": {**HELD, "product": "web"}}, {}, None),
    ],
)
def test_a_request_writes_over_no_file_also_of_another_environment_or_product(
    grants: Mapping[str, Any], asked: Mapping[str, Any], name: str | None
) -> None:
    held = {f"checkout/grants/{path}.yaml": grant for path, grant in grants.items()}
    run = Scaffolder(*made(**TWO, **held))
    if name is None:
        with pytest.raises(NotFound, match="your-team-has-it-already-renew-it"):
            run.run("access-request", {**REQUEST, **asked})
        return
    opened = run.run("access-request", {**REQUEST, **asked})
    assert one(opened)[0] == f"access/checkout/grants/{name}.yaml"
    assert opened.said["branchName"] == f"access/request-checkout-{name}"
    assert len(merged(opened, **TWO, **held).grants) == 2 + (name not in grants)


def test_a_product_of_another_environment_is_not_written_over() -> None:
    run = Scaffolder(*made(**TWO, **{"checkout/products/new.yaml": {"environments": ["dev"]}}))
    with pytest.raises(NotFound, match="this-name-is-taken"):
        run.run("access-publish-product", PRODUCT)


def test_a_renewal_changes_the_day_and_no_other_byte() -> None:
    opened = scaffolder().run("access-renew", RENEWAL)
    assert opened.files == {"access/commerce/grants/orders.yaml": GRANT.replace("2027-06-30", LATER)}
    merged(opened)
    assert opened.said["title"] == f"commerce renews orders until {LATER}"
    assert opened.said["branchName"] == "access/request-commerce-orders"


def test_what_has_no_single_day_is_not_renewed() -> None:
    found = ENTITIES["resource:default/commerce-orders"]
    spec = {key: value for key, value in found["spec"].items() if key != "renewal"}
    run = scaffolder(**{"resource:default/commerce-orders": {**found, "spec": spec}})
    with pytest.raises(NotFound, match="its-file-names-no-day-or-more-than-one"):
        run.run("access-renew", RENEWAL)


def test_what_is_given_back_is_that_file_and_no_other() -> None:
    opened = scaffolder().run("access-give-back", ANSWERS["access-give-back"])
    assert opened.files == {"access/commerce/grants/orders.yaml": None}
    assert not merged(opened).grants
    assert opened.said["title"] == "commerce gives orders back"


def test_a_product_is_published_with_the_apis_as_files_name_them() -> None:
    opened = scaffolder().run("access-publish-product", PRODUCT)
    assert one(opened)[0] == "access/checkout/products/new.yaml"
    product = next(each for each in merged(opened).products if each.name == "new")
    assert product.team == "checkout"
    assert product.value.model_dump(exclude_unset=True, mode="json") == {
        "manage": "product",
        "display_name": "New: #1",
        "description": "What it is\nfor",
        "published": True,
        "environments": ["prod"],
        "apis": ["orders", "refunds"],
        "max_duration": 30,
    }
    others = merged(scaffolder().run("access-publish-product", {**PRODUCT, "manage": "access"})).products
    assert next(each.value.display_name for each in others if each.name == "new") is None
    with pytest.raises(NotFound, match="this-name-is-taken"):
        scaffolder().run("access-publish-product", {**PRODUCT, "name": "gold"})


def test_an_api_that_nobody_owns_becomes_a_teams_by_one_file() -> None:
    opened = scaffolder().run("access-take-ownership", {**API, "lifecycle": "deprecated", "system": "shop"})
    path, text = one(opened)
    assert path == "access/checkout/apis/legacy_x.yaml"
    assert parse(path, text.encode()) == {"api": "legacy_X", "lifecycle": "deprecated", "system": "shop"}
    assert [each.team for each in merged(opened).apis if each.name == "legacy_X"] == ["checkout"]


def test_an_api_is_taken_over_by_a_file_that_no_team_has_for_another() -> None:
    more = {
        "commerce/apis.yaml": [{"api": "refunds"}],
        "commerce/apis/legacy_x.yaml": {"api": "orders"},
        "unowned/apis.yaml": [{"api": "legacy_X"}, {"api": "legacy-X"}],
    }
    run = Scaffolder(*made({**APIS, "apis/legacy-X": {"displayName": "L", "path": "l"}}, **more))
    first, second = (
        one(run.run("access-take-ownership", {**API, "api": f"api:default/{name}"}))
        for name in ("legacy_x", "legacy-x")
    )
    assert re.fullmatch(r"access/checkout/apis/legacy-x-[0-9a-f]{8}\.yaml", first[0])
    assert second == ("access/checkout/apis/legacy-x.yaml", 'api: "legacy-X"\n')


@pytest.mark.parametrize("spec", [{"declared": {"api": "orders"}}, {}], ids=["owned", "of somebody else's catalog"])
def test_an_api_that_has_an_owner_is_not_taken_over(spec: Mapping[str, Any]) -> None:
    with pytest.raises(NotFound, match="this-api-has-an-owner"):
        scaffolder(**{API["api"]: {"metadata": {"name": "x"}, "spec": spec}}).run("access-take-ownership", API)


def test_only_what_is_ours_and_the_askers_is_offered() -> None:
    def offered(template: str, field: str) -> tuple[str, Any]:
        (page, *_) = scaffolder().template(template)["spec"]["parameters"]
        says = page["properties"][field]
        (found,) = says["ui:options"]["catalogFilter"]
        assert says["ui:options"]["allowArbitraryValues"] is False
        return says["ui:field"], {
            key: value for key, value in found.items() if key not in ("metadata.namespace", "kind")
        }

    ours = {"metadata.annotations.apim-reconciler/api": {"exists": True}}
    for template in ("access-renew", "access-give-back"):
        assert offered(template, "grant") == ("OwnedEntityPicker", {"spec.type": "apim-grant"})
    assert offered("access-request", "product") == ("EntityPicker", {"spec.type": "apim-product"})
    assert offered("access-publish-product", "apis") == ("MultiEntityPicker", ours)
    unowned = {**ours, "relations.ownedBy": "group:default/unowned"}
    assert offered("access-take-ownership", "api") == ("EntityPicker", unowned)


def test_an_api_is_named_as_its_file_does_in_every_environment() -> None:
    more = {
        "environments.yaml": {"prod": environment(variables={"letter": "X"})},
        "unowned/apis.yaml": [{"api": "legacy_$(letter)", "environments": ["prod"]}],
    }
    _, text = one(Scaffolder(*made(**more)).run("access-take-ownership", API))
    assert parse("x", text.encode()) == {"api": "legacy_$(letter)", "environments": ["prod"]}


@pytest.mark.story
@settings(deadline=None)
@given(
    st.fixed_dictionaries(dict.fromkeys(("reason", "expires", "component", "tier", "team", "env", "product"), hostile))
)
def test_no_answer_breaks_out_of_a_request(said: Mapping[str, str]) -> None:
    """As if no schema had looked at it: in the file each text is a value and nothing else."""
    product = said["product"] or "x"  # what has none is no product
    stolen = {"metadata": {"annotations": {"apim-reconciler/product": product}}, "spec": {"owner": "group:d/x"}}
    answers = {**REQUEST, **{each: said[each] for each in ("reason", "expires", "component", "tier")}}
    answers |= {"team": f"group:default/{said['team'].strip('.') or 'x'}", "environments": [said["env"]]}
    opened = scaffolder(**{ORDERS: stolen}).run("access-request", answers)
    path, text = one(opened)
    assert re.fullmatch(r"access/[^/]*/grants/[^/]*\.yaml", path, re.DOTALL)
    assert ".." not in path.split("/")
    wanted: dict[str, Any] = {"environments": [said["env"]], "product": product, "key": True}
    wanted |= {"reason": said["reason"], "requested_by": "octocat", "expires": said["expires"]}
    wanted |= {each: said[each] for each in ("tier", "component") if said[each]}
    assert as_read(path, text) in (None, wanted, {key: value for key, value in wanted.items() if key != "product"})
    inert(opened)


@pytest.mark.parametrize(
    ("template", "answers", "said"),
    [
        ("access-request", {**REQUEST, "product": "resource:default/commerce-orders"}, "this-is-no-product"),
        ("access-give-back", {"grant": "resource:default/orders"}, "this-is-no-access"),
    ],
)
def test_an_entity_of_another_kind_leads_to_no_file(template: str, answers: Mapping[str, Any], said: str) -> None:
    with pytest.raises(NotFound, match=said):
        scaffolder().run(template, answers)


@pytest.mark.story
@settings(deadline=None)
@given(hostile, hostile)
def test_no_day_and_no_entity_breaks_out_of_a_renewal(day: str, grant: str) -> None:
    found = ENTITIES["resource:default/commerce-orders"]
    stolen = {**found, "metadata": {**found["metadata"], "annotations": {"apim-reconciler/grant": f"a/{grant}"}}}
    opened = scaffolder(**{RENEWAL["grant"]: stolen}).run("access-renew", {**RENEWAL, "expires": day})
    path, text = one(opened)
    assert path.startswith("access/a/grants/")
    assert ".." not in path.split("/")
    before, after = as_read(path, GRANT), as_read(path, text)
    assert after is None or {**after, "expires": 0} == {**(before or {}), "expires": 0}
    gone = scaffolder(**{RENEWAL["grant"]: stolen}).run("access-give-back", RENEWAL)
    assert [*gone.files.values()] == [None]
    assert all(each.startswith("access/a/grants/") and ".." not in each.split("/") for each in gone.files)
    inert(opened)
    inert(gone)


@pytest.mark.story
@settings(deadline=None)
@given(
    st.fixed_dictionaries(dict.fromkeys(("name", "display_name", "description", "longest", "api", "system"), hostile))
)
def test_no_answer_breaks_out_of_a_product_or_an_api(said: Mapping[str, str]) -> None:
    stolen = {"spec": {"declared": {"api": said["api"], "file": f"x{said['name']}"}}}
    run = scaffolder(**{"api:default/legacy_x": stolen})
    product = {**PRODUCT, **{each: said[each] for each in ("name", "display_name", "description", "longest")}}
    opened = run.run("access-publish-product", {**product, "apis": [API["api"]]})
    path, text = one(opened)
    assert re.fullmatch(r"access/checkout/products/[^/]*\.yaml", path, re.DOTALL)
    wanted = {"manage": "product", "environments": ["prod"], "apis": [said["api"]]}
    wanted |= {"display_name": said["display_name"], "description": said["description"], "published": True}
    wanted |= {"max_duration": said["longest"]} if said["longest"] else {}
    assert as_read(path, text) in (None, wanted)
    inert(opened)
    opened = run.run("access-take-ownership", {**API, "system": said["system"]})
    path, text = one(opened)
    assert re.fullmatch(r"access/checkout/apis/x[^/]*\.yaml", path, re.DOTALL)
    assert as_read(path, text) in (None, {"api": said["api"], **({"system": said["system"]} if said["system"] else {})})
    inert(opened)


def as_read(path: str, text: str) -> Any:
    """Read a file: None where it holds what no file may hold, such as what nobody can see, which the check refuses."""
    try:
        return parse(path, text.encode())
    except DeclarationError as error:
        if all("U+" in each.message or "NUL" in each.message for each in error.problems):
            return None
        raise


def inert(opened: Opened) -> None:
    """Be sure that a title and a branch are one line, and that what others said stands in code spans of one line."""
    assert "\n" not in opened.said["title"].strip()
    assert not {"..", "/../"} & set(opened.said["branchName"].split("/"))
    assert opened.said["branchName"].count("/") == 1
    parts = opened.said["description"].split("`")
    assert len(parts) % 2 == 1
    assert all("\n" not in each and "\r" not in each for each in parts[1::2])
    assert re.fullmatch(r"[A-Za-z' .\n>,:]*", "".join(parts[::2]))


def test_without_a_repository_there_is_no_template() -> None:
    found, _ = made(**{"backstage.yaml": {}})
    assert not [path for path in found if path.startswith("templates/")]


def test_with_backstages_own_token_nobody_is_asked_for_theirs_and_the_file_says_who_asks() -> None:
    found, entities = made(
        **{"backstage.yaml": {**REPOSITORY, "as_the_person": False, "folder": "a/b", "branch": "trunk"}}
    )
    run = Scaffolder(found, entities)
    assert all(len(run.template(name)["spec"]["parameters"]) == 1 for name in NAMES)
    opened = run.run("access-request", REQUEST)
    assert "token" not in opened.said
    assert opened.said["targetBranchName"] == "trunk"
    path, text = one(opened)
    assert path == "a/b/checkout/grants/orders.yaml"
    assert 'requested_by: "octocat"' in text
    assert scaffolder().run("access-request", REQUEST).said["token"] == "t"


def test_groups_that_others_make_lead_to_the_team_that_each_is() -> None:
    found, entities = made(
        **{"backstage.yaml": {**REPOSITORY, "groups": "existing", "components": "existing"}}
        | {"checkout/team.yaml": {"display_name": "The Checkout Team"}}
    )
    run = Scaffolder(found, entities)
    team, component = "group:default/the_checkout_team", "component:default/web-shop"
    opened = run.run("access-request", {**REQUEST, "team": team, "component": component})
    path, text = one(opened)
    assert path == "access/checkout/grants/orders-web-shop.yaml"
    assert 'component: "web-shop"' in text
    assert one(run.run("access-request", {**REQUEST, "team": team}))[0] == "access/checkout/grants/orders.yaml"
