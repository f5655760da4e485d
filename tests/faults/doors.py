"""A snapshot of a service and its keys in; what opens something there, as facts that may be gone later, out."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from reconciler.emulator import Azure

_CLIENT = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_INCLUDED = re.compile(r'fragment-id="([^"]+)"')
_MADE_BY_AZURE = re.compile(r"subscriptions/[0-9a-f]{24}")
_SECRETS = ("primaryKey", "secondaryKey")

State = Mapping[str, Mapping[str, Any]]
Facts = frozenset[str]


def facts(state: State, key: Callable[[str, str], str]) -> Facts:
    """Say what is there: each entity and link, each key that opens, each client and include that a text names."""
    found = set(state)
    for path, properties in state.items():
        if path.startswith("subscriptions/"):
            found |= {f"{path} {name} {key(path, name)}" for name in _SECRETS}
            found |= {f"{path} is active"} if properties.get("state") == "active" else set()
        elif isinstance(text := properties.get("value"), str):
            found |= {f"{path} lets {client} in" for client in _CLIENT.findall(text)}
            found |= {f"{path} includes {name}" for name in _INCLUDED.findall(text)}
    return frozenset(found)


def known(facts: Facts) -> Facts:
    """Leave out what Azure makes unasked with a new product, and the keys of it: that is to go."""
    return frozenset(each for each in facts if not made_unasked(each))


def made_unasked(path: str) -> bool:
    return bool(_MADE_BY_AZURE.match(path))


def bare(fact: str) -> str:
    """Leave a key's value out: in two runs of one thing it is never the same."""
    words = fact.split(" ")
    return " ".join(words[:2]) if len(words) > 1 and words[1] in _SECRETS else fact


def keys_of(azure: Azure, service: str) -> Callable[[str, str], str]:
    return lambda path, name: str(azure.secrets(service, path).get(name, ""))
