"""A product before and after a change in; who must approve what it opens, to whom, and where its rules stand, out."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from reconciler.approvals.apis import Owners
from reconciler.approvals.need import Need
from reconciler.declarations import Declarations, Declared, Product, at
from reconciler.declarations.gate import has_gate, open_to_all

_MODES = ("observe", "add", "enforce")
_GUESTS = "guests"

Says = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Reach:
    """Both sides of the change, and who decides about an API: its owner before it."""

    base: Declarations
    head: Declarations
    owners: Owners
    of_api: Callable[[str, str], tuple[str, ...]]
    platform: tuple[str, ...]


def of_reach(before: Declared[Product] | None, after: Declared[Product], reach: Reach) -> Iterator[Need]:
    """Whose APIs a product opens, and to whom, is not its owner's alone to say."""
    for environment in after.value.environments:
        was, says = says_in(before, environment), at(after.value, after.value.in_, environment)
        yield from _of_apis(after, was, says, environment, reach)
        if _GUESTS in (says.get("visible_to") or ()) and _GUESTS not in (was.get("visible_to") or ()):
            yield Need(reach.platform, f"guests see product {after.name}", after.path)
        if before is not None and environment in before.value.environments:
            yield from _of_limits(after, was, says, environment, reach)


def says_in(item: Declared[Any] | None, environment: str) -> Says:
    """Give what something says in an environment: nothing where it is not there."""
    if item is None or environment not in item.value.environments:
        return {}
    return at(item.value, item.value.in_, environment)


def _of_apis(after: Declared[Product], was: Says, says: Says, environment: str, reach: Reach) -> Iterator[Need]:
    apis = set(says.get("apis") or ())
    others = (api for api in apis if reach.owners.of(api, environment) != after.team)
    for api in sorted(set(others) - set(was.get("apis") or ())):
        yield Need(reach.of_api(api, environment), f"product {after.name} opens API {api}", after.path)
    if open_to_all(says) and not open_to_all(was):
        for api in sorted(apis):
            why = f"product {after.name} opens API {api} to everybody"
            yield Need(reach.of_api(api, environment), why, after.path)
    # Rules in an API's policy hold for each call of it, also by others' keys.
    for api in sorted(_with_rules(was) ^ _with_rules(says)):
        if reach.owners.of(api, environment) != after.team:
            does = "come into" if api in _with_rules(says) else "go from"
            why = f"the rules of product {after.name} {does} the policy of API {api}"
            yield Need(reach.of_api(api, environment), why, after.path)


def _with_rules(says: Says) -> set[str]:
    at_apis = has_gate(says) and says.get("enforce_at") == "api"
    return set(says.get("apis") or ()) if at_apis else set()


def _of_limits(after: Declared[Product], was: Says, says: Says, environment: str, reach: Reach) -> Iterator[Need]:
    longer = (says.get("max_duration") or 0) > (was.get("max_duration") or float("inf"))
    if longer or (was.get("max_duration") and not says.get("max_duration")):
        yield Need(reach.platform, f"grants of product {after.name} may run longer", after.path)
    if _mode(reach.head, says, environment) < _mode(reach.base, was, environment):
        yield Need(reach.platform, f"product {after.name} is governed less", after.path)


def _mode(side: Declarations, says: Says, environment: str) -> int:
    settings = side.environments.get(environment)
    return _MODES.index(says.get("mode") or (settings.mode if settings else "observe"))
