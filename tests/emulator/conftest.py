"""What the tests of the emulator share: one service, new for each test, and one server over TLS."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from caller import Arm
from checked import checked

from reconciler.emulator import Azure, Certificates, Running, serve


@pytest.fixture
def arm() -> Arm:
    return Arm()


@pytest.fixture(scope="session")
def server(certified: Certificates) -> Iterator[Running]:
    azure = Azure()
    with serve(azure, certified=certified, app=checked(azure)) as running:
        yield running


@pytest.fixture
def running(server: Running, monkeypatch: pytest.MonkeyPatch) -> Running:
    """Give the server with nothing in it, and this process its environment."""
    for name, value in server.environment.items():
        monkeypatch.setenv(name, value)
    azure = server.azure
    azure.services.clear()
    for part in (azure.roles, azure.applications, azure.directory, azure.vaults, azure.faults, azure.log):
        part.clear()
    return server
