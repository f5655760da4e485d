"""Declarations, environments and a day in; the company that the pages tell of out."""

from collections.abc import Sequence
from datetime import date

from reconciler.declarations import Declarations
from reconciler.site.company import Company, Hold
from reconciler.site.held import holds
from reconciler.site.offered import apis, products
from reconciler.site.scene import Scene


def gather(declarations: Declarations, environments: Sequence[str], day: date) -> Company:
    """Gather it all; only environments that were asked for are told of."""
    scene = Scene(declarations, environments, day)
    return Company(
        day=day,
        environments=tuple(environments),
        teams=dict(sorted(declarations.teams.items())),
        apis=apis(scene),
        products=products(scene),
        holds=tuple(sorted(holds(scene), key=_order)),
        warn_days=declarations.guardrails.warn_before_expiry,
    )


def _order(hold: Hold) -> tuple[str, str, str, tuple[str, ...]]:
    return hold.team, hold.to, hold.grant.path, hold.environments
