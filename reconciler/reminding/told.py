"""JSON documents of `drift`, `plan` and `converge` in; what of them somebody should look at, out."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from reconciler.report.document import Listed

Document = TypeVar("Document", bound=BaseModel)


class _Read(BaseModel):
    """Another version wrote it, perhaps: what it says more is not read."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class Difference(_Read):
    """One thing that another hand changed."""

    kind: str
    name: list[str]
    did: str
    cause: str
    product: str | None = None
    who: str | None = None
    when: str | None = None
    environment: str = ""


class Lost(_Read):
    """Access that is over, and still in force: its product is only observed."""

    who: str
    product: str | None = None
    api: str | None = None
    how: str
    until: str | None = None
    environment: str = ""


class LeftOut(_Read):
    """What reached the branch, and was not applied."""

    commit: str
    why: str | list[str]
    paths: list[str] = Field(default_factory=list)
    pull_request: int | None = None
    environment: str = ""


class Unknown(_Read):
    """An id in a team's file that Entra does not know, or has switched off."""

    team: str
    path: str
    text: str
    way_out: str = ""
    environment: str = ""


class _Entra(_Read):
    findings: Listed[Unknown] = Field(default_factory=list)
    unreached: bool = False


class _DriftOfOne(_Read):
    environment: str
    differences: Listed[Difference]
    entra: _Entra = Field(default_factory=_Entra)


class _Drift(_Read):
    drift: Listed[_DriftOfOne]


class _Effect(_Read):
    lost: Listed[Lost]


class _Plan(_Read):
    environment: str
    observed: _Effect


class _Plans(_Read):
    plans: Listed[_Plan]


class _Converged(_Read):
    environment: str = ""
    left_out: Listed[LeftOut]


@dataclass(frozen=True, slots=True)
class Told:
    """Everything that was told, each with its environment; `looked_at` has the environments that each verb told of.

    Of those in `unreached` Entra was not reached: what it did not know it may not know still.
    """

    drift: tuple[Difference, ...] = ()
    observed: tuple[Lost, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    unknown: tuple[Unknown, ...] = ()
    looked_at: tuple[frozenset[str], ...] = ()
    unreached: frozenset[str] = frozenset()


def told(drift: Iterable[str], plan: Iterable[str], left_out: Iterable[str]) -> Told:
    """Read the documents. Raises ValueError with a sentence where one is another thing."""
    drifts = [one for text in drift for one in _read(_Drift, text, "drift --format json").drift]
    plans = [one for text in plan for one in _read(_Plans, text, "plan --format json").plans]
    records = [_read(_Converged, text, "converge") for text in left_out]
    return Told(
        drift=tuple(_in(one.environment, each) for one in drifts for each in one.differences),
        observed=tuple(_in(one.environment, each) for one in plans for each in one.observed.lost),
        left_out=tuple(_in(one.environment, each) for one in records for each in one.left_out),
        unknown=tuple(_in(one.environment, each) for one in drifts for each in one.entra.findings),
        unreached=frozenset(one.environment for one in drifts if one.entra.unreached),
        looked_at=tuple(frozenset(one.environment for one in ones) for ones in (drifts, plans)),
    )


def _read(model: type[Document], text: str, verb: str) -> Document:
    try:
        return model.model_validate_json(text)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(map(str, first["loc"]))
        raise ValueError(f"not what `{verb}` prints: {place and f'{place}: '}{first['msg']}") from error


def _in(environment: str, found: Any) -> Any:
    return found.model_copy(update={"environment": environment})
