"""A stand-in for Backstage's scaffolder: a template, answers and a catalog in; the one pull request out."""

import json
import posixpath
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from jinja2 import ChainableUndefined, Environment, Undefined
from ruamel.yaml import YAML

ACTIONS = {
    "catalog:fetch": {"entityRef", "entityRefs", "optional"},
    "fetch:template:file": {"url", "targetPath", "values"},
    "publish:github:pull-request": {
        "repoUrl",
        "targetBranchName",
        "targetPath",
        "branchName",
        "title",
        "commitMessage",
        "description",
        "forceEmptyGitAuthor",
        "filesToDelete",
        "token",
    },
}
"""The actions that are known, with the inputs that are used of what each takes (plugin-scaffolder-backend 4.2)."""


class NotFound(Exception):
    """The catalog has no such entity."""


@dataclass(frozen=True)
class Opened:
    """A pull request: its files by path, None for one that goes, and what the action was told."""

    files: Mapping[str, str | None]
    said: Mapping[str, Any]


class Scaffolder:
    """Runs templates. Its language is near enough to nunjucks: jinja, with its delimiters."""

    def __init__(self, folder: Mapping[str, bytes], entities: Mapping[str, Any]) -> None:
        self.folder, self.entities = folder, entities
        self.jinja = Environment(
            variable_start_string="${{",
            variable_end_string="}}",
            undefined=ChainableUndefined,
            autoescape=False,  # noqa: S701  neither does Backstage: that is what is tried here
            keep_trailing_newline=True,
            finalize=lambda value: "" if value is None else value,
        )
        self.jinja.filters |= {"dump": _dump, "parseEntityRef": _reference, "pick": lambda value, key: value[key]}

    def template(self, name: str) -> Any:
        return YAML(typ="safe", pure=True).load(self.folder[f"templates/{name}/template.yaml"])

    def run(self, name: str, answers: Mapping[str, Any], login: str | None = "octocat") -> Opened:
        user = {"entity": {"metadata": {"annotations": {"github.com/user-login": login} if login else {}}}}
        context: dict[str, Any] = {
            "parameters": answers,
            "user": user,
            "secrets": {"USER_OAUTH_TOKEN": "t"},
            "steps": {},
        }
        workspace: dict[str, str | None] = {}
        for step in self.template(name)["spec"]["steps"]:
            if "if" in step and self.value(step["if"], context) is not True:
                continue
            given, output = self.value(step["input"], context), {}
            match step["action"]:
                case "catalog:fetch":
                    output = self.look(given)
                case "fetch:template:file":
                    path = posixpath.normpath(given["targetPath"])
                    assert not path.startswith(("..", "/")), "it leaves the workspace"
                    content = self.folder[
                        posixpath.join(f"templates/{name}", posixpath.normpath(given["url"]))
                    ].decode()
                    workspace[path] = self.jinja.from_string(content).render(values=given["values"])
                case "publish:github:pull-request":
                    workspace |= dict.fromkeys(given.get("filesToDelete", ()))
                    return Opened(
                        {posixpath.join(given["targetPath"], path): workspace[path] for path in workspace}, given
                    )
            context["steps"][step["id"]] = {"output": output}
        raise AssertionError("no pull request")

    def look(self, given: Mapping[str, Any]) -> dict[str, Any]:
        if "entityRef" in given:
            found = self.entities.get(given["entityRef"].lower())
            if found is None and not given.get("optional"):
                raise NotFound(given["entityRef"])
            return {"entity": found}
        return {"entities": [self.entities[each.lower()] for each in given["entityRefs"]]}

    def value(self, value: Any, context: Mapping[str, Any]) -> Any:
        """Fill in. What is one expression keeps its type, and what it leaves empty is not there."""
        if isinstance(value, Mapping):
            filled = {key: self.value(each, context) for key, each in value.items()}
            return {key: each for key, each in filled.items() if each is not None}
        if isinstance(value, list):
            return [self.value(each, context) for each in value]
        if not isinstance(value, str):
            return value
        if value.startswith("${{") and value.endswith("}}") and value.count("${{") == 1:
            text = self.jinja.from_string(f"${{{{ ({value[3:-2]}) | dump }}}}").render(context)
            return json.loads(text) if text else None
        return self.jinja.from_string(value).render(context)


def _dump(value: Any) -> str:
    return "" if isinstance(value, Undefined) else json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _reference(text: str) -> dict[str, str]:
    kind, _, rest = text.partition(":")
    namespace, _, name = rest.partition("/")
    return {"kind": kind, "namespace": namespace, "name": name}
