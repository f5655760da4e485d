"""An order to give back in; what is approved and what else is cut off found, and what comes back, out."""

from dataclasses import replace
from pathlib import Path

from reconciler.as_applied import as_applied
from reconciler.azure.remembering import recall
from reconciler.azure.session import Session
from reconciler.cutting.acting import Order, look_to_lift
from reconciler.cutting.changes import Cut
from reconciler.cutting.named import not_cut_off
from reconciler.declarations import Declarations
from reconciler.errors import ReconcilerError
from reconciler.load import load
from reconciler.memory import Applied
from reconciler.sources import Files
from reconciler.withheld import NOTHING, withheld


async def to_lift(session: Session, order: Order, access: Path) -> tuple[Order, Cut]:
    """Find it, for what the service remembers as approved; where it remembers nothing, for the files that are here.

    Raises Unknown where it is not cut off.
    """
    applied = (await recall(session)).applied
    held = withheld(applied.withheld) if applied else NOTHING
    approved = replace(order, declarations=_approved(applied, access) or order.declarations)
    seen = await look_to_lift(session, approved, held.without(order.what))
    if order.what not in held.selectors and not seen.plan.written.changes:
        raise not_cut_off(order.what, map(str, held.selectors))
    return approved, seen


def _approved(applied: Applied | None, access: Path) -> Declarations | None:
    """Read what is approved, as far as there is a repository here that knows it."""
    if applied is None:
        return None
    try:
        return load(Files(access.name, as_applied(access.parent, access.name, applied))).declarations
    except ReconcilerError:
        return None
