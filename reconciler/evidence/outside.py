"""Records of `converge`, `cut` and `drift` in; what of them is evidence, as values, out.

They are read tolerantly: a later version may say more. What is none of them is refused by name.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from reconciler.errors import WRONG_USAGE, ReconcilerError
from reconciler.json_text import from_json

Model = TypeVar("Model", bound=BaseModel)


class NoRecord(ReconcilerError):
    """A file is none of those that tell what was done."""

    exit_code = WRONG_USAGE


class _Part(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class Changed(_Part):
    """One change of a merge, with the ids by which Azure knows the requests."""

    address: str
    result: str
    requests: tuple[str, ...] = ()


class MergeRecord(_Part):
    """What became of a merge."""

    commits: tuple[str, ...] = ()
    pull_request: int | None = None
    result: str
    fingerprint: str | None = None
    changes: tuple[Changed, ...] = ()


class LeftOut(_Part):
    """What reached the branch and was not applied."""

    commit: str
    pull_request: int | None = None
    why: str = ""
    paths: tuple[str, ...] = ()


class ConvergeRecord(_Part):
    """What one run of `converge` did to one service."""

    environment: str
    merges: tuple[MergeRecord, ...]
    left_out: tuple[LeftOut, ...] = ()


class CutRecord(_Part):
    """What `cut` ended at once, or gave back."""

    environment: str
    what: str
    did: str
    who: str | None = None
    reason: str = ""
    when: str
    changes: tuple[Changed, ...] = ()


class Difference(_Part):
    """What another hand changed."""

    kind: str
    name: tuple[str, ...]
    product: str | None = None
    did: str
    cause: str = ""
    who: str | None = None
    when: str | None = None


class DriftRecord(_Part):
    """What `drift` found in one environment."""

    environment: str
    differences: tuple[Difference, ...] = ()


class _Drifts(_Part):
    drift: tuple[DriftRecord, ...]


@dataclass(frozen=True, slots=True)
class Records:
    """All that was given, each kind by itself."""

    converged: tuple[ConvergeRecord, ...] = ()
    cuts: tuple[CutRecord, ...] = ()
    drifts: tuple[DriftRecord, ...] = ()


def records(given: Iterable[tuple[str, bytes]]) -> Records:
    """Tell each file by what is in it. Raises NoRecord for what is none of them."""
    converged: list[ConvergeRecord] = []
    cuts: list[CutRecord] = []
    drifts: list[DriftRecord] = []
    for name, content in given:
        match _read(name, content):
            case {"merges": _} as value:
                converged.append(_of(ConvergeRecord, name, value))
            case {"did": _, "what": _} as value:
                cuts.append(_of(CutRecord, name, value))
            case {"drift": _} as value:
                drifts += _of(_Drifts, name, value).drift
            case _:
                raise NoRecord(f"{name} is no record of `converge --record`, `cut --record` or `drift --format json`.")
    return Records(tuple(converged), tuple(cuts), tuple(drifts))


def _read(name: str, content: bytes) -> Any:
    try:
        return from_json(content.decode())
    except ValueError as error:
        raise NoRecord(f"{name} is not JSON: name a file that this tool wrote.") from error


def _of(model: type[Model], name: str, value: Any) -> Model:
    try:
        return model.model_validate(value)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(map(str, first["loc"])) or "the whole"
        raise NoRecord(f"{name} is none that this tool wrote: {place}: {first['msg']}.") from error
