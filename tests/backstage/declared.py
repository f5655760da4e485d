"""The YAML of a folder in, read by nobody's code but this; which relations Backstage must show of it, out.

Shares nothing with the tool: what the catalog says is held against what people wrote.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

Relation = tuple[str, str, str]


def relations(access: Path, environment: str, today: str) -> set[Relation]:
    """Give source, type and target of each relation, for APIs, products and callers that need no digest."""
    folder = _Folder(access, environment, today)
    return {*folder.of_apis(), *folder.of_products(), *folder.of_grants()}


class _Folder:
    def __init__(self, access: Path, environment: str, today: str) -> None:
        self.access, self.environment, self.today = access, environment, today
        place = _read(access / "environments.yaml")[environment]
        self.variables = {**(place.get("variables") or {}), "env": environment}
        self.products = {
            path.stem: (path.parts[-3], here)
            for path in access.glob("*/products/*.yaml")
            if (here := self.at(_read(path)))
        }

    def at(self, said: dict[str, Any]) -> dict[str, Any] | None:
        """Lay what an environment says over the rest; None where it is not in it."""
        if self.environment not in said["environments"]:
            return None
        return {**said, **(said.get("in", {}).get(self.environment) or {})}

    def filled(self, text: str) -> str:
        for name, value in self.variables.items():
            text = text.replace(f"$({name})", value)
        return text

    def of_apis(self) -> Iterator[Relation]:
        for path in self.access.glob("*/apis.yaml"):
            for api in self.owned(path):
                name = f"api:default/{self.filled(api['api'])}".lower()
                yield name, "ownedBy", f"group:default/{path.parts[-2]}"
                if "system" in api:
                    yield name, "partOf", f"system:default/{api['system']}".lower()

    def of_products(self) -> Iterator[Relation]:
        for product, (team, said) in self.products.items():
            yield f"resource:default/{product}", "ownedBy", f"group:default/{team}"
            for api in said.get("apis") or ():
                yield f"resource:default/{product}", "dependsOn", f"api:default/{self.filled(api)}".lower()

    def of_grants(self) -> Iterator[Relation]:
        for path in self.access.glob("*/grants/*.yaml"):
            said = self.at(_read(path))
            if not said or said.get("suspended") or str(said.get("expires") or "9999") < self.today:
                continue
            caller = f"component:default/{said.get('component') or path.parts[-3]}".lower()
            yield caller, "ownedBy", f"group:default/{path.parts[-3]}"
            if "api" not in said:
                yield caller, "dependsOn", f"resource:default/{said.get('product') or path.stem}"
            if said.get("key") or said.get("clients"):
                for api in self.reached(said, path.stem):
                    yield caller, "consumesApi", f"api:default/{self.filled(api)}".lower()

    def reached(self, said: dict[str, Any], stem: str) -> Iterator[str]:
        """Give the APIs that a grant opens: those of its product, one by itself, or all that anybody owns there."""
        if said.get("api") == "*":
            yield from (api["api"] for path in self.access.glob("*/apis.yaml") for api in self.owned(path))
        elif "api" in said:
            yield said["api"]
        else:
            yield from self.products[said.get("product") or stem][1].get("apis") or ()

    def owned(self, path: Path) -> Iterator[dict[str, Any]]:
        yield from (api for api in _read(path) if self.environment in api.get("environments", [self.environment]))


def _read(path: Path) -> Any:
    return YAML(typ="safe").load(path)
