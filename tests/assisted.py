"""A company of a few files and a catalog in; what assistants are told of it out, and where text of others stands."""

from collections.abc import Iterator, Mapping
from typing import Any

from organisations import TODAY, environment, files, organisation

from reconciler.assist.catalog import NO_CATALOG, Catalog, Entry
from reconciler.assist.definition import Definition, read
from reconciler.assist.live import Live
from reconciler.assist.world import World
from reconciler.check import check
from reconciler.load import load

TWO = {
    "dev": environment(variables={"letter": "d"}),
    "prod": environment(service=environment()["service"].replace("apim-test", "apim-prod"), variables={"letter": "p"}),
}
COMPANY: Mapping[str, Any] = {
    "environments.yaml": TWO,
    "guardrails.yaml": {"platform_team": "platform"},
    "platform/team.yaml": {"display_name": "Platform", "reviewers": ["pat"]},
    "commerce/team.yaml": {
        "display_name": "Commerce",
        "email": "commerce@contoso.example",
        "github": "contoso/commerce",
    },
    "commerce/apis.yaml": [
        {"api": "orders-$(letter)", "system": "storefront", "description": "From the basket to delivery"},
        {"api": "refunds-$(letter)", "environments": ["prod"], "lifecycle": "production"},
    ],
    "commerce/products/orders.yaml": {
        "manage": "product",
        "display_name": "Orders",
        "description": "Read and place orders",
        "environments": ["dev", "prod"],
        "apis": ["orders-$(letter)"],
        "tiers": {"standard": {"rate": "10 per minute"}, "partner": {}},
        "default_tier": "standard",
        "max_duration": "250 days",
        "approvers": ["platform"],
    },
    "checkout/grants/orders.yaml": {
        "environments": ["prod"],
        "key": True,
        "tier": "partner",
        "component": "web",
        "reason": "Show the order history",
        "expires": "2026-12-10",
    },
}
DEFINITION = """{"openapi": "3.0.1", "info": {"title": "Orders"}, "servers": [{"url": "https://apim.contoso.example/orders"}],
 "paths": {"/orders/{id}": {"parameters": [{"name": "id", "in": "path"}],
   "get": {"operationId": "getOrder", "summary": "Look one up",
    "responses": {"200": {"$ref": "#/components/responses/o"}}}},
  "/orders": {"post": {"summary": "Ship a parcel"}}},
 "components": {"responses": {"o": {"description": "An order", "again": {"$ref": "#/components/responses/o"}}}}}"""


def world(catalog: Catalog = NO_CATALOG, live: Mapping[str, Live] | None = None, **more: Any) -> World:
    """Load a company that is valid; `more` adds files or takes them (None)."""
    written = files(organisation(**{**COMPANY, **more}))
    loaded = load(written)
    assert [*map(str, [*loaded.problems, *check(loaded, written, TODAY)])] == []
    return World(written, loaded.declarations, TODAY, catalog, live or {})


def cataloged(text: str = DEFINITION, kind: str = "openapi", **more: Any) -> Catalog:
    entry = Entry("orders-p", "prod", kind, **{"path": "definitions/orders-p.json", **more})
    definition: Definition = read(text, kind)
    return Catalog((entry,), lambda _: definition, lambda _: text)


def texts(answer: Any, *, inside: bool = False) -> Iterator[tuple[bool, str]]:
    """Give each text of an answer, and whether it is marked as written by others."""
    if isinstance(answer, str):
        yield inside, answer
    elif isinstance(answer, Mapping):
        for key, value in answer.items():
            yield inside, str(key)
            yield from texts(value, inside=inside or key == "text_from_others")
    elif isinstance(answer, list | tuple):
        for each in answer:
            yield from texts(each, inside=inside)
