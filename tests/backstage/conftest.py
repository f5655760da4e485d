"""Companies whose catalogs are written by the command line, from an emulated service; a backend that has read them."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import samples

from reconciler.cli.demo_service import before_adoption
from reconciler.emulator import Azure, Running, serve

sys.path.insert(0, str(Path(__file__).parent))

from backend import free_port as free

ROOT = Path(__file__).parents[2]
SERVICE = "/subscriptions/s1/resourceGroups/rg/providers/Microsoft.ApiManagement/service/apim-test"


DAY = "2026-11-25"


@dataclass(frozen=True)
class Desk:
    """A folder with `access/` and an emulated service, and the command line over both."""

    folder: Path
    running: Running

    def run(self, *arguments: str, code: int = 0) -> str:
        done = subprocess.run(  # noqa: S603
            [sys.executable, "-m", "reconciler", *arguments],
            cwd=self.folder,
            env={**os.environ, **self.known, "XDG_CACHE_HOME": str(self.folder / "cache")},
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
        assert done.returncode == code, f"{arguments}: {done.returncode}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}"
        return done.stdout if code == 0 else f"{done.stdout}{done.stderr}"

    @property
    def known(self) -> dict[str, str]:
        """What a process knows of the service, and the day that every test here takes for today."""
        return {**self.running.environment, "RECONCILER_AS_OF": DAY}

    @property
    def access(self) -> Path:
        return self.folder / "access"

    @property
    def catalog(self) -> Path:
        return self.folder / "catalog"


@pytest.fixture
def free_port() -> int:
    return free()


@pytest.fixture(scope="session")
def running() -> Iterator[Running]:
    with serve(Azure()) as running:
        yield running


@pytest.fixture(scope="session")
def sample(running: Running, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """Contoso, as the repository has it, in production, applied."""
    desk = Desk(tmp_path_factory.mktemp("contoso"), running)
    contoso(desk, {"repository": "contoso/access", "as_the_person": False})
    desk.run("backstage", "-e", "prod")
    return desk


def contoso(desk: Desk, settings: Mapping[str, Any]) -> None:
    """Lay the sample organisation, and apply it to a service that is as it was before."""
    folder, running = desk.folder, desk.running
    shutil.copytree(ROOT / "access", folder / "access", dirs_exist_ok=True)
    environments = folder / "access" / "environments.yaml"
    text = environments.read_text()
    head, _, prod = text.partition("\nprod:")
    environments.write_text(f"{head}\nprod:{prod.rstrip()}\n  endpoint: {running.url}\n")
    (folder / "access" / "backstage.yaml").write_text(json.dumps(settings))
    service = next(line.split()[1] for line in prod.splitlines() if "service:" in line)
    running.azure.seed(service, before_adoption(_apis(folder / "access")), fresh=True)
    desk.run("apply", "-e", "prod", "--yes", "--allow", fingerprint(desk))


def _apis(access: Path) -> list[str]:
    from ruamel.yaml import YAML  # noqa: PLC0415  only here

    found = [each for path in access.glob("*/apis.yaml") for each in YAML(typ="safe").load(path)]
    return [str(each["api"]).replace("$(letter)", "p").replace("$(env)", "prod") for each in found]


def fingerprint(desk: Desk) -> str:
    (plan,) = json.loads(desk.run("plan", "-e", "prod", "--format", "json"))["plans"]
    return str(plan["fingerprint"])


@pytest.fixture(scope="session")
def large(running: Running, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """A living service, adopted."""
    if not samples.PRESENT:
        pytest.skip("the sample services are not here: dev-sample-large.json")
    folder = tmp_path_factory.mktemp("large")
    running.azure.seed(SERVICE, samples.entities(samples.sample("dev-sample-large.json")), fresh=True)
    desk = Desk(folder, running)
    desk.run("adopt", "-e", "prod", "--service", SERVICE, "--endpoint", running.url)
    desk.run("backstage")
    return desk


def files(values: Mapping[str, Any]) -> dict[str, str]:
    """Write values as files of a repository."""
    return {f"access/{name}": value if isinstance(value, str) else json.dumps(value) for name, value in values.items()}
