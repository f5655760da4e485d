"""Declarations and a mode in; the same as if the environment and every product in it were in that mode, out."""

from dataclasses import replace
from typing import Any

from pydantic import BaseModel

from reconciler.declarations import Declarations, Mode


def in_mode(declarations: Declarations, environment: str, mode: Mode) -> Declarations:
    """Say of everything in an environment that it is in a mode."""
    settings = declarations.environments[environment].model_copy(update={"mode": mode})
    return replace(
        declarations,
        environments={**declarations.environments, environment: settings},
        products=tuple(replace(each, value=_moved(each.value, environment, mode)) for each in declarations.products),
    )


def _moved(product: Any, environment: str, mode: Mode) -> Any:
    overlays: dict[str, BaseModel] = {
        name: overlay.model_copy(update={"mode": mode}) if name == environment else overlay
        for name, overlay in product.in_.items()
    }
    return product.model_copy(update={"mode": mode, "in_": overlays})
