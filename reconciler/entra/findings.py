"""Named ids and what Graph told of them in; what is wrong with them, and what was not looked at, out."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from reconciler.entra.named import Named
from reconciler.entra.told import Application, Silence, Told

_WORDS = {"group": "groups of teams", "application": "applications of grants"}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing about one id. A note is nothing to mend: a name, by which people see what the id stands for."""

    level: Literal["warning", "note"]
    at: Named
    message: str
    hint: str


@dataclass(frozen=True, slots=True)
class Unseen:
    """What was not looked at, why, and what would let it be; `passes` where another day may do."""

    says: str
    mend: str
    passes: bool = False


@dataclass(frozen=True, slots=True)
class Looked:
    """What came of looking at some ids."""

    findings: tuple[Finding, ...] = ()
    unseen: tuple[Unseen, ...] = ()

    @property
    def warnings(self) -> tuple[Finding, ...]:
        """Leave the notes out."""
        return tuple(each for each in self.findings if each.level == "warning")


def looked(names: Iterable[Named], told: Told, *, tenant: str) -> Looked:
    """Judge each id by what was told."""
    names = tuple(names)
    return Looked(
        findings=tuple(found for each in names for found in _judged(each, told, tenant)),
        unseen=tuple(_unseen(names, told)),
    )


def _judged(name: Named, told: Told, tenant: str) -> Iterator[Finding]:
    if name.kind == "group" and not isinstance(told.groups, Silence):
        yield from _group(name, told.groups.get(name.id), tenant)
    elif name.kind == "application" and not isinstance(told.applications, Silence):
        yield from _application(name, told.applications.get(name.id), tenant)


def _group(name: Named, title: str | None, tenant: str) -> Iterator[Finding]:
    if title is None:
        message = f"Entra knows no group {name.id} in tenant {tenant}: nobody would be in it"
        yield Finding("warning", name, message, "write the object id of the team's group: az ad group list")
    elif title != name.by:
        yield Finding("note", name, f"Entra calls this group `{title}`", f"the team is called `{name.by}`")


def _application(name: Named, known: Application | None, tenant: str) -> Iterator[Finding]:
    if known is None:
        message = f"Entra knows no application {name.id} in tenant {tenant}: it gets no tokens there"
        yield Finding("warning", name, message, "write its application (client) id: az ad sp list; or take it out")
    elif not known.enabled:
        message = f"application {name.id} (`{known.title}`) is disabled in Entra: it gets no tokens"
        yield Finding("warning", name, message, "enable it in Entra, or take it out")


def _unseen(names: tuple[Named, ...], told: Told) -> Iterator[Unseen]:
    for kind, answer in (("group", told.groups), ("application", told.applications)):
        asked = any(each.kind == kind for each in names)
        if asked and isinstance(answer, Silence):
            yield _why(f"whether Entra knows the {_WORDS[kind]} was not looked at", answer)


def _why(says: str, answer: Silence) -> Unseen:
    if answer.needs:
        mend = f"optional: give this identity Microsoft Graph's {answer.needs}; docs/platform.md says how"
        return Unseen(f"{says}: this identity may not", mend)
    return Unseen(f"{says}: {answer.trouble}", "nothing depends on it", answer.passes)
