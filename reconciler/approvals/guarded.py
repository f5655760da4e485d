"""Declarations before and after a change in; which approvals the rules and the words for data ask for besides, out.

The rules are those before the change, which does not choose its own; what they hold for is what the change declares.
"""

from collections.abc import Iterator
from datetime import date

from reconciler.approvals.apis import Judges, Owners
from reconciler.approvals.need import Need
from reconciler.declarations import Declarations, Grant, own_end
from reconciler.rules import in_words, met


def of_rules(base: Declarations, head: Declarations, judges: Judges, day: date) -> Iterator[Need]:
    """Ask whom a rule names about each grant and product that is new or changes; an emergency does not wait for it."""
    before = base.files
    rules = [rule for rule in base.guardrails.rules if rule.level == "approval"]
    for each in met(head, rules, day):
        item = each.item
        waits = not (isinstance(item.value, Grant) and is_emergency(item.value, day))
        if before.get(item.path) != item and waits:
            yield Need(judges(each.rule.by), in_words(each.rule), item.path)


def is_emergency(grant: Grant, day: date) -> bool:
    """Whether a grant is one for the day: what would last longer is judged like any other, whatever it says."""
    ends = (own_end(grant, environment) for environment in grant.environments)
    return grant.emergency and all(end is not None and end <= day for end in ends)


def of_classifications(
    base: Declarations, head: Declarations, owners: Owners, platform: tuple[str, ...]
) -> Iterator[Need]:
    """Ask the platform team where a word for data goes that rules may hold for: it would switch them off."""
    products = {product.name: product.value.classification for product in base.products}
    for product in head.products:
        was = products.get(product.name) or products.get(product.value.formerly or "")
        if was and was != product.value.classification:
            yield Need(platform, f"product {product.name} is {was} no more", product.path)
    before, after = (_words(side, owners) for side in (base, head))
    for api in head.apis:
        for place in owners.places(api):
            for was in sorted(before.get(place, set()) - after.get(place, set())):
                yield Need(platform, f"API {api.value.api} is {was} no more", api.path)


def _words(side: Declarations, owners: Owners) -> dict[tuple[str, str], set[str]]:
    """Gather the words for the data of each API in each environment."""
    found: dict[tuple[str, str], set[str]] = {}
    for api in side.apis:
        for place in owners.places(api):
            found.setdefault(place, set()).update([api.value.classification] if api.value.classification else [])
    return found
