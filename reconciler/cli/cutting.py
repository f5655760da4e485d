"""An order in; what would be done shown, asked for, done and told, out: what `reconciler cut` says on the way."""

import difflib
import json
import os
import shlex
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import typer
from rich.text import Text

from reconciler.cli.console import err, out, progress
from reconciler.cli.on_github import on_github
from reconciler.cli.run import WrongUsage, connected
from reconciler.errors import GitHubError, Refused, printable

if TYPE_CHECKING:
    from reconciler.apply import Outcome
    from reconciler.azure.session import Session
    from reconciler.cutting.acting import Acted, Order
    from reconciler.cutting.changes import Cut
    from reconciler.cutting.closing import Closing
    from reconciler.plan import Plan
    from reconciler.sources import Files

_STYLES = {"+": "green", "-": "red"}


@dataclass(frozen=True, slots=True)
class Run:
    """How to find what is meant, and how to do it."""

    order: "Order"
    look: "Callable[[Session], Awaitable[tuple[Order, Cut]]]"
    act: "Callable[[Session, Order, Cut, Callable[[Plan], Awaitable[tuple[Outcome, ...]]]], Awaitable[Acted]]"
    nothing: str


def cut(order: "Order") -> Run:
    """End it."""
    from reconciler.cutting.acting import end, look  # noqa: PLC0415  the help must not wait for Azure's client

    async def seen(session: "Session") -> "tuple[Order, Cut]":
        return order, await look(session, order)

    return Run(order, seen, end, f"Nothing opens {order.what} in {order.environment}.")


def lift(order: "Order", access: Path) -> Run:
    """Give it back, as far as what is approved opens it."""
    from reconciler.cutting.acting import lift as give_back  # noqa: PLC0415  as above
    from reconciler.cutting.lifting import to_lift  # noqa: PLC0415

    async def seen(session: "Session") -> "tuple[Order, Cut]":
        return await to_lift(session, order, access)

    return Run(order, seen, give_back, f"Nothing of {order.what} comes back in {order.environment}.")


async def acted(run: Run, *, dry_run: bool, yes: bool) -> "Acted | None":
    """Show, ask, do and tell; None where it was only shown."""
    from reconciler.cli.apply import perform  # noqa: PLC0415  as above

    began = time.monotonic()
    declared = run.order.declarations
    async with connected(declared, run.order.environment) as session:
        with progress(f"Asking {declared.environments[run.order.environment].service_name}") as bar:
            session.limiter.tell = bar.note
            order, seen = await run.look(session)
        _show(run, seen)
        if dry_run:
            return None
        if sys.stdin.isatty() and not yes:
            asked = time.monotonic()
            typer.confirm("\nDo this?", abort=True)
            began += time.monotonic() - asked

        async def write(plan: "Plan") -> "tuple[Outcome, ...]":
            return await perform(session, plan) if plan.written.changes else ()

        done = await run.act(session, order, seen, write)
    _tell(done, time.monotonic() - began)
    return done


def keep_so(
    order: "Order",
    done: "Acted",
    files: "Files",
    access: Path,
    *,
    when: str,
    base: str,
    repository: str | None,
    propose: bool,
) -> int | None:
    """Say what holds it, and propose the files that end it for good, or show them."""
    from reconciler.cutting.closing import closing  # noqa: PLC0415  as above

    console = out()
    where = f"--environment {order.environment}"
    if done.forgotten:
        err().print(
            f"! The service does not remember it: {done.forgotten.rstrip('.')}. The next apply may give it back: merge "
            "what is proposed here before that. `reconciler memory --begin` lets the service remember; then cut again.",
            style="bold yellow",
            soft_wrap=True,
        )
    else:
        console.print(
            f"  It stays so until: reconciler cut {where} --lift {shlex.quote(str(order.what))}", soft_wrap=True
        )
    close = closing(order.what, order.declarations, files, order.environment, by=os.environ.get("GITHUB_ACTOR"))
    for path in close.by_hand:
        console.print(f"  {files.shown(path)} still opens it, and has to be changed by hand.", soft_wrap=True)
    if not close.files:
        console.print("  No grant opens it: there is nothing to propose.")
        return None
    if propose:
        return _proposed(order, done, close, access, when=when, base=base, repository=repository)
    console.print("  These files keep it so for good (--open proposes them):\n")
    _show_files(close, files)
    return None


def write_record(file: Path, order: "Order", done: "Acted", *, lifted: bool, when: str, number: int | None) -> None:
    """Write the evidence."""
    from reconciler.cutting.evidence import record  # noqa: PLC0415  as above

    known = record(order, done, lifted=lifted, who=os.environ.get("GITHUB_ACTOR"), when=when)
    file.write_text(json.dumps({**known, "pull_request": number}, indent=2) + "\n", encoding="utf-8")


def _show(run: Run, seen: "Cut") -> None:
    from reconciler.report.story import tell  # noqa: PLC0415  as above

    console, story = out(), tell(seen.plan)
    console.print(Text(story.title, style="bold"))
    for line in story.access:
        console.print(Text(f"  {line.sign} {printable(line.text)}", style=_STYLES.get(line.sign, "")), soft_wrap=True)
    for row in story.resources:
        console.print(Text(f"    {row.sign} {row.kind} {printable(row.name)}", style="dim"), soft_wrap=True)
    if not story.resources:
        console.print(f"  {printable(run.nothing)}", soft_wrap=True)
    for each in (*seen.left, *seen.lost):
        console.print(Text(f"  ! {printable(each)}", style="yellow"), soft_wrap=True)
    for each in seen.missed:
        console.print(Text(f"  ! {printable(each)}", style="bold red"), soft_wrap=True)


def _tell(done: "Acted", seconds: float) -> None:
    from reconciler.report.text import show_outcomes  # noqa: PLC0415  as above

    show_outcomes(out(), done.outcomes)
    for each in done.cut.missed:
        err().print(Text(f"! NOT ENDED: {printable(each)}", style="bold red"), soft_wrap=True)
    out().print(f"  It took {seconds:.1f} s.")


def _proposed(
    order: "Order", done: "Acted", close: "Closing", access: Path, *, when: str, base: str, repository: str | None
) -> int | None:
    """Propose it. What was cut off stays so where GitHub does not take it."""
    from reconciler.cli.proposing import propose  # noqa: PLC0415  as above
    from reconciler.cutting.evidence import body, branch, title  # noqa: PLC0415

    try:
        number = propose(
            on_github(repository),
            access,
            branch=branch(order),
            base=base,
            title=title(order),
            body=body(order, done, who=os.environ.get("GITHUB_ACTOR"), when=when, by_hand=close.by_hand),
            files=close.files,
        )
    except (GitHubError, Refused, WrongUsage) as error:
        err().print(f"! No pull request was opened: {error}", style="bold yellow", soft_wrap=True)
        return None
    out().print(f"  Pull request {number} keeps it so: have it approved and merged.")
    return number


def _show_files(close: "Closing", files: "Files") -> None:
    for path, after in close.files.items():
        shown = files.shown(path)
        was, will_be = ((text or b"").decode().splitlines(keepends=True) for text in (files.contents[path], after))
        typer.echo("".join(difflib.unified_diff(was, will_be, shown, shown if after is not None else "/dev/null")))
