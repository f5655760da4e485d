"""A published type and what is known of it in; an answer that GitHub could give out."""

import json
import types
from datetime import UTC, datetime
from functools import cache
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, TypeAdapter

_ADDRESS = "https://github.example/it"  # where jsonschema's format checkers are installed, they look at it
_SCALARS: dict[type, Any] = {str: "text", int: 1, float: 1.0, bool: False, datetime: datetime(2026, 11, 24, tzinfo=UTC)}


def answer(shape: type[BaseModel], **known: Any) -> Any:
    """Fill in what is known, sure that GitHub's description has all of it."""
    value = TypeAdapter(shape).validate_python(_merged(example(shape), known))
    told = json.loads(value.model_dump_json(by_alias=True, exclude_unset=True))
    strange = undescribed(known, told)
    assert not strange, f"{shape.__name__} has no {strange}"
    return told


@cache
def example(shape: Any) -> Any:
    """Give some value of a published type: what must be there, as plain as possible. Never change it."""
    origin, arguments = get_origin(shape), get_args(shape)
    if origin is Annotated:
        return example(arguments[0])
    if origin is Literal:
        return arguments[0]
    if origin in (Union, types.UnionType):
        return None if type(None) in arguments else example(arguments[0])
    if origin in (list, dict) or shape in (list, dict):
        return [] if (origin or shape) is list else {}
    if isinstance(shape, type) and issubclass(shape, BaseModel):
        fields = shape.model_fields.items()
        return {
            each.alias or name: _ADDRESS if _is_address(name, each.annotation) else example(each.annotation)
            for name, each in fields
            if each.is_required()
        }
    return _SCALARS.get(shape)


def _is_address(name: str, shape: Any) -> bool:
    return (name.endswith(("url", "href")) or name in ("self", "self_")) and example(shape) == _SCALARS[str]


def _merged(value: Any, known: Any) -> Any:
    if isinstance(value, dict) and isinstance(known, dict):
        return {**value, **{key: _merged(value.get(key), each) for key, each in known.items()}}
    return known


def undescribed(given: Any, known: Any, where: str = "") -> list[str]:
    """List the names in a value that got lost when a published type read it."""
    if isinstance(given, dict) and isinstance(known, dict):
        lost = [f"{where}{key}" for key in given if key not in known]
        return lost + [name for key in given.keys() & known for name in undescribed(given[key], known[key], f"{key}.")]
    if isinstance(given, list) and isinstance(known, list):
        return [name for pair in zip(given, known, strict=False) for name in undescribed(*pair, where)]
    return []
