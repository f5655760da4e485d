"""What is declared is what the gateway answers, for every fate of a grant that four days can hold."""

from collections.abc import Callable

import pytest
from gateway_truth import FATES, SITUATIONS, Situation, held


@pytest.mark.parametrize("situation", SITUATIONS, ids=str)
def test_every_key_opens_what_is_declared_and_nothing_else(
    situation: Situation, record_property: Callable[[str, int], None]
) -> None:
    record_property("calls", held(situation, FATES))
