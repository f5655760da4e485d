"""A repository begins valid and with what GitHub needs; the wheel carries it; nothing of others is written over."""

import json
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

from reconciler.codeowners import HEAD
from reconciler.github_files import github_files

ROOT = Path(__file__).parents[1]
PLAN = ".github/workflows/access-plan.yml"
OWNERS = ".github/CODEOWNERS"


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "reconciler", *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=60)  # noqa: S603
    assert "Traceback" not in done.stderr
    return done


@pytest.fixture
def adopted(tmp_path: Path) -> Path:
    """Give a repository of declarations without workflows, as `adopt` leaves it."""
    (tmp_path / "access/shop").mkdir(parents=True)
    (tmp_path / "access/shop/team.yaml").write_text("{display_name: Shop, reviewers: [olga]}")
    service = "/subscriptions/11111111-0000-0000-0000-000000000000/resourceGroups/rg/providers"
    (tmp_path / "access/environments.yaml").write_text(
        f"prod: {{service: {service}/Microsoft.ApiManagement/service/apim}}\n"
    )
    return tmp_path


def test_the_files_are_those_of_this_repository_and_not_its_own_checks() -> None:
    here = {path.relative_to(ROOT).as_posix() for path in ROOT.glob(".github/workflows/*.yml")}
    besides = {".github/ISSUE_TEMPLATE/request-access.yml", ".github/access-requirements.txt"}
    own = {".github/workflows/ci.yml", ".github/workflows/release.yml"}
    assert {*here, *besides} == {*github_files(), *own}
    assert len(github_files()) >= 9


def test_the_workflows_install_this_version() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    for name, text in github_files().items():
        installed = [line.strip() for line in text.splitlines() if "pip install" in line]
        assert set(installed) <= {
            "pip install --quiet --require-hashes --requirement .github/access-requirements.txt",
            f'pip install --quiet --no-deps "apim-reconciler=={version}"',
        }, name
        assert len(installed) == 2 * text.count("actions/setup-python@"), name
        assert bool(installed) == ("reconciler " in text.partition("steps:")[2]), name


def test_the_form_has_the_label_that_the_workflow_waits_for() -> None:
    files = github_files()
    assert "labels: [access-request]" in files[".github/ISSUE_TEMPLATE/request-access.yml"]
    assert "labels.*.name, 'access-request')" in files[".github/workflows/access-request.yml"]


def test_the_wheel_carries_them_and_finds_them_there(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(tmp_path)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=120)  # noqa: S603
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as packed:
        packed.extractall(tmp_path / "site")
    code = "import json; from reconciler.github_files import github_files as f; print(json.dumps(f()))"
    said = subprocess.run(  # noqa: S603
        [sys.executable, "-I", "-c", f"import sys; sys.path.insert(0, {str(tmp_path / 'site')!r}); {code}"],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert json.loads(said.stdout) == github_files()


def test_a_new_repository_is_valid_and_has_everything(tmp_path: Path) -> None:
    made = run(tmp_path, "init", "new", "--team", "web-shop")
    assert (made.returncode, made.stderr) == (0, "")
    assert {name: (tmp_path / "new" / name).read_text() for name in github_files()} == github_files()
    assert run(tmp_path / "new", "validate").returncode == 0
    assert run(tmp_path / "new", "codeowners", "--check").returncode == 0
    number = len([path for path in (tmp_path / "new").rglob("*") if path.is_file()])
    assert f"{number} files are new" in made.stdout


def test_a_new_repository_is_not_begun_over_an_old_one(adopted: Path) -> None:
    before = {path: path.read_bytes() for path in adopted.rglob("*") if path.is_file()}
    said = run(adopted, "init")
    assert (said.returncode, "reconciler init --workflows" in said.stderr) == (2, True)
    assert {path: path.read_bytes() for path in adopted.rglob("*") if path.is_file()} == before


def test_what_github_needs_is_added_to_declarations_and_only_that(adopted: Path) -> None:
    said = run(adopted, "init", "--workflows")
    assert (said.returncode, "reconciler doctor" in said.stdout) == (0, True)
    new = {path.relative_to(adopted).as_posix() for path in adopted.rglob("*") if path.is_file()}
    assert {name for name in new if not name.startswith("access/")} == {*github_files(), OWNERS}
    assert (adopted / OWNERS).read_text() == f"{HEAD}/access/shop/ @olga\n"
    again = run(adopted, "init", "--workflows")
    assert (again.returncode, "Everything that GitHub needs is there" in again.stdout) == (0, True)


def test_a_changed_file_stays_until_it_is_forced(adopted: Path) -> None:
    run(adopted, "init", "--workflows")
    (adopted / PLAN).write_text("ours")
    (adopted / OWNERS).write_text("* @everybody\n")
    (adopted / ".github/workflows/access-daily.yml").unlink()
    said = run(adopted, "init", "--workflows")
    assert (said.returncode, PLAN in said.stderr, OWNERS in said.stderr) == (4, True, True)
    assert (adopted / PLAN).read_text() == "ours"
    assert (adopted / ".github/workflows/access-daily.yml").exists()
    assert run(adopted, "init", "--workflows", "--force").returncode == 0
    assert (adopted / PLAN).read_text() == github_files()[PLAN]
    assert (adopted / OWNERS).read_text().startswith(HEAD)


def test_owners_that_were_made_are_made_anew(adopted: Path) -> None:
    run(adopted, "init", "--workflows")
    (adopted / "access/shop/team.yaml").write_text("{display_name: Shop, reviewers: [otto]}")
    assert run(adopted, "init", "--workflows").returncode == 0
    assert "@otto" in (adopted / OWNERS).read_text()


def test_without_declarations_there_is_nothing_to_add_to(tmp_path: Path) -> None:
    said = run(tmp_path, "init", "--workflows")
    assert (said.returncode, "`init` begins a repository" in said.stderr) == (2, True)
