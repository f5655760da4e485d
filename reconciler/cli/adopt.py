"""`reconciler adopt`: a living service in; the folder in which everything that gives access is named, out."""

import asyncio
import json
from collections import Counter
from dataclasses import asdict, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from reconciler.cli.console import err, out, progress
from reconciler.cli.options import ACCESS, Endpoint, Folder, day
from reconciler.errors import DeclarationError, errors

if TYPE_CHECKING:
    from reconciler.adopt import Adoption, Live
    from reconciler.azure.kept import KeptPages
    from reconciler.declarations import Declarations, Mode
    from reconciler.declarations import Environment as Settings
    from reconciler.plan import Plan
    from reconciler.terraform import Owned

Environment = Annotated[
    str | None, typer.Option("--environment", "-e", help="What the service is called in environments.yaml.")
]
Service = Annotated[
    str | None,
    typer.Option("--service", metavar="ID", help="Its resource id, where environments.yaml does not name it yet."),
]
State = Annotated[
    Path | None,
    typer.Option(
        "--terraform-state",
        metavar="FILE",
        help="What Terraform owns (`terraform state pull`): adopted as Terraform's, with the blocks that let it go.",
    ),
]
Status = Annotated[bool, typer.Option("--status", help="Show how far the teams are, and read no Azure.")]
Format = Annotated[Literal["text", "json"], typer.Option("--format", help="Of the status: text for people, or json.")]
_MODES: "tuple[Mode, ...]" = ("add", "enforce")


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command()(adopt)


def adopt(
    *,
    access: Folder = ACCESS,
    environment: Environment = None,
    service: Service = None,
    endpoint: Endpoint = None,
    terraform_state: State = None,
    status: Status = False,
    format: Format = "text",  # noqa: A002
) -> None:
    """Name everything that gives access in a living service, and change nothing in it: products, links, keys.

    Each thing goes into its owner's folder where tags, contacts, groups or names tell whose it is, else into
    [bold]unowned/[/bold]; keys stay as they are. What cannot be told stands in [bold]ADOPTION.md[/bold]. Say in
    [bold]adoption.yaml[/bold] what you know and run again: only what is new is added, and what you wrote stays.
    A Reader role is enough.

    [bold]reconciler adopt --environment prod --service /subscriptions/.../service/apim-prod[/bold]
    """
    from reconciler.adopt import adopt as name_all  # noqa: PLC0415  the help must not wait for Azure's client
    from reconciler.adopt.report import report  # noqa: PLC0415
    from reconciler.azure.kept import KeptPages  # noqa: PLC0415
    from reconciler.cli import run  # noqa: PLC0415

    today = day(None)
    declarations, contents = _there(access, today)
    if status:
        _show_status(declarations, run.chosen(declarations, [environment] if environment else None), today, format)
        return
    name = _chosen(declarations, environment, service)
    settings = declarations.environments.get(name) or new_environment(service or "", endpoint)
    everywhere = replace(declarations, environments={**declarations.environments, name: settings})
    things = _of_terraform(terraform_state, settings.service)
    with KeptPages(settings.service) as kept:
        live = asyncio.run(_read(everywhere, name, kept))
        live = replace(live, terraform=frozenset(each.address for each in things))
        adoption = name_all(declarations, contents, live, day=today)
        after, plans = _verified(access, contents, adoption, live, today)
        _write(access, adoption, report(adoption, after, plans, name))
    _say(access, adoption, after, name)
    if things:
        _let_go(access.parent / "terraform-removed.tf", things)


def _of_terraform(path: Path | None, service: str) -> "tuple[Owned, ...]":
    from reconciler.cli.run import WrongUsage  # noqa: PLC0415  as above
    from reconciler.terraform import NoState, owned  # noqa: PLC0415

    if path is None:
        return ()
    try:
        return owned(path.read_text(encoding="utf-8"), service)
    except (OSError, UnicodeDecodeError) as error:
        raise WrongUsage(f"--terraform-state: {path} cannot be read: {error}.") from error
    except NoState as error:
        raise WrongUsage(f"--terraform-state: {path}: {error}.") from error


def _let_go(path: Path, things: "tuple[Owned, ...]") -> None:
    from reconciler.terraform import let_go  # noqa: PLC0415  as above

    path.write_text(let_go(things), encoding="utf-8")
    out().print(f"{len(things):,} things are Terraform's still, and are not enforced until it lets go:", soft_wrap=True)
    out().print(f"  add {path} to its configuration, apply, then delete `deployed_by`", soft_wrap=True)


def _chosen(declarations: "Declarations", environment: str | None, service: str | None) -> str:
    from reconciler.cli.run import WrongUsage, chosen  # noqa: PLC0415  as above
    from reconciler.declarations.fields import wrong_name  # noqa: PLC0415

    if environment is None and len(declarations.environments) == 1:
        environment = next(iter(declarations.environments))
    if environment is None:
        raise WrongUsage("Say which environment: --environment NAME.")
    if wrong := wrong_name(environment):
        raise WrongUsage(f"--environment: {wrong}.")
    known = declarations.environments.get(environment)
    if known is None and service is None:
        if declarations.environments:
            chosen(declarations, [environment])
        raise WrongUsage(f"Say which service {environment} is: --service /subscriptions/.../service/NAME.")
    if known is not None and service is not None and known.service.lower() != service.lower():
        raise WrongUsage(
            f"{environment} is {known.service} in environments.yaml; leave --service out, or name another."
        )
    return environment


def new_environment(service: str, endpoint: str | None) -> "Settings":
    """Describe a service that no file names; raises WrongUsage where its id or address is none."""
    from pydantic import ValidationError  # noqa: PLC0415  as above

    from reconciler.cli.run import WrongUsage  # noqa: PLC0415
    from reconciler.declarations import Environment as Settings  # noqa: PLC0415
    from reconciler.declarations.environments import PUBLIC_CLOUD  # noqa: PLC0415

    try:
        return Settings(service=service, mode="observe", endpoint=endpoint or PUBLIC_CLOUD)
    except ValidationError as error:
        raise WrongUsage(f"--service or --endpoint: {error.errors()[0]['msg']}.") from error


def _there(access: Path, today: date) -> "tuple[Declarations, dict[str, bytes]]":
    """Load what is there: a folder that is not there yet is an empty one."""
    from reconciler.adopt import ledger  # noqa: PLC0415  as above
    from reconciler.check import check  # noqa: PLC0415
    from reconciler.declarations import Declarations, Guardrails, OwnerMap  # noqa: PLC0415
    from reconciler.load import load  # noqa: PLC0415
    from reconciler.sources import from_folder  # noqa: PLC0415

    seen = (path.relative_to(access).parts for path in access.rglob("*.*") if path.is_file())
    if all(any(part.startswith(".") for part in parts) for parts in seen):
        return Declarations({}, Guardrails(), OwnerMap(), {}), {}
    files = from_folder(access)
    loaded = load(files)
    between = check(loaded, files, today) if loaded.declarations.teams else ()  # the first adoption makes the teams
    if problems := [*loaded.problems, *errors(between)]:
        raise DeclarationError(problems)
    kept = {ledger.path(name): access / ledger.path(name) for name in loaded.declarations.environments}
    ledgers = {name: path.read_bytes() for name, path in kept.items() if path.is_file()}
    return loaded.declarations, {**files.contents, **ledgers}


async def _read(declarations: "Declarations", name: str, kept: "KeptPages") -> "Live":
    from reconciler.adopt import Live  # noqa: PLC0415  as above
    from reconciler.azure.reading import fragment_texts, read  # noqa: PLC0415
    from reconciler.cli.run import connected  # noqa: PLC0415

    settings = declarations.environments[name]
    if kept:
        err().print(f"Going on where a run was stopped: {len(kept):,} pages of the lists are read.")
    with progress(f"Reading {settings.service_name}") as bar:
        async with connected(declarations, name, kept=kept) as session:
            session.limiter.tell = bar.note
            state = await read(session)
            texts = await fragment_texts(session, [each.name[0] for each in state if each.kind == "fragment"])
    return Live(name, settings.service, state, texts, endpoint=settings.endpoint)


def _verified(
    access: Path, contents: "dict[str, bytes]", adoption: "Adoption", live: "Live", today: date
) -> "tuple[Declarations, dict[str, Plan]]":
    """Load what would be written before it is, and plan with it: what is wrong with it is never written."""
    from reconciler.check import check  # noqa: PLC0415  as above
    from reconciler.load import load  # noqa: PLC0415
    from reconciler.sources import Files  # noqa: PLC0415

    merged = {**contents, **adoption.files}
    visible = {path: content for path, content in sorted(merged.items()) if content is not None and path[0] != "."}
    files = Files(access.as_posix(), visible)
    loaded = load(files)
    if problems := [*loaded.problems, *errors(check(loaded, files, today))]:
        raise DeclarationError(problems)
    return loaded.declarations, {mode: _plan(loaded.declarations, live, mode, today) for mode in _MODES}


def _plan(declarations: "Declarations", live: "Live", mode: "Mode", today: date) -> "Plan":
    """Plan as if every product, and the environment, were in a mode."""
    from reconciler.compile import compile as meaning  # noqa: PLC0415  as above
    from reconciler.declarations.modes import in_mode  # noqa: PLC0415
    from reconciler.plan import Target, plan, settings_of  # noqa: PLC0415

    there = in_mode(declarations, live.environment, mode)
    return plan(
        Target(live.environment, live.service),
        desired=meaning(there, live.environment, day=today),
        declared=meaning(there, live.environment, day=None),
        previous=None,
        actual=live.state,
        day=today,
        settings=settings_of(there.guardrails),
    )


def _write(access: Path, adoption: "Adoption", text: str) -> None:
    from reconciler.adopt import ordered  # noqa: PLC0415  as above
    from reconciler.adopt.report import FILE  # noqa: PLC0415
    from reconciler.folder import write  # noqa: PLC0415

    files = {**adoption.files, FILE: text.encode()}
    with progress("Writing", total=len(files)) as bar:
        write(access, ordered(files), tell=bar.step)


def _say(access: Path, adoption: "Adoption", declarations: "Declarations", name: str) -> None:
    from reconciler.adopt.report import NOUNS  # noqa: PLC0415  as above
    from reconciler.declarations import UNOWNED  # noqa: PLC0415
    from reconciler.words import count  # noqa: PLC0415

    console = out()
    numbers = Counter(address.kind for address in adoption.adopted)
    parts = [count(numbers[kind], noun) for kind, noun in NOUNS.items() if numbers[kind]]
    console.print(f"Named now: {', '.join(parts)}." if parts else "Nothing new: everything was named already.")
    nobody = sum(owner.team == UNOWNED for owner in adoption.adopted.values())
    if nobody:
        console.print(f"{nobody:,} of them have no owner yet: they stand in {access / UNOWNED}/.")
    if adoption.left:
        console.print(f"{count(len(adoption.left), 'thing')} could not be named: {access / 'ADOPTION.md'} says why.")
    if adoption.taken_out:
        console.print(f"{count(len(adoption.taken_out), 'thing')} that the files named once stay out of them.")
    console.print(f"Nothing was changed in {declarations.environments[name].service_name}. Next:", soft_wrap=True)
    console.print(f"  read {access / 'ADOPTION.md'}; say in {access / 'adoption.yaml'} what you know, and adopt again")
    console.print(f"  reconciler plan --environment {name}     shows no change, in every mode")
    console.print("  reconciler adopt --status          keeps the score")
    console.print("  reconciler init --workflows        adds what GitHub needs to run this tool")


def _show_status(declarations: "Declarations", names: list[str], today: date, format: str) -> None:  # noqa: A002
    from rich.table import Table  # noqa: PLC0415  as above

    from reconciler.scoreboard import COLUMNS, scores  # noqa: PLC0415

    rows = scores(declarations, names, today)
    if format == "json":
        typer.echo(json.dumps({"environments": names, "teams": [asdict(row) for row in rows]}, indent=2))
        return
    table = Table(box=None, padding=(0, 2, 0, 0), title=f"Environments: {', '.join(names)}", title_justify="left")
    table.add_column("team")
    for column in COLUMNS:
        table.add_column(column, justify="right")
    for row in rows:
        numbers = asdict(row)
        style = "bold" if row is rows[-1] else None
        table.add_row(row.team, *(str(numbers[column] or "") for column in COLUMNS), style=style)
    out().print(table)
