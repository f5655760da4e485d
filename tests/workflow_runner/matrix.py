"""The `strategy.matrix` of a job in, filled in; its combinations out, as GitHub makes them."""

from collections.abc import Mapping
from itertools import product
from typing import Any

from workflow_runner.expressions import Unknown, text


def combinations(matrix: Mapping[str, Any] | None) -> list[dict[str, Any]]:
    """Multiply the lists, take out `exclude`, put in `include`. No matrix is one empty combination."""
    if not matrix:
        return [{}]
    lists = {key: value for key, value in matrix.items() if key not in ("include", "exclude")}
    for key, value in lists.items():
        if not isinstance(value, list) or not value:
            raise Unknown(f"Matrix vector '{key}' does not contain any values")
    excluded = matrix.get("exclude") or []
    made = [dict(zip(lists, each, strict=True)) for each in product(*lists.values())] if lists else []
    made = [each for each in made if not any(each.items() >= out.items() for out in excluded)]
    return _included(made, matrix.get("include") or [], set(lists))


def _included(made: list[dict[str, Any]], include: list[dict[str, Any]], original: set[str]) -> list[dict[str, Any]]:
    """Add to each combination that it contradicts nothing of; else it is a combination of its own."""
    whole = list(made)
    for more in include:
        meant = {key: value for key, value in more.items() if key in original}
        fitting = [each for each in made if all(each[key] == value for key, value in meant.items())]
        for each in fitting:
            each.update(more)
        if not fitting:
            whole.append(dict(more))
    return whole


def named(job: str, combination: Mapping[str, Any]) -> str:
    """Name a job as GitHub shows it: with the values of its combination."""
    values = [text(each) for each in combination.values() if not isinstance(each, (Mapping, list))]
    return f"{job} ({', '.join(values)})" if values else job
