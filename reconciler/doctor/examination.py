"""Facts in; a finding for each check out, in the order in which they are mended."""

from collections.abc import Callable, Iterator

from reconciler.doctor.azure import azure
from reconciler.doctor.branch import branch
from reconciler.doctor.entra import entra
from reconciler.doctor.environments import environments
from reconciler.doctor.facts import Facts
from reconciler.doctor.finding import Finding
from reconciler.doctor.robots import robots
from reconciler.doctor.workflows import workflows

PARTS: tuple[tuple[str, Callable[[Facts], Iterator[Finding]]], ...] = (
    ("The files", workflows),
    ("The branch", branch),
    ("Environments", environments),
    ("Robots", robots),
    ("Azure", azure),
    ("Entra", entra),
)


def examine(facts: Facts) -> dict[str, tuple[Finding, ...]]:
    """Look at everything, part by part; a part without anything to look at is left out."""
    found = {title: tuple(look(facts)) for title, look in PARTS}
    return {title: findings for title, findings in found.items() if findings}
