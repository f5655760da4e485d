"""Declarations before and after a change in; who owned which API where, and who must approve what changes of it, out.

An API is one by its id in a service: `orders-$(letter)` and `orders-p` may be the same, and it has an owner in each.
"""

from collections.abc import Callable, Iterator, Mapping

from reconciler.approvals.need import Need
from reconciler.declarations import UNOWNED, Api, Declarations, Declared
from reconciler.naming import fill_in

Judges = Callable[..., tuple[str, ...]]
Named = Mapping[tuple[str, str], tuple[Declared[Api], ...]]


class Owners:
    """Who owned an API in an environment before a change."""

    def __init__(self, base: Declarations, head: Declarations) -> None:
        both = {**dict.fromkeys(head.environments, head), **dict.fromkeys(base.environments, base)}
        self._variables = {name: side.variables(name) for name, side in both.items()}
        self._teams = {place: api.team for api in base.apis for place in self.places(api)}

    def places(self, api: Declared[Api]) -> Iterator[tuple[str, str]]:
        """Give each environment in which a team owns it, and its id there."""
        for environment in self._variables:
            if api.value.environments is None or environment in api.value.environments:
                yield environment, self.name(api.value.api, environment)

    def name(self, api: str, environment: str) -> str:
        """Give an API's id in an environment."""
        return fill_in(api, self._variables.get(environment, {}))

    def of(self, api: str, environment: str) -> str | None:
        """Name the team; nobody who answers for it is none."""
        team = self._teams.get((environment, self.name(api, environment)))
        return None if team == UNOWNED else team


def of_apis(base: Declarations, head: Declarations, owners: Owners, judges: Judges) -> Iterator[Need]:
    """Ask who owns what is claimed, and who gives it up."""
    before, after = _named(base), _named(head)
    for team, name in dict.fromkeys((*before, *after)):
        was, is_now = before.get((team, name), ()), after.get((team, name), ())
        if [api.value for api in was] == [api.value for api in is_now]:
            continue
        path = (*is_now, *was)[0].path
        yield from _claims(team, is_now, owners, judges)
        if not was:
            yield Need(judges(team), f"{team} owns API {name}", path)
        elif not is_now:
            yield Need(judges(team), f"{team} gives up API {name}", path)
        else:
            yield Need(judges(team), f"what {team} says of API {name} changes", path)


def _named(side: Declarations) -> Named:
    """Gather what a team says of an API: it may say it for each environment by itself."""
    found: dict[tuple[str, str], tuple[Declared[Api], ...]] = {}
    for api in side.apis:
        key = api.team, api.value.api
        found[key] = (*found.get(key, ()), api)
    return found


def _claims(team: str, apis: tuple[Declared[Api], ...], owners: Owners, judges: Judges) -> Iterator[Need]:
    for api in apis:
        for environment, _ in owners.places(api):
            owner = owners.of(api.value.api, environment)
            if owner is None and team != UNOWNED:
                yield Need(judges(), f"{team} claims API {api.value.api}, which nobody owned", api.path)
            elif owner is not None and owner != team:
                yield Need(judges(owner), f"{team} claims API {api.value.api}, which is {owner}'s", api.path)
