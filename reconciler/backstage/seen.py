"""What Azure answered about a service in; what a catalog tells of its APIs and products, out."""

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from reconciler.errors import printable

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class SeenApi:
    """A current revision. `path` is below the gateway, with its version where that is part of it.

    `type` is Azure's word: http, soap, graphql, websocket, grpc, odata.
    """

    id: str
    title: str
    path: str
    type: str = "http"
    description: str = ""


@dataclass(frozen=True, slots=True)
class SeenProduct:
    """A product. `asks_for_key` is Azure's word on it, which rules in a policy may go beyond."""

    title: str
    description: str = ""
    asks_for_key: bool = True


@dataclass(frozen=True, slots=True)
class Seen:
    """One service. `gateway` and `portal` are addresses without a slash at the end; empty where there is none."""

    service: str
    apis: Mapping[str, SeenApi] = field(default_factory=dict)
    products: Mapping[str, SeenProduct] = field(default_factory=dict)
    gateway: str = ""
    portal: str = ""


def seen(
    service: str, document: Row, apis: Iterable[Row], products: Iterable[Row], version_sets: Iterable[Row]
) -> Seen:
    """Take the service's own document and three of its lists apart."""
    about = document.get("properties") or {}
    in_path = {row["name"] for row in version_sets if row["properties"].get("versioningScheme") == "Segment"}
    return Seen(
        service,
        {row["name"]: _api(row, in_path) for row in apis},
        {row["name"]: _product(row) for row in products},
        *(str(about.get(name) or "").rstrip("/") for name in ("gatewayUrl", "developerPortalUrl")),
    )


def _api(row: Row, in_path: Container[str]) -> SeenApi:
    about = row["properties"]
    title, description = _words(about)
    version_set = str(about.get("apiVersionSetId") or "").rpartition("/")[2]
    version = printable(str(about.get("apiVersion") or ""))  # of versions all have one display name
    path = "/".join(filter(None, [about.get("path"), version if version_set in in_path else None]))
    title = f"{title} ({version})" if version else title
    return SeenApi(row["name"], title, path, str(about.get("type") or "http"), description)


def _product(row: Row) -> SeenProduct:
    return SeenProduct(*_words(row["properties"]), row["properties"].get("subscriptionRequired") is not False)


def _words(about: Row) -> tuple[str, str]:
    """Give a display name and a description, as anybody wrote them: nothing in them steers a terminal or a page."""
    text = " ".join(str(about.get("description") or "").split())
    return printable(str(about.get("displayName") or "").strip()), printable(text)
