"""What this tool wrote once, or somebody in its name: plans, records, states, pages, comments, answers in forms."""

import asyncio
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from assisted import DEFINITION, cataloged, world
from cloud import Cloud
from mcp.server.mcpserver.exceptions import ToolError
from organisations import SERVICE, TODAY, organisation
from pydantic import ValidationError

from fuzzing.mutating import documents
from fuzzing.target import Target, reader, repeated, step
from reconciler import kept as made_before
from reconciler.assist import definition as assisting
from reconciler.assist.planned import explain_plan
from reconciler.assist.question import NoAnswer
from reconciler.assist.server import server
from reconciler.backstage.operations import operations
from reconciler.definitions import Definition, Kept, Library
from reconciler.definitions.files import INDEX, as_files, from_files
from reconciler.definitions.text import Unreadable, normal
from reconciler.delivery import marks
from reconciler.delivery.marks import Mark
from reconciler.errors import ReconcilerError
from reconciler.memory import Applied, Unreliable, decode, encode
from reconciler.reminding import reminders, told
from reconciler.report.document import PlansDocument, document
from reconciler.resource import Secret
from reconciler.terraform import NoState, let_go, owned

_NOW = datetime(2026, 11, 23, tzinfo=UTC)
_PLAN = json.loads(
    PlansDocument(
        plans=[document(Cloud().seed({"apis/orders": {"displayName": "o", "path": "o"}}).plan(organisation()))]
    ).model_dump_json()
)
_STATE = {
    "version": 4,
    "resources": [
        {
            "mode": "managed",
            "module": "module.x",
            "type": "azurerm_api_management_product",
            "name": "orders",
            "instances": [{"attributes": {"id": f"{SERVICE}/products/orders"}}],
        },
        {"mode": "data", "type": "x", "name": "y", "instances": []},
    ],
}
_APPLIED = Applied(service=SERVICE, environment="prod", commit="a" * 40, when="2026-11-23", requests=("1", "2"))
_DRIFT = {
    "drift": [
        {
            "environment": "prod",
            "differences": [{"kind": "product", "name": ["orders"], "did": "added", "cause": "portal click"}],
            "entra": {
                "findings": [{"team": "checkout", "path": "checkout/team.yaml", "text": "x"}],
                "unreached": False,
            },
        }
    ]
}
_LEFT_OUT = {"environment": "prod", "left_out": [{"commit": "a" * 40, "why": ["not approved"], "paths": ["x"]}]}
_KEPT = Kept(Definition("orders", "openapi", DEFINITION), "r", _NOW, "e")
_LIBRARY = {
    name: text.decode() for name, text in as_files(Library(SERVICE, _NOW, {"orders": _KEPT}), {"orders": "o"}).items()
}
_TAGS = Mark("prod", "checkout", "orders", SERVICE, "checkout--orders", "2026-01-01", 1).tags(
    marks.Given("primary", _NOW, _NOW)
)
_WORLD = world(cataloged())


def _reminded(text: str) -> None:
    _, declarations = _WORLD.files, _WORLD.declarations
    for drift, plan, left_out in (([text], [], []), ([], [text], []), ([], [], [text])):
        step()
        try:
            found = told(drift, plan, left_out)
        except ValueError as error:
            assert len(str(error)) < 2_000  # noqa: PT017
            continue
        reminders(declarations, TODAY, found)


def _definition(text: str) -> None:
    definition = assisting.read(text, "openapi")
    for each in definition.operations[:20]:
        assisting.detail(definition, each)
    step()
    list(assisting.words_in(text))
    step()
    operations(Definition("orders", "openapi", text))
    for kind in ("asyncapi", "wsdl", "odata", "graphql"):
        step()
        try:
            normal(text, kind)  # type: ignore[arg-type]
        except Unreadable:
            continue
    assert normal(normal(text, "openapi"), "openapi") == normal(text, "openapi")


def _library(text: str) -> None:
    found = from_files({INDEX: text.encode(), "o.json": DEFINITION.encode()}, SERVICE)
    again = from_files(as_files(found, {name: f"f{number}" for number, name in enumerate(found.apis)}), SERVICE)
    assert {name: kept.row for name, kept in again.apis.items()} == {
        name: kept.row for name, kept in found.apis.items()
    }


def _made(text: str) -> None:
    for path in made_before.changes(
        {"a": b""}, lambda name: text.encode() if name == made_before.MADE else None, folder="x"
    ):
        assert ".." not in Path(path).parts


def _tags(text: str) -> None:
    tags = json.loads(text)
    if not (isinstance(tags, dict) and all(isinstance(each, str) for each in tags.values())):
        raise ValueError("the official client reads tags")
    kept = marks.Kept(Secret("https://v", "s"), enabled=True, tags=tags)
    marks.given(kept)
    marks.ours(kept, "prod", SERVICE)
    Mark("prod", "checkout", "orders", SERVICE, "s", "m", 1).fits(kept)


_CALLS: tuple[dict[str, Any], ...] = (
    {"tool": "find_api", "arguments": {"words": "orders basket", "limit": 3}},
    {"tool": "api", "arguments": {"name": "orders", "environment": "prod", "part": "operations", "page": 1}},
    {"tool": "api", "arguments": {"name": "orders", "operation": "getOrder"}},
    {"tool": "product", "arguments": {"name": "orders"}},
    {"tool": "team", "arguments": {"name": "checkout"}},
    {"tool": "expiring", "arguments": {"days": 60, "team": "checkout"}},
    {"tool": "explain_plan", "arguments": {"plan": _PLAN}},
    {
        "tool": "draft_request",
        "arguments": {
            "team": "checkout",
            "product": "orders",
            "environments": ["dev"],
            "reason": "Show the orders of today",
            "expires": "2026-12-30",
            "component": "web",
            "requested_by": "octocat",
            "key": True,
            "portal": False,
        },
    },
    {
        "tool": "who_must_approve",
        "arguments": {"changes": {"checkout/grants/orders.yaml": None, "x/team.yaml": "a: b"}},
    },
)


def _call(text: str) -> None:
    asked = json.loads(text)
    if not (
        isinstance(asked, dict) and isinstance(asked.get("arguments"), dict) and isinstance(asked.get("tool"), str)
    ):
        raise ValueError("the protocol refuses it")  # noqa: TRY004  as what is no JSON at all
    try:
        asyncio.run(_SERVER.call_tool(asked["tool"], asked["arguments"]))
    except ToolError as error:
        if not isinstance(error.__cause__, ReconcilerError | ValidationError | None):
            raise error.__cause__ from None
        assert len(str(error)) < 10_000  # noqa: PT017
        raise


_SERVER = server(lambda: _WORLD)
_WRITTEN_PLAN = json.dumps(_PLAN)
_CHANGES = json.dumps(_PLAN["plans"][0]["written"]["changes"][0])


def _json(
    name: str, read: Callable[[str], object], seeds: list[Any], *designed: type[Exception], **large: Any
) -> Target:
    """Make a target of JSON; what every reader of JSON is given in large comes by itself."""
    common = {
        "lists, each in the last": repeated("[", closing="]"),
        "lists with no end": repeated("["),
        "mappings, each in the last": repeated('{"a":', after="1", closing="}"),
        "one long number": repeated("1"),
        "one long text": repeated("x", before='"', after='"'),
        "escapes": repeated("\\u0041", before='"', after='"'),
        "one key again": repeated('"a":1,', before="{", after='"a":1}'),
        "keys": repeated('"k{n}":1,', before="{", after='"a":1}'),
    }
    inputs = documents(seeds)
    written = tuple(json.dumps(seed).encode() for seed in seeds)
    return Target(name, reader(read, *designed), inputs, written, {**common, **large})


RECORDS = (
    _json(
        "plan",
        explain_plan,
        [_PLAN],
        NoAnswer,
        changes=repeated(
            f"{_CHANGES},",
            before=_WRITTEN_PLAN.partition('"changes": [')[0] + '"changes": [',
            after=_WRITTEN_PLAN.partition('"changes": [')[2],
        ),
        mistakes=repeated("{},", before='{"plans": [', after="{}]}"),
        strange=repeated('"k{n}": 1,', before='{"plans": [{', after='"x": 1}]}'),
    ),
    _json(
        "reminded",
        _reminded,
        [_DRIFT, _PLAN, _LEFT_OUT],
        ValueError,
        mistakes=repeated("{},", before='{"drift": [', after="{}]}"),
    ),
    _json(
        "terraform",
        lambda text: let_go(owned(text, SERVICE)),
        [_STATE],
        NoState,
        brackets=repeated(
            "[",
            before='{"version": 4, "resources": [{"mode": "managed", "type": "x", "name": "',
            after='", "instances": [{"attributes": {"id": "' + SERVICE + '/products/x"}}]}]}',
        ),
    ),
    _json(
        "memory",
        lambda text: encode(decode(text, service=SERVICE)),
        [json.loads(encode(_APPLIED))],
        Unreliable,
    ),
    _json(
        "definition",
        _definition,
        [json.loads(DEFINITION)],
        Unreadable,
        references=repeated(
            '"s{n}": {"$ref": "#/components/s1", "x": {"$ref": "#/components/s2"}},',
            before='{"openapi": "3", "paths": {"/": {"get": {"$ref": "#/components/s1"}}}, "components": {',
            after='"z": 1}}',
        ),
        operations=repeated(
            '"/{n}": {"get": {"summary": "x"}},', before='{"openapi": "3", "paths": {', after='"/": {}}}'
        ),
        names=repeated('"operationId": "', before="{"),
        slashes=repeated('summary: "\\\\', before="{"),
        spaces=repeated("summary" + " " * 50),
    ),
    _json("library", _library, [json.loads(_LIBRARY[INDEX])]),
    _json("list of what was made", _made, [["a", "b/c"]]),
    _json("tags of a secret", _tags, [_TAGS], ValueError, RecursionError),
    _json("call of a tool", _call, [*_CALLS], ToolError, ValueError, RecursionError),
)
