"""`reconciler evidence`: a period in; a pack of evidence out; or packs in, and whether they are whole, out."""

from dataclasses import KW_ONLY, dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from reconciler.cli.console import err, out
from reconciler.cli.on_github import RepositoryName, on_github
from reconciler.cli.options import ACCESS, Day, Folder, day
from reconciler.errors import GitHubError, Refused, printable
from reconciler.words import count

if TYPE_CHECKING:
    from collections.abc import Iterable

    from reconciler.evidence import Asked, Sources
    from reconciler.evidence.applying import Notes
    from reconciler.evidence.judging import Reviews
    from reconciler.lives import Told

_DAYS = ["%Y-%m-%d"]
First = Annotated[datetime | None, typer.Option("--from", formats=_DAYS, metavar="DAY", help="The first day, UTC.")]
Last = Annotated[datetime | None, typer.Option("--to", formats=_DAYS, metavar="DAY", help="The last day, included.")]
Product = Annotated[str | None, typer.Option("--product", help="Of this product alone.")]
Team = Annotated[str | None, typer.Option("--team", help="Of this team's grants alone.")]
Output = Annotated[Path | None, typer.Option("--output", "-o", metavar="DIR", help="A new folder for the pack.")]
Record = Annotated[
    list[Path] | None,
    typer.Option(
        "--record",
        metavar="FILE",
        help="What `converge --record`, `cut --record` or `drift --format json` wrote; or a folder of such. May be "
        "repeated.",
    ),
]
Usage = Annotated[Path | None, typer.Option("--usage", metavar="FILE", help="What `usage --output` wrote.")]
GitHub = Annotated[bool, typer.Option("--github", help="Ask GitHub who approved. GITHUB_TOKEN must be set.")]
Previous = Annotated[
    Path | None,
    typer.Option("--previous", metavar="DIR", help="The pack before. Default: the last one beside DIR, of the same."),
]
Begin = Annotated[bool, typer.Option("--begin", help="Begin a new chain, whatever packs lie beside it.")]
Verify = Annotated[
    list[Path] | None,
    typer.Option("--verify", metavar="DIR", help="Verify this pack; of several, the chain; of a folder, all in it."),
]
More = Annotated[list[Path] | None, typer.Argument(metavar="[DIR]...", help="With --verify: more packs.")]


@dataclass(frozen=True, slots=True)
class _Given:
    """Where evidence comes from, and where it goes."""

    access: Path
    output: Path
    record: tuple[Path, ...]
    usage: Path | None
    previous: Path | None
    repository: str | None
    _: KW_ONLY
    github: bool
    begin: bool


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command()(evidence)


def evidence(
    more: More = None,
    *,
    access: Folder = ACCESS,
    first: First = None,
    last: Last = None,
    product: Product = None,
    team: Team = None,
    output: Output = None,
    record: Record = None,
    usage: Usage = None,
    github: GitHub = False,
    repository: RepositoryName = None,
    previous: Previous = None,
    begin: Begin = False,
    verify: Verify = None,
    as_of: Day = None,
) -> None:
    """Build a pack for auditors: every grant that existed in a period, asked for, approved, applied, used and ended.

    It is made of git, and needs neither Azure nor GitHub: what is not known is named in it. Exceptions stand on top. A
    manifest of digests is chained to the pack before. [bold]--verify[/bold] tells whether packs are whole, and whether
    a day is left out between them: exit code 4 where not.
    """
    from reconciler.cli.packs import checked  # noqa: PLC0415  the help must not wait for the models
    from reconciler.cli.run import WrongUsage  # noqa: PLC0415

    if verify:
        checked([*verify, *(more or ())])
        return
    if more:
        raise WrongUsage(f"{more[0]}: folders are named with --verify; of a new pack, by --output.")
    if first is None or last is None or output is None:
        raise WrongUsage(
            "Say of which days, and where to: --from 2026-01-01 --to 2026-03-31 --output evidence/2026-q1."
        )
    asked = _asked(first.date(), last.date(), product, team, day(as_of))
    given = _Given(access, output, tuple(record or ()), usage, previous, repository, github=github, begin=begin)
    _build(asked, given)


def _asked(first: date, last: date, product: str | None, team: str | None, today: date) -> "Asked":
    from reconciler.cli.run import WrongUsage  # noqa: PLC0415  as above
    from reconciler.evidence import Asked, Period  # noqa: PLC0415

    if last < first:
        raise WrongUsage(f"The period ends before it begins: {first} to {last}.")
    if last > today:
        raise WrongUsage(f"{last} is not over yet: --to {today - timedelta(days=1)} is the last day that is.")
    return Asked(Period(first, last), product, team)


def _build(asked: "Asked", given: _Given) -> None:
    from reconciler.cli.packs import before, put  # noqa: PLC0415  as above
    from reconciler.evidence import gather, sealed, written  # noqa: PLC0415

    output = given.output
    sources = _sources(asked, given)
    _known(asked, sources.told)
    found = gather(sources, asked)
    files = written(found)
    manifest = sealed(found, files, None if given.begin else before(output, given.previous, asked, sources.folder))
    put(output, files, manifest)
    grants, exceptions = (len(found.tables[name]) for name in ("grants", "exceptions"))
    days = f"{asked.period.first} to {asked.period.last}"
    said = f"{output}: {count(grants, 'grant')}, {count(exceptions, 'exception')}, {days}"
    out().print(printable(said), soft_wrap=True)
    chained = (
        f"after the pack of {manifest.before.first} to {manifest.before.last}" if manifest.before else "a new chain"
    )
    out().print(f"Digest {manifest.digest}, {chained}. Keep it elsewhere, too.", soft_wrap=True)
    for text in found.missing:
        err().print(f"! {printable(text)}", style="yellow", soft_wrap=True)


def _sources(asked: "Asked", given: _Given) -> "Sources":
    from reconciler.evidence import Sources  # noqa: PLC0415  as above
    from reconciler.evidence.judging import Reviews  # noqa: PLC0415
    from reconciler.evidence.outside import records  # noqa: PLC0415
    from reconciler.history import committed_by  # noqa: PLC0415
    from reconciler.lives import lives  # noqa: PLC0415
    from reconciler.revisions import revisions  # noqa: PLC0415
    from reconciler.usage.kept import read  # noqa: PLC0415

    commit = committed_by(given.access.parent, asked.period.last)
    if commit is None:
        raise Refused(f"Nothing was committed by {asked.period.last}. Fetch more of the history, if there is more.")
    access = given.access
    files = [(str(file), file.read_bytes()) for path in given.record for file in _files(path)]
    line = revisions(access.parent, access.name, commit)
    told = lives(line, asked.period.last)
    return Sources(
        folder=access.name,
        commit=commit,
        line=line.commits,
        told=told,
        notes=_notes(access, told),
        records=records(files),
        usages=read(given.usage),
        reviews=_reviews(told, asked, given) if given.github else Reviews(),
        asked_github=given.github,
    )


def _files(path: Path) -> "Iterable[Path]":
    return sorted(path.glob("*.json")) if path.is_dir() else [path]


def _known(asked: "Asked", told: "Told") -> None:
    """A name that nothing had is a mistake, and no evidence of nothing."""
    from reconciler.cli.run import WrongUsage  # noqa: PLC0415  as above
    from reconciler.words import did_you_mean  # noqa: PLC0415

    teams = {name for point in told.points for name in point.after.teams} | {life.team for life in told.lives}
    products = {product.name for point in told.points for product in point.after.products}
    products |= {life.to.name[0] for life in told.lives if life.to.kind == "product"}
    for name, names in ((asked.team, teams), (asked.product, products)):
        if name is not None and name not in names:
            hint = did_you_mean(name, names)
            raise WrongUsage(f"Nothing was called {name!r} by {asked.period.last}{f': {hint}' if hint else '.'}")


def _notes(access: Path, told: "Told") -> "Notes":
    from reconciler.notes import noted  # noqa: PLC0415  as above

    services = {name: each.service for point in told.points for name, each in point.after.environments.items()}
    return {name: noted(access.parent, name, service) for name, service in sorted(services.items())}


def _reviews(told: "Told", asked: "Asked", given: _Given) -> "Reviews":
    """Ask GitHub how every commit came that is told of, and who is in every team that ever reviewed."""
    from reconciler.cli.brought import brought  # noqa: PLC0415  as above
    from reconciler.evidence.judging import Reviews  # noqa: PLC0415

    there = on_github(given.repository)
    commits = (event.commit for life in told.lives if asked.about(life) for event in life.events)
    found = brought(there, given.access, commits)
    members = dict[str, frozenset[str]]()
    for team in sorted(
        {team.value.github or "" for point in told.points for team in point.after.teams.values()} - {""}
    ):
        try:
            members[team] = there.members(team)
        except GitHubError as error:
            err().print(f"! {printable(str(error))}", style="yellow", soft_wrap=True)
    return Reviews(found, members)
