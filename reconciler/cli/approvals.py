"""`reconciler approvals`: a change of declarations in; who must approve it, why, and who has, out. Reads no Azure."""

import json
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from reconciler.cli.console import out
from reconciler.cli.on_github import BRANCH, RepositoryName, fetched, on_github
from reconciler.cli.options import ACCESS, Folder, day
from reconciler.errors import NotApproved, ReconcilerError, printable

if TYPE_CHECKING:
    from reconciler.approvals import Decision, Need
    from reconciler.cli.run import Wanted
    from reconciler.declarations import Declarations
    from reconciler.github import PullRequest, Repository
    from reconciler.judge import Verdict

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
Format = Annotated[Literal["text", "json"], typer.Option("--format", help="text for people, json for machines.")]
_CHECK = "access approvals"


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
) -> None:
    """Say who must approve a change, and why; of a pull request, who has. The revision before it says who owns what.

    A grant needs the owner of its product, an API on a product the owner of that API, a new owner the old one; rules
    for everybody, new teams and the take-over of what lives need the platform team. Nobody approves their own request,
    and an approval counts for the change as it was seen.
    """
    from reconciler.approvals import needed  # noqa: PLC0415  the help must not wait for git
    from reconciler.cli import run  # noqa: PLC0415

    today = day(None)
    head = fetched(access, pull_request) if pull_request is not None else None
    wanted = run.declared(access, day=today, since=f"{head}^1" if head else since, head=head)
    if wanted.previous is None:
        raise run.WrongUsage(f"Nothing was declared at {since}: whoever runs the repository merges the first files.")
    needs = needed(wanted.previous, wanted.declarations, day=today)
    if pull_request is None or head is None:
        _print(needs, None, wanted, format)
        return
    there = on_github(repository)
    request = there.pull_request(pull_request)
    decision = _judged(there, request, wanted, merge=head, where=access, since=since, today=today).decision
    _print(needs, decision, wanted, format)
    waiting = _waiting(decision, wanted.previous)
    if check:
        title = "Approved" if decision.approved else "Not approved yet"
        there.report(_CHECK, request.head, passed=decision.approved, title=title, summary=_summary(waiting))
    if not decision.approved:
        raise NotApproved(waiting)


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

    verdict = judge(there, request, wanted.previous, wanted.declarations, day=today, digest=digest)
    if verdict.refusal:
        raise NotApproved(verdict.refusal)
    return verdict


def _waiting(decision: "Decision", base: "Declarations") -> str:
    lines = [f"Awaited: {_judges(need.teams, base)}, because {need.why} ({need.path})" for need in decision.awaited]
    lines += [f"{login} asks for changes." for login in decision.refused_by]
    lines += [f"{login}'s approval does not count: it is their own request." for login in decision.own]
    lines += [f"{login}'s approval was for what this change no longer is." for login in decision.outdated]
    return "\n".join(map(printable, lines))


def _summary(waiting: str) -> str:
    from reconciler.report.markdown import inert  # noqa: PLC0415  as above

    return "\n".join(f"- {inert(line)}" for line in waiting.splitlines()) or "Everybody who must has approved."


def _print(needs: "tuple[Need, ...]", decision: "Decision | None", wanted: "Wanted", format: str) -> None:  # noqa: A002
    met = dict(decision.met) if decision else {}
    if format == "json":
        rows = [
            {"teams": need.teams, "why": need.why, "file": f"{wanted.root}/{need.path}", "approved_by": met.get(need)}
            for need in needs
        ]
        typer.echo(json.dumps({"approved": decision and decision.approved, "needed": rows}, indent=2))
    elif wanted.previous is not None:
        _show(needs, met, wanted.previous, wanted.root)


def _show(needs: "tuple[Need, ...]", met: "dict[Need, str]", base: "Declarations", root: str) -> None:
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
            by = f": approved by {met[need]}" if need in met else ""
            console.print(printable(f"  {need.why}  ({root}/{need.path}){by}"), soft_wrap=True)


def _judges(teams: tuple[str, ...], base: "Declarations") -> str:
    if not teams:
        return "Nobody can approve this: guardrails.yaml must name a `platform_team` that is a team; merge that first."
    return "One of " * (len(teams) > 1) + ", or ".join(f"{team} ({_who(team, base)})" for team in teams)


def _who(team: str, base: "Declarations") -> str:
    says = base.teams[team].value
    logins = [f"@{login}" for login in says.reviewers or ()] + ([f"@{says.github}"] if says.github else [])
    return ", ".join(logins) or "team.yaml names neither `github` nor `reviewers`: nobody can"
