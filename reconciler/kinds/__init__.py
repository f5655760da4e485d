"""The registry of kinds: one line each; order, reading, comparing, applying and the laws follow from it."""

from reconciler.kinds.api import Api
from reconciler.kinds.api_contact import ApiContact
from reconciler.kinds.api_tag import ApiTag
from reconciler.kinds.fragment import Fragment
from reconciler.kinds.gate import Client, Gate, KeyTier
from reconciler.kinds.group import Group
from reconciler.kinds.include import ApiRules, ProductInclude, ProductRules
from reconciler.kinds.kind import Kind
from reconciler.kinds.product import Product
from reconciler.kinds.product_api import ProductApi
from reconciler.kinds.product_group import ProductGroup
from reconciler.kinds.subscription import Subscription
from reconciler.kinds.tag import Tag
from reconciler.kinds.user import User
from reconciler.resource import Address, Resource

__all__ = ["KINDS", "Kind", "kind_of"]

KINDS: tuple[Kind, ...] = (
    Api(),
    User(),
    Group(),
    Product(),
    ProductGroup(),
    ProductApi(),
    Subscription(),
    Tag(),
    ApiTag(),
    ApiContact(),
    Fragment(),
    Gate(),
    Client(),
    KeyTier(),
    ProductInclude(),
    ProductRules(),
    ApiRules(),
)

_BY_NAME = {kind.name: kind for kind in KINDS}


def kind_of(thing: Resource | Address) -> Kind:
    """Find the kind of a resource or an address."""
    return _BY_NAME[thing.address.kind if isinstance(thing, Resource) else thing.kind]
