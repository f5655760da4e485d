"""`reconciler memory`: a service in; what it remembers of the last apply, verified, out; or its first word, written."""

import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from reconciler.cli.console import err, out
from reconciler.cli.options import ACCESS, Folder, Format, OneEnvironment, day
from reconciler.errors import Refused, printable

if TYPE_CHECKING:
    from reconciler.azure.remembering import Remembered

Begin = Annotated[
    str | None,
    typer.Option(
        "--begin",
        metavar="REV",
        help="Write down that everything up to this commit is applied: once, by whoever adopts the service.",
    ),
]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask. Only a terminal is asked.")]


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command()(memory)


def memory(
    *,
    access: Folder = ACCESS,
    environment: OneEnvironment = None,
    begin: Begin = None,
    yes: Yes = False,
    format: Format = "text",  # noqa: A002
) -> None:
    """Show what a service remembers: up to which commit its declarations are applied, and how the last apply went.

    It is a named value that the identity which applies writes alone. Exit code 4 where it is missing, was changed by
    another hand, or names a commit that HEAD does not come from: then nothing adopted is removed until
    [bold]--begin[/bold] says from where to go on.
    """
    from reconciler.cli import run  # noqa: PLC0415  the help must not wait for Azure's client
    from reconciler.history import commit_of  # noqa: PLC0415

    declared = run.declared(access, day=day(None)).declarations
    name = run.only(declared, environment)
    commit = commit_of(access.parent, begin) if begin is not None else None

    async def asked() -> "tuple[str, Remembered]":
        from reconciler.azure.remembering import recall, remember  # noqa: PLC0415  as above
        from reconciler.memory import Applied  # noqa: PLC0415

        async with run.connected(declared, name) as session:
            found = await recall(session)
            if commit is None:
                return session.service, found
            if found.applied is not None and not yes:
                typer.confirm(f"{name} remembers {found.applied.commit[:12]} already. Replace it?", abort=True)
            now = datetime.now(UTC).isoformat(timespec="seconds")
            before = found.applied.digest if found.applied else ""
            cut = found.applied.withheld if found.applied else ()
            first = Applied(
                service=session.service, environment=name, commit=commit, withheld=cut, when=now, before=before
            )
            return session.service, await remember(session, first, found)

    service, found = asyncio.run(asked())
    trouble = _trouble(access, name, found)
    if format == "json":
        known = found.applied.model_dump(mode="json") if found.applied else None
        typer.echo(json.dumps({"service": service, "applied": known, "trouble": trouble or None}, indent=2))
    else:
        _show(name, found)
        _show_notes(access, found)
    if trouble:
        raise Refused(f"{name}: {trouble}.")


def _trouble(access: Path, name: str, found: "Remembered") -> str:
    from reconciler.history import commit_of, is_known, line  # noqa: PLC0415  as above

    if found.applied is None:
        return found.trouble
    if found.applied.environment != name:
        return f"what is remembered is of {found.applied.environment}"
    commit = found.applied.commit
    if not is_known(access.parent, commit) or line(access.parent, commit, commit_of(access.parent, "HEAD")) is None:
        return f"commit {commit[:12]}, which was applied last, is not on the way to HEAD"
    return ""


def _show_notes(access: Path, found: "Remembered") -> None:
    """Notes decide nothing; that somebody rewrote one is worth a word."""
    from reconciler.notes import denied  # noqa: PLC0415  as above

    for each in denied(access.parent, found.applied) if found.applied else ():
        err().print(printable(f"! {each}"), style="bold yellow", soft_wrap=True)


def _show(name: str, found: "Remembered") -> None:
    if found.applied is None:
        return
    said: dict[str, Any] = {
        "applied up to": found.applied.commit,
        "and also": ", ".join(each[:12] for each in found.applied.also),
        "withheld": ", ".join(found.applied.withheld),
        "when": found.applied.when,
        "fingerprint": found.applied.fingerprint,
        "outcomes": ", ".join(f"{number} {result}" for result, number in found.applied.outcomes.items()),
        "digest": found.applied.digest,
        "before it": found.applied.before,
    }
    out().print(name, style="bold")
    for what, value in said.items():
        if value:
            out().print(printable(f"  {what:14}{value}"), soft_wrap=True)
