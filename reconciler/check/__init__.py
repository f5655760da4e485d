"""Loaded declarations and a day in, Problems out: what no single file can know, from references to Azure's rules."""

from datetime import date

from reconciler.check import (
    backstage,
    callers,
    environments,
    fragments,
    gates,
    grants,
    guardrails,
    not_yet,
    owners,
    products,
    reviews,
    rules,
    teams,
)
from reconciler.check.scene import Scene
from reconciler.errors import Problem
from reconciler.load import Loaded
from reconciler.sources import Files

_CHECKS = (
    not_yet,
    environments,
    guardrails,
    owners,
    teams,
    products,
    grants,
    callers,
    gates,
    fragments,
    rules,
    reviews,
    backstage,
)


def check(loaded: Loaded, files: Files, day: date) -> tuple[Problem, ...]:
    """Find what is wrong between the files, or warned of. A grant that has simply ended is neither: see `ended`."""
    scene = Scene(loaded, files, day)
    return tuple(sorted({problem for module in _CHECKS for problem in module.problems(scene)}))


def ended(loaded: Loaded, files: Files, day: date) -> tuple[Problem, ...]:
    """Find grants whose last day is over: an apply ends them, and their files say what is no longer true."""
    return tuple(sorted(set(grants.ended(Scene(loaded, files, day)))))
