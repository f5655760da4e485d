"""What is cut off in an environment, and the folder's files, in; the files that keep it so for good, out."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from reconciler.compile import held_back
from reconciler.declarations import Declarations, Declared, Grant, at
from reconciler.document import Keys
from reconciler.ends import edited, product_of
from reconciler.sources import Files
from reconciler.withheld import Selector, Withheld


@dataclass(frozen=True, slots=True)
class Closing:
    """Files to propose, None for one that goes; `by_hand` has to be changed by people."""

    files: Mapping[str, bytes | None] = field(default_factory=dict)
    by_hand: tuple[str, ...] = ()


def closing(what: Selector, declarations: Declarations, files: Files, environment: str, *, by: str | None) -> Closing:
    """Suspend the grants that are cut off, and take their clients and their place in the portal. `by` asks for it."""
    changed: dict[str, bytes | None] = {}
    by_hand = []
    for grant, says, left in held_back(declarations, environment, Withheld(frozenset({what}))):
        before = files.contents[grant.path]
        changes = _changes(grant, says, left, environment, _credentials(declarations, grant, environment))
        if changes is None:
            changed[grant.path] = None
        elif changes:
            if by and by != grant.value.requested_by:
                changes["requested_by",] = by
            after = edited(grant.path, before, changes)
            if after is None:
                by_hand.append(grant.path)
            else:
                changed[grant.path] = after
    if what.what == "product":
        for product in declarations.products:
            shown = environment in product.value.environments and product.value.visible_to
            if shown and declarations.product_id(product, environment) == what.name:
                by_hand.append(product.path)
    return Closing(changed, tuple(by_hand))


def _credentials(declarations: Declarations, grant: Declared[Grant], environment: str) -> str:
    """Say what a call of the grant's product must carry."""
    name = product_of(grant)
    products = (each.value for each in declarations.products if each.name == name)
    return next((at(each, each.in_, environment).get("credentials") or "key" for each in products), "key")


def _changes(
    grant: Declared[Grant], says: Mapping[str, Any], left: Mapping[str, Any], environment: str, needs: str
) -> dict[Keys, Any] | None:
    """Say what to write where, so that the grant gives nothing there; None where nothing of it would remain.

    `suspended: true` ends its key and its clients, and is one line to take back. Where a grant keeps something, only
    the clients go that are cut off.
    """
    portal = says.get("portal") and not left.get("portal")
    if portal and not (says.get("key") or says.get("clients")):
        return _without(grant, environment)
    changes: dict[Keys, Any] = {}
    clients = _fewer(says, left, needs)
    held = says.get("suspended") or says.get("revoked")
    if clients is not None:
        changes |= _with_clients(grant, says["clients"], clients, environment)
    elif not held and any(says.get(each) and not left.get(each) for each in ("key", "clients")):
        changes[_place(grant, environment, "suspended")] = True
    if portal:
        where = _place(grant, environment, "portal")
        changes[where] = None if where == ("portal",) else False
    return changes


def _fewer(says: Mapping[str, Any], left: Mapping[str, Any], needs: str) -> list[str] | None:
    """Give the clients that a grant keeps, where it keeps anything that opens without those that are cut off."""
    kept = list(left.get("clients") or ())
    if says.get("suspended") or left.get("clients") == says.get("clients"):
        return None
    key_opens = left.get("key") and needs != "key and token"
    return kept if kept or key_opens or left.get("portal") else None


def _with_clients(grant: Declared[Grant], had: list[str], kept: list[str], environment: str) -> dict[Keys, Any]:
    """Take them out one by one where they stand, with what is said of them; else write those that are left.

    Under `in:` no clients are an empty list: without the key those above would hold.
    """
    where = _place(grant, environment, "clients")
    if kept and (where == ("clients",) or _apart(grant, environment, "clients")):
        gone = [index for index, each in enumerate(had) if each not in kept]
        return {(*where, index): None for index in reversed(gone)}
    return {where: kept or (None if where == ("clients",) else [])}


def _place(grant: Declared[Grant], environment: str, key: str) -> Keys:
    """Write it where it holds for this environment only."""
    apart = _apart(grant, environment, key)
    return ("in", environment, key) if apart or len(grant.value.environments) > 1 else (key,)


def _apart(grant: Declared[Grant], environment: str, key: str) -> bool:
    overlay = grant.value.in_.get(environment)
    return overlay is not None and key in overlay.model_fields_set


def _without(grant: Declared[Grant], environment: str) -> dict[Keys, Any] | None:
    kept = [name for name in grant.value.environments if name != environment]
    if not kept:
        return None
    others = [name for name in grant.value.in_ if name != environment]
    gone: list[Keys] = [("in", environment) if others else ("in",)] if environment in grant.value.in_ else []
    return {("environments",): kept, **dict.fromkeys(gone)}
