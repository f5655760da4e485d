"""A living service and what is declared already in; the folder's new and changed files, and what is left, out."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from reconciler.adopt import ledger
from reconciler.adopt.give import adopt_grants
from reconciler.adopt.move import adopt_owners, give_up
from reconciler.adopt.owners import Owner
from reconciler.adopt.people import adopt_environment, adopt_teams
from reconciler.adopt.publish import adopt_apis, adopt_fragments, adopt_products
from reconciler.adopt.work import Left, Live, Work
from reconciler.declarations import Declarations
from reconciler.resource import Address


@dataclass(frozen=True, slots=True)
class Adoption:
    """The files to write (None for one that goes), what they name that was not named before, and what they do not."""

    files: Mapping[str, bytes | None]
    adopted: Mapping[Address, Owner]
    left: tuple[Left, ...]
    taken_out: tuple[str, ...]


def ordered(files: Mapping[str, bytes | None]) -> dict[str, bytes | None]:
    """Put what is referred to before what refers, and what goes last: what is cut short can be run again."""
    return {path: files[path] for path in sorted(files, key=lambda path: (_rank(path, files[path]), path))}


def _rank(path: str, content: bytes | None) -> int:
    if content is None or path.startswith("."):
        return len(_ORDER) + 1
    if "/" not in path:
        return 0
    return next((rank for rank, part in enumerate(_ORDER, 1) if part in path), len(_ORDER))


_NAMED = frozenset({"api", "product", "product-api", "product-group", "subscription", "fragment"})
_ORDER = ("/team.yaml", "/apis.yaml", "/apis/", "/fragments/", "/products/", "/grants/")


def adopt(declarations: Declarations, files: Mapping[str, bytes], live: Live, *, day: date) -> Adoption:
    """Name everything that gives access and is not named yet.

    What people wrote stays as it is; what they took out of the files since the last time is not put back.
    """
    kept = ledger.path(live.environment)
    before = ledger.read(files[kept].decode()) if kept in files else frozenset()
    work = Work(declarations, files, live, before=before, day=day)
    adopt_environment(work)
    give_up(work)
    adopt_apis(work)
    adopt_products(work)
    adopt_fragments(work)
    adopt_grants(work)
    adopt_owners(work)
    adopt_teams(work)
    named = {address for address in work.declared & live.state.keys() if address.kind in _NAMED}
    work.draft.text(kept, ledger.write(before, named | work.adopted.keys()))
    return Adoption(work.draft.changed(), work.adopted, tuple(sorted(work.left)), tuple(sorted(work.taken_out)))
