"""Every key that was ever made in; the calls that are worth making, in sequences of one moment, out."""

from collections.abc import Iterator
from itertools import permutations, product

from gateway_truth.gated import Gated, Team, teams
from gateway_truth.oracle import NONSENSE, Call, Shown
from gateway_truth.rules import FLAWS, NOBODY, Token
from gateway_truth.table import Keys


def by_keys(keys: Keys) -> Iterator[tuple[Call, ...]]:
    """Call two APIs with no key, nonsense, and each key there ever was, wherever a key may stand."""
    for api in ("orders", "refunds"):
        yield (Call(api),)
        yield (Call(api, header=NONSENSE),)
        yield (Call(api, query=NONSENSE),)
        for name, pairs in keys.items():
            for made in range(1, len(pairs) + 1):
                first, second = (name, made, 0), (name, made, 1)
                yield (Call(api, header=first),)
                yield (Call(api, query=second),)
                yield (Call(api, header=second, query=NONSENSE),)
                yield (Call(api, header=NONSENSE, query=first),)


def by_keys_and_tokens(gated: Gated, keys: Keys, *, every: int) -> Iterator[tuple[Call, ...]]:
    """Call with each key and each token, twice and beside the next such call; then team beside team, for who counts."""
    calls = [Call("orders", header=key, token=token) for key, token in product(_keys(keys), _tokens(gated))]
    for call, other in list(zip(calls, [*calls[1:], calls[0]], strict=True))[::every]:
        yield call, call, other, call, other, other
    own = [_own(team, keys) for team in teams(gated)]
    for call, other in list(permutations(own, 2))[::every]:
        yield call, other, call, other, call


def _own(team: Team, keys: Keys) -> Call:
    """Call as a team does, with all that it was ever given."""
    name = f"{team.name}--orders"
    key = (name, len(keys[name]), 0) if keys.get(name) and team.carries != "token" else None
    return Call("orders", header=key, token=None if team.carries == "key" else Token(team.client))


def _keys(keys: Keys) -> Iterator[Shown | None]:
    yield None
    yield NONSENSE
    yield from ((name, made, 0) for name, pairs in keys.items() if "--" in name for made in range(1, len(pairs) + 1))


def _tokens(gated: Gated) -> Iterator[Token | None]:
    """Give those of all clients, and one client's with all that may be wrong with one."""
    yield None
    yield Token(NOBODY)
    yield Token("ffffffff-0000-0000-0000-000000000000")
    clients = [team.client for team in teams(gated) if team.carries != "key"]
    yield from map(Token, clients)
    granted = clients[0] if clients else teams(gated)[0].client
    yield from (Token(granted, flaw) for flaw in ("of version 1", *FLAWS))
