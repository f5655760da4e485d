"""The models in, one JSON Schema a kind of file out: what an editor completes and explains."""

import json
from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel

from reconciler.declarations import Api, Backstage, Environments, Grant, Guardrails, OwnerMap, Product, Review, Team
from reconciler.load import Apis

_DRAFT = "https://json-schema.org/draft/2020-12/schema"


def schemas() -> dict[str, str]:
    """Give the text of every schema under its file name."""
    from reconciler.report.document import PlansDocument  # noqa: PLC0415  loading files never needs the report

    models: dict[str, type[BaseModel]] = {
        "team": Team,
        "api": Api,
        "apis": Apis,
        "product": Product,
        "grant": Grant,
        "environments": Environments,
        "guardrails": Guardrails,
        "adoption": OwnerMap,
        "backstage": Backstage,
        "reviews": Review,
        "plan": PlansDocument,
    }
    return {f"{name}.json": _text(model) for name, model in models.items()}


def _text(model: type[BaseModel]) -> str:
    mode = "serialization" if model.__name__.endswith("Document") else "validation"
    schema = {"$schema": _DRAFT, **model.model_json_schema(by_alias=True, mode=mode)}  # type: ignore[arg-type]
    for part in _parts(schema):
        if isinstance(part.get("title"), str):
            del part["title"]
        if mode == "validation":
            _without_null(part)
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def _parts(schema: Any) -> Iterator[dict[str, Any]]:
    if isinstance(schema, dict):
        yield schema
        for value in list(schema.values()):
            yield from _parts(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from _parts(value)


def _without_null(part: dict[str, Any]) -> None:
    """Unset is said by leaving a key out, never by `null`: take pydantic's null options away."""
    if part.get("default", 0) is None:
        del part["default"]
    options = part.get("anyOf")
    if isinstance(options, list) and {"type": "null"} in options:
        rest = [option for option in options if option != {"type": "null"}]
        if len(rest) == 1:
            del part["anyOf"]
            for key, value in rest[0].items():
                part.setdefault(key, value)
        else:
            part["anyOf"] = rest
