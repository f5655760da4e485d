"""`reconciler comment`: parts in Markdown and a pull request in; the one comment on it, kept current, out."""

from pathlib import Path
from typing import Annotated

import typer

from reconciler.cli.on_github import RepositoryName, on_github

Files = Annotated[
    list[Path],
    typer.Argument(metavar="FILE...", help="The parts, each named after its file: plan-prod.md, approvals.md."),
]
Number = Annotated[int, typer.Option("--pull-request", metavar="N", help="Where to comment. GITHUB_TOKEN must be set.")]
Only = Annotated[
    bool, typer.Option("--only", help="Let parts go that are not given now, as of an environment that is gone.")
]


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command()(comment)


def comment(files: Files, *, pull_request: Number, repository: RepositoryName = None, only: Only = False) -> None:
    """Keep one comment on a pull request: what is planned for each environment, and whose approval is awaited.

    [bold]reconciler plan -e prod --format markdown -o plan-prod.md[/bold] and [bold]reconciler approvals --format
    markdown -o approvals.md[/bold] make its parts. Parts that are not given stay as they stand, so a new review renews
    the approvals alone. An empty file takes its part out.
    """
    from reconciler.report.parts import MARKER, join, parts  # noqa: PLC0415  the help must not wait for GitHub's client

    given = _read(files)
    github = on_github(repository)
    standing = github.comment_of(pull_request, MARKER)
    body = join(given, standing, only=only)
    if standing is not None or body != MARKER:
        github.keep_comment(pull_request, MARKER, body)
    typer.echo(f"The comment on pull request {pull_request} has: {', '.join(parts(body)) or 'nothing'}.", err=True)


def _read(files: list[Path]) -> dict[str, str]:
    from reconciler.cli.run import WrongUsage  # noqa: PLC0415  as above
    from reconciler.report.parts import NAME  # noqa: PLC0415

    given: dict[str, str] = {}
    for path in files:
        if not NAME.fullmatch(path.stem):
            raise WrongUsage(f"{path}: a part is named after its file, in letters, digits and single '-', '.' or '_'.")
        if path.stem in given:
            raise WrongUsage(f"{path}: there is another part of that name. Give each file a name of its own.")
        given[path.stem] = path.read_text(encoding="utf-8", errors="replace")
    return given
