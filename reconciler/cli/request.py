"""`reconciler request`: answers, from options, a terminal or an issue, in; a grant file or a pull request out."""

import difflib
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from reconciler.cli.console import err
from reconciler.cli.interview import Given
from reconciler.cli.on_github import RepositoryName, on_github
from reconciler.cli.options import ACCESS, Day, Folder, day
from reconciler.errors import INTERRUPTED

if TYPE_CHECKING:
    from datetime import date

    from reconciler.asking import Answers, Asked
    from reconciler.sources import Files

Team = Annotated[str | None, typer.Option("--team", help="The team that asks: the name of its folder.")]
Product = Annotated[str | None, typer.Option("--product", help="What it asks for.")]
Where = Annotated[list[str] | None, typer.Option("--environment", "-e", help="Where; may be repeated.")]
Key = Annotated[bool | None, typer.Option("--key/--no-key", help="A key: calls with it go through.")]
Portal = Annotated[
    bool | None, typer.Option("--portal/--no-portal", help="See the product in the developer portal, and subscribe.")
]
Reason = Annotated[str | None, typer.Option("--reason", help="Why, in a sentence that the owner understands.")]
Expires = Annotated[
    str | None, typer.Option("--expires", metavar="DAY", help="The last day. Default: the latest that is allowed.")
]
Component = Annotated[
    str | None, typer.Option("--component", metavar="NAME", help="Who calls: tells two callers of a team apart.")
]
By = Annotated[
    str | None, typer.Option("--requested-by", metavar="LOGIN", help="On GitHub: who asks, where a robot runs this.")
]
FromIssue = Annotated[
    int | None, typer.Option("--from-issue", metavar="N", help="Take the answers from an issue, made by the form.")
]
Open = Annotated[bool, typer.Option("--open", help="Propose it on GitHub, instead of writing the file here.")]
Base = Annotated[str, typer.Option("--base", metavar="BRANCH", help="The branch that a pull request is meant for.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask whether to write.")]


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command()(request)


def request(
    *,
    access: Folder = ACCESS,
    team: Team = None,
    product: Product = None,
    environment: Where = None,
    key: Key = None,
    portal: Portal = None,
    reason: Reason = None,
    expires: Expires = None,
    component: Component = None,
    requested_by: By = None,
    from_issue: FromIssue = None,
    open: Open = False,  # noqa: A002  the word of the command line
    base: Base = "main",
    repository: RepositoryName = None,
    yes: Yes = False,
    as_of: Day = None,
) -> None:
    """Ask for access: answer a few questions, and the file is written. Nobody needs to know YAML.

    On a terminal it asks for whatever no option says. What the team has already is not asked for twice: it goes on, and
    its file gets a later end. [bold]--open[/bold] proposes it on GitHub, for which GITHUB_TOKEN must be set;
    [bold]--from-issue[/bold] does that for an issue, and answers there.
    """
    from reconciler.asking import ask  # noqa: PLC0415  the help must not wait for the models
    from reconciler.cli import interview  # noqa: PLC0415
    from reconciler.cli.run import WrongUsage  # noqa: PLC0415
    from reconciler.sources import from_folder  # noqa: PLC0415

    today = day(as_of)
    given = Given(team, product, tuple(environment or ()), key, portal, reason, expires, component, requested_by)
    if from_issue is not None:
        if given != Given() or open:
            raise WrongUsage("--from-issue takes every answer from the issue: leave the other options out.")
        _from_issue(from_issue, from_folder(access), access, today, base=base, repository=repository)
        return
    files = from_folder(access)
    talks = sys.stdin.isatty()
    try:
        answers = interview.fill(given, files, today) if talks else interview.whole(given)
        asked = ask(answers, files, today)
        _show(asked, files)
        agreed = yes or not talks or typer.confirm("Propose it?" if open else "Write it?", default=True)
    except typer.Abort as stopped:
        raise typer.Exit(INTERRUPTED) from stopped
    if not agreed:
        typer.echo("Nothing was written.")
    elif open:
        number = opened(asked, answers, access, base=base, repository=repository)
        typer.echo(f"Pull request {number} asks for it. {asked.owner} decides.")
    else:
        _write(asked, access)


def _from_issue(number: int, files: "Files", access: Path, today: "date", *, base: str, repository: str | None) -> None:
    """Answer an issue: by a pull request, or in words why there is none. Nothing that it says is believed."""
    from reconciler.asking import MARKER, NotAskable, ask, read_form, receipt, refusal  # noqa: PLC0415  as above
    from reconciler.cli.proposing import Taken  # noqa: PLC0415

    there = on_github(repository)
    issue = there.issue(number)
    try:
        answers = read_form(issue.body, author=issue.author)
        asked = ask(answers, files, today)
    except NotAskable as error:
        there.keep_comment(number, MARKER, refusal(error.reasons))
        raise
    try:
        proposed = opened(asked, answers, access, base=base, repository=repository, issue=number)
    except Taken as taken:
        there.keep_comment(number, MARKER, refusal([str(taken)]))
        raise
    there.keep_comment(number, MARKER, receipt(asked, proposed))
    typer.echo(f"{asked.title}: pull request {proposed}, asked for by {issue.author} in issue {number}.")


def opened(
    asked: "Asked", answers: "Answers", access: Path, *, base: str, repository: str | None, issue: int | None = None
) -> int:
    """Propose a request on GitHub, and give the pull request's number."""
    from reconciler.asking import description  # noqa: PLC0415  as above
    from reconciler.cli.proposing import propose  # noqa: PLC0415

    name = str(issue) if issue is not None else asked.path.removesuffix(".yaml").replace("/grants/", "-")
    return propose(
        on_github(repository),
        access,
        branch=f"access/request-{name}",
        base=base,
        title=asked.title,
        body=description(asked, answers, issue),
        files={asked.path: asked.content},
    )


def _show(asked: "Asked", files: "Files") -> None:
    path = files.shown(asked.path)
    typer.echo(f"{asked.title}: {path}\n", err=True)
    if asked.before is None:
        typer.echo(asked.content.decode(), err=True)
    else:
        was, will_be = (text.decode().splitlines(keepends=True) for text in (asked.before, asked.content))
        typer.echo("".join(difflib.unified_diff(was, will_be, path, path)), err=True)
    for warning in asked.warnings:
        err().print(f"warning: {warning}", soft_wrap=True)


def _write(asked: "Asked", access: Path) -> None:
    from reconciler.folder import write  # noqa: PLC0415  as above

    write(access, {asked.path: asked.content}, tell=lambda name: typer.echo(f"{access / name} is written. Next:"))
    path, branch = shlex.quote(str(access / asked.path)), asked.path.removesuffix(".yaml").replace("/grants/", "-")
    typer.echo(f"  git switch -c access/request-{branch} && git add {path}")
    typer.echo(f"  git commit -m '{asked.title}' && git push -u origin HEAD")
    typer.echo(f"  open a pull request: {asked.owner} decides about it. Or all of that at once: the same with --open")
