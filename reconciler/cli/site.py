"""`reconciler site`: a folder of declarations, and its git history, in; static pages that tell of it, written, out."""

from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from reconciler.cli.options import ACCESS, Day, Environments, Folder, day
from reconciler.words import count

if TYPE_CHECKING:
    from reconciler.site import Past

Output = Annotated[
    Path, typer.Option("--output", "-o", metavar="DIR", help="The folder of the pages: a new one, or one made before.")
]
Audited = Annotated[
    list[Path] | None,
    typer.Option(
        "--findings",
        metavar="FILE",
        help="What `reconciler audit --format json` printed: its findings are shown, too. May be repeated.",
    ),
]
Used = Annotated[
    Path | None,
    typer.Option(
        "--usage", metavar="FILE", help="What `reconciler usage --output FILE` wrote: who calls is shown, too."
    ),
]
Source = Annotated[
    str | None,
    typer.Option(
        "--source",
        metavar="URL",
        help="Where the folder of declarations is seen on the web: files become links, "
        "such as https://github.com/contoso/access/blob/main/access.",
    ),
]
Title = Annotated[str, typer.Option("--title", help="What the pages are called.")]


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command()(site)


def site(
    *,
    output: Output,
    access: Folder = ACCESS,
    environment: Environments = None,
    findings: Audited = None,
    usage: Used = None,
    source: Source = None,
    title: Title = "Access",
    as_of: Day = None,
) -> None:
    """Build pages that everybody can read: APIs, products, teams, who holds what until when, and how to ask for it.

    They are plain files, for GitHub Pages or for a folder on disk: no server, no tracker, nothing from elsewhere.
    Neither Azure nor GitHub is asked. What is missing, such as history in a shallow clone, is named on the pages.
    """
    from reconciler.cli import run  # noqa: PLC0415  the help must not wait for the models
    from reconciler.cli.using import ages  # noqa: PLC0415
    from reconciler.folder import write  # noqa: PLC0415
    from reconciler.kept import changes  # noqa: PLC0415
    from reconciler.site import Besides, House, audited, gather, lacking, noticed, use_of  # noqa: PLC0415
    from reconciler.site import site as built  # noqa: PLC0415
    from reconciler.usage.kept import read  # noqa: PLC0415

    today = day(as_of)
    wanted = run.declared(access, day=today)
    names = run.chosen(wanted.declarations, environment)
    usages = read(usage) if usage else None
    company = gather(wanted.declarations, names, today, None if usages is None else use_of(usages, ages(access)))
    known = _past(access, names, today)
    audits = [audited(path.as_posix(), path.read_bytes()) for path in findings or ()]
    besides = Besides(
        findings=noticed(company, wanted.warnings, audits),
        audited=bool(audits),
        past=None if isinstance(known, str) else known,
        no_past=known if isinstance(known, str) else "",
        missing=tuple(lacking(names, known, usages, audited=bool(audits))),
    )
    since = besides.past.since if besides.past else {}
    files = built(House(company, access.name or "access", title, _address(source), since), besides)
    _sure_that_it_is_ours(output, files)
    made = changes(files, lambda name: _lying(output / name), folder=output.as_posix())
    write(output, made, tell=lambda _: None)
    written, gone = sum(file in made for file in files), sum(content is None for content in made.values())
    pages = count(sum(name.endswith(".html") for name in files), "page")
    typer.echo(f"{output.as_posix()}: {pages}, {count(written, 'file')} written, {gone} taken away. Open index.html.")


def _past(access: Path, environments: Sequence[str], day: date) -> "Past | str":
    """Give what git tells, or why it tells nothing."""
    from reconciler.errors import ReconcilerError  # noqa: PLC0415  as above
    from reconciler.lives import lives  # noqa: PLC0415
    from reconciler.revisions import revisions  # noqa: PLC0415
    from reconciler.site import past  # noqa: PLC0415

    try:
        line = revisions(access.parent, access.name)
    except ReconcilerError as error:
        return f"{error}."
    told = lives(line, day)
    if not told.points:
        return f"Nothing of {access.as_posix()} was committed by {day}."
    return past(told, environments, day)


def _address(source: str | None) -> str | None:
    from reconciler.cli.run import WrongUsage  # noqa: PLC0415  as above

    if source is not None and not source.startswith("https://"):
        raise WrongUsage("--source is an address that begins with https://.")
    return source.rstrip("/") if source else None


def _sure_that_it_is_ours(folder: Path, names: Iterable[str]) -> None:
    """Write only into a folder that is empty or was made by this command, and through no link."""
    from reconciler.errors import Refused  # noqa: PLC0415  as above
    from reconciler.kept import MADE  # noqa: PLC0415

    if folder.exists() and not (folder / MADE).is_file() and any(folder.iterdir()):
        raise Refused(f"{folder} holds files that this command did not make. Name a new folder by --output.")
    for below in sorted({str(Path(name).parent) for name in names}):
        if (folder / below).is_symlink():
            raise Refused(f"{folder / below} is a link, and leads elsewhere. Remove it, or name another folder.")


def _lying(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() else None
