"""`reconciler doctor`: a repository in; what GitHub and Azure must be set to for it, and what is wrong there, out."""

import asyncio
import json
import sys
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from reconciler.cli.bringing import CODEOWNERS
from reconciler.cli.console import out, progress
from reconciler.cli.on_github import RepositoryName, on_github
from reconciler.cli.options import ACCESS, Folder, Format, day
from reconciler.errors import REFUSED, AzureError, printable

if TYPE_CHECKING:
    from reconciler.declarations import Declarations
    from reconciler.doctor import Credential, Finding, Service
    from reconciler.entra.findings import Looked
    from reconciler.github.governing import Seen, Settings

NoAzure = Annotated[bool, typer.Option("--no-azure", help="Look at GitHub only.")]
_MARKS = {"well": "✓", "wrong": "✗", "unknown": "?"}
_PLAIN = {"well": "ok", "wrong": "XX", "unknown": "??"}
_STYLES = {"well": None, "wrong": "bold red", "unknown": "yellow"}


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command()(doctor)


def doctor(
    *,
    access: Folder = ACCESS,
    repository: RepositoryName = None,
    no_azure: NoAzure = False,
    format: Format = "text",  # noqa: A002
) -> None:
    """Look at what GitHub and Azure must be set to; say what is wrong, and how to mend it. It changes nothing.

    At a desk: [bold]GITHUB_TOKEN=$(gh auth token) reconciler doctor --repository OWNER/NAME[/bold], by somebody who
    administers the repository. Exit code 4 when something must be mended. What the token may not look at is marked ?,
    with the right that would let it.
    """
    from reconciler.cli.run import declared  # noqa: PLC0415  the help must not wait for the models
    from reconciler.doctor import Facts, examine  # noqa: PLC0415
    from reconciler.github_files import digest, github_files  # noqa: PLC0415

    declarations = declared(access, day=day(None)).declarations
    there = on_github(repository)
    with progress("Asking GitHub"):
        settings = there.settings()
    facts = Facts(
        declarations=declarations,
        settings=settings,
        brought={path: digest(text) for path, text in github_files().items()},
        owners_are_fresh=_owners_are_fresh(access, declarations),
        services={} if no_azure else asyncio.run(_services(declarations)),
        credentials={} if no_azure else asyncio.run(_credentials(declarations, settings)),
        entra={} if no_azure else asyncio.run(_entra(declarations)),
    )
    found = examine(facts)
    _print(found, format)
    if any(each.state == "wrong" for findings in found.values() for each in findings):
        raise typer.Exit(REFUSED)


def _owners_are_fresh(access: Path, declarations: "Declarations") -> bool:
    from reconciler.codeowners import codeowners  # noqa: PLC0415  as above

    path = access.parent / CODEOWNERS
    return path.is_file() and path.read_bytes() == codeowners(declarations, access.name).encode()


async def _services(declarations: "Declarations") -> "dict[str, Service]":
    from reconciler.azure.remembering import recall  # noqa: PLC0415  as above
    from reconciler.cli.run import connected  # noqa: PLC0415
    from reconciler.doctor import Service  # noqa: PLC0415

    found = {}
    for name in declarations.environments:
        with progress(f"Asking {declarations.environments[name].service_name}"):
            try:
                async with connected(declarations, name) as session:
                    found[name] = Service(memory=(await recall(session)).trouble)
            except AzureError as error:
                found[name] = Service(trouble=printable(str(error)))
    return found


async def _credentials(
    declarations: "Declarations", settings: "Settings"
) -> "Mapping[str, Seen[tuple[Credential, ...]]]":
    """Ask for each client that an environment on GitHub names, where the service of that environment is."""
    from reconciler.azure.federation import NEEDS, federated  # noqa: PLC0415  as above
    from reconciler.doctor import Credential  # noqa: PLC0415
    from reconciler.doctor.facts import CLIENT  # noqa: PLC0415
    from reconciler.github.governing import Unseen  # noqa: PLC0415

    found: dict[str, Seen[tuple[Credential, ...]]] = {}
    first = next(iter(declarations.environments.values()), None)
    if first is None:
        return found
    places = {} if isinstance(settings.places, Unseen) else settings.places
    named = (each.variables.get(CLIENT) for each in places.values() if not isinstance(each.variables, Unseen))
    for client in filter(None, dict.fromkeys(named)):
        try:
            rows = await federated(client, endpoint=first.endpoint, authority=first.authority)
            found[client] = tuple(Credential(each.issuer, each.subject, each.audiences) for each in rows)
        except AzureError:
            found[client] = Unseen(NEEDS)
    return found


async def _entra(declarations: "Declarations") -> "dict[str, Looked]":
    """Look at every id of Entra that is named; an environment in which none is, is left out."""
    from reconciler.cli.entra import of_all  # noqa: PLC0415  as above

    found = {name: await of_all(declarations, name, day(None)) for name in declarations.environments}
    return {name: each for name, each in found.items() if each is not None}


def _print(found: "Mapping[str, tuple[Finding, ...]]", format: str) -> None:  # noqa: A002
    everything = [each for findings in found.values() for each in findings]
    if format == "json":
        rows = [{"part": part, **asdict(each)} for part, findings in found.items() for each in findings]
        typer.echo(json.dumps(rows, indent=2))
        return
    console, marks = out(), _marks()
    for part, findings in found.items():
        console.print(part, style="bold")
        for each in findings:
            text = printable(f"{marks[each.state]} {each.check}: {each.says}")
            console.print(f"  {text}", style=_STYLES[each.state], soft_wrap=True)
            if each.mend:
                console.print(f"      {printable(each.mend)}", soft_wrap=True)
    wrong, unknown = (sum(each.state == state for each in everything) for state in ("wrong", "unknown"))
    console.print(f"{wrong} to mend, {unknown} not seen, {len(everything) - wrong - unknown} well.")


def _marks() -> dict[str, str]:
    """Give marks that the terminal can show."""
    try:
        "".join(_MARKS.values()).encode(sys.stdout.encoding or "ascii")
    except UnicodeEncodeError:
        return _PLAIN
    return _MARKS
