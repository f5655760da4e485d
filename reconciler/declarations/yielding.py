"""APIs as files name them in; what counts of them out: who has no owner yet says nothing where a team says its word."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from reconciler.declarations.adoption import UNOWNED
from reconciler.declarations.api import Api
from reconciler.declarations.declared import Declared
from reconciler.naming import fill_in


def yielded(apis: Iterable[Declared[Api]], variables: Mapping[str, Mapping[str, str]]) -> tuple[Declared[Api], ...]:
    """Take from `unowned` what a team owns, in each environment by itself; `variables` are by environment.

    So one new file takes an API over. The next adoption takes it out of the list.
    """
    apis = tuple(apis)
    owned = {place for api in apis if api.team != UNOWNED for place in _places(api, variables)}
    return tuple(found for api in apis for found in (_left(api, owned, variables) if api.team == UNOWNED else (api,)))


def _left(
    api: Declared[Api], owned: set[tuple[str, str]], variables: Mapping[str, Mapping[str, str]]
) -> Iterator[Declared[Api]]:
    places = tuple(_places(api, variables))
    left = [environment for environment, name in places if (environment, name) not in owned]
    if len(left) == len(places):
        yield api
    elif left:
        yield replace(api, value=api.value.model_copy(update={"environments": left}))


def _places(api: Declared[Api], variables: Mapping[str, Mapping[str, str]]) -> Iterator[tuple[str, str]]:
    for environment, known in variables.items():
        if api.value.environments is None or environment in api.value.environments:
            yield environment, fill_in(api.value.api, known)
