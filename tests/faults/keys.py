"""A company with a vault in; its keys delivered and made anew by runs that are killed at each request, judged, out.

What no two runs have alike is a key and a moment: of a secret counts which slot's key it holds, that this key opens,
that it is enabled, and what its tags say but for moments.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from rotated import VAULT, Killed, Wheel

from faults.verdict import Verdict
from faults.watch import SIDES

_MOMENTS = frozenset({"key-set", "old-key-ends", "old-key-ended"})

Left = Mapping[str, Any]


def delivered(_: object, *, part: int = 0, parts: int = 1, **_more: int) -> Iterator[Verdict]:
    """Killed while the first key goes to its vault."""
    yield from _killed("delivery", Wheel, lambda wheel: wheel.deliver(), part, parts)


def rotated(_: object, *, part: int = 0, parts: int = 1, **_more: int) -> Iterator[Verdict]:
    """Killed while a key is made anew, while the one before it ends, and where both is done at once."""

    def due(days: tuple[int, ...]) -> Callable[[], Wheel]:
        def begin() -> Wheel:
            wheel = Wheel()
            wheel.deliver()
            for number, day in enumerate(days):
                wheel.later(day)
                if number < len(days) - 1:
                    wheel.moves()
            return wheel

        return begin

    yield from _killed("renewal", due((90,)), lambda wheel: wheel.moves(), part, parts)
    yield from _killed("end of the old key", due((90, 7)), lambda wheel: wheel.moves(), part, parts)


def _killed(
    name: str, begin: Callable[[], Wheel], move: Callable[[Wheel], object], part: int, parts: int
) -> Iterator[Verdict]:
    move(begin())  # once: the vault's client asks once in each process whom it shall show its token to
    wheel = begin()
    before = wheel.door.passed
    move(wheel)
    expected, asked = _left(wheel), wheel.door.passed - before
    for number in range(part, 2 * asked, parts):
        at, side = number // 2 + 1, SIDES[number % 2]
        wheel = begin()
        held = wheel.keys()
        wheel.door.kill_at = (wheel.door.passed + at, side)
        try:
            move(wheel)
            broken = "it was not killed"
        except Killed:
            broken = ""
        wheel.door.kill_at = None
        dead = _dead(wheel)
        move(wheel)
        now = _left(wheel)
        differ = () if now == expected else (f"{expected} became {now}",)
        yield Verdict(
            f"{name}, {side} {at}",
            at_once=False,
            converged=not differ,
            lost=differ,
            removed=dead + _untimely(name, held, wheel),
            broken=broken,
        )


def _left(wheel: Wheel) -> Left:
    """Say what the vault holds, and what opens."""
    slots = dict(zip(wheel.keys(), ("primary", "secondary"), strict=True))
    return {
        secret: {
            "enabled": enabled,
            "holds": slots.get(wheel.held(secret), "a dead key"),
            "opens": wheel.answered(wheel.held(secret)),
            "tags": {tag: text for tag, text in wheel.tags(secret).items() if tag not in _MOMENTS},
        }
        for secret, enabled in wheel.room.secrets(VAULT).items()
    }


def _dead(wheel: Wheel) -> tuple[str, ...]:
    """Whoever polls the vault while nobody works must not meet a dead key."""
    return tuple(
        f"the key in {secret}" for secret in wheel.room.secrets(VAULT) if wheel.answered(wheel.held(secret)) != 200
    )


def _untimely(name: str, held: tuple[str, str], wheel: Wheel) -> tuple[str, ...]:
    """The key that callers have stays, until its end is due."""
    return () if name == "end of the old key" or held[0] in {*wheel.keys()} else ("the key that callers have",)
