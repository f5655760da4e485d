"""A pull request's people, its messages and what it declares in; everybody whose request it is, out."""

import re
from collections.abc import Iterable
from dataclasses import replace

from reconciler.approvals.taking import only_reviews
from reconciler.declarations import Declarations, Declared, Grant

_TRAILER = re.compile(r"^co-authored-by:\s*(?P<name>[^<\n]*)<(?P<mail>[^>\n]*)>", re.IGNORECASE | re.MULTILINE)
_HIDDEN = re.compile(r"(?:\d+\+)?(?P<login>[A-Za-z0-9-]+)@users\.noreply\.github\.com", re.IGNORECASE)


def requesters(
    people: Iterable[str], messages: Iterable[str], base: Declarations, head: Declarations
) -> frozenset[str]:
    """Gather authors, committers, co-authors and whom a form names: none of them approves.

    A co-author is known by GitHub's own address for them, else by the name that the trailer gives.
    """
    found = set(people)
    for message in messages:
        for match in _TRAILER.finditer(message):
            hidden = _HIDDEN.fullmatch(match["mail"].strip())
            found.add(hidden["login"] if hidden else match["name"].strip())
    return frozenset(found | {asked for _, asked in _asked(base, head) if asked})


def nobody_asks(base: Declarations, head: Declarations) -> tuple[str, ...]:
    """Name the grants that change and say of nobody that they ask: a robot's request must, unless it only reviews."""
    before = _by_name(base)
    changed = (each for each in head.grants if (each.team, each.name) in before)
    reviewed = {each.path for each in changed if only_reviews(before[each.team, each.name], each)}
    return tuple(path for path, asked in _asked(base, head) if not asked and path not in reviewed)


def asks_for_more(base: Declarations, head: Declarations) -> bool:
    """Whether anything but grants changes: of that no file says who asks. By a review nobody asks for access."""
    return replace(base, grants=(), review=None) != replace(head, grants=(), review=None)


def _asked(base: Declarations, head: Declarations) -> list[tuple[str, str | None]]:
    before = {name: grant.value for name, grant in _by_name(base).items()}
    return [
        (grant.path, grant.value.requested_by)
        for grant in head.grants
        if before.get((grant.team, grant.name)) != grant.value
    ]


def _by_name(side: Declarations) -> dict[tuple[str, str], Declared[Grant]]:
    return {(grant.team, grant.name): grant for grant in side.grants}
