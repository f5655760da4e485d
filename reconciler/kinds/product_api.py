"""Product-API links: which APIs a product's keys open."""

from reconciler.kinds.kind import Link


class ProductApi(Link):
    """An API on a product. No list has them all: they are read product by product or API by API, whichever is fewer."""

    name = "product-api"
    path = "products/{}/apis/{}"
    parts = ("product", "api")
    listing_by_part = ("products/{}/apis", "apis/{}/products")
