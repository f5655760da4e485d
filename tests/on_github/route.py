"""A verb and a path, and what GitHub publishes of them: its operation, the rights it needs, the body it takes."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from on_github.doing import Ask
from on_github.site import Site


@dataclass(frozen=True)
class Route:
    """One thing that can be asked for. `needs` are rights of which one is enough."""

    method: str
    path: str
    published: Callable[..., Any]
    needs: tuple[str, ...]
    do: Callable[[Site, Ask], Any]
    body: Any = None

    @property
    def queries(self) -> set[str]:
        """Give the names its query may have: those that the published operation takes."""
        named = inspect.signature(self.published).parameters.values()
        return {each.name for each in named if each.kind is each.KEYWORD_ONLY} - {"headers", "stream", "data"}
