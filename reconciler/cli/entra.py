"""An environment and the ids of Entra that are named there in; what Microsoft Graph knows of them out."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import TYPE_CHECKING, Any

from reconciler.entra.findings import Looked, looked
from reconciler.entra.named import Named, named, new
from reconciler.entra.told import Told

if TYPE_CHECKING:
    from reconciler.cli.wanted import Wanted
    from reconciler.declarations import Declarations, Environment


async def look(place: "Environment", names: Iterable[Named]) -> Looked:
    """Ask for ids, where there are any and the environment says of which tenant."""
    names = tuple(names)
    if not names or place.tenant is None:
        return Looked()
    return looked(names, await _told(place, place.tenant, names), tenant=place.tenant)


async def of_change(wanted: "Wanted", environment: str, day: date) -> tuple[str, ...]:
    """Look at the ids that a change names anew, and say so in its plan. A plan of everything leaves that to `drift`."""
    if not wanted.scoped:
        return ()
    before = named(wanted.previous, environment, day=day) if wanted.previous else ()
    names = new(named(wanted.declarations, environment, day=day), before)
    return tuple(lines(await look(wanted.trusted.environments[environment], names), wanted))


async def of_all(declarations: "Declarations", environment: str, day: date) -> Looked | None:
    """Look at every id that is named; None where none is. It is nobody's drift, and an access that does not work."""
    names = named(declarations, environment, day=day)
    return await look(declarations.environments[environment], names) if names else None


async def titles(declarations: "Declarations", environment: str, day: date) -> Mapping[str, str]:
    """Give the display names of teams' groups by their ids, as far as Graph tells them."""
    place = declarations.environments[environment]
    names = tuple(each for each in named(declarations, environment, day=day) if each.kind == "group")
    if not names or place.tenant is None:
        return {}
    found = (await _told(place, place.tenant, names)).groups
    return found if isinstance(found, Mapping) else {}


def document(found: Looked | None) -> dict[str, Any]:
    """Give for machines what Entra does not know; notes are for whoever reviews a change."""
    found = found or Looked()
    rows = [
        {
            "team": each.at.team,
            "kind": each.at.kind,
            "id": each.at.id,
            "path": each.at.path,
            "text": each.message,
            "way_out": each.hint,
        }
        for each in found.warnings
    ]
    silent = [each.says for each in found.unseen]
    return {"findings": rows, "not_looked_at": silent, "unreached": any(each.passes for each in found.unseen)}


def lines(found: Looked, wanted: "Wanted", *, notes: bool = True) -> Iterator[str]:
    """Give a line for each finding, at its file and line, and one for what was not looked at."""
    from reconciler.places import Places  # noqa: PLC0415  only where there is something to say

    places = Places(wanted.files)
    for each in found.findings if notes else found.warnings:
        yield str(places.problem(each.at.path, each.at.keys, each.message, each.hint))
    for unseen in found.unseen:
        yield f"{unseen.says[:1].upper()}{unseen.says[1:]} ({unseen.mend})"


async def _told(place: "Environment", tenant: str, names: tuple[Named, ...]) -> Told:
    from reconciler.azure.directory import told  # noqa: PLC0415  the help must not wait for Azure's client
    from reconciler.azure.graph import graph_of  # noqa: PLC0415

    return await told(
        tenant,
        groups=[each.id for each in names if each.kind == "group"],
        applications=[each.id for each in names if each.kind == "application"],
        graph=graph_of(place.endpoint, place.authority),
    )
