"""What is declared is what the gateway answers: the quick part of a table whose whole is in tests/truth."""

from collections.abc import Callable

import pytest
from gateway_truth import FEW, SITUATIONS, WORDS, Situation, fates, held


@pytest.mark.parametrize("situation", [each for each in SITUATIONS if each.mode != "observe"], ids=str)
def test_every_key_opens_what_is_declared_and_nothing_else(
    situation: Situation, record_property: Callable[[str, int], None]
) -> None:
    record_property("calls", held(situation, fates(WORDS, WORDS)))


@pytest.mark.parametrize("situation", [each for each in SITUATIONS if each.asks and not each.opened], ids=str)
def test_a_key_comes_back_in_time_and_is_another_when_it_comes_too_late(
    situation: Situation, record_property: Callable[[str, int], None]
) -> None:
    record_property("calls", held(situation, FEW))
