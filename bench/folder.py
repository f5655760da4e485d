"""A company in, the folder of declarations that its people would have written out: contents by path."""

import json
import re
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from bench.company import Company, Item

SERVICES = (
    "/subscriptions/{:08d}-0000-0000-0000-000000000000/resourceGroups/rg-apim/providers/Microsoft.ApiManagement/service"
)
SERVICE = f"{SERVICES.format(2)}/apim-contoso-prod"
ENDPOINT = "https://localhost:8443"
TENANT = "7c9e0000-0000-0000-0000-000000000000"
_PLAIN = re.compile(r"[A-Za-z][A-Za-z -]*[A-Za-z]")
_WORDS = frozenset({"true", "false", "null"})


def contents(company: Company) -> dict[str, bytes]:
    """Write every file, in the order in which a folder is read."""
    found = {"environments.yaml": _environments(), "guardrails.yaml": "max_duration: 365 days\n"}
    found |= {f"{name}/team.yaml": _mapping(values) for name, values in company.teams.items()}
    owned: dict[str, list[Item]] = defaultdict(list)
    for api in company.apis:
        owned[api.team].append(api)
    for team, apis in owned.items():
        found[f"{team}/apis.yaml"] = "".join(_listed(api.values) for api in apis)
    found |= {f"{each.team}/products/{each.name}.yaml": _mapping(each.values) for each in company.products}
    found |= {f"{each.team}/grants/{each.name}.yaml": _mapping(each.values) for each in company.grants}
    found |= {f"{each.team}/fragments/{each.name}.xml": each.values["text"] for each in company.fragments}
    return {path: found[path].encode() for path in sorted(found)}


def _environments() -> str:
    common = {"tenant": TENANT, "endpoint": ENDPOINT}
    dev = {"service": f"{SERVICES.format(1)}/apim-contoso-dev", **common, "variables": {"letter": "d"}}
    prod = {"service": SERVICE, **common, "variables": {"letter": "p"}, "marks": ["tag", "contact"]}
    return "".join(f"{name}:\n{_mapping(values, indent='  ')}" for name, values in (("dev", dev), ("prod", prod)))


def _listed(values: Mapping[str, Any]) -> str:
    return f"- {_mapping(values, indent='  ').removeprefix('  ')}"


def _mapping(values: Mapping[str, Any], *, indent: str = "") -> str:
    return "".join(f"{indent}{key}: {_value(value)}\n" for key, value in values.items())


def _value(value: Any) -> str:
    """Write words as they are and all else as JSON, which is YAML 1.2."""
    plain = isinstance(value, str) and _PLAIN.fullmatch(value) and value.lower() not in _WORDS
    return value if plain else json.dumps(value, ensure_ascii=False)
