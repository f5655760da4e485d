"""The YAML of a folder in, read by nobody's code but this; which relations Backstage must show of it, out.

Shares nothing with the tool: what the catalog says is held against what people wrote.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

Relation = tuple[str, str, str]


def relations(access: Path, environment: str, today: str, named: Mapping[str, str]) -> set[Relation]:
    """Give source, type and target of each relation.

    `named` are the entities of `api:<id in Azure>`, `product:<name>` and `grant:<team>/<file>`, which may end in a
    digest; teams and callers are taken to be called as they are declared.
    """
    folder = _Folder(access, environment, today, named)
    return {*folder.of_apis(), *folder.of_products(), *folder.of_grants()}


class _Folder:
    def __init__(self, access: Path, environment: str, today: str, named: Mapping[str, str]) -> None:
        self.access, self.environment, self.today, self.named = access, environment, today, named
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

    def api(self, text: str) -> str:
        for name, value in self.variables.items():
            text = text.replace(f"$({name})", value)
        return self.entity(f"api:{text}".lower())

    def entity(self, declared: str) -> str:
        return self.named.get(declared, f"no entity for {declared}")

    def of_apis(self) -> Iterator[Relation]:
        for path in self.access.glob("*/apis.yaml"):
            for api in self.owned(path):
                name = self.api(api["api"])
                yield name, "ownedBy", f"group:default/{path.parts[-2]}"
                if "system" in api:
                    yield name, "partOf", f"system:default/{api['system']}".lower()

    def of_products(self) -> Iterator[Relation]:
        for product, (team, said) in self.products.items():
            name = self.entity(f"product:{product}")
            yield name, "ownedBy", f"group:default/{team}"
            for api in said.get("apis") or ():
                yield name, "dependsOn", self.api(api)

    def of_grants(self) -> Iterator[Relation]:
        for path in self.access.glob("*/grants/*.yaml"):
            said, team = self.at(_read(path)), path.parts[-3]
            if not said or said.get("suspended") or str(said.get("expires") or "9999") < self.today:
                continue
            grant = self.entity(f"grant:{team}/{path.stem}")
            caller = f"component:default/{said.get('component') or team}".lower()
            apis = [self.api(each) for each in self.reached(said, path.stem)]
            yield caller, "dependsOn", grant
            yield from ((each, "ownedBy", f"group:default/{team}") for each in (grant, caller))
            if "api" in said:
                yield from ((grant, "dependsOn", each) for each in apis)
            else:
                product = self.entity(f"product:{said.get('product') or path.stem}")
                yield from ((each, "dependsOn", product) for each in (grant, caller))
            if said.get("key") or said.get("clients"):
                yield from ((caller, "consumesApi", each) for each in apis)

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
