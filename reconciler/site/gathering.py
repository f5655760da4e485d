"""Declarations, environments and a day in; the company that the pages tell of out."""

from collections.abc import Sequence
from datetime import date

from reconciler.declarations import Declarations
from reconciler.site.company import Company, Hold
from reconciler.site.held import holds
from reconciler.site.offered import apis, products
from reconciler.site.scene import Scene
from reconciler.site.using import Use


def gather(declarations: Declarations, environments: Sequence[str], day: date, use: Use | None = None) -> Company:
    """Gather it all; only environments that were asked for are told of. `use` says how each is used."""
    scene = Scene(declarations, environments, day)
    return Company(
        day=day,
        environments=tuple(environments),
        teams=dict(sorted(declarations.teams.items())),
        apis=apis(scene),
        products=products(scene),
        holds=tuple(sorted(holds(scene, use), key=_order)),
        warn_days=declarations.guardrails.warn_before_expiry,
        told_of_use=use is not None,
    )


def _order(hold: Hold) -> tuple[str, str, str, tuple[str, ...]]:
    return hold.team, hold.to, hold.grant.path, hold.environments
