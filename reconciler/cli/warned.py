"""What is wanted and an environment in; what the rules warn of, as its plan says it, out."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from reconciler.load import GUARDRAILS
from reconciler.words import count

if TYPE_CHECKING:
    from reconciler.cli.wanted import Wanted


def warned(wanted: "Wanted", environment: str) -> tuple[str, ...]:
    """Give the warnings at what a change declares; of a plan of everything only how many there are."""
    if wanted.scoped:
        changed = {f"{wanted.root}/{path}" for path in _changed(wanted, environment)}
        return tuple(str(warning) for warning in wanted.warnings if warning.path in changed)
    number = len(wanted.warnings)
    return (f"{count(number, 'warning')} of guardrails.yaml: `reconciler validate` lists them",) if number else ()


def _changed(wanted: "Wanted", environment: str) -> Iterator[str]:
    """Name the files that changed; with a grant its team's, which is where the number of its grants is warned of."""
    now, before = wanted.declarations, wanted.previous
    known = before.files if before else {}
    if before is None or before.guardrails != now.guardrails:
        yield GUARDRAILS
    for path, each in now.files.items():
        if environment in each.value.environments and known.get(path) != each:
            yield from (path, now.teams[each.team].path)
