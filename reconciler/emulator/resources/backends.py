"""Backends: kept as sent, so that a policy may name them."""

from typing import ClassVar

from reconciler.emulator.fields import Text
from reconciler.emulator.resources.resource_type import ResourceType


class Backends(ResourceType):
    noun = "Backend"
    parameter = "backendId"
    names = Text(minimum=1, maximum=80)
    keeps_unknown = True
    filterable: ClassVar[frozenset[str]] = frozenset({"name", "title", "url"})
