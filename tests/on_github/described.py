"""One exchange in; where it departs from GitHub's own description out, if that description is there.

`GITHUB_DESCRIPTION` names a file of GitHub's, as the npm package `@octokit/openapi` holds it (`make test-web`). Without
it nothing is said here; the shapes of the answers come from models that were generated from the same description.
"""

import json
import os
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

from openapi_core import Config, OpenAPI
from openapi_core.exceptions import OpenAPIError
from openapi_core.testing import MockRequest, MockResponse

DESCRIPTION = os.environ.get("GITHUB_DESCRIPTION")
BEYOND = {(".*", 401), (".*", 403), (".*/commits/[0-9a-f]+/pulls", 422), ("/graphql", 200)}
"""Answers that GitHub gives and does not describe everywhere: who may not, no such commit, and GraphQL."""

SENT_BESIDES = {"/git/blobs": {"mode"}}
"""What octokit-plugin-create-pull-request 5.1 sends and GitHub does not describe: it takes no notice."""

_SLASHES = re.compile("(/contents/|/git/refs?/)(.+)")  # names that are one name to GitHub
_SITE = "https://api.github.com"

REMOVED = {"assignee", "has_downloads", "merge_commit_sha"}
"""What version 2026-03-10 of the API took away; the description in the package is of 2022-11-28, and requires it."""


def departures(
    method: str, path: str, query: Mapping[str, str], sent: bytes, *, status: int, value: Any
) -> Iterator[str]:
    """Hold a request that was served, and its answer, against the description."""
    beyond = any(status == each and re.fullmatch(pattern, path) for pattern, each in BEYOND)
    if DESCRIPTION is None or beyond or isinstance(value, bytes):
        return
    kind = "application/json"
    named = _SLASHES.sub(lambda found: found[1] + quote(found[2], safe=""), path)
    request = MockRequest(_SITE, method.lower(), named, args=dict(query), data=sent or None, content_type=kind)
    response = MockResponse(json.dumps(value).encode(), status_code=status, content_type=kind)
    try:
        if status < 400:
            _description().validate_request(request)
        _description().validate_response(request, response)
    except OpenAPIError as error:
        yield from (f"{method} {path} {status}: {each}" for each in sorted(set(_causes(error))))


def _causes(error: OpenAPIError) -> Iterator[str]:
    """Tell what is wrong with the values, or else what is wrong."""
    wrong = list(getattr(error, "schema_errors", ()) or getattr(error.__cause__, "schema_errors", ()))
    while wrong:
        each = wrong.pop()
        wrong += each.context
        if not each.context:
            yield f"{'.'.join(map(str, each.absolute_path))}: {each.message[:160]}"
    if not getattr(error, "schema_errors", getattr(error.__cause__, "schema_errors", ())):
        yield f"{error} {error.__cause__ or ''}"[:300]


@cache
def _description() -> OpenAPI:
    whole = json.loads(Path(DESCRIPTION or "").read_text())
    for schema in whole["components"]["schemas"].values():
        if "required" in schema:
            schema["required"] = [name for name in schema["required"] if name not in REMOVED]
        _or_null(schema)
    contents = whole["paths"]["/repos/{owner}/{repo}/contents/{path}"]["get"]["responses"]["200"]["content"]
    del contents["application/json"]["schema"]["discriminator"]  # the `type` of an array, which a folder is
    return OpenAPI.from_dict(whole, config=Config(spec_validator_cls=None))


def _or_null(value: Any) -> None:
    """Let null be one of several: GitHub writes `nullable` beside `oneOf`, which OpenAPI 3.0.3 takes for nothing."""
    if isinstance(value, dict):
        if value.get("nullable") and "oneOf" in value:
            value["oneOf"].append({"type": "string", "nullable": True, "enum": [None]})
        value = list(value.values())
    if isinstance(value, list):
        for each in value:
            _or_null(each)
