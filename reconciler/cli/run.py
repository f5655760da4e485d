"""A folder of declarations and an environment in; the plan for it, from one read of Azure, out: the parts, wired."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reconciler.asked import Asked, asked
from reconciler.check import check
from reconciler.cli.console import err
from reconciler.cli.wanted import Wanted
from reconciler.cli.warned import warned
from reconciler.declarations import Declarations
from reconciler.errors import WRONG_USAGE, AccessDenied, DeclarationError, ReconcilerError, Refused, errors
from reconciler.history import branched_from
from reconciler.load import ENVIRONMENTS, load
from reconciler.plan import Plan, Target, plan_for, settings_of
from reconciler.resource import State
from reconciler.sources import Files, NoFolder, from_folder, from_revision
from reconciler.withheld import NOTHING, Withheld
from reconciler.withheld import withheld as withheld_by
from reconciler.words import did_you_mean

if TYPE_CHECKING:
    from reconciler.azure.session import Session


class WrongUsage(ReconcilerError):
    """The command was not meant like this."""

    exit_code = WRONG_USAGE


def declared(
    folder: Path,
    *,
    day: date,
    previous: str | None = None,
    since: str | None = None,
    head: str | None = None,
    environments: bytes | None = None,
) -> Wanted:
    """Load and check a folder, on disk or at revision `head`. Raises DeclarationError with every problem found.

    What rules only warn of, goes along. `since` is a revision, too: of what was declared where this branch left it,
    only the difference counts. `environments` is read in the place of environments.yaml, unless the difference is
    in that.
    """
    if previous and since:
        raise WrongUsage("Say --previous for a plan of everything, or --since for one of what differs; not both.")
    files = from_revision(folder.parent, head, folder.name) if head else from_folder(folder)
    if environments is not None and not (since and _moves(folder, files, since, head)):
        files = files.having(ENVIRONMENTS, environments)
    loaded = load(files)
    problems = [*loaded.problems, *check(loaded, files, day)]
    if wrong := errors(problems):
        raise DeclarationError(wrong)
    revision = _left(folder, since, head) if since else previous
    before = _applied(folder, revision, environments) if revision else None
    return Wanted(loaded.declarations, before, files.root, since is not None, tuple(problems), files)


def _moves(folder: Path, files: Files, since: str, head: str | None) -> bool:
    """Whether the change itself is one of environments.yaml: then what it would make of it is the question."""
    before = _there(folder, _left(folder, since, head))
    return before is not None and before.contents.get(ENVIRONMENTS) != files.contents.get(ENVIRONMENTS)


def _left(folder: Path, since: str, head: str | None) -> str:
    return branched_from(folder.parent, since, head or "HEAD")


def _there(folder: Path, revision: str) -> Files | None:
    try:
        return from_revision(folder.parent, revision, folder.name)
    except NoFolder:
        return None  # nothing was declared yet


def _applied(folder: Path, revision: str, environments: bytes | None) -> Declarations | None:
    """Load what was applied: what has become wrong since, by the day or by rule, was right then."""
    files = _there(folder, revision)
    if files is None:
        return None
    loaded = load(files if environments is None else files.having(ENVIRONMENTS, environments))
    if loaded.problems:
        raise DeclarationError(loaded.problems)
    return loaded.declarations


def chosen(declarations: Declarations, names: list[str] | None) -> list[str]:
    """Give the environments asked for, or all; in the order of environments.yaml, each once."""
    for name in names or ():
        if name not in declarations.environments:
            hint = did_you_mean(name, declarations.environments)
            known = ", ".join(declarations.environments)
            raise WrongUsage(f"There is no environment {name!r}. {hint or f'Declared are: {known}.'}")
    return [name for name in declarations.environments if not names or name in names]


def spoken_to(wanted: Wanted, names: list[str]) -> list[str]:
    """Leave of environments those whose service was declared before this change: no other is spoken to before a merge.

    Raises Refused where one of them would be another service now: a plan for the old one would say nothing of it.
    """
    before = wanted.trusted.environments
    for name in names:
        if name in before and before[name].service.lower() != wanted.declarations.environments[name].service.lower():
            raise Refused(
                f"{name} becomes another service, {wanted.declarations.environments[name].service_name}. "
                "It is spoken to when this is merged; until then leave the environment out of the plan."
            )
    return [name for name in names if name in before]


def only(declarations: Declarations, name: str | None) -> str:
    """Give the environment asked for, or the only one."""
    names = chosen(declarations, [name] if name else None)
    if len(names) != 1:
        raise WrongUsage(f"Say which environment: --environment {' or '.join(names) or 'NAME'}.")
    return names[0]


@asynccontextmanager
async def connected(declarations: Declarations, environment: str, **options: Any) -> AsyncIterator["Session"]:
    """Open a session with an environment's service."""
    from reconciler.azure.connecting import connect  # noqa: PLC0415  half a second of imports that validate never needs

    settings = declarations.environments[environment]
    async with connect(
        settings.service, subscription=settings.subscription_id, endpoint=settings.endpoint, **options
    ) as session:
        yield session


def _note(text: str) -> None:
    err().print(f"! {text}", style="bold yellow", soft_wrap=True)


async def withheld(session: "Session", *, needed: bool = False, note: Callable[[str], None] = _note) -> Withheld:
    """Read what is cut off by hand. Who may not know it goes on without, unless it is needed."""
    from reconciler.azure.remembering import recall  # noqa: PLC0415  as above

    try:
        found = await recall(session)
    except AccessDenied:
        if needed:
            raise
        return NOTHING
    if found.applied is None and found.etag:
        note(f"What is cut off there is not known: {found.trouble}.")
    return withheld_by(found.applied.withheld) if found.applied else NOTHING


async def plan(
    session: "Session", wanted: Wanted, environment: str, *, day: date, withheld: Withheld = NOTHING
) -> Plan:
    """Read the service and plan for it."""
    from reconciler.azure.scoped_reading import read_for  # noqa: PLC0415  as above

    asks = asked(wanted.declarations, wanted.previous, environment, day=day, scoped=wanted.scoped, withheld=withheld)
    return plan_of(wanted, Target(environment, session.service), asks, await read_for(session, asks), day)


def plan_of(wanted: Wanted, target: Target, asks: Asked, actual: State, day: date) -> Plan:
    """Plan for what a service is, or would be. Problems are told with the path that whoever runs this knows."""
    warnings = warned(wanted, target.environment)
    try:
        return plan_for(
            asks, target, actual, day=day, settings=settings_of(wanted.trusted.guardrails), warnings=warnings
        )
    except DeclarationError as error:
        raise DeclarationError(replace(each, path=f"{wanted.root}/{each.path}") for each in error.problems) from error
