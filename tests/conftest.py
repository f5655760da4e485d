"""What every test file may import, whom TLS trusts, and how generated tests run: always the same examples in CI."""

import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from reconciler.emulator import Certificates, certificates

sys.path.insert(0, str(Path(__file__).parent))

from checked import DEPARTURES

settings.register_profile("ci", derandomize=True)
if os.environ.get("CI"):
    settings.load_profile("ci")

_FOLDER = tempfile.TemporaryDirectory(prefix="tests-trust-")
_CERTIFIED = certificates(Path(_FOLDER.name))
os.environ["SSL_CERT_FILE"] = str(_CERTIFIED.authority)  # before anybody imports aiohttp, which reads it once


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how many calls at the gateway were held against what is declared."""
    reports = terminalreporter.getreports("passed")
    if calls := sum(number for each in reports for name, number in each.user_properties if name == "calls"):
        terminalreporter.write_line(f"{calls:,} calls at the gateway were answered as declared")


@pytest.fixture(scope="session")
def certified() -> Certificates:
    """Give what the clients in this process trust; a server must show it."""
    return _CERTIFIED


@pytest.fixture(autouse=True)
def _described() -> Iterator[None]:
    """Fail the test in which the emulator departed from what Microsoft publishes."""
    DEPARTURES.clear()
    yield
    assert sorted(set(DEPARTURES)) == []
