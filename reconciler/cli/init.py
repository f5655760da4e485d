"""`reconciler init`: a folder and a few names in; a new repository of declarations, valid as it is, out."""

from pathlib import Path
from typing import Annotated

import typer

from reconciler.declarations.environments import SERVICE
from reconciler.declarations.fields import wrong_name
from reconciler.naming import spoken

Directory = Annotated[Path, typer.Argument(metavar="DIR", help="The repository; made if it is not there.")]
Team = Annotated[str, typer.Option("--team", help="Your first team: the name of its folder.")]
Service = Annotated[
    str, typer.Option("--service", metavar="ID", help="Resource id of the API Management service (`az apim show`).")
]
_EXAMPLE_SERVICE = (
    "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg-apim"
    "/providers/Microsoft.ApiManagement/service/apim-dev"
)


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command()(init)


def init(directory: Directory = Path(), *, team: Team = "platform", service: Service = _EXAMPLE_SERVICE) -> None:
    """Begin a repository: folders, schemas for editors, a first team. Nothing that is there is overwritten."""
    from reconciler.cli.run import WrongUsage  # noqa: PLC0415  the help must not wait for pydantic
    from reconciler.schemas import schemas  # noqa: PLC0415

    if wrong := wrong_name(team):
        raise WrongUsage(f"--team: {wrong}.")
    if not SERVICE.fullmatch(service):
        raise WrongUsage(f"--service: {service!r} is no resource id; it looks like {_EXAMPLE_SERVICE}.")
    files = {
        "README.md": _README.format(team=team),
        "access/environments.yaml": _ENVIRONMENTS.format(service=service),
        "access/guardrails.yaml": _GUARDRAILS.format(team=team),
        f"access/{team}/team.yaml": _TEAM.format(name=spoken(team)),
        f"access/{team}/apis.yaml": _APIS,
        **{f"schemas/{name}": text for name, text in schemas().items()},
    }
    if there := sorted(name for name in files if (directory / name).exists() and name != "README.md"):
        raise WrongUsage(f"{directory / there[0]} is already there; nothing was written. Choose an empty folder.")
    for name, text in files.items():
        if not (path := directory / name).exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    typer.echo(f"{len(files)} files are in {directory.resolve()}. Next:")
    if service == _EXAMPLE_SERVICE:
        typer.echo("  write your service's resource id into access/environments.yaml")
    typer.echo(f"  list the APIs that {team} owns in access/{team}/apis.yaml")
    typer.echo("  reconciler validate    checks every file")
    typer.echo("  reconciler plan        shows what would change, and writes nothing: the mode is `observe`")


_ENVIRONMENTS = """\
# yaml-language-server: $schema=../schemas/environments.json
# The API Management services governed here. `mode: observe` writes nothing until you say otherwise.
dev:
  service: {service}
  mode: observe
"""
_GUARDRAILS = """\
# yaml-language-server: $schema=../schemas/guardrails.json
# Rules that every change is held to.
platform_team: {team}
max_duration: 365 days        # the longest a grant may run
revocation_grace: 30 days     # how long a revoked key can still be given back
"""
_TEAM = """\
# yaml-language-server: $schema=../../schemas/team.json
display_name: {name}
"""
_APIS = """\
# yaml-language-server: $schema=../../schemas/apis.json
# The APIs that this team owns, by their ids in API Management:
# - api: orders
[]
"""
_README = """\
# Access to our APIs

Who may call what, in YAML under `access/`, one folder a team. A pull request asks, the owner approves, the merge
applies.

    access/environments.yaml              the API Management services
    access/guardrails.yaml                the rules
    access/{team}/team.yaml               a team: who we are
    access/{team}/apis.yaml               the APIs we own
    access/{team}/products/<name>.yaml    the products we publish
    access/{team}/grants/<name>.yaml      the access we ask for

A request is a new file under `grants/`, named after the product:

```yaml
environments: [dev]
key: true
reason: Show the order history at checkout
expires: 2027-06-30
```

`reconciler validate` checks, `reconciler plan` shows, `reconciler apply` makes it so.
"""
