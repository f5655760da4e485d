"""Declarations, an environment and a day in; the ids of Entra that they name there, each with where it stands, out."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Literal

from reconciler.declarations import Declaration, Declarations, Declared, Grant, Team, at
from reconciler.lasting import Lasting

Keys = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Named:
    """The id of a team's group, or of an application that a grant lets in; Entra's, so that it is in small letters."""

    kind: Literal["group", "application"]
    id: str
    team: str
    by: str  # the team's title, or the grant's name
    path: str
    keys: Keys


def named(declarations: Declarations, environment: str, *, day: date) -> tuple[Named, ...]:
    """Name the groups of teams, and the applications of grants in force whose tokens Entra makes."""
    if environment not in declarations.environments or declarations.environments[environment].tenant is None:
        return ()
    lasting = Lasting(declarations)
    return (
        *(each for team in declarations.teams.values() for each in _group(team, environment)),
        *(
            each
            for grant in declarations.grants
            for each in _applications(lasting, declarations, grant, environment, day)
        ),
    )


def new(now: Iterable[Named], before: Iterable[Named]) -> tuple[Named, ...]:
    """Leave those that nobody named there before."""
    known = {(each.kind, each.id, each.path) for each in before}
    return tuple(each for each in now if (each.kind, each.id, each.path) not in known)


def _group(team: Declared[Team], environment: str) -> Iterator[Named]:
    says = at(team.value, team.value.in_, environment)
    if group := says.get("entra_group"):
        keys = _keys(team.value.in_.get(environment), environment, "entra_group")
        yield Named("group", group, team.name, says["display_name"], team.path, keys)


def _applications(
    lasting: Lasting, declarations: Declarations, grant: Declared[Grant], environment: str, day: date
) -> Iterator[Named]:
    if environment not in grant.value.environments or not _by_entra(declarations, grant, environment):
        return
    says = at(grant.value, grant.value.in_, environment)
    if says.get("revoked") or (lasting.end(grant, environment) or day) < day:
        return
    keys = _keys(grant.value.in_.get(environment), environment, "clients")
    for index, client in enumerate(says.get("clients") or ()):
        yield Named("application", client, grant.team, grant.name, grant.path, (*keys, index))


def _by_entra(declarations: Declarations, grant: Declared[Grant], environment: str) -> bool:
    """Whether the product takes tokens, and no other issuer's."""
    if grant.value.api is not None:
        return False
    wanted = grant.value.product or grant.name
    product = next((each for each in declarations.products if each.name == wanted), None)
    oauth = at(product.value, product.value.in_, environment).get("oauth") if product else None
    return oauth is not None and oauth.issuer is None


def _keys(overlay: Declaration | None, environment: str, key: str) -> Keys:
    return ("in", environment, key) if overlay is not None and key in overlay.model_fields_set else (key,)
