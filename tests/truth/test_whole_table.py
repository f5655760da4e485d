"""What is declared is what the gateway answers, for every fate of a grant that four days can hold."""

from collections.abc import Callable

import pytest
from gateway_truth import FATES, GATED, SITUATIONS, Gated, Situation, keys_held, rules_held


@pytest.mark.parametrize("situation", SITUATIONS, ids=str)
def test_every_key_opens_what_is_declared_and_nothing_else(
    situation: Situation, record_property: Callable[[str, int], None]
) -> None:
    record_property("calls", keys_held(situation, FATES))


@pytest.mark.parametrize("rules", GATED, ids=str)
def test_rules_answer_every_key_and_every_token_as_declared(
    rules: Gated, record_property: Callable[[str, int], None]
) -> None:
    record_property("calls", rules_held(rules))
