"""Living services are adopted: everything that gives access gets a name, nothing changes, and nothing is written."""

import asyncio
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, get_args

import pytest
from cloud import Cloud
from organisations import ENDPOINT, TODAY
from ruamel.yaml import YAML
from samples import FOLDER, NAMES, PRESENT, entities, sample

from reconciler.adopt import Adoption, Live, adopt, ordered
from reconciler.adopt.report import report
from reconciler.azure.reading import fragment_texts, read
from reconciler.check import check
from reconciler.declarations import Declarations, Guardrails, Mode, OwnerMap
from reconciler.declarations.modes import in_mode
from reconciler.load import load
from reconciler.resource import Address
from reconciler.sources import Files

MODES: tuple[Mode, ...] = get_args(Mode)
NOTHING = Declarations({}, Guardrails(), OwnerMap(), {})
SAMPLES = [
    pytest.param(name, marks=pytest.mark.skipif(not PRESENT, reason=f"{FOLDER.name}/{name} is absent"))
    for name in NAMES
]


def adopted(
    cloud: Cloud,
    contents: Mapping[str, bytes] | None = None,
    environment: str = "prod",
    *,
    terraform: frozenset[Address] = frozenset(),
) -> tuple[Adoption, dict[str, bytes]]:
    """Adopt a service into a folder, and give the folder as it is then."""
    there = dict(contents or {})
    visible = {path: content for path, content in there.items() if path[0] != "."}
    declarations = load(Files("access", visible)).declarations if visible else NOTHING

    async def run() -> Live:
        async with cloud.session() as session:
            state = await read(session)
            names = [each.name[0] for each in state if each.kind == "fragment"]
            texts = await fragment_texts(session, names)
            return Live(environment, cloud.service, state, texts, endpoint=ENDPOINT, terraform=terraform)

    adoption = adopt(declarations, there, asyncio.run(run()), day=TODAY)
    merged = {**there, **adoption.files}
    return adoption, {path: content for path, content in sorted(merged.items()) if content is not None}


def valid(contents: Mapping[str, bytes]) -> Declarations:
    files = Files("access", {path: content for path, content in contents.items() if path[0] != "."})
    loaded = load(files)
    assert [str(problem) for problem in (*loaded.problems, *check(loaded, files, TODAY))] == []
    return loaded.declarations


def nothing_changes(
    cloud: Cloud, contents: Mapping[str, bytes], environment: str = "prod", *, modes: tuple[Mode, ...] = MODES
) -> None:
    """Plan in each mode: no change is written, none is shown, nothing waits or is held."""
    cloud = replace(cloud, environment=environment)
    for mode in modes:
        plan = cloud.plan(in_mode(valid(contents), environment, mode))
        assert (plan.written.changes, plan.observed.changes, plan.waiting, plan.held) == ((), (), (), ()), mode
        assert cloud.apply(plan) == ()


def named(contents: Mapping[str, bytes], environment: str = "prod") -> Counter[str]:
    """Count what the files name, by reading YAML and nothing of ours."""
    found: Counter[str] = Counter()
    for path, content in contents.items():
        if not path.endswith(".yaml") or "/" not in path:
            found["fragments"] += path.endswith(".xml")
            continue
        document = YAML(typ="safe", pure=True).load(content)
        if path.endswith("/apis.yaml"):
            found["apis"] += len(document)
        elif environment in document.get("environments", ()):
            says = {**document, **document.get("in", {}).get(environment, {})}
            found["products"] += "/products/" in path
            found["api links"] += len(says.get("apis", ())) if "/products/" in path else 0
            found["group links"] += len(says.get("visible_to", ())) + bool(says.get("portal"))
            found["keys"] += "subscription" in says
    return found


def living(cloud: Cloud) -> Counter[str]:
    """Count what the service has that gives access, Azure's own left out."""
    found: Counter[str] = Counter()
    for path in cloud.state():
        match path.split("/"):
            case ["products", _]:
                found["products"] += 1
            case ["products", _, "apis", _]:
                found["api links"] += 1
            case ["products", _, "groups", group] if group != "administrators":
                found["group links"] += 1
            case ["subscriptions", name] if name != "master":
                found["keys"] += 1
            case ["apis", _]:
                found["apis"] += 1
            case ["policyFragments", _]:
                found["fragments"] += 1
            case _:
                pass
    return found


@pytest.fixture
def cloud() -> Iterator[Cloud]:
    """Give a service whose reader may read, and nobody write."""
    cloud = Cloud(client="reader")
    cloud.azure.grant("reader", "Reader")
    yield cloud
    assert cloud.writes() == 0


@pytest.mark.parametrize("name", SAMPLES)
def test_every_sample_is_adopted_whole_and_no_mode_changes_anything(cloud: Cloud, name: str) -> None:
    cloud.azure.seed(cloud.service, entities(sample(name)), fresh=True)
    before = cloud.state()
    adoption, contents = adopted(cloud)
    assert adoption.left == ()
    assert named(contents) == living(cloud)
    nothing_changes(cloud, contents)
    assert cloud.state() == before


@pytest.mark.parametrize("name", SAMPLES)
def test_adopting_again_finds_nothing_new(cloud: Cloud, name: str) -> None:
    cloud.azure.seed(cloud.service, entities(sample(name)), fresh=True)
    _, contents = adopted(cloud)
    adoption, again = adopted(cloud, contents)
    assert adoption.files == {}
    assert again == contents


APIS = {f"apis/{name}": {"displayName": name, "path": name} for name in ("orders", "billing", "refunds")}
COMPANY: dict[str, dict[str, Any]] = {
    **APIS,
    "groups/65b3d62ffc4d0a201b6ecb9c": {"displayName": "Call Centre"},
    "groups/idle": {"displayName": "Idle"},
    "users/piet": {"email": "piet@contoso.example", "firstName": "P", "lastName": "B"},
    "groups/65b3d62ffc4d0a201b6ecb9c/users/piet": {},
    "products/orders": {"displayName": "Orders", "state": "published", "approvalRequired": True},
    "products/orders/apis/orders": {},
    "products/orders/groups/65b3d62ffc4d0a201b6ecb9c": {},
    "products/orders/groups/developers": {},
    "products/open": {"displayName": "Open", "subscriptionRequired": False},
    "products/open/apis/billing": {},
    "products/open/groups/guests": {},
    "subscriptions/a1": {"scope": "/products/orders", "displayName": "Orders - Call Centre ", "state": "active"},
    "subscriptions/a2": {"scope": "/products/orders", "displayName": "Orders - Call Centre", "state": "suspended"},
    "subscriptions/a3": {"scope": "/products/orders", "displayName": "x", "state": "active", "ownerId": "/users/piet"},
    "subscriptions/a4": {"scope": "/products/orders", "displayName": "Shop", "state": "submitted"},
    "subscriptions/a5": {"scope": "/apis", "displayName": "Monitoring", "state": "active"},
    "subscriptions/a6": {"scope": "/apis/refunds", "displayName": "Batch", "state": "active"},
    "subscriptions/a7": {"scope": "/products/open", "displayName": "Kept", "state": "active"},
}


def company(cloud: Cloud) -> Cloud:
    cloud.azure.seed(cloud.service, COMPANY, fresh=True)
    return cloud


def text(contents: Mapping[str, bytes], path: str) -> str:
    return contents[path].decode()


def test_keys_and_groups_go_to_whom_their_names_and_holders_tell(cloud: Cloud) -> None:
    _, contents = adopted(company(cloud))
    mine = {path: text(contents, path) for path in contents if path.startswith("call-centre/")}
    assert mine["call-centre/team.yaml"] == "display_name: Call Centre\ngroup: 65b3d62ffc4d0a201b6ecb9c\n"
    assert "portal: true" in mine["call-centre/grants/orders.yaml"]
    assert {line for each in mine.values() for line in each.splitlines() if line.startswith("subscription:")} == {
        "subscription: a1",
        "subscription: a2",
        "subscription: a3",
    }
    assert named(contents) == living(cloud)
    nothing_changes(cloud, contents)


def test_a_product_is_written_as_a_person_would(cloud: Cloud) -> None:
    _, contents = adopted(company(cloud))
    assert text(contents, "unowned/products/orders.yaml") == (
        "environments: [prod]\n"
        "manage: product\n"
        "display_name: Orders\n"
        "published: true\n"
        "subscription_required: true\n"
        "approval_required: true\n"
        "apis: [orders]\n"
        "visible_to: [developers]\n"
    )


def test_what_the_platform_team_knows_moves_out_of_unowned_with_what_people_wrote(cloud: Cloud) -> None:
    _, contents = adopted(company(cloud))
    assert "unowned/grants/orders-shop.yaml" in contents
    path = "unowned/products/orders.yaml"
    contents[path] = contents[path].replace(b"display_name: Orders", b"display_name: Orders  # as in the shop")
    contents["adoption.yaml"] = (
        b"owners:\n  - {team: commerce, apis: [ord*], products: [orders], subscriptions: [shop, monitoring]}\n"
    )
    _, again = adopted(cloud, contents)
    assert "as in the shop" in text(again, "commerce/products/orders.yaml")
    assert text(again, "commerce/apis.yaml") == "- api: orders\n"
    assert text(again, "unowned/apis.yaml") == "- api: billing\n- api: echo-api\n- api: refunds\n"
    assert {"commerce/grants/orders-shop.yaml", "commerce/grants/every-api-monitoring.yaml"} <= set(again)
    assert path not in again
    assert named(again) == living(cloud)
    nothing_changes(cloud, again)


def test_only_what_is_new_is_added_and_what_was_taken_out_is_not_put_back(cloud: Cloud) -> None:
    _, contents = adopted(company(cloud))
    path, gone = "unowned/products/orders.yaml", "unowned/grants/orders-shop.yaml"
    edited = contents[path].replace(b"apis: [orders]", b"# ours\napis:\n    - orders   # the first")
    contents |= {path: edited}
    del contents[gone]
    cloud.seed(
        {
            "products/orders/apis/refunds": {},
            "products/orders/groups/guests": {},
            "subscriptions/b1": {"scope": "/products/orders", "displayName": "New one", "state": "active"},
        }
    )
    adoption, again = adopted(cloud, contents)
    assert adoption.taken_out == ("subscription a4",)
    assert set(adoption.files) == {path, "unowned/grants/orders-new-one.yaml", ".adopted/prod.txt"}
    added = edited.decode().replace("# the first\n", "# the first\n    - refunds\n")
    assert text(again, path) == added.replace("[developers]", "[developers, guests]")
    assert gone not in again


def test_a_house_that_limits_grants_limits_adopted_ones(cloud: Cloud) -> None:
    contents = {
        "environments.yaml": f"prod: {{service: {cloud.service}, mode: observe, endpoint: '{ENDPOINT}'}}\n".encode(),
        "guardrails.yaml": b"max_duration: 90 days\n",
        "commerce/team.yaml": b"display_name: Commerce\n",
    }
    _, again = adopted(company(cloud), contents)
    assert "expires: '2027-02-21'" in text(again, "unowned/grants/orders-shop.yaml").replace('"', "'")
    nothing_changes(cloud, again)


def stage(cloud: Cloud, name: str, entities: Mapping[str, dict[str, Any]], *, fresh: bool = False) -> Cloud:
    """Seed one more service of the same Azure."""
    service = f"{cloud.service}-{name}"
    cloud.azure.seed(service, dict(entities), fresh=fresh)
    return replace(cloud, service=service, environment=name)


def estate(letter: str, **more: Any) -> dict[str, dict[str, Any]]:
    """A small service in which APIs carry the environment's letter and products do not."""
    long, active = {"d": "dev", "p": "prod", "q": "qa"}[letter], {"state": "active"}
    return {
        f"apis/orders-{letter}-v1": {"displayName": "Orders", "path": "orders"},
        f"apis/pay-{letter}": {"displayName": "Pay", "path": "pay"},
        "apis/shared": {"displayName": "Shared", "path": "shared"},
        "groups/shop": {"displayName": f"Shop ({long})"},
        "products/orders": {"displayName": "Orders", "state": "published", "description": f"In {long}", **more},
        f"products/orders/apis/orders-{letter}-v1": {},
        "products/orders/apis/shared": {},
        "products/orders/groups/shop": {},
        f"products/pay-{long}": {"displayName": "Pay"},
        f"products/pay-{long}/apis/pay-{letter}": {},
        f"subscriptions/{letter}0000001": {**active, "scope": "/products/orders", "displayName": f"Web shop {long}"},
        f"subscriptions/{letter}0000002": {**active, "scope": f"/products/pay-{long}", "displayName": "Desk"},
    }


def test_a_second_environment_joins_what_is_written_for_the_first(cloud: Cloud) -> None:
    cloud.azure.grant("reader", "Reader")
    dev, prod = stage(cloud, "dev", estate("d")), stage(cloud, "prod", estate("p", terms="Be kind"))
    _, contents = adopted(dev, environment="dev")
    environments = contents["environments.yaml"].decode()
    contents["environments.yaml"] = (
        environments.replace("  mode: observe", "  mode: observe\n  variables: {letter: d}")
        + f"prod:\n  service: {prod.service}\n  endpoint: {ENDPOINT}\n  mode: observe\n  variables: {{letter: p}}\n"
    ).encode()
    _, both = adopted(prod, contents, environment="prod")
    assert text(both, "unowned/apis.yaml") == "- api: orders-$(letter)-v1\n- api: pay-$(letter)\n- api: shared\n"
    orders = YAML(typ="safe").load(both["unowned/products/orders.yaml"])
    assert orders["environments"] == ["dev", "prod"]
    assert orders["apis"] == ["orders-$(letter)-v1", "shared"]
    assert orders["in"] == {"prod": {"description": "In prod", "terms": "Be kind"}}
    pay = YAML(typ="safe").load(both["unowned/products/pay-dev.yaml"])
    assert (pay["id"], pay["environments"], "in" in pay) == ("pay-$(env)", ["dev", "prod"], False)
    grant = YAML(typ="safe").load(both["unowned/grants/orders-web-shop.yaml"])
    assert (grant["subscription"], grant["in"]) == ("d0000001", {"prod": {"subscription": "p0000001"}})
    assert "prod:\n    display_name: Shop (prod)" in text(both, "shop/team.yaml")
    for each, name in ((dev, "dev"), (prod, "prod")):
        assert named(both, name) == living(each)
        nothing_changes(each, both, name)
    for each, name in ((dev, "dev"), (prod, "prod")):
        assert adopted(each, both, environment=name)[0].files == {}


def test_environments_side_by_side_in_one_service_are_told_apart_by_suffix(cloud: Cloud) -> None:
    entities: dict[str, dict[str, Any]] = {"apis/shared": {"displayName": "Shared", "path": "shared"}}
    for suffix in ("", "-dev", "-qa"):
        name = f"products/orders{suffix}"
        entities[f"apis/orders{suffix}"] = {"displayName": f"Orders{suffix}", "path": f"orders{suffix}"}
        entities[name] = {"displayName": f"Orders{suffix}", "state": "published"}
        entities |= {f"{name}/apis/orders{suffix}": {}, f"{name}/apis/shared": {}}
        entities[f"subscriptions/s{suffix}"] = {"scope": f"/{name}", "displayName": "Shop", "state": "active"}
    cloud.azure.seed(cloud.service, entities, fresh=False)
    contents = {"environments.yaml": b"", "commerce/team.yaml": b"display_name: Commerce\n"}
    for name, suffix in (("dev", "-dev"), ("qa", "-qa"), ("prod", "")):
        line = f"{name}: {{service: {cloud.service}, endpoint: '{ENDPOINT}', variables: {{suffix: '{suffix}'}}}}\n"
        contents["environments.yaml"] += line.encode()
    for name in ("dev", "qa", "prod"):
        _, contents = adopted(cloud, contents, environment=name)
    assert YAML(typ="safe").load(contents["unowned/apis.yaml"]) == [{"api": "orders$(suffix)"}, {"api": "shared"}]
    product = YAML(typ="safe").load(contents["unowned/products/orders.yaml"])
    assert (product["id"], product["environments"]) == ("orders$(suffix)", ["dev", "qa", "prod"])
    for name in ("dev", "qa", "prod"):
        assert (named(contents, name)["products"], named(contents, name)["keys"]) == (1, 1)
        nothing_changes(cloud, contents, name)


ODD_APIS = ("A B", "null", "1e5", "yes", "a.b_c~d", "(p)", "x%20y", "\u00dcn\u00ef", "l" * 200)
ODD_PRODUCTS = ("Orders", "ORDERS 2", "\u65e5\u672c", "true", "--", "123", "a.b", "a-b", "A_B", "p" * 250)
ODD_GROUPS = {"G 1": "Ops & Co", "g+1": "Ops  &  Co", "unowned": "Unowned", "Dev": "Developers"}
ODD_TITLES = (
    "Orders - Ops & Co",
    "Orders - Ops & Co",
    "\u202e evil \n",
    "x" * 100,
    "x" * 100,
    "'\"#: - {}[]",
    "1e5",
    "yes: [",
)


def test_odd_names_are_written_so_that_they_mean_themselves(cloud: Cloud) -> None:
    entities: dict[str, dict[str, Any]] = {
        f"apis/{name}": {"displayName": name[:9], "path": f"p{index}"} for index, name in enumerate(ODD_APIS)
    }
    entities |= {f"groups/{name}": {"displayName": title} for name, title in ODD_GROUPS.items()}
    odd = {"description": "multi\nline: text\n- a", "terms": "a\r\nb\tc\u202e \u2028"}
    for product in ODD_PRODUCTS:
        entities[f"products/{product}"] = {"displayName": f" {product} ", **odd}
        entities |= {f"products/{product}/apis/{api}": {} for api in ODD_APIS}
        entities |= {f"products/{product}/groups/{group}": {} for group in ODD_GROUPS}
    for index, title in enumerate(ODD_TITLES):
        scope = f"/products/{ODD_PRODUCTS[index % 4]}" if index % 3 else f"/apis/{ODD_APIS[index % 4]}"
        entities[f"subscriptions/S {index}"] = {"scope": scope, "displayName": title, "state": "active"}
    cloud.azure.seed(cloud.service, entities, fresh=True)
    adoption, contents = adopted(cloud)
    assert adoption.left == ()
    assert named(contents) == living(cloud)
    nothing_changes(cloud, contents)


def test_what_cannot_be_written_is_said_with_its_reason(cloud: Cloud) -> None:
    entities: dict[str, dict[str, Any]] = {
        "apis/$(env)": {"displayName": "a", "path": "a"},
        "products/$(env)": {"displayName": "b"},
        "products/$(env)/apis/$(env)": {},
        "subscriptions/s": {"scope": "/products/$(env)", "displayName": "c", "state": "active"},
    }
    cloud.azure.seed(cloud.service, entities, fresh=False)
    adoption, _ = adopted(cloud)
    assert {(each.what, each.reason) for each in adoption.left} == {
        ("api $(env)", "its id cannot be written in a file"),
        ("product $(env)", "its id cannot be written in a file"),
        ("product-api $(env)/$(env)", "its product is in no file"),
        ("subscription s", "its product is in no file"),
    }


@pytest.mark.parametrize("share", [0.1, 0.3, 0.5, 0.7, 0.9])
def test_an_adoption_that_was_cut_short_goes_on_where_it_was(cloud: Cloud, share: float) -> None:
    adoption, whole = adopted(company(cloud))
    written = list(ordered(adoption.files).items())
    part = {path: content for path, content in written[: int(len(written) * share)] if content is not None}
    _, resumed = adopted(cloud, part)
    assert resumed == whole


def test_the_report_says_of_each_product_what_a_mode_would_do_whatever_its_file_is_called(cloud: Cloud) -> None:
    cloud.azure.seed(cloud.service, {"products/Orders 1": {"displayName": "Orders"}, **APIS}, fresh=False)
    adoption, contents = adopted(cloud)
    cloud.seed({"products/Orders 1/apis/billing": {}})
    declarations = valid(contents)
    plans = {mode: cloud.plan(in_mode(declarations, "prod", mode)) for mode in ("add", "enforce")}
    rows = [line for line in report(adoption, declarations, plans, "prod").splitlines() if "orders" in line]
    assert [row.split("|")[4:6] for row in rows if row.startswith("|")] == [[" nothing ", " delete product-api x1 "]]


def test_what_only_the_first_environment_has_is_said_of_it_alone(cloud: Cloud) -> None:
    dev, prod = (
        stage(cloud, "dev", estate("d", terms="Be kind", subscriptionsLimit=5)),
        stage(cloud, "prod", estate("p")),
    )
    _, contents = adopted(dev, environment="dev")
    _, both = adopted(prod, contents, environment="prod")
    orders = YAML(typ="safe").load(both["unowned/products/orders.yaml"])
    assert ("terms" in orders, orders["in"]["dev"]) == (False, {"terms": "Be kind", "subscriptions_limit": 5})
    nothing_changes(dev, both, "dev")
    nothing_changes(prod, both, "prod")
