"""`reconciler probe`: what is declared in; whether the gateway of every region answers so, asked with keys, out."""

import asyncio
import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from reconciler.cli.console import progress
from reconciler.cli.keys import Asked, FromFiles, in_force, tell, trusted
from reconciler.cli.on_github import RepositoryName
from reconciler.cli.options import ACCESS, Day, Folder, Format, OneEnvironment, day
from reconciler.errors import REFUSED, SOME_FAILED

if TYPE_CHECKING:
    from pydantic import SecretStr

    from reconciler.azure.session import Session
    from reconciler.declarations import Declarations
    from reconciler.probing.meant import Meant, Order
    from reconciler.probing.places import Gateway
    from reconciler.probing.probe import Answer

    Probed = tuple[tuple[Answer, ...], tuple[Gateway, ...]]

_MOST = 50  # keys that are read without a word more
Team = Annotated[str | None, typer.Option("--team", help="With the keys of this team.")]
Grant = Annotated[str | None, typer.Option("--grant", metavar="TEAM/NAME", help="With the key of one grant.")]
Since = Annotated[
    str | None,
    typer.Option("--since", metavar="REV", help="With the keys that are given or taken since this git revision."),
]
All = Annotated[bool, typer.Option("--all", help=f"With every key, also where there are more than {_MOST}.")]
OfApis = Annotated[
    str | None,
    typer.Option(
        "--path",
        metavar="PATH",
        help="GET this path below each API's own, not an operation of the API that only reads.",
    ),
]
At = Annotated[
    str | None,
    typer.Option("--gateway", metavar="URL", help="Ask this gateway, not those that the service names: a private one."),
]
TokenIn = Annotated[
    str | None,
    typer.Option(
        "--token-in",
        metavar="VARIABLE",
        help="With the token in that environment variable, too: of an application of --grant.",
    ),
]
Patient = Annotated[
    int, typer.Option("--patience", metavar="SECONDS", min=0, help="How long a region may not have heard of a change.")
]
Record = Annotated[
    Path | None, typer.Option("--record", metavar="FILE", help="Write the evidence there: JSON, without any key.")
]


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command()(probe)


def probe(
    *,
    access: Folder = ACCESS,
    environment: OneEnvironment = None,
    team: Team = None,
    grant: Grant = None,
    since: Since = None,
    all_: All = False,
    path: OfApis = None,
    gateway: At = None,
    token_in: TokenIn = None,
    patience: Patient = 60,
    from_files: FromFiles = False,
    repository: RepositoryName = None,
    record: Record = None,
    format: Format = "text",  # noqa: A002
    as_of: Day = None,
) -> None:
    """Ask the gateway of every region whether it lets in who is granted, and nobody else.

    Each API of a product is called without a key, with a wrong one, and with those of its grants, in force and over.
    Only what reads is called, by GET or HEAD. Each key is read from Azure, which counts that as a write, and is in
    nothing that is shown or kept. Exit code 4 when a gateway answers otherwise than declared, 1 when one could not be
    asked.
    """
    from reconciler.cli.run import connected, only  # noqa: PLC0415  the help must not wait for Azure's client
    from reconciler.probing import telling  # noqa: PLC0415
    from reconciler.probing.meant import Order  # noqa: PLC0415

    today = day(as_of)
    wanted = Asked(access, environment, repository, today, team, grant, from_files, dry_run=False)
    believed = trusted(wanted)
    name = only(believed, environment)
    before = _before(access, since) if since else None
    token = _token(token_in, grant) if token_in else None

    async def run() -> "Probed":
        with progress(f"Asking {believed.environments[name].service_name}") as bar:
            async with connected(believed, name) as session:
                session.limiter.tell = bar.note
                found = await in_force(session, wanted, believed, name)
                order = Order(
                    found.declarations, name, today, found.withheld, before, team, grant, token=token is not None
                )
                way = _Way(path, gateway, patience, token, all_=all_)
                return await _probed(session, order, way)

    answers, asked = asyncio.run(run())
    told = telling.record(name, believed.environments[name].service, answers, asked)
    tell(told, telling.lines(answers, asked), format=format, file=record)
    if any(each.wrong for each in answers):
        raise typer.Exit(REFUSED)
    if not answers or any(each.verdict in ("not reached", "not asked") for each in answers):
        raise typer.Exit(SOME_FAILED)


@dataclass(frozen=True, slots=True)
class _Way:
    """How it is asked for."""

    path: str | None
    gateway: str | None
    patience: int
    token: "SecretStr | None"
    all_: bool


async def _probed(session: "Session", order: "Order", way: _Way) -> "Probed":
    from reconciler.azure.gateway import gateways  # noqa: PLC0415  as above
    from reconciler.azure.keys import read_key  # noqa: PLC0415
    from reconciler.probing.looking import look, subscriptions  # noqa: PLC0415
    from reconciler.probing.meant import meant  # noqa: PLC0415
    from reconciler.probing.places import Gateway  # noqa: PLC0415
    from reconciler.probing.probe import Patience, probe  # noqa: PLC0415
    from reconciler.probing.questions import questions  # noqa: PLC0415

    chosen = meant(order, await subscriptions(session))
    _few(order, chosen, all_=way.all_)
    seen = await look(session, chosen.products, chosen.keys, way.path)
    if way.gateway is not None:
        seen = replace(seen, gateways=(Gateway("the one named", way.gateway),))
    async with gateways() as opened:
        answers = await probe(
            opened,
            seen,
            questions(seen.doors, chosen.keys, chosen.closed),
            read=lambda subscription: read_key(session, subscription, "primary"),
            patience=Patience(way.patience),
            token=way.token,
        )
    return answers, seen.gateways


def _few(order: "Order", chosen: "Meant", *, all_: bool) -> None:
    """Raise WrongUsage where nothing of the name is there, or more keys would be read than anybody asked for."""
    from reconciler.cli.run import WrongUsage  # noqa: PLC0415  as above

    if (order.team or order.grant) and not chosen.keys:
        whose = f"grant {order.grant!r}" if order.grant else f"team {order.team!r}"
        raise WrongUsage(f"There is no key of {whose} in {order.environment}.")
    if len(chosen.keys) > _MOST and not (order.narrowed or all_):
        raise WrongUsage(
            f"That would read {len(chosen.keys)} keys, which Azure counts as writes. "
            "Say whose, by --grant, --team or --since; or --all."
        )


def _token(variable: str, grant: str | None) -> "SecretStr":
    from pydantic import SecretStr  # noqa: PLC0415  as above

    from reconciler.cli.run import WrongUsage  # noqa: PLC0415  as above

    if grant is None:
        raise WrongUsage("Say whose token it is: --token-in needs --grant TEAM/NAME.")
    token = os.environ.get(variable, "").strip().removeprefix("Bearer ")
    if not token or not token.isascii() or not token.isprintable():
        raise WrongUsage(f"{variable} is not set, or holds no token.")
    return SecretStr(token)


def _before(access: Path, revision: str) -> "Declarations":
    """Load what was declared then, whatever of it is wrong by now."""
    from reconciler.load import load  # noqa: PLC0415  as above
    from reconciler.sources import from_revision  # noqa: PLC0415

    return load(from_revision(access.parent, revision, access.name)).declarations
