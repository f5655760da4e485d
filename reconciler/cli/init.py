"""`reconciler init`: a folder and a few names in; a new repository, valid as it is, or what an old one lacks, out."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from reconciler.cli.bringing import bring
from reconciler.errors import Refused
from reconciler.naming import spoken

Directory = Annotated[Path, typer.Argument(metavar="DIR", help="The repository; made if it is not there.")]
Team = Annotated[str, typer.Option("--team", help="Your first team: the name of its folder.")]
Service = Annotated[
    str, typer.Option("--service", metavar="ID", help="Resource id of the API Management service (`az apim show`).")
]
Workflows = Annotated[
    bool,
    typer.Option(
        "--workflows", help="There are declarations already: add only what GitHub needs, or bring it up to date."
    ),
]
Force = Annotated[bool, typer.Option("--force", help="With --workflows: write over files that were changed here.")]
_EXAMPLE_SERVICE = (
    "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg-apim"
    "/providers/Microsoft.ApiManagement/service/apim-dev"
)


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command()(init)


def init(
    directory: Directory = Path(),
    *,
    team: Team = "platform",
    service: Service = _EXAMPLE_SERVICE,
    workflows: Workflows = False,
    force: Force = False,
) -> None:
    """Begin a repository: folders, schemas for editors, a first team, workflows. Nothing that is there is overwritten.

    After [bold]adopt[/bold], or with a new version of this tool, [bold]--workflows[/bold] adds the workflows, the form
    that asks for access and CODEOWNERS, and touches nothing else.
    """
    if workflows:
        _add_workflows(directory, force=force)
        return
    files = _files(team, service)
    written = _written(directory, files) + len(bring(directory).written)
    typer.echo(f"{written} files are new in {directory.resolve()}. Next:")
    if service == _EXAMPLE_SERVICE:
        typer.echo("  write your service's resource id into access/environments.yaml")
    typer.echo(f"  write who reviews for {team} into access/{team}/team.yaml")
    typer.echo(f"  list the APIs that {team} owns in access/{team}/apis.yaml")
    typer.echo("  reconciler validate      checks every file")
    typer.echo("  reconciler plan          shows what would change, and writes nothing: the mode is `observe`")
    _next_on_github()


def _add_workflows(directory: Path, *, force: bool) -> None:
    from reconciler.cli.run import WrongUsage  # noqa: PLC0415  the help must not wait for pydantic

    if not (directory / "access").is_dir():
        raise WrongUsage(f"There is no {directory / 'access'}. Without --workflows, `init` begins a repository.")
    brought = bring(directory, force=force)
    for name in brought.written:
        typer.echo(f"{directory / name} is written.")
    if brought.left:
        names = "\n  ".join(brought.left)
        raise Refused(
            f"Changed here, and left alone:\n  {names}\nCompare them with git after --force, which writes them."
        )
    if not brought.written:
        typer.echo("Everything that GitHub needs is there, as this version brings it.")
        return
    typer.echo("Next:")
    _next_on_github()


def _next_on_github() -> None:
    typer.echo("  reconciler codeowners    when a team says who reviews for it")
    typer.echo("Then on GitHub, on the branch main of a repository of its own:")
    typer.echo("  push it; the workflows do nothing until the repository's variable RECONCILER is set")
    typer.echo("  make the environments access-plan and access-ENVIRONMENT for each of yours, for main only, with the")
    typer.echo("    variables AZURE_CLIENT_ID and AZURE_TENANT_ID, and a federated credential for each in Azure")
    typer.echo("  reconciler memory --begin HEAD -e ENVIRONMENT    from where on merges are applied")
    typer.echo("  reconciler doctor        says what is missing still, and how to mend it")
    typer.echo("  gh variable set RECONCILER --body on    when doctor has nothing else to say")


def _files(team: str, service: str) -> dict[str, str]:
    from reconciler.cli.run import WrongUsage  # noqa: PLC0415  the help must not wait for pydantic
    from reconciler.declarations.environments import SERVICE  # noqa: PLC0415
    from reconciler.declarations.fields import wrong_name  # noqa: PLC0415
    from reconciler.schemas import schemas  # noqa: PLC0415

    if wrong := wrong_name(team):
        raise WrongUsage(f"--team: {wrong}.")
    if not SERVICE.fullmatch(service):
        raise WrongUsage(f"--service: {service!r} is no resource id; it looks like {_EXAMPLE_SERVICE}.")
    return {
        "README.md": _README.format(team=team),
        "access/environments.yaml": _ENVIRONMENTS.format(service=service),
        "access/guardrails.yaml": _GUARDRAILS.format(team=team),
        f"access/{team}/team.yaml": _TEAM.format(name=spoken(team)),
        f"access/{team}/apis.yaml": _APIS,
        **{f"schemas/{name}": text for name, text in schemas().items()},
    }


def _written(directory: Path, files: Mapping[str, str]) -> int:
    from reconciler.cli.run import WrongUsage  # noqa: PLC0415  as above
    from reconciler.github_files import github_files  # noqa: PLC0415

    if there := sorted(
        name for name in [*files, *github_files()] if (directory / name).exists() and name != "README.md"
    ):
        raise WrongUsage(
            f"{directory / there[0]} is already there; nothing was written. "
            "Choose an empty folder, or add what GitHub needs: reconciler init --workflows"
        )
    new = {directory / name: text for name, text in files.items() if not (directory / name).exists()}
    for path, text in new.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return len(new)


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
# Who approves for this team: their logins, or a team on GitHub (`github: organisation/team`).
# reviewers: [login, login]
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

`reconciler validate` checks, `reconciler plan` shows, `reconciler apply` makes it so. On GitHub the workflows
`.github/workflows/access-*.yml` do it; `reconciler doctor` says what they miss.
"""
