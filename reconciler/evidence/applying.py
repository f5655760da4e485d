"""Notes and records of what was applied in; how each commit of a life was applied, and by which requests, out."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from reconciler.evidence.outside import ConvergeRecord
from reconciler.lives import Event
from reconciler.memory import Applied as Remembered

Notes = Mapping[str, Mapping[str, Remembered | str]]
"""By environment and commit: what a service remembered there, or why the note says nothing."""


@dataclass(frozen=True, slots=True)
class Applied:
    """How a commit was applied, and by whose word; `requests` are Azure's correlation ids."""

    result: str
    says: str
    when: str = ""
    fingerprint: str = ""
    requests: tuple[str, ...] = ()


class Ledger:
    """Knows what was applied where."""

    def __init__(self, line: Iterable[str], records: Iterable[ConvergeRecord], notes: Notes) -> None:
        self.order = {commit: number for number, commit in enumerate(line)}
        self.merges = {
            (record.environment, commit): merge
            for record in records
            for merge in record.merges
            for commit in merge.commits
        }
        self.notes = {name: self.good(found) for name, found in notes.items()}

    def good(self, found: Mapping[str, Remembered | str]) -> list[tuple[int, Remembered]]:
        """Give what was remembered in the order of the line; a note on another line says nothing of this one."""
        known = (
            (self.order[each.commit], each)
            for each in found.values()
            if isinstance(each, Remembered) and each.commit in self.order
        )
        return sorted(known, key=lambda pair: pair[0])

    def applied(self, event: Event, environment: str) -> Applied | None:
        """Say how the commit of an event was applied; None where nobody tells."""
        note = self.noted(event.commit, environment)
        if merge := self.merges.get((environment, event.commit)):
            requests = tuple(dict.fromkeys(each for change in merge.changes for each in change.requests))
            when = note.when if note and note.fingerprint == merge.fingerprint else ""
            return Applied(merge.result, "a record", when, merge.fingerprint or "", requests)
        if note:
            own = note.commit == event.commit or event.commit in note.also
            result = "applied" if own else f"applied with {note.commit[:12]}"
            return Applied(result, "a note", note.when, note.fingerprint, note.requests if own else ())
        return None

    def noted(self, commit: str, environment: str) -> Remembered | None:
        """Find the first thing that a service remembered which holds a commit."""
        at = self.order.get(commit)
        if at is None:
            return None
        notes = self.notes.get(environment, [])
        return next((each for number, each in notes if number >= at or commit in each.also), None)
