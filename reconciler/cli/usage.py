"""`reconciler usage`: services in; the last call, the calls and the errors of each key and application out."""

import asyncio
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from reconciler.cli.console import err, out
from reconciler.cli.options import ACCESS, Day, Environments, Folder, Format, day
from reconciler.errors import printable, worst
from reconciler.usage import PERIOD
from reconciler.words import count, did_you_mean

if TYPE_CHECKING:
    from reconciler.cli.several import Here, Several
    from reconciler.cli.using import Row
    from reconciler.declarations import Declarations
    from reconciler.usage import Usage

Team = Annotated[str | None, typer.Option("--team", help="Only what this team's grants give.")]
Days = Annotated[int, typer.Option("--days", min=1, max=730, help="How many days to look back.")]
Output = Annotated[
    Path | None,
    typer.Option("--output", "-o", metavar="FILE", help="Write it there, too: for `who-can --usage` and others."),
]
_FROM = {"log": "by its gateway log", "reports": "by its own reports, which retire on 15 March 2027"}


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command()(usage)


def usage(
    *,
    access: Folder = ACCESS,
    environment: Environments = None,
    team: Team = None,
    days: Days = PERIOD,
    output: Output = None,
    format: Format = "text",  # noqa: A002
    as_of: Day = None,
) -> None:
    """Say who calls: of each key and application the last call, how many calls there were, and how many failed.

    Asks the Log Analytics workspace that the environment names ([bold]log_analytics[/bold]), else the service's own
    reports. What is younger than the period is new, and what nobody wrote down is not known: neither is unused.
    Changes nothing, and reads no key.
    """
    from reconciler.cli.run import WrongUsage, chosen, declared  # noqa: PLC0415  the help must not wait for the models
    from reconciler.cli.using import ages, rows  # noqa: PLC0415
    from reconciler.usage.kept import document  # noqa: PLC0415

    today = day(as_of)
    declarations = declared(access, day=today).declarations
    if team is not None and team not in declarations.teams:
        hint = did_you_mean(team, declarations.teams)
        raise WrongUsage(f"There is no team {team!r}{f': {hint}' if hint else '.'}")
    ran, found = asyncio.run(_asked(declarations, chosen(declarations, environment), today, days))
    written = document(found, today, days)
    if output is not None:
        output.write_text(written, encoding="utf-8")
        err().print(f"Written: {output}", soft_wrap=True)
    if format == "json":
        typer.echo(written, nl=False)
    else:
        given = ages(access)
        for name, each in found.items():
            _show(name, each, [row for row in rows(declarations, name, each, given) if team in (None, row.who)])
    ran.tell_failures()
    if code := worst(ran.codes().values()):
        raise typer.Exit(code)


async def _asked(
    declarations: "Declarations", environments: list[str], today: date, days: int
) -> "tuple[Several, Mapping[str, Usage]]":
    from reconciler.azure.calling import called  # noqa: PLC0415  as above
    from reconciler.cli.several import several  # noqa: PLC0415
    from reconciler.cli.using import place  # noqa: PLC0415

    async def one(here: "Here") -> "Usage":
        return await called(here.session, place(declarations, here.name), today, days=days)

    async with several(declarations, environments) as ran:
        return ran, await ran.each("Asking", one)


def _show(name: str, usage: "Usage", rows: "list[Row]") -> None:
    from rich.table import Table  # noqa: PLC0415  as above
    from rich.text import Text  # noqa: PLC0415

    console = out()
    told = _FROM.get(usage.source, "not known")
    console.print(Text(f"{name}: {usage.service}, {count(usage.days, 'day')} up to {usage.day}, {told}", style="bold"))
    if usage.why:
        console.print(Text(f"  Not known: {printable(usage.why)}.", style="yellow"), soft_wrap=True)
    elif usage.since and usage.since > usage.begin:
        console.print(Text(f"  Nothing is known from before {usage.since}.", style="yellow"), soft_wrap=True)
    table = Table(box=None, padding=(0, 2, 0, 2), header_style="dim")
    for title, side in (
        ("who", "left"),
        ("by", "left"),
        ("last call", "left"),
        ("calls", "right"),
        ("errors", "right"),
    ):
        table.add_column(title, overflow="fold", justify=side)  # type: ignore[arg-type]
    table.add_column("share", justify="right")
    for row in rows:
        used = row.seen.used
        counted = (f"{used.calls:,}", f"{used.errors:,}", f"{used.share:.1%}") if used.calls else ("", "", "")
        table.add_row(*map(Text, (printable(row.who), printable(row.by), row.last, *counted)))
    if rows:
        console.print(table)
    tokens = any(row.is_client for row in rows) and usage.source != "nothing" and usage.clients_since is None
    if tokens:
        console.print(Text("  Nobody writes down which application calls: docs/usage.md says how.", style="dim"))
    console.print(Text(f"  {len(rows):,} keys and applications.", style="dim"))
