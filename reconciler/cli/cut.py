"""`reconciler cut`: a team, product, grant, subscription or client in; its access ended at once, or given back, out."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from reconciler.cli.approved import Approved, approved_file
from reconciler.cli.on_github import RepositoryName
from reconciler.cli.options import ACCESS, Folder, OneEnvironment, day
from reconciler.errors import SOME_FAILED, printable

if TYPE_CHECKING:
    from reconciler.withheld import Selector

Team = Annotated[
    str | None, typer.Option("--team", help="Every key, client and portal link that this team was granted.")
]
Product = Annotated[
    str | None,
    typer.Option("--product", help="Every key and client of this product, also those that no file declares."),
]
Grant = Annotated[str | None, typer.Option("--grant", metavar="TEAM/NAME", help="What one grant gives.")]
Subscription = Annotated[str | None, typer.Option("--subscription", metavar="ID", help="One pair of keys.")]
Client = Annotated[
    str | None, typer.Option("--client", metavar="APPID", help="The tokens of one application, on every product.")
]
Reason = Annotated[str, typer.Option("--reason", help="Why: people read it in Azure and on GitHub.")]
Lift = Annotated[
    str | None, typer.Option("--lift", metavar="WHAT", help="Give back what was cut off, as `team checkout`.")
]
Open = Annotated[bool, typer.Option("--open", help="Open the pull request that keeps it so. GITHUB_TOKEN must be set.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only say what would be done.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask. Only a terminal is asked.")]
Record = Annotated[
    Path | None, typer.Option("--record", metavar="FILE", help="Write the evidence there: JSON, for machines.")
]
Base = Annotated[str, typer.Option("--base", metavar="BRANCH", help="The branch that the pull request is meant for.")]


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command()(cut)


def cut(
    *,
    access: Folder = ACCESS,
    environment: OneEnvironment = None,
    team: Team = None,
    product: Product = None,
    grant: Grant = None,
    subscription: Subscription = None,
    client: Client = None,
    reason: Reason = "",
    lift: Lift = None,
    open_: Open = False,
    dry_run: DryRun = False,
    yes: Yes = False,
    record: Record = None,
    base: Base = "main",
    approved: Approved = False,
    repository: RepositoryName = None,
) -> None:
    """End access at once, in any mode: whoever may apply may do this, and nobody is asked first.

    Keys are suspended, tokens refused, portal links go. The service remembers it: no run gives it back until
    [bold]--lift[/bold] does, or no file opens it any more, which is what [bold]--open[/bold] proposes. Exit code 1 when
    something was not done.
    """
    from reconciler.cli import cutting  # noqa: PLC0415  the help must not wait for Azure's client
    from reconciler.cli.run import WrongUsage, only  # noqa: PLC0415
    from reconciler.cutting.acting import Order  # noqa: PLC0415
    from reconciler.cutting.named import meant, sound  # noqa: PLC0415
    from reconciler.load import ENVIRONMENTS, load  # noqa: PLC0415
    from reconciler.sources import from_folder  # noqa: PLC0415

    named = {"team": team, "product": product, "grant": grant, "subscription": subscription, "client": client}
    said = _said(lift, named)
    if lift is None and not reason.strip():
        raise WrongUsage('Say why: --reason "...". Owners and auditors read it.')
    files = from_folder(access)
    if approved:
        files = files.having(ENVIRONMENTS, approved_file(access, repository, day(None)))
    declared = sound(load(files).declarations)
    name = only(declared, environment)
    order = Order(meant(said, declared, name), name, day(None), " ".join(printable(reason).split()), declared)
    when = datetime.now(UTC).isoformat(timespec="seconds")
    run = cutting.lift(order, access) if lift else cutting.cut(order)
    done = asyncio.run(cutting.acted(run, dry_run=dry_run, yes=yes))
    if done is None:
        return
    number = None
    if lift is None:
        number = cutting.keep_so(order, done, files, access, when=when, base=base, repository=repository, propose=open_)
    if record is not None:
        cutting.write_record(record, order, done, lifted=bool(lift), when=when, number=number)
    if done.cut.missed or any(each.result != "done" for each in done.outcomes):
        raise typer.Exit(SOME_FAILED)


def _said(lift: str | None, options: dict[str, str | None]) -> "Selector":
    """Take the one thing that is named."""
    from reconciler.cli.run import WrongUsage  # noqa: PLC0415  as above
    from reconciler.withheld import selector  # noqa: PLC0415

    given = [f"{what} {name}" for what, name in options.items() if name is not None]
    if len(given) + (lift is not None) != 1:
        raise WrongUsage(
            "Say one thing: --team, --product, --grant TEAM/NAME, --subscription ID or --client APPID; "
            "or --lift and what is cut off."
        )
    try:
        return selector(lift if lift is not None else given[0])
    except ValueError as error:
        raise WrongUsage(f"{error}.") from error
