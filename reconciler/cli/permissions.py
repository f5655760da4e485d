"""`reconciler permissions`: the environments and the kinds in, an Azure role definition out."""

import json
from typing import Annotated, Literal

import typer

from reconciler.cli.options import ACCESS, Environments, Folder
from reconciler.errors import DeclarationError

Verb = Annotated[
    Literal["plan", "apply", "keys", "probe", "backstage", "usage"], typer.Argument(help="What the identity does.")
]


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command()(permissions)


def permissions(verb: Verb, *, access: Folder = ACCESS, environment: Environments = None) -> None:
    """Print the least role for plan, apply, keys, probe, backstage or usage.

    Whoever delivers keys needs [bold]Key Vault Secrets Officer[/bold] on each vault besides; whoever asks the
    gateway log, [bold]Log Analytics Reader[/bold] on its workspace.

    Ids of Entra are looked up with Microsoft Graph's [bold]GroupMember.Read.All[/bold] and
    [bold]Application.Read.All[/bold]: no role of Azure, and optional. docs/platform.md has the commands.

    [bold]reconciler permissions plan > plan.json && az role definition create --role-definition @plan.json[/bold]
    """
    from reconciler.cli.run import chosen  # noqa: PLC0415  the help must not wait for the kinds
    from reconciler.load import load  # noqa: PLC0415
    from reconciler.permissions import role  # noqa: PLC0415
    from reconciler.sources import from_folder  # noqa: PLC0415

    loaded = load(from_folder(access))
    if not loaded.declarations.environments:
        raise DeclarationError(loaded.problems)
    names = chosen(loaded.declarations, environment)
    places = [loaded.declarations.environments[name] for name in names]
    marks = {mark for place in places for mark in place.marks}
    typer.echo(json.dumps(role(verb, dict.fromkeys(place.service for place in places), marks=marks), indent=2))
