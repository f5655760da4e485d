"""The `on:` of a workflow and an event in; whether GitHub runs the workflow for it out."""

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any

from workflow_runner.events import Event
from workflow_runner.expressions import Unknown

_DEFAULT_TYPES = {
    "pull_request": ("opened", "synchronize", "reopened"),
    "pull_request_target": ("opened", "synchronize", "reopened"),
}
_FILTERS = {
    "push": {"branches", "branches-ignore", "paths", "paths-ignore"},
    "pull_request": {"types", "branches", "branches-ignore", "paths", "paths-ignore"},
    "pull_request_target": {"types", "branches", "branches-ignore", "paths", "paths-ignore"},
    "pull_request_review": {"types"},
    "issues": {"types"},
    "issue_comment": {"types"},
    "workflow_dispatch": {"inputs"},
    "workflow_run": {"types", "workflows"},
    "schedule": set[str](),
}


def is_triggered(on: Any, event: Event) -> bool:
    """Say whether an event is one of those that a workflow waits for."""
    waits = {on: None} if isinstance(on, str) else dict.fromkeys(on) if isinstance(on, list) else on
    if strange := sorted(waits.keys() - _FILTERS):
        raise Unknown(f"on: {strange}")
    if event.name not in waits:
        return False
    filters = waits[event.name] or {}
    if event.name == "schedule":
        return event.cron in [each["cron"] for each in filters]
    if strange := sorted(filters.keys() - _FILTERS[event.name]):
        raise Unknown(f"on: {event.name}: {strange}")
    if "workflows" in filters and event.payload["workflow_run"]["name"] not in filters["workflows"]:
        return False
    return _type(filters, event) and _branch(filters, event) and _paths(filters, event)


def _type(filters: Mapping[str, Any], event: Event) -> bool:
    types = filters.get("types", _DEFAULT_TYPES.get(event.name))
    return types is None or event.action in ([types] if isinstance(types, str) else types)


def _branch(filters: Mapping[str, Any], event: Event) -> bool:
    """Look at the branch that is pushed to, or that a pull request is meant for."""
    branch = event.base_ref or event.ref.removeprefix("refs/heads/")
    if "branches" in filters:
        return chosen(filters["branches"], branch)
    return not ("branches-ignore" in filters and any(_fits(each, branch) for each in filters["branches-ignore"]))


def _paths(filters: Mapping[str, Any], event: Event) -> bool:
    if "paths" in filters:
        return any(chosen(filters["paths"], path) for path in event.changed)
    if "paths-ignore" in filters:
        return not all(any(_fits(each, path) for each in filters["paths-ignore"]) for path in event.changed)
    return True


def chosen(patterns: Sequence[str] | str, name: str) -> bool:
    """Let the last pattern that fits decide; one that begins with ! takes out."""
    verdict = False
    for pattern in _listed(patterns):
        if _fits(pattern.removeprefix("!"), name):
            verdict = not pattern.startswith("!")
    return verdict


def _listed(patterns: Sequence[str] | str) -> Iterable[str]:
    return [patterns] if isinstance(patterns, str) else patterns


def _fits(pattern: str, name: str) -> bool:
    return re.fullmatch(_expression(pattern), name) is not None


@cache
def _expression(pattern: str) -> str:
    """Translate a pattern of GitHub's: * stays within a name, ** does not, ? and + repeat what is before."""
    parts = re.findall(r"\*\*/|\*\*|\*|\?|\+|\[[^\]]+\]|.", pattern)
    meant = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "?", "+": "+"}
    meant |= {part: part for part in parts if part.startswith("[") and part.endswith("]")}
    return "".join(meant.get(part, re.escape(part)) for part in parts)
