"""The segments below a service in; the published path they belong to, and the names in it, out."""

from dataclasses import dataclass
from typing import Final

from reconciler.emulator.published import Route, published


@dataclass(frozen=True, slots=True)
class Found:
    """A route and the names in the path that led to it."""

    route: Route
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Node:
    fixed: dict[str, "_Node"]
    named: list["_Node"]
    route: list[Route]


def find(segments: tuple[str, ...]) -> Found | None:
    """Match without regard to the case of fixed segments, as Azure does; names keep theirs."""
    node, names = _TREE, []
    for segment in segments:
        fixed = node.fixed.get(segment.lower())
        if fixed is not None:
            node = fixed
        elif node.named:
            node = node.named[0]
            names.append(segment)
        else:
            return None
    return Found(node.route[0], tuple(names)) if node.route else None


def _tree() -> _Node:
    root = _Node({}, [], [])
    for route in published():
        node = root
        for part in route.template.split("/") if route.template else []:
            if part == "{}":
                node.named[:] = node.named or [_Node({}, [], [])]
                node = node.named[0]
            else:
                node = node.fixed.setdefault(part.lower(), _Node({}, [], []))
        node.route.append(route)
    return root


_TREE: Final = _tree()  # built once, never changed: it is the table of the published paths
