"""Declarations, an environment and one read of its service in; the catalog of it, or its folder's files, out."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.azure.together import together
from reconciler.cli.console import err, progress

if TYPE_CHECKING:
    from reconciler.azure.session import Session
    from reconciler.backstage.catalog import Catalog
    from reconciler.cli.wanted import Wanted
    from reconciler.definitions import Library


def catalog(
    wanted: "Wanted",
    name: str,
    today: date,
    kept: Mapping[str, bytes] | None = None,
    applied: Path | None = None,
) -> "Catalog":
    """Read the service, and say what could only be guessed. `kept` are the files of definitions from the last time.

    With a clone's folder in `applied` the catalog is of what the service remembers of it, not of what waits.
    """
    from reconciler.definitions.files import from_files  # noqa: PLC0415  as below

    library = from_files(kept or {}, wanted.declarations.environments[name].service)
    found = asyncio.run(read(wanted, name, today, library, applied))
    for api in found.named.apis:
        if why := found.library[api].why:
            err().print(f"! {api} has no definition: {why}.", style="yellow", soft_wrap=True, markup=False)
    for team in found.owners.unknown():
        err().print(
            f"! {team}: its group is taken to be called as the team is. Entra did not say: name it by `entra_group:`, "
            "and let this identity read groups.",
            style="yellow",
            soft_wrap=True,
        )
    return found


async def read(wanted: "Wanted", name: str, today: date, library: "Library", applied: Path | None = None) -> "Catalog":
    """Read the service, and the definitions that may have changed since the library was."""
    from reconciler.azure.definitions import definitions  # noqa: PLC0415  the help must not wait for Azure's client
    from reconciler.azure.seeing import see  # noqa: PLC0415
    from reconciler.backstage.catalog import Catalog  # noqa: PLC0415
    from reconciler.backstage.estate import Estate  # noqa: PLC0415
    from reconciler.backstage.seen import seen  # noqa: PLC0415
    from reconciler.cli import run  # noqa: PLC0415
    from reconciler.cli.entra import titles  # noqa: PLC0415

    settings = wanted.declarations.environments[name]
    with progress(f"Reading {settings.service_name}") as bar:
        async with run.connected(wanted.declarations, name) as session:
            session.limiter.tell = bar.note
            if applied:
                wanted = await _as_applied(session, wanted, applied, name, today)
            withheld, answers = await together(run.withheld(session), see(session))
            estate = Estate(wanted.declarations, name, day=today, withheld=withheld)
            rows = [row for row in answers.apis if row["name"] in estate.apis]
            library = await definitions(session, rows, library, datetime.now(UTC))
    existing = wanted.declarations.backstage.groups == "existing"
    groups = await titles(wanted.declarations, name, today) if existing else {}
    return Catalog(estate, seen(settings.service, *answers), wanted.files, library, groups)


async def _as_applied(session: "Session", wanted: "Wanted", access: Path, name: str, today: date) -> "Wanted":
    """Take what the service remembers was applied in the place of what is here; say so where it remembers nothing."""
    from reconciler.as_applied import as_applied  # noqa: PLC0415  as above
    from reconciler.azure.remembering import recall  # noqa: PLC0415
    from reconciler.converge.standing import standing  # noqa: PLC0415
    from reconciler.sources import Files  # noqa: PLC0415

    found = await recall(session)
    if found.applied is not None:
        stands = standing(access.name, as_applied(access.parent, access.name, found.applied), today)
        if name in stands.declarations.environments:
            return replace(wanted, declarations=stands.declarations, files=Files(wanted.files.root, stands.contents))
    why = found.trouble or "it had no environment of this name then"
    err().print(
        f"! What was applied to {name} is not known: {why}. The catalog shows what is declared.",
        style="bold yellow",
        soft_wrap=True,
        markup=False,
    )
    return wanted


def files(of: "Catalog") -> Mapping[str, bytes]:
    """Give its folder's files, with what git tells of the declarations, and a page for assistants beside them."""
    from reconciler.assist.llms import llms  # noqa: PLC0415  as above
    from reconciler.backstage.writing import files, page  # noqa: PLC0415
    from reconciler.commits import commits  # noqa: PLC0415

    estate = of.estate
    text = llms(estate.declarations, estate.environment, base=".", day=estate.day, page=lambda *what: page(of, *what))
    return {**files(of, commits(Path(of.files.root))), "llms.txt": text.encode()}
