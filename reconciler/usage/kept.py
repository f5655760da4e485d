"""What services told of their callers in, the file that keeps it out; and back, so that others need no Azure for it."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from reconciler.errors import ReconcilerError
from reconciler.usage.told import PERIOD, Source, Usage, Used

_BETWEEN = "/"  # an id of a product or an application holds none


class NoUsage(ReconcilerError):
    """The file is none of ours."""

    exit_code = 2


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class UsedDocument(_Part):
    """The calls of one key, application or product."""

    calls: int = Field(default=0, ge=0)
    errors: int = Field(default=0, ge=0)
    last: date | None = None
    exact: bool = True


class UsageDocument(_Part):
    """One environment. `clients` are named PRODUCT/APPLICATION."""

    service: str
    source: Source
    why: str = ""
    since: date | None = None
    clients_since: date | None = None
    keys: dict[str, UsedDocument] = Field(default_factory=dict)
    clients: dict[str, UsedDocument] = Field(default_factory=dict)
    products: dict[str, UsedDocument] = Field(default_factory=dict)
    made: dict[str, date] = Field(default_factory=dict)


class UsagesDocument(_Part):
    """The whole file."""

    format: Literal[1] = 1
    day: date
    days: int = Field(default=PERIOD, ge=1)
    environments: dict[str, UsageDocument]


def document(usages: Mapping[str, Usage], day: date, days: int) -> str:
    """Write it as JSON, in one order."""
    environments = {name: _document(each) for name, each in usages.items()}
    whole = UsagesDocument(day=day, days=days, environments=environments)
    return whole.model_dump_json(indent=2) + "\n"


def read(path: Path | None) -> dict[str, Usage]:
    """Read a file that `reconciler usage --output` wrote, where there is one. Raises NoUsage for any other."""
    if path is None:
        return {}
    try:
        found = UsagesDocument.model_validate_json(path.read_bytes())
    except ValidationError as error:
        raise NoUsage(f"{path} holds no usage. Write one: reconciler usage --output FILE") from error
    return {name: _usage(each, found) for name, each in found.environments.items()}


def _document(usage: Usage) -> UsageDocument:
    return UsageDocument(
        service=usage.service,
        source=usage.source,
        why=usage.why,
        since=usage.since,
        clients_since=usage.clients_since,
        keys={name: _used(used) for name, used in sorted(usage.keys.items())},
        clients={_BETWEEN.join(names): _used(used) for names, used in sorted(usage.clients.items())},
        products={name: _used(used) for name, used in sorted(usage.products.items())},
        made=dict(sorted(usage.made.items())),
    )


def _used(used: Used) -> UsedDocument:
    return UsedDocument(calls=used.calls, errors=used.errors, last=used.last, exact=used.exact)


def _usage(part: UsageDocument, whole: UsagesDocument) -> Usage:
    def read(held: Mapping[str, UsedDocument]) -> dict[str, Used]:
        return {name: Used(each.calls, each.errors, each.last, each.exact) for name, each in held.items()}

    clients = {_pair(name): used for name, used in read(part.clients).items()}
    plain = {name: getattr(part, name) for name in ("service", "source", "why", "since", "clients_since", "made")}
    keys, products = read(part.keys), read(part.products)
    return Usage(day=whole.day, days=whole.days, keys=keys, clients=clients, products=products, **plain)


def _pair(name: str) -> tuple[str, str]:
    product, _, client = name.partition(_BETWEEN)
    return product, client
