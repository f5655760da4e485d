"""A grant's values in; its file out, as a person would lay it out, by YAML's own writer, and read back."""

import io
import re
from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap

from reconciler.document import parse
from reconciler.draft import plain

_SCHEMA: Final = re.compile(rb"# yaml-language-server: \$schema=(?P<folder>[./\w-]*/)team\.json\r?\n")
_WIDE: Final = 4096  # no line is broken


def written(path: str, values: Mapping[str, Any], *, like: bytes) -> bytes:
    """Write a grant. Where the team's own file names its schema, this one does, too."""
    document = plain({key: value for key, value in values.items() if key != "in"})
    if overlays := values.get("in"):
        document["in"] = CommentedMap((name, _flow(says)) for name, says in overlays.items())
    schema = _SCHEMA.match(like)
    head = f"# yaml-language-server: $schema=../{schema['folder'].decode()}grant.json\n" if schema else ""
    yaml = YAML()
    yaml.width = _WIDE
    stream = io.StringIO()
    yaml.dump(document, stream)
    content = (head + stream.getvalue()).encode()
    if parse(path, content) != _as_read(values):
        raise AssertionError(f"{path} would not say what was asked for")
    return content


def _flow(values: Mapping[str, Any]) -> Any:
    document = plain(values)
    document.fa.set_flow_style()
    return document


def _as_read(value: Any) -> Any:
    """Give what the values are once they were written and read: days are text in YAML 1.2."""
    if isinstance(value, Mapping):
        return {key: _as_read(each) for key, each in value.items()}
    return value.isoformat() if isinstance(value, date) else value
