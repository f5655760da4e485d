"""What the tests of the emulator share: one service, new for each test."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from caller import Arm


@pytest.fixture
def arm() -> Arm:
    return Arm()
