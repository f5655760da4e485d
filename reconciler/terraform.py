"""A Terraform state in, what of a service is Terraform's out; and the blocks by which it lets go, or takes over.

Formats: state version 4; `removed` blocks with `destroy = false` (Terraform 1.7 and later) and `import` blocks (1.5).
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from reconciler.errors import WRONG_USAGE, ReconcilerError
from reconciler.json_text import from_json
from reconciler.kinds import KINDS
from reconciler.resource import Address

_TYPES: Final[Mapping[str, str]] = {
    "product": "azurerm_api_management_product",
    "product-api": "azurerm_api_management_product_api",
    "product-group": "azurerm_api_management_product_group",
    "subscription": "azurerm_api_management_subscription",
    "group": "azurerm_api_management_group",
    "fragment": "azurerm_api_management_policy_fragment",
    "tag": "azurerm_api_management_tag",
    "api-tag": "azurerm_api_management_api_tag",
}
_PATHS: Final = {
    kind.name: re.compile(re.escape(kind.path).replace(r"\{\}", "([^/]+)"), re.IGNORECASE)
    for kind in KINDS
    if kind.name in _TYPES
}
_STATE_VERSION = 4
_INDEX = re.compile(r'\[(?:"(?:[^"\\]|\\.){0,500}"|[0-9]{1,20})\]')  # bounded: many that nothing closes take no time


class NoState(ReconcilerError):
    """The file is no Terraform state."""

    exit_code = WRONG_USAGE


@dataclass(frozen=True, slots=True, order=True)
class Owned:
    """Something of the access layer that Terraform owns, under Terraform's own address."""

    terraform: str
    address: Address


def owned(text: str, service: str) -> tuple[Owned, ...]:
    """Give what a state holds of one service's access layer, sorted. Raises NoState for what is none."""
    try:
        state = from_json(text)
        resources = state["resources"] if state["version"] == _STATE_VERSION else None
        return tuple(sorted(set(_each(resources, f"{service}/".lower()))))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise NoState("this is no Terraform state of version 4; `terraform state pull` prints one") from error


def let_go(things: Iterable[Owned]) -> str:
    """Write the blocks that make Terraform forget things and leave them as they are; one for all of a `for_each`."""
    names = sorted({_INDEX.sub("", each.terraform) for each in things})
    return "\n".join(f"removed {{\n  from = {name}\n  lifecycle {{\n    destroy = false\n  }}\n}}\n" for name in names)


def take_over(addresses: Iterable[Address], service: str) -> str:
    """Write the blocks by which Terraform takes over what lives; `-generate-config-out` writes the rest."""
    paths = {kind.name: kind.path for kind in KINDS}
    blocks, taken = [], set[str]()
    for address in sorted(addresses):
        if address.kind in _TYPES:
            name = _free(f"{_TYPES[address.kind]}.{_label('_'.join(address.name))}", taken)
            identifier = json.dumps(f"{service}/{paths[address.kind].format(*address.name)}", ensure_ascii=False)
            blocks.append(f"import {{\n  to = {name}\n  id = {_literal(identifier)}\n}}\n")
    return "\n".join(blocks)


def _each(resources: Any, begin: str) -> Iterator[Owned]:
    for resource in resources:
        if resource.get("mode") != "managed":
            continue
        module = f"{resource['module']}." if resource.get("module") else ""
        for instance in resource.get("instances") or ():
            identifier = str((instance.get("attributes") or {}).get("id") or "")
            if identifier.lower().startswith(begin) and (address := _address(identifier[len(begin) :])):
                yield Owned(f"{module}{resource['type']}.{resource['name']}", address)


def _address(path: str) -> Address | None:
    for kind, pattern in _PATHS.items():
        if match := pattern.fullmatch(path):
            return Address(kind, match.groups())
    return None


def _label(text: str) -> str:
    """Make a name that HCL takes: letters, digits, `_` and `-`, and no digit first."""
    label = re.sub(r"[^A-Za-z0-9_-]", "_", text)
    return label if re.match(r"[A-Za-z_]", label) else f"_{label}"


def _free(name: str, taken: set[str]) -> str:
    found, number = name, 1
    while found in taken:
        number += 1
        found = f"{name}_{number}"
    taken.add(found)
    return found


def _literal(quoted: str) -> str:
    """HCL fills in `${` and `%{` in text."""
    return quoted.replace("${", "$${").replace("%{", "%%{")
