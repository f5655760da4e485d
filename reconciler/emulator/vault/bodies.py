"""The body of a PUT or PATCH in, what it sets out; limits are those of Microsoft's page "About secrets"."""

import json
from collections.abc import Mapping
from typing import Any

from reconciler.emulator.vault.errors import bad_parameter

_LARGEST_VALUE = 25 * 1024  # bytes
_LONGEST_TYPE = 255
_MOST_TAGS, _LONGEST_TAG = 15, 256


def read(body: bytes) -> Mapping[str, Any]:
    try:
        found = json.loads(body or b"null")
    except ValueError as error:
        raise bad_parameter("The request body is not JSON.") from error
    if not isinstance(found, dict):
        raise bad_parameter("The request body must be a JSON object.")
    return found


def value_of(body: Mapping[str, Any]) -> str:
    value = body.get("value")
    if not isinstance(value, str):
        raise bad_parameter("Property value is missing or no string.")
    if len(value.encode()) > _LARGEST_VALUE:
        # quoted in azure-cli #5639; that bytes count is Microsoft's page "About secrets"
        raise bad_parameter(f"Secret is beyond the maximum permitted length of {_LARGEST_VALUE} characters.")
    return value


def settings_of(body: Mapping[str, Any]) -> dict[str, Any]:
    """Give what the body sets beside the value, under the names of a version; what it leaves out is not there."""
    found: dict[str, Any] = {}
    attributes = _typed("attributes", body.get("attributes") or {}, dict)
    for given, name, kind in (("enabled", "enabled", bool), ("nbf", "not_before", int), ("exp", "expires", int)):
        if attributes.get(given) is not None:
            found[name] = _typed(f"attributes.{given}", attributes[given], kind)
    if found.get("expires", 0) and found["expires"] <= found.get("not_before", 0):
        raise bad_parameter("attributes.exp must be later than attributes.nbf.")
    if body.get("contentType") is not None:
        found["content_type"] = _typed("contentType", body["contentType"], str)
        if len(found["content_type"]) > _LONGEST_TYPE:
            raise bad_parameter(f"contentType must not be longer than {_LONGEST_TYPE} characters.")
    if body.get("tags") is not None:
        found["tags"] = _tags(_typed("tags", body["tags"], dict))
    return found


def _tags(tags: dict[str, Any]) -> dict[str, str]:
    if len(tags) > _MOST_TAGS:
        raise bad_parameter(f"A secret must not have more than {_MOST_TAGS} tags.")
    for name, value in tags.items():
        if len(_typed(f"tags.{name}", value, str)) > _LONGEST_TAG or len(name) > _LONGEST_TAG:
            raise bad_parameter(f"Name and value of a tag must not be longer than {_LONGEST_TAG} characters.")
    return tags


def _typed(name: str, value: Any, kind: type) -> Any:
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise bad_parameter(f"Property {name} must be of type {kind.__name__}.")
    return value
