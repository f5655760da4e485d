"""A product and an API in, nothing out, or the error where the API would be on a second open product.

Microsoft's pages on products and subscriptions: an API is on at most one open product, which asks for no subscription.
"""

from collections.abc import Iterable

from reconciler.emulator.errors import detail, incorrect
from reconciler.emulator.service import Service

_WORDS = "API cannot be added to more than one open products."


def refuse_link(service: Service, product: str, api: str) -> None:
    """The words are quoted in Azure/apiops (publisher/ProductApi.cs, which tries again), the target by users of az.

    `Settings.one_open_product` turns it off, and so what is below.
    """
    found = service.find(("products",), product)
    if found is not None and not found.properties.get("subscriptionRequired", True):
        _refuse(service, product, (api,), "aid")


def refuse_opening(service: Service, product: str) -> None:
    """Unverified, words and target alike: that a product is not opened while its APIs are on another open one."""
    _refuse(service, product, service.links("products/apis").rights(product), "subscriptionRequired")


def _refuse(service: Service, product: str, apis: Iterable[str], target: str) -> None:
    links = service.links("products/apis")
    others = (service.find(("products",), each) for api in apis for each in links.lefts(api) if each != product)
    if service.settings.one_open_product and any(
        other is not None and not other.properties.get("subscriptionRequired", True) for other in others
    ):
        raise incorrect(detail(target, _WORDS))
