"""`reconciler approvals`: a change of declarations in; who must approve it, why, and who has, out. Reads no Azure."""

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from reconciler.cli.console import out
from reconciler.cli.on_github import BRANCH, RepositoryName, fetched, on_github
from reconciler.cli.options import ACCESS, Elsewhere, Folder, day
from reconciler.errors import NotApproved, ReconcilerError, printable

if TYPE_CHECKING:
    from reconciler.cli.wanted import Wanted
    from reconciler.declarations import Declarations, Team
    from reconciler.github import PullRequest, Repository
    from reconciler.judge import Verdict
    from reconciler.report.approvals import Approvals

Since = Annotated[
    str, typer.Option("--since", metavar="REV", help="What the change is compared with: the branch it is meant for.")
]
Number = Annotated[
    int | None,
    typer.Option(
        "--pull-request",
        metavar="N",
        help="Read its reviews from GitHub, and end with 4 while an approval is missing. GITHUB_TOKEN must be set.",
    ),
]
Check = Annotated[bool, typer.Option("--check", help="Say so in a check run on the pull request, too.")]
Format = Annotated[
    Literal["text", "markdown", "json"],
    typer.Option("--format", help="text for people, markdown for a pull request, json for machines."),
]
CHECK = "access approvals"


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command()(approvals)


def approvals(
    *,
    access: Folder = ACCESS,
    since: Since = BRANCH,
    pull_request: Number = None,
    repository: RepositoryName = None,
    check: Check = False,
    format: Format = "text",  # noqa: A002
    output: Elsewhere = None,
) -> None:
    """Say who must approve a change, and why; of a pull request, who has. The revision before it says who owns what.

    A grant needs the owner of its product, an API on a product the owner of that API, a new owner the old one; rules
    for everybody, new teams and the take-over of what lives need the platform team. Nobody approves their own request,
    and an approval counts for the change as it was seen.
    """
    from reconciler.approvals import needed  # noqa: PLC0415  the help must not wait for git
    from reconciler.cli import run  # noqa: PLC0415
    from reconciler.report.approvals import Approvals, markdown, missing  # noqa: PLC0415

    today = day(None)
    head = fetched(access, pull_request) if pull_request is not None else None
    wanted = run.declared(access, day=today, since=f"{head}^1" if head else since, head=head)
    if wanted.previous is None:
        raise run.WrongUsage(f"Nothing was declared at {since}: whoever runs the repository merges the first files.")
    needs = needed(wanted.previous, wanted.declarations, day=today)
    said = Approvals(needs, _who(wanted.previous), wanted.root)
    if pull_request is None or head is None:
        _print(said, format, output)
        return
    there = on_github(repository)
    request = there.pull_request(pull_request)
    verdict = _judged(there, request, wanted, merge=head, where=access, since=since, today=today)
    said = replace(said, decision=verdict.decision, refusal=verdict.refusal)
    _print(said, format, output)
    if check:
        title = "Approved" if verdict.approved else "Not approved yet"
        there.report(CHECK, request.head, passed=verdict.approved, title=title, summary=markdown(said))
    if not verdict.approved:
        raise NotApproved("\n".join(map(printable, missing(said))))


def _judged(
    there: "Repository", request: "PullRequest", wanted: "Wanted", *, merge: str, where: Path, since: str, today: date
) -> "Verdict":
    from reconciler.history import digest_of_change, is_trial_merge  # noqa: PLC0415  as above
    from reconciler.judge import judge  # noqa: PLC0415

    if wanted.previous is None or not is_trial_merge(where.parent, merge, of=request.head, onto=since):
        raise NotApproved(f"GitHub has not merged pull request {request.number} onto {since} as it is now: run again.")

    def digest(commit: str) -> str:
        try:
            return digest_of_change(where.parent, f"{merge}^1", commit, where.name)
        except ReconcilerError:
            return ""  # a commit that was pushed away: what was seen then is not there any more

    return judge(there, request, wanted.previous, wanted.declarations, day=today, digest=digest)


def _print(said: "Approvals", format: str, output: Path | None) -> None:  # noqa: A002
    from reconciler.report import approvals as report  # noqa: PLC0415  as above

    if format == "text" and output is None:
        console = out()
        for line in report.lines(said):
            style = None if line.startswith(" ") or not said.needs else "bold"
            console.print(printable(line), style=style, soft_wrap=True)
        return
    if format == "json":
        text = report.document(said) + "\n"
    elif format == "markdown":
        text = report.markdown(said)
    else:
        text = "".join(f"{printable(line)}\n" for line in report.lines(said))
    if output is None:
        typer.echo(text, nl=False)
    else:
        output.write_text(text, encoding="utf-8")


def _who(base: "Declarations") -> dict[str, str]:
    """Say of each team who reviewed for it before the change."""
    return {name: _reviewers(team.value) for name, team in base.teams.items()}


def _reviewers(says: "Team") -> str:
    logins = [f"@{login}" for login in says.reviewers or ()] + ([f"@{says.github}"] if says.github else [])
    return ", ".join(logins) or "team.yaml names neither `github` nor `reviewers`: nobody can"
