"""A situation in; what a gateway must answer to every key and token, and what it does answer, out.

`company` and `gated` write the files, `oracle` and `rules` know from them alone what must be, `table` applies and asks.
"""

from functools import partial

from gateway_truth import company, gated
from gateway_truth.calls import by_keys, by_keys_and_tokens
from gateway_truth.company import FATES, FEW, SITUATIONS, WORDS, Fate, Situation, fates
from gateway_truth.gated import GATED, Gated
from gateway_truth.table import held

__all__ = ["FATES", "FEW", "GATED", "SITUATIONS", "WORDS", "Gated", "Situation", "fates", "keys_held", "rules_held"]


def keys_held(situation: Situation, fates: tuple[Fate, ...]) -> int:
    """Hold what keys open against what is declared; give how many calls it took."""
    return held(company.living(situation), company.steps(situation, fates), by_keys, {200, 401})


def rules_held(rules: Gated, *, every: int = 1) -> int:
    """Hold what a product's rules make of keys and tokens against what is declared: of all there is, each so many."""
    statuses = {200, 401, 403, 429} if rules.enforcement == "enforce" else {200, 401}
    sequences = partial(by_keys_and_tokens, rules, every=every)
    return held(gated.living(rules), gated.steps(rules), sequences, statuses)
