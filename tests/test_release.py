"""What is installed is pinned by hashes, what is built is the same each time, and what releases it holds no secret."""

import hashlib
import json
import os
import re
import subprocess
import sys
from importlib.metadata import requires
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from ruamel.yaml import YAML

ROOT = Path(__file__).parents[1]
DEV, RUN = ROOT / "requirements/dev.txt", ROOT / ".github/access-requirements.txt"
BROWSER = ROOT / "requirements/browser.txt"
WORKFLOWS = sorted(ROOT.glob(".github/workflows/*.yml"))
_PINNED = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^]]*\])?==([^\s;]+)(.*?)\\\n((?:    --hash=.*\n?)+)", re.MULTILINE)


def pinned(path: Path) -> dict[str, tuple[str, frozenset[str]]]:
    """Give version and hashes of each package, sure that nothing else stands there."""
    text = path.read_text()
    assert _PINNED.sub("", text).strip() == ""
    found = _PINNED.findall(text)
    return {
        canonicalize_name(each[0]): (each[1], frozenset(re.findall(r"sha256:[0-9a-f]{64}", each[3]))) for each in found
    }


def test_every_requirement_is_pinned_by_hashes_and_names_no_address() -> None:
    for path, least in ((DEV, 51), (RUN, 51), (BROWSER, 2)):
        held = pinned(path)
        assert len(held) >= least
        assert all(hashes for _, hashes in held.values())
        assert "://" not in path.read_text()


def test_the_workflows_install_what_is_tested_and_all_that_the_tool_needs() -> None:
    """So that with `--no-deps` nothing is missing, and nothing is taken that these hashes do not name."""
    shipped, tested = pinned(RUN), pinned(DEV)
    assert {name: each for name, each in shipped.items() if tested.get(name) != each} == {}
    assert set(needed("apim-reconciler")) - {"apim-reconciler"} <= set(shipped)
    assert not {"pytest", "ruff", "hypothesis", "starlette", "mcp"} & set(shipped)


def needed(name: str) -> dict[str, None]:
    """Walk what a package needs here, extras that it asks for, too."""
    found: dict[str, None] = {}
    todo: list[tuple[str, frozenset[str]]] = [(name, frozenset())]
    seen = set()
    while todo:
        package, extras = todo.pop()
        if (package, extras) in seen:
            continue
        seen.add((package, extras))
        found[canonicalize_name(package)] = None
        for text in requires(package) or ():
            need = Requirement(text)
            if need.marker is None or any(need.marker.evaluate({"extra": extra}) for extra in (*extras, "")):
                todo.append((need.name, frozenset(need.extras)))
    return found


def test_every_action_is_pinned_by_its_commit() -> None:
    used = [line for path in WORKFLOWS for line in path.read_text().splitlines() if re.match(r"\s*(- )?uses:", line)]
    assert len(used) > 40
    assert [each for each in used if not re.search(r"uses: [\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$", each)] == []
    commits: dict[str, set[str]] = {}
    for each in used:
        name, commit = each.partition("uses: ")[2].split(" #", 1)[0].split("@")
        commits.setdefault(name, set()).add(commit)
    assert {name: each for name, each in commits.items() if len(each) > 1} == {}


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_a_job_has_no_right_that_it_does_not_ask_for(path: Path) -> None:
    assert YAML(typ="safe").load(path.read_text())["permissions"] in ({}, {"contents": "read"})


TRUSTED = {
    *("actions/checkout", "actions/setup-python", "actions/create-github-app-token", "actions/upload-artifact"),
    *("actions/attest", "actions/attest-build-provenance", "actions/download-artifact", "pypa/gh-action-pypi-publish"),
}


def test_few_actions_run_where_there_is_an_identity_and_none_keeps_a_token() -> None:
    """Whoever adds one thinks of it: what it does there, it does as whoever applies."""
    used = set()
    for path in WORKFLOWS:
        for job in YAML(typ="safe").load(path.read_text())["jobs"].values():
            for step in job["steps"]:
                name = step.get("uses", "").partition("@")[0]
                used |= {name} - {""}
                if name == "actions/checkout":
                    assert step["with"]["persist-credentials"] is False, path.name
    assert used == TRUSTED


def test_a_release_is_built_without_rights_and_published_without_a_secret() -> None:
    text = (ROOT / ".github/workflows/release.yml").read_text()
    whole: dict[str, Any] = YAML(typ="safe").load(text)
    jobs = whole["jobs"]
    assert whole["on"] == {"push": {"tags": ["v[0-9]+.[0-9]+.[0-9]+"]}}
    assert "secrets." not in text
    assert "password" not in text
    assert jobs["build"]["permissions"] == {"contents": "read"}
    assert [name for name, job in jobs.items() if any("checkout@" in str(step) for step in job["steps"])] == ["build"]
    assert {name for name, job in jobs.items() if "id-token" in job["permissions"]} == {"attest", "publish"}
    assert [name for name, job in jobs.items() if "environment" in job] == ["publish"]
    assert (jobs["attest"]["needs"], jobs["publish"]["needs"], jobs["page"]["needs"]) == ("build", "attest", "publish")


def test_the_same_commit_gives_the_same_bytes(tmp_path: Path) -> None:
    """Built in two folders, whose files have other times and other rights."""
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    files = subprocess.run(listed, cwd=ROOT, check=True, capture_output=True).stdout  # noqa: S603
    made = [built(tmp_path / name, files.decode().split("\0"), mode) for name, mode in (("a", 0o644), ("b/c", 0o600))]
    assert made[0] == made[1]
    assert sorted(Path(name).suffix for name in made[0]) == [".gz", ".whl"]
    (wheel,) = tmp_path.glob("a/made/*.whl")
    shipped = {each.relative_to(ROOT).as_posix() for each in (ROOT / "reconciler/site").rglob("*.*") if each.is_file()}
    lacking = {name for name in shipped if "__pycache__" not in name} - {*ZipFile(wheel).namelist()}
    assert lacking == set()


def built(folder: Path, files: list[str], mode: int) -> dict[str, str]:
    for name in filter(None, files):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes((ROOT / name).read_bytes())
            (folder / name).chmod(mode)
            os.utime(folder / name, (1_000_000_000 + mode, 1_000_000_000 + mode))
    command = [sys.executable, "-m", "hatchling", "build", "--directory", "made"]
    environment = {**os.environ, "SOURCE_DATE_EPOCH": "1700000000"}
    subprocess.run(command, cwd=folder, env=environment, check=True, capture_output=True, timeout=120)  # noqa: S603
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in (folder / "made").iterdir()}


KNOWS = 'print(json.dumps({"dependencies": [{"name": "jinja2", "vulns": [{"id": "CVE-2019-10906"}]}]}))'
IGNORANT = 'print(json.dumps({"dependencies": [{"name": "jinja2", "skip_reason": "not found"}]}))'
GONE = 'sys.exit("nobody there")'


@pytest.mark.parametrize(
    ("databases", "finds", "code", "said"),
    [
        ({"pypi": KNOWS}, 1, 1, "audited by pypi"),
        ({"pypi": KNOWS}, 0, 0, "audited by pypi"),
        ({"pypi": IGNORANT, "osv": KNOWS}, 1, 1, "audited by osv"),
        (
            {"pypi": IGNORANT, "osv": GONE},
            1,
            0,
            "SKIPPED audit-dependencies: pypi: it is reached, but knows nothing of",
        ),
        ({"pypi": GONE, "osv": GONE}, 1, 0, "osv: it cannot be reached (nobody there)"),
    ],
)
def test_weaknesses_are_found_or_it_is_said_that_nobody_could_be_asked(
    tmp_path: Path, databases: dict[str, str], finds: int, code: int, said: str
) -> None:
    """A stand-in for pip-audit: databases that know, that answer and know nothing, and that cannot be reached."""
    branches = "".join(f"    if database == {name!r}: {does}\n" for name, does in databases.items())
    (tmp_path / "pip_audit.py").write_text(
        "import json, sys\n"
        "database = sys.argv[2]\n"
        f"if '--json' in sys.argv or '--format' in sys.argv:\n{branches}"
        f"else:\n    print('audited by', database)\n    sys.exit({finds} if '--require-hashes' in sys.argv else 9)\n"
    )
    done = subprocess.run(
        [sys.executable, "requirements/audit.py", "requirements/dev.txt"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (done.returncode, said in done.stdout) == (code, True), done.stdout + done.stderr


@pytest.mark.story
def test_the_list_of_parts_names_all_that_comes_with_the_wheel_and_no_tool_of_ours() -> None:
    done = subprocess.run(["make", "sbom"], cwd=ROOT, capture_output=True, text=True, check=False, timeout=300)  # noqa: S607
    assert done.returncode == 0, done.stderr
    text = (ROOT / "build/sbom.cdx.json").read_text()
    document = json.loads(text)
    named = {canonicalize_name(each["name"]) for each in document["components"]}
    assert document["bomFormat"] == "CycloneDX"
    assert document["metadata"]["component"]["name"] == "apim-reconciler"
    assert named == set(needed("apim-reconciler")) - {"apim-reconciler"}
    assert "file:" not in text
    assert str(ROOT) not in text
