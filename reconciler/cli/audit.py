"""`reconciler audit`: a service in; who reaches what by which way and what is wrong with it, on paper, out."""

import asyncio
import json
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from reconciler.azure.together import together
from reconciler.cli.console import err, out, progress
from reconciler.cli.options import ACCESS, Endpoint, Folder, day
from reconciler.errors import SOMETHING_TO_DO

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reconciler.audit import Audit
    from reconciler.declarations import Declarations
    from reconciler.findings import Finding
    from reconciler.resource import Address

Service = Annotated[
    str | None, typer.Argument(metavar="[SERVICE]", help="The service's resource id (`az apim show --query id`).")
]
Environment = Annotated[
    str | None, typer.Option("--environment", "-e", help="Instead of the id: an environment of environments.yaml.")
]
Html = Annotated[Path | None, typer.Option("--html", metavar="FILE", help="Write one page there, to send around.")]
Format = Annotated[
    Literal["text", "json", "sarif"],
    typer.Option("--format", help="text for people, json for machines, sarif for GitHub's code-scanning page."),
]
ExitCode = Annotated[bool, typer.Option("--exit-code", help="End with 10 when anything is found.")]
_STYLES = {"error": "bold red", "warning": "yellow", "note": "dim"}
_SHOWN = 3


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command()(audit)


def audit(
    service: Service = None,
    *,
    access: Folder = ACCESS,
    environment: Environment = None,
    html: Html = None,
    format: Format = "text",  # noqa: A002
    endpoint: Endpoint = None,
    exit_code: ExitCode = False,
) -> None:
    """See who can reach what in a living service, and by which way. Needs no repository, and changes nothing.

    [bold]az login[/bold], then [bold]reconciler audit /subscriptions/.../service/apim-prod --html audit.html[/bold].
    A Reader role is enough; no key is read.
    """
    today = day(None)
    declarations, name = _where(access, service, environment, endpoint, today)
    found, places = asyncio.run(look(declarations, name, today, known=service is None))
    if html is not None:
        from reconciler.audit.page import page  # noqa: PLC0415  the help must not wait for all of this

        html.write_text(page(found), encoding="utf-8")
        err().print(f"Written: {html}", soft_wrap=True)
    if format == "json":
        typer.echo(json.dumps(_document(found), indent=2))
    elif format == "sarif":
        from reconciler.audit.sarif import sarif  # noqa: PLC0415  as above

        rows = [(name, each, placed(each, places, access)) for each in found.found]
        typer.echo(json.dumps(sarif(rows), indent=2))
    else:
        _show(found, html)
    if exit_code and found.found:
        raise typer.Exit(SOMETHING_TO_DO)


def _where(
    access: Path, service: str | None, environment: str | None, endpoint: str | None, today: date
) -> "tuple[Declarations, str]":
    """Name the service: by its id alone, or as an environment."""
    from reconciler.cli import run  # noqa: PLC0415  as above
    from reconciler.cli.adopt import new_environment  # noqa: PLC0415
    from reconciler.declarations import Declarations, Guardrails, OwnerMap  # noqa: PLC0415

    if service is not None and environment is not None:
        raise run.WrongUsage("Name the service by its id, or by --environment: not both.")
    if service is not None:
        settings = new_environment(service, endpoint)
        return Declarations({settings.service_name: settings}, Guardrails(), OwnerMap(), {}), settings.service_name
    if environment is None and not access.exists():
        raise run.WrongUsage("Say which service: reconciler audit /subscriptions/.../service/NAME, from az apim show.")
    declarations = run.declared(access, day=today).declarations
    return declarations, run.only(declarations, environment)


async def look(
    declarations: "Declarations", name: str, today: date, *, known: bool
) -> "tuple[Audit, dict[Address, tuple[str, int]]]":
    """Look at one service; where it is `known`, with the files that declare what was found."""
    from reconciler.audit import audit  # noqa: PLC0415  as above
    from reconciler.azure.auditing import calls, policies  # noqa: PLC0415
    from reconciler.azure.calling import tried  # noqa: PLC0415
    from reconciler.azure.reading import read  # noqa: PLC0415
    from reconciler.cli.run import connected  # noqa: PLC0415
    from reconciler.cli.using import place  # noqa: PLC0415
    from reconciler.compile import compile as meaning  # noqa: PLC0415
    from reconciler.findings import MEASURED_DAYS  # noqa: PLC0415
    from reconciler.usage import counted, made  # noqa: PLC0415

    settings = declarations.environments[name]
    with progress(f"Reading {settings.service_name}") as bar:
        async with connected(declarations, name) as session:
            session.limiter.tell = bar.note
            state = await read(session)
            texts, usage = await together(
                policies(session), tried(session, place(declarations, name), today, made=made(state))
            )
            called = await calls(session, today, MEASURED_DAYS) if usage.source == "reports" else counted(usage)
    found = audit(
        settings.service_name,
        state,
        today,
        policies=texts,
        calls=called,
        usage=usage,
        declarations=declarations if known else None,
        environment=name,
    )
    origins = meaning(declarations, name, day=None).state if known else {}
    return found, {address: (each.origin.path, 1) for address, each in origins.items() if each.origin}


def placed(finding: "Finding", places: "Mapping[Address, tuple[str, int]]", access: Path) -> tuple[str, int]:
    """Say where a finding stands: at the file that declares the thing, if one does."""
    from reconciler.load import ENVIRONMENTS  # noqa: PLC0415  the help must not wait for the models

    path, line = places.get(finding.address, (ENVIRONMENTS, 1))
    return f"{access.as_posix()}/{path}", line


def _show(audit: "Audit", html: Path | None) -> None:
    from rich.table import Table  # noqa: PLC0415  as above
    from rich.text import Text  # noqa: PLC0415

    from reconciler.audit.page import by_rule  # noqa: PLC0415
    from reconciler.errors import printable  # noqa: PLC0415
    from reconciler.reach import AROUND  # noqa: PLC0415
    from reconciler.words import count  # noqa: PLC0415

    console = out()
    counted = ", ".join(count(number, kind if kind != "api" else "API") for kind, number in audit.counted.items())
    console.print(Text(f"{audit.service}: {counted}", style="bold"))
    table = Table(box=None, padding=(0, 2, 0, 2), show_header=False)
    for way, number in audit.by_way().items():
        around = "goes around products" if way in AROUND and number else ""
        table.add_row(Text(way), Text(f"{number:,}", justify="right"), Text(around, style="yellow"))
    console.print(table)
    console.print(Text(f"  {count(audit.around(), 'API')} can be reached past every product.\n", style="bold"))
    for rule, found in by_rule(audit.found):
        console.print(Text(f"  {len(found):>6,}  {rule.name}", style=_STYLES[rule.level]), soft_wrap=True)
        for each in found[:_SHOWN]:
            console.print(Text(f"          {printable(each.text)}"), soft_wrap=True)
        console.print(Text(f"          -> {rule.way_out}", style="dim"), soft_wrap=True)
    if not audit.keys_known:
        console.print(Text("  Which keys are used is not known: `reconciler usage` says why.", style="dim"))
    if not audit.calls_known:
        console.print(Text("  How often products are called is not known: this service gives no reports.", style="dim"))
    more = "" if html else " --html audit.html shows all of it, to send around."
    console.print(f"\n  Nothing was changed, and no key was read.{more}", soft_wrap=True)
    console.print("  Next: reconciler adopt --environment prod --service ID names all of it, and changes nothing.")


def _document(audit: "Audit") -> dict[str, Any]:
    return {
        "service": audit.service,
        "day": audit.day.isoformat(),
        "counted": dict(audit.counted),
        "ways": audit.by_way(),
        "apis_reached_past_products": audit.around(),
        "reaches": [
            {"api": each.api, "way": each.way, "who": each.who, "product": each.through or None}
            for each in audit.reaches
        ],
        "findings": [
            {"rule": each.rule.name, "level": each.rule.level, "what": str(each.address), "text": each.text}
            for each in audit.found
        ],
    }
