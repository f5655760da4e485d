"""Nothing in; every path that is served out, as Azure publishes it, with the handlers of its verbs."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from reconciler.emulator import actions, views
from reconciler.emulator.associations import Association
from reconciler.emulator.definitions.exporting import exporting
from reconciler.emulator.entities import Entities
from reconciler.emulator.link_resources import LinkResources, Side
from reconciler.emulator.polling import polled_result
from reconciler.emulator.reports import report
from reconciler.emulator.resources.apis import Apis, WholeApis
from reconciler.emulator.resources.backends import Backends
from reconciler.emulator.resources.groups import Groups
from reconciler.emulator.resources.named_values import NamedValues
from reconciler.emulator.resources.operations import Operations, Schemas
from reconciler.emulator.resources.policies import Fragments, Policies
from reconciler.emulator.resources.products import Products
from reconciler.emulator.resources.revisions import Releases
from reconciler.emulator.resources.subscriptions import Subscriptions
from reconciler.emulator.resources.tags import Tags
from reconciler.emulator.resources.users import Users
from reconciler.emulator.resources.version_sets import VersionSets
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
_APIS, _BACKENDS, _GROUPS, _NAMED_VALUES, _OPERATIONS = Apis(), Backends(), Groups(), NamedValues(), Operations()
_FRAGMENTS, _POLICIES, _PRODUCTS, _RELEASES, _SCHEMAS = Fragments(), Policies(), Products(), Releases(), Schemas()
_SUBSCRIPTIONS, _TAGS, _USERS, _VERSION_SETS = Subscriptions(), Tags(), Users(), VersionSets()
_WHOLE_APIS = WholeApis()


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


def published() -> Iterator[Route]:
    """Give the routes; where a template fits no list below, it is not served."""
    yield Route("", {"GET": views.the_service})
    yield from _all_entities()
    yield from _all_associations()
    yield from _all_link_resources()
    yield from _all_views()
    yield Route("tenant/operationResults/{}", {"GET": polled_result})
    yield from _all_actions()


def _all_entities() -> Iterator[Route]:
    for name, kind in (
        ("groups", _GROUPS),
        ("users", _USERS),
        ("products", _PRODUCTS),
        ("apiVersionSets", _VERSION_SETS),
        ("apis", _APIS),
        ("tags", _TAGS),
        ("backends", _BACKENDS),
        ("namedValues", _NAMED_VALUES),
        ("subscriptions", _SUBSCRIPTIONS),
    ):
        source = Entities(kind, (name,))
        yield from _entities(source, get=exporting(source) if kind is _APIS else source.get)
    yield from _entities(Entities(_FRAGMENTS, ("policyFragments",)), without="PATCH")
    yield from _entities(Entities(_OPERATIONS, ("apis", "operations"), (_APIS,)))
    yield from _entities(Entities(_RELEASES, ("apis", "releases"), (_APIS,)))
    yield from _entities(Entities(_SCHEMAS, ("apis", "schemas"), (_APIS,)), without="PATCH")
    yield from _entities(Entities(_POLICIES, ("policies",)), without="PATCH")
    yield from _entities(Entities(_POLICIES, ("products", "policies"), (_PRODUCTS,)), without="PATCH")
    yield from _entities(Entities(_POLICIES, ("apis", "policies"), (_APIS,)), without="PATCH")
    of_operations = Entities(_POLICIES, ("apis", "operations", "policies"), (_APIS, _OPERATIONS))
    yield from _entities(of_operations, without="PATCH")


def _all_associations() -> Iterator[Route]:
    yield from _association(Association((_PRODUCTS,), _GROUPS, ("products", "groups")), "HEAD", "PUT", "DELETE")
    yield from _association(Association((_PRODUCTS,), _WHOLE_APIS, ("products", "apis")), "HEAD", "PUT", "DELETE")
    yield from _association(Association((_GROUPS,), _USERS, ("groups", "users")), "HEAD", "PUT", "DELETE")
    for tagged, fixed in (
        ((_APIS,), ("apis", "tags")),
        ((_PRODUCTS,), ("products", "tags")),
        ((_APIS, _OPERATIONS), ("apis", "operations", "tags")),
    ):
        yield from _association(Association(tagged, _TAGS, fixed, as_entity=True), "HEAD", "GET", "PUT", "DELETE")


def _all_link_resources() -> Iterator[Route]:
    product, group = Side((_PRODUCTS,), "Product", ("products",)), Side((_GROUPS,), "Group", ("groups",))
    api, tag = Side((_APIS,), "Api", ("apis",)), Side((_TAGS,), "Tag", ("tags",))
    operation = Side((_APIS, _OPERATIONS), "Operation", ("apis", "operations"))
    yield from _links(LinkResources(product, group, "products/groups"))
    yield from _links(LinkResources(product, api, "products/apis"))
    yield from _links(LinkResources(tag, api, "apis/tags", member_left=True))
    yield from _links(LinkResources(tag, product, "products/tags", member_left=True))
    yield from _links(LinkResources(tag, operation, "apis/operations/tags", member_left=True))


def _all_views() -> Iterator[Route]:
    yield Route("apis/{}/products", {"GET": views.products_of_api(_APIS, _PRODUCTS)})
    yield Route("apis/{}/revisions", {"GET": views.revisions_of_api(_APIS)})
    yield Route("apis/{}/operationsByTags", {"GET": views.operations_by_tags(_APIS)})
    yield Route("users/{}/groups", {"GET": views.groups_of_user(_USERS, _GROUPS)})
    yield Route("users/{}/identities", {"GET": views.identities_of_user(_USERS)})
    yield Route("users/{}/subscriptions", {"GET": views.subscriptions_of_user(_USERS, _SUBSCRIPTIONS)})
    yield Route("users/{}/subscriptions/{}", {"GET": views.subscription_of_user(_USERS, _SUBSCRIPTIONS)})
    yield Route("products/{}/subscriptions", {"GET": views.subscriptions_of_product(_PRODUCTS, _SUBSCRIPTIONS)})
    yield Route("tagResources", {"GET": views.tag_resources})
    yield Route("productsByTags", {"GET": views.products_by_tags})
    yield Route("apisByTags", {"GET": views.apis_by_tags})
    yield Route("reports/{}", {"GET": report})  # one ARM action, reports/read, for all of them
    yield Route("allPolicies", {"GET": views.all_policies})


def _all_actions() -> Iterator[Route]:
    yield Route("subscriptions/{}/listSecrets", {"POST": actions.list_secrets(_SUBSCRIPTIONS)})
    for key in ("primaryKey", "secondaryKey"):
        name = f"regenerate{key[0].upper()}{key[1:]}"
        yield Route(f"subscriptions/{{}}/{name}", {"POST": actions.regenerate(_SUBSCRIPTIONS, key)})
    yield Route("namedValues/{}/listValue", {"POST": actions.list_value(_NAMED_VALUES)})
    yield Route("namedValues/{}/refreshSecret", {"POST": actions.refresh_secret(_NAMED_VALUES)})
    yield Route("policyFragments/{}/listReferences", {"POST": actions.list_references(_FRAGMENTS)})


def _entities(source: Entities, *, without: str = "", get: Handler | None = None) -> Iterator[Route]:
    collection = "/{}/".join(source.fixed)
    verbs: dict[str, Handler] = {
        "GET": get or source.get,
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


def _links(source: LinkResources) -> Iterator[Route]:
    collection = f"{source.owner.fixed[0]}/{{}}/{source.collection}"
    yield Route(collection, {"GET": source.list})
    yield Route(f"{collection}/{{}}", {"GET": source.get, "PUT": source.put, "DELETE": source.delete})
