"""A session in; the service's own document and the lists that a catalog tells of, as Azure answers them, out."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from reconciler.azure.session import Session
from reconciler.azure.together import together
from reconciler.errors import NotFound

Row = Mapping[str, Any]


class Answers(NamedTuple):
    """The service, and the rows of its lists."""

    service: Row
    apis: list[Row]
    products: list[Row]
    version_sets: list[Row]


async def see(session: Session) -> Answers:
    """Read all of it, side by side. Raises NotFound where there is no such service."""
    doing = f"reading {session.service.rsplit('/', 1)[-1]}"
    found, *lists = await together(
        session.get("", doing), session.rows("apis"), session.rows("products"), session.rows("apiVersionSets")
    )
    if found is None:
        raise NotFound(doing, status=404)
    return Answers(found.row, *lists)
