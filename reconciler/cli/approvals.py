"""`reconciler approvals`: a change of the declarations in; who must approve it, and why, out. Reads git, no Azure."""

import json
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from reconciler.cli.console import out
from reconciler.cli.options import ACCESS, Folder, day
from reconciler.errors import printable

if TYPE_CHECKING:
    from reconciler.approvals import Need
    from reconciler.declarations import Declarations

Since = Annotated[
    str, typer.Option("--since", metavar="REV", help="What the change is compared with: the branch it is meant for.")
]
Format = Annotated[Literal["text", "json"], typer.Option("--format", help="text for people, json for machines.")]


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command()(approvals)


def approvals(*, access: Folder = ACCESS, since: Since = "origin/main", format: Format = "text") -> None:  # noqa: A002
    """Say who must approve a change, and why. Who owns something is asked of the revision before it.

    A grant needs the owner of its product, an API on a product the owner of that API, a new owner the old one; rules
    for everybody, new teams and the take-over of what lives need the platform team.
    """
    from reconciler.approvals import needed  # noqa: PLC0415  the help must not wait for git
    from reconciler.cli import run  # noqa: PLC0415

    wanted = run.declared(access, day=day(None), since=since)
    if wanted.previous is None:
        raise run.WrongUsage(f"Nothing was declared at {since}: whoever runs the repository merges the first files.")
    needs = needed(wanted.previous, wanted.declarations)
    if format == "json":
        rows = [{"teams": need.teams, "why": need.why, "file": f"{wanted.root}/{need.path}"} for need in needs]
        typer.echo(json.dumps({"needed": rows}, indent=2))
    else:
        _show(needs, wanted.previous, wanted.root)


def _show(needs: "tuple[Need, ...]", base: "Declarations", root: str) -> None:
    console = out()
    if not needs:
        console.print("Nobody needs to approve this: nothing changes that is anybody's.")
        return
    by_judges: dict[tuple[str, ...], list[Need]] = {}
    for need in needs:
        by_judges.setdefault(need.teams, []).append(need)
    for teams, theirs in sorted(by_judges.items()):
        console.print(_judges(teams, base), style="bold", soft_wrap=True)
        for need in theirs:
            console.print(printable(f"  {need.why}  ({root}/{need.path})"), soft_wrap=True)


def _judges(teams: tuple[str, ...], base: "Declarations") -> str:
    if not teams:
        return "Nobody can approve this: name a `platform_team` in guardrails.yaml, and merge that first."
    return "One of " * (len(teams) > 1) + ", or ".join(f"{team} ({_who(team, base)})" for team in teams)


def _who(team: str, base: "Declarations") -> str:
    says = base.teams[team].value
    if says.github:
        return f"@{says.github}"
    if says.reviewers:
        return ", ".join(f"@{login}" for login in says.reviewers)
    return "team.yaml names neither `github` nor `reviewers`: nobody can"
