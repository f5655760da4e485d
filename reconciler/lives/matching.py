"""What ended and what began in one commit in; which of them are one, renamed or moved, out.

A file that says `formerly:` keeps its key: that is one life for the gateway. What a team gives up and asks for again in
one commit is one life for people, with another key. A team that moves takes along what it says word for word.
"""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet

from reconciler.declarations import Declarations
from reconciler.lives.held import Held, Key
from reconciler.resource import Address
from reconciler.there import There


def matched(
    gone: Mapping[Key, Held],
    come: Mapping[Key, Held],
    renamed: Mapping[Address, Address],
    moved_out: AbstractSet[str],
) -> dict[Key, Key]:
    """Give for what comes what it was. `renamed` are products, `moved_out` teams that are no more."""
    found: dict[Key, Key] = {}
    left = dict(gone)
    for rule in (_stays, _says_so, _alike, _again, _moves):
        for key, new in sorted(come.items()):
            if key in found:
                continue
            for old, was in sorted(left.items()):
                same = renamed.get(new.to, new.to) == was.to
                if same and rule(was, new, moved_out):
                    found[key] = old
                    del left[old]
                    break
    return found


def _stays(was: Held, new: Held, _: AbstractSet[str]) -> bool:
    return was.key == new.key


def _says_so(was: Held, new: Held, _: AbstractSet[str]) -> bool:
    return was.key == (new.grant.team, new.grant.value.formerly)


def _alike(was: Held, new: Held, _: AbstractSet[str]) -> bool:
    return was.grant.team == new.grant.team and _word_for_word(was) == _word_for_word(new)


def _again(was: Held, new: Held, _: AbstractSet[str]) -> bool:
    return was.grant.team == new.grant.team


def _moves(was: Held, new: Held, moved_out: AbstractSet[str]) -> bool:
    return (
        was.grant.team in moved_out and was.grant.name == new.grant.name and _word_for_word(was) == _word_for_word(new)
    )


def _word_for_word(held: Held) -> dict[str, object]:
    return {name: value for name, value in held.says.items() if name not in ("formerly", "product", "requested_by")}


def products_renamed(before: Declarations, after: Declarations, environment: str) -> dict[Address, Address]:
    """Give for each product that says what it was called the address that it had."""
    if before.products is after.products:
        return {}
    if not (environment in before.environments and environment in after.environments):
        return {}
    was, now = (There(each, environment).ids for each in (before, after))
    formerly = ((product.name, product.value.formerly or "") for product in after.products)
    return {
        Address("product", (now[name],)): Address("product", (was[former],))
        for name, former in formerly
        if former in was and former not in now and name not in was
    }
