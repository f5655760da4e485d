"""What each way of `reconciler review` does: a scene with a campaign in; proposals, reminders, status, report, out."""

import difflib
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from reconciler.cli.console import err, out
from reconciler.cli.on_github import on_github
from reconciler.cli.using import ages
from reconciler.declarations import Declarations, Review
from reconciler.errors import ReconcilerError, Refused, printable
from reconciler.history import last_change
from reconciler.load import REVIEWS, load
from reconciler.reviewing import Decision, Proposal, Uses, decisions, document, file_of, markdown, proposals, reminder
from reconciler.reviewing.told import HEAD, MARKER, table_of
from reconciler.sources import Files, NoFolder, from_folder, from_revision
from reconciler.usage.kept import read
from reconciler.words import count

if TYPE_CHECKING:
    from reconciler.github import Repository

_CAMPAIGN = "access/review"
_BRANCH = "access/review-"
_SHOWN = 5


@dataclass
class Scene:
    """The folder as it is, the campaign that is running or was just begun, and where it is proposed."""

    access: Path
    files: Files
    declarations: Declarations
    day: date
    uses: Uses
    base: str
    repository: str | None
    review: Review | None = field(default=None)

    @cached_property
    def there(self) -> "Repository":
        """Open GitHub, where it is needed."""
        return on_github(self.repository)

    @property
    def campaign(self) -> Review:
        """Give the campaign. Raises Refused where there is none."""
        if self.review is None:
            raise Refused("There is no campaign. Begin one: reconciler review --due DAY.")
        return self.review

    def decisions(self) -> list[Decision]:
        """Say what was decided so far."""
        return decisions(self.declarations, self.campaign, self.day, self._at_opening())

    def proposals(self) -> tuple[Proposal, ...]:
        """Propose to each owner what is not answered yet."""
        return proposals(self.files, self.declarations, self.campaign, self.day, self.uses)

    def open_ones(self) -> Mapping[str, int]:
        """Find the open pull request of each owner."""
        found = self.there.proposals(_BRANCH)
        return {branch.removeprefix(_BRANCH): number for branch, number in found.items()}

    def _at_opening(self) -> Declarations | None:
        """Read what was declared when the campaign was merged; None where git does not tell."""
        try:
            commit = last_change(self.access.parent, "HEAD", os.path.realpath(self.access / REVIEWS))
            return load(from_revision(self.access.parent, commit, self.access.name)).declarations if commit else None
        except (ReconcilerError, NoFolder):
            return None


def opened(access: Path, day: date, usage: Path | None, base: str, repository: str | None) -> Scene:
    """Read the folder, when its files came, and how access is used, as far as that is known."""
    from reconciler.cli.run import declared  # noqa: PLC0415  the models are slow

    files = from_folder(access)
    declarations = declared(access, day=day).declarations
    uses = Uses.of(declarations, read(usage), ages(access))
    return Scene(access, files, declarations, day, uses, base, repository, declarations.review)


def propose(scene: Scene, begun: bool, *, dry_run: bool) -> None:  # noqa: FBT001  it is what happened, no flag
    """Propose the campaign, if it is new, and to each owner who has no pull request open."""
    if scene.review is None:
        typer.echo("Nothing is in force that could be reviewed.")
        return
    found = scene.proposals()
    _by_hand(scene, found)
    if dry_run:
        for each in ([_opening(scene)] if begun else []) + [each for each in found if each.files]:
            _show(scene, each)
        return
    waiting = scene.there.proposals(_CAMPAIGN)
    if begun and _CAMPAIGN in waiting:
        typer.echo(f"The campaign waits to be merged: pull request {waiting[_CAMPAIGN]}.")
        return
    if begun:
        _propose(scene, _opening(scene), _CAMPAIGN, "campaign")
    _missing(scene, found)


def remind_all(scene: Scene, *, dry_run: bool) -> None:
    """Say below each owner's pull request what is still open; one that was closed is opened again."""
    if scene.review is None:
        typer.echo("There is no campaign, and nobody to remind.")
        return
    told = {owner: _reminder(scene, owner) for owner in sorted({each.owner for each in _unanswered(scene)})}
    if dry_run:
        for owner, text in told.items():
            typer.echo(f"{owner}: {text.partition(chr(10))[2]}")
        return
    found = scene.proposals()
    _by_hand(scene, found)
    _missing(scene, found)
    numbers = scene.open_ones()
    for owner, text in told.items():
        if owner in numbers and scene.there.comment_of(numbers[owner], MARKER) != text:
            scene.there.keep_comment(numbers[owner], MARKER, text)
            typer.echo(f"{owner}: reminded in pull request {numbers[owner]}")
    typer.echo(f"{count(len(told), 'owner')} {'has' if len(told) == 1 else 'have'} not answered everything.")


def show(scene: Scene) -> None:
    """Print who has answered; with a token, their pull requests, too."""
    from rich.table import Table  # noqa: PLC0415  as above
    from rich.text import Text  # noqa: PLC0415

    found, review = scene.decisions(), scene.campaign
    numbers = scene.open_ones() if os.environ.get("GITHUB_TOKEN") and scene.repository else {}
    late = scene.day > review.due
    console = out()
    state = "over" if late else "due"
    console.print(Text(f"Opened on {review.opened}, {state} on {review.due}", style="bold"))
    table = Table(box=None, padding=(0, 2, 0, 2), header_style="dim")
    for title in HEAD:
        table.add_column(title)
    for row in table_of(found, numbers):
        table.add_row(*(Text(printable(cell)) for cell in row))
    console.print(table)
    waiting = [each for each in found if each.answer in ("open", "missed")]
    for each in waiting[:_SHOWN]:
        console.print(Text(f"  {'LATE ' * late}{each.owner}: {each.grant} (missed: {each.missed})"), soft_wrap=True)
    more = f"; {len(waiting) - _SHOWN} more are not listed here" if len(waiting) > _SHOWN else ""
    console.print(Text(f"  {len(found) - len(waiting)} of {len(found)} answered{more}.", style="dim"))


def write(scene: Scene, form: str, output: Path | None) -> None:
    """Print the report, or write it."""
    found = scene.decisions()
    text = (markdown if form == "markdown" else document)(scene.campaign, found, scene.day)
    if output is None:
        typer.echo(text, nl=False)
        return
    output.write_text(text, encoding="utf-8")
    err().print(f"Written: {output}", soft_wrap=True)


def _missing(scene: Scene, found: tuple[Proposal, ...]) -> None:
    """Propose to whoever has no pull request open: one that is open is the owner's, and is left as it is."""
    numbers = scene.open_ones()
    for each in found:
        if each.owner in numbers:
            typer.echo(f"{each.owner}: pull request {numbers[each.owner]} is open already")
        elif each.files:
            _propose(scene, each, _BRANCH + each.owner, each.owner)


def _propose(scene: Scene, each: Proposal, branch: str, name: str) -> None:
    from reconciler.cli.proposing import propose as put  # noqa: PLC0415  as above

    number = put(
        scene.there,
        scene.access,
        branch=branch,
        base=scene.base,
        title=each.title,
        body=each.body,
        files=each.files,
    )
    typer.echo(f"{name}: pull request {number}, {count(len(each.files), 'file')}")


def _opening(scene: Scene) -> Proposal:
    review = scene.campaign
    number = sum(map(len, review.grants.values()))
    owners = count(len(review.grants), "owner")
    body = (
        f"{count(number, 'grant')} of {owners} are looked at until {review.due}. "
        "Each owner has a pull request of its own.\n"
        "\nWhat nobody has answered by then goes on, is warned of, or ends, as `missed_review` of the product or of "
        "guardrails.yaml says."
    )
    return Proposal("platform", f"Review until {review.due}", body, file_of(review))


def _unanswered(scene: Scene) -> list[Decision]:
    return [each for each in scene.decisions() if each.answer in ("open", "missed")]


def _reminder(scene: Scene, owner: str) -> str:
    team = scene.declarations.teams.get(owner)
    mine = [each for each in _unanswered(scene) if each.owner == owner]
    return reminder(team.value if team else None, scene.campaign, mine, scene.day)


def _by_hand(scene: Scene, found: tuple[Proposal, ...]) -> None:
    for each in found:
        for path in each.by_hand:
            err().print(f"{scene.files.shown(path)} has to be changed by hand.", soft_wrap=True)


def _show(scene: Scene, each: Proposal) -> None:
    typer.echo(f"{each.title}\n")
    for path, after in each.files.items():
        before, shown = scene.files.contents.get(path), scene.files.shown(path)
        was, will_be = ((text or b"").decode().splitlines(keepends=True) for text in (before, after))
        names = ("/dev/null" if before is None else shown), ("/dev/null" if after is None else shown)
        typer.echo("".join(difflib.unified_diff(was, will_be, *names)))
