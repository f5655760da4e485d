"""What is declared is what the gateway answers: the quick part of a table whose whole is in tests/truth."""

from collections.abc import Callable

import pytest
from gateway_truth import FEW, GATED, SITUATIONS, WORDS, Gated, Situation, fates, keys_held, rules_held

QUICK = {  # one of each kind of credentials at each place, where a call without a key comes to the rules if it may
    *(
        each
        for each in GATED
        if each.enforcement == "enforce" and not each.opened and each.asks == (each.at == "product")
    ),
    *GATED[3::20],
}


@pytest.mark.parametrize("situation", [each for each in SITUATIONS if each.mode != "observe"], ids=str)
def test_every_key_opens_what_is_declared_and_nothing_else(
    situation: Situation, record_property: Callable[[str, int], None]
) -> None:
    record_property("calls", keys_held(situation, fates(WORDS, WORDS)))


@pytest.mark.parametrize("situation", [each for each in SITUATIONS if each.asks and not each.opened], ids=str)
def test_a_key_comes_back_in_time_and_is_another_when_it_comes_too_late(
    situation: Situation, record_property: Callable[[str, int], None]
) -> None:
    record_property("calls", keys_held(situation, FEW))


@pytest.mark.parametrize("rules", [each for each in GATED if each in QUICK], ids=str)
def test_rules_answer_every_key_and_every_token_as_declared(
    rules: Gated, record_property: Callable[[str, int], None]
) -> None:
    record_property("calls", rules_held(rules, every=5))
