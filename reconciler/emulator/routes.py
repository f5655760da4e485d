"""The segments below a service in, the published path they belong to out, with its handlers and its ARM action."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from reconciler.emulator import actions, views
from reconciler.emulator.associations import Association
from reconciler.emulator.entities import Entities
from reconciler.emulator.polling import polled_result
from reconciler.emulator.resources.apis import Apis
from reconciler.emulator.resources.backends import Backends
from reconciler.emulator.resources.groups import Groups
from reconciler.emulator.resources.named_values import NamedValues
from reconciler.emulator.resources.policies import Fragments, Policies
from reconciler.emulator.resources.products import Products
from reconciler.emulator.resources.resource_type import ResourceType
from reconciler.emulator.resources.subscriptions import Subscriptions
from reconciler.emulator.resources.tags import Tags
from reconciler.emulator.resources.users import Users
from reconciler.emulator.service import PROVIDER
from reconciler.emulator.visit import Handler

_VERBS: Final[Mapping[str, str]] = {
    "GET": "read",
    "HEAD": "read",
    "PUT": "write",
    "PATCH": "write",
    "DELETE": "delete",
    "POST": "action",
}


@dataclass(frozen=True, slots=True)
class Route:
    """One published path. `source` is what a seed puts there, if it is an entity or a link."""

    template: str
    verbs: Mapping[str, Handler]
    source: Entities | Association | None = None

    def action(self, method: str) -> str:
        """Derive the permission by ARM's rule: the fixed segments, then read, write, delete or action."""
        fixed = [PROVIDER, "service", *(part for part in self.template.split("/") if part and part != "{}")]
        return "/".join([*fixed, _VERBS.get(method, "action")])


@dataclass(frozen=True, slots=True)
class Found:
    """A route and the names in the path that led to it."""

    route: Route
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Node:
    fixed: dict[str, "_Node"]
    named: list["_Node"]
    route: list[Route]


def find(segments: tuple[str, ...]) -> Found | None:
    """Match without regard to the case of fixed segments, as Azure does; names keep theirs."""
    node, names = _TREE, []
    for segment in segments:
        fixed = node.fixed.get(segment.lower())
        if fixed is not None:
            node = fixed
        elif node.named:
            node = node.named[0]
            names.append(segment)
        else:
            return None
    return Found(node.route[0], tuple(names)) if node.route else None


def published() -> Iterator[Route]:
    """Give every path that is served, as Azure publishes it."""
    apis, backends, groups, named_values = Apis(), Backends(), Groups(), NamedValues()
    fragments, policies, products = Fragments(), Policies(), Products()
    subscriptions, tags, users = Subscriptions(), Tags(), Users()
    yield Route("", {"GET": views.the_service})
    for name, kind in (
        ("groups", groups),
        ("users", users),
        ("products", products),
        ("apis", apis),
        ("tags", tags),
        ("backends", backends),
        ("namedValues", named_values),
        ("subscriptions", subscriptions),
    ):
        yield from _entities(Entities(kind, (name,)))
    yield from _entities(Entities(fragments, ("policyFragments",)), without="PATCH")
    yield from _entities(Entities(policies, ("policies",)), without="PATCH")
    yield from _entities(Entities(policies, ("products", "policies"), (products,)), without="PATCH")
    yield from _entities(Entities(policies, ("apis", "policies"), (apis,)), without="PATCH")
    yield from _association(Association((products,), groups, ("products", "groups")), "HEAD", "PUT", "DELETE")
    yield from _association(Association((products,), apis, ("products", "apis")), "HEAD", "PUT", "DELETE")
    yield from _association(Association((groups,), users, ("groups", "users")), "HEAD", "PUT", "DELETE")
    for name, kind in (("apis", apis), ("products", products)):
        tagging = Association((kind,), tags, (name, "tags"), as_entity=True)
        yield from _association(tagging, "HEAD", "GET", "PUT", "DELETE")
    yield Route("apis/{}/products", {"GET": views.products_of_api(apis, products)})
    yield Route("users/{}/groups", {"GET": views.groups_of_user(users, groups)})
    yield Route("users/{}/subscriptions", {"GET": views.subscriptions_of_user(users, subscriptions)})
    yield Route("users/{}/subscriptions/{}", {"GET": views.subscription_of_user(users, subscriptions)})
    yield Route("products/{}/subscriptions", {"GET": views.subscriptions_of_product(products, subscriptions)})
    yield Route("tagResources", {"GET": views.tag_resources})
    yield Route("productsByTags", {"GET": views.products_by_tags})
    yield Route("apisByTags", {"GET": views.apis_by_tags})
    yield Route("allPolicies", {"GET": views.all_policies})
    yield Route("tenant/operationResults/{}", {"GET": polled_result})
    yield from _actions(subscriptions, named_values, fragments)


def _actions(subscriptions: ResourceType, named_values: ResourceType, fragments: ResourceType) -> Iterator[Route]:
    yield Route("subscriptions/{}/listSecrets", {"POST": actions.list_secrets(subscriptions)})
    for key in ("primaryKey", "secondaryKey"):
        name = f"regenerate{key[0].upper()}{key[1:]}"
        yield Route(f"subscriptions/{{}}/{name}", {"POST": actions.regenerate(subscriptions, key)})
    yield Route("namedValues/{}/listValue", {"POST": actions.list_value(named_values)})
    yield Route("policyFragments/{}/listReferences", {"POST": actions.list_references(fragments)})


def _entities(source: Entities, *, without: str = "") -> Iterator[Route]:
    collection = "/{}/".join(source.fixed)
    verbs: dict[str, Handler] = {
        "GET": source.get,
        "HEAD": source.head,
        "PUT": source.put,
        "PATCH": source.patch,
        "DELETE": source.delete,
    }
    verbs.pop(without, None)
    yield Route(collection, {"GET": source.list})
    yield Route(f"{collection}/{{}}", verbs, source)


def _association(source: Association, *verbs: str) -> Iterator[Route]:
    collection = "/{}/".join(source.fixed)
    handlers: dict[str, Handler] = {
        "GET": source.get,
        "HEAD": source.head,
        "PUT": source.put,
        "DELETE": source.delete,
    }
    yield Route(collection, {"GET": source.list})
    yield Route(f"{collection}/{{}}", {verb: handlers[verb] for verb in verbs}, source)


def _tree() -> _Node:
    root = _Node({}, [], [])
    for route in published():
        node = root
        for part in route.template.split("/") if route.template else []:
            if part == "{}":
                node.named[:] = node.named or [_Node({}, [], [])]
                node = node.named[0]
            else:
                node = node.fixed.setdefault(part.lower(), _Node({}, [], []))
        node.route.append(route)
    return root


_TREE: Final = _tree()  # built once, never changed: it is the table of the published paths
