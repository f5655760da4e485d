"""`reconciler why`: a team and an API or a product in; by what it can use that and how that came, or why not, out."""

import json
from typing import TYPE_CHECKING, Annotated

import typer

from reconciler.cli.console import err, out
from reconciler.cli.on_github import RepositoryName, on_github
from reconciler.cli.options import ACCESS, Day, Environments, Folder, Format, day
from reconciler.cli.sides import Asked, At, Live, Then, both_sides, declared
from reconciler.errors import ReconcilerError, printable
from reconciler.words import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterable

    from reconciler.approvals import Brought
    from reconciler.lives import Told
    from reconciler.reasons import Why

Team = Annotated[str, typer.Argument(metavar="TEAM", help="The name of its folder.")]
Thing = Annotated[
    str, typer.Argument(metavar="THING", help="A product by its name, or a product or an API by its id in the service.")
]
GitHub = Annotated[
    bool, typer.Option("--github", help="Ask GitHub who approved each pull request. GITHUB_TOKEN must be set.")
]
_STYLES = ("bold", None, "dim")


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command()(why)


def why(
    team: Team,
    thing: Thing,
    *,
    access: Folder = ACCESS,
    environment: Environments = None,
    live: Live = False,
    at: At = None,
    github: GitHub = False,
    repository: RepositoryName = None,
    format: Format = "text",  # noqa: A002
    as_of: Day = None,
) -> None:
    """Say why a team can use an API or a product: by what, in which file and line, who asked and who approved.

    Where it cannot, it is said why not, and how to ask. Files and git are asked alone: neither Azure, but with
    [bold]--live[/bold], nor GitHub, but with [bold]--github[/bold]. What git does not hold is said to be missing.
    """
    from reconciler.cli.run import chosen  # noqa: PLC0415  the help must not wait for the models
    from reconciler.places import Places  # noqa: PLC0415
    from reconciler.questions import called  # noqa: PLC0415
    from reconciler.reasons import Scene  # noqa: PLC0415
    from reconciler.reasons import why as reasons  # noqa: PLC0415
    from reconciler.reasons.told import document, lines  # noqa: PLC0415

    asked = Asked(access, environment, at, live, day(as_of))
    then = declared(asked)
    environments = chosen(then.declarations, environment)
    told = _told(asked, then)
    _known(then, told, environments, team, thing)
    scene = Scene(then.declarations, Places(then.files), told, access.as_posix())
    sides, _, code = both_sides(then.declarations, environments, then.day, live=live)
    found = [
        reasons(scene, name, side.answers(), team, called(then.declarations, name, thing))
        for name, side in sides.items()
    ]
    approvers = _approvers(found, asked, repository) if github else {}
    if format == "json":
        rows = [document(each, scene.root, approvers) for each in found]
        head = {"day": str(then.day), "live": live, "team": team, "thing": thing}
        typer.echo(json.dumps({**head, "answers": rows}, indent=2))
    else:
        for each in found:
            for depth, text in lines(each, team, thing, scene.root, approvers):
                out().print(f"{'  ' * depth}{printable(text)}", style=_STYLES[depth], soft_wrap=True)
    if code:
        raise typer.Exit(code)


def _told(asked: Asked, then: Then) -> "Told | None":
    """Read what git tells; without it the files still answer."""
    from reconciler.lives import lives  # noqa: PLC0415  as above
    from reconciler.revisions import revisions  # noqa: PLC0415

    try:
        return lives(revisions(asked.access.parent, asked.access.name, then.head), then.day)
    except ReconcilerError as error:
        err().print(
            f"! Who asked, and when, is not known: {printable(str(error))}", style="bold yellow", soft_wrap=True
        )
        return None


def _known(then: Then, told: "Told | None", environments: list[str], team: str, thing: str) -> None:
    """A name that nothing has and nothing had is a mistake, and no answer."""
    from reconciler.cli.run import WrongUsage  # noqa: PLC0415  as above
    from reconciler.naming import fill_in  # noqa: PLC0415
    from reconciler.questions import called, known  # noqa: PLC0415

    lives = told.lives if told else ()
    teams = {*then.declarations.teams, *(each.team for each in lives)}
    things = {name for each in environments for name in known(then.declarations, each)} - then.declarations.teams.keys()
    things |= {name for each in lives for name in (each.to.name[0], each.product or "", *each.apis)} - {""}
    meant = {fill_in(thing, then.declarations.variables(each)) for each in environments}
    meant |= {name for each in environments for name in called(then.declarations, each, thing)}
    for name, names, candidates in ((team, {team}, teams), (thing, meant, things)):
        if not names & candidates:
            hint = did_you_mean(name, candidates)
            raise WrongUsage(f"Nothing here is called {name!r}{f': {hint}' if hint else '.'}")


def _approvers(found: "Iterable[Why]", asked: Asked, repository: str | None) -> "dict[str, Brought]":
    """Ask GitHub how everything that is told came here."""
    from reconciler.cli.brought import brought  # noqa: PLC0415  as above

    commits = (step.event.commit for each in found for reason in each.reasons for step in reason.steps)
    return brought(on_github(repository), asked.access, commits)
