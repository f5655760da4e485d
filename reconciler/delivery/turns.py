"""Granted keys, what vaults' tags say, living subscriptions, a rule and a moment in; each key's next move out. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from reconciler.delivery.marks import Mark, given
from reconciler.delivery.steps import Scene, mark_of, step_for
from reconciler.delivery.wanted import Granted, Wanted
from reconciler.kinds.subscription import ACTIVE
from reconciler.resource import Secret
from reconciler.rotation import PRIMARY, Given, Move, Rule, Slot, next_move, other

Action = Move | Literal["hold", "refuse", "unkept"]
WRITES: Final = frozenset({"renew", "end"})
_FIRST = "`reconciler deliver` comes first"


@dataclass(frozen=True, slots=True)
class Ask:
    """When it is, and how it is asked for.

    `overlap` is in days, None: as guardrails say. `named`: one grant, of which everything is told.
    """

    now: datetime
    overlap: int | None = None
    at_once: bool = False
    named: bool = False


@dataclass(frozen=True, slots=True)
class Turn:
    """The next move of one key. `given` is what its secret holds; `closes` is a secret that will hold a dead key."""

    action: Action
    mark: Mark
    secret: Secret | None
    given: Given
    overlap: int
    why: str = ""
    at: datetime | None = None
    at_once: bool = False
    observed: bool = False
    closes: Secret | None = None

    @property
    def writes(self) -> bool:
        """Whether a key is made anew."""
        return self.action in WRITES and not self.observed


def turns(keys: Iterable[Granted], scene: Scene, ask: Ask) -> tuple[Turn, ...]:
    """Decide about each key that has something to do, to wait for, or to say."""
    return tuple(turn for key in keys if (turn := _Key(key, scene, ask).turn()))


def made_anew(turn: Turn) -> tuple[Slot, ...]:
    """Name the slots that a move makes anew, in that order: the one that the vault holds comes last."""
    unused = other(turn.given.slot)
    return (unused, turn.given.slot) if turn.action == "renew" and turn.at_once else (unused,)


class _Key:
    """One key, and how it is asked for."""

    def __init__(self, key: Granted, scene: Scene, ask: Ask) -> None:
        self.key, self.scene, self.ask = key, scene, ask
        self.overlap = ask.overlap or key.overlap
        alive = scene.actual.get(key.key)
        self.active = alive is not None and alive.properties.get("state") == ACTIVE

    def turn(self) -> Turn | None:
        if isinstance(self.key, Wanted) and self.key.secret.vault not in self.scene.kept:
            return None  # nobody knows what it holds, which is said of the vault
        step = step_for(self.key, self.scene) if isinstance(self.key, Wanted) else None
        if self.key.over:
            return self.is_over()
        if step is not None and step.action == "refuse":
            return self.say("refuse", step.why)
        if not self.active:
            return self.held("its subscription is not active")
        if isinstance(self.key, Wanted):
            return self.in_vault(self.key, delivered=step is not None and step.action == "leave")
        return self.in_no_vault()

    def is_over(self) -> Turn | None:
        if self.ask.at_once:
            return self.say("hold", f"{self.key.over}: it opens nothing")
        return self.say("rest", f"{self.key.over}: it opens nothing") if self.ask.named else None

    def in_vault(self, key: Wanted, *, delivered: bool) -> Turn | None:
        held = self.scene.holds(key.secret)
        known = given(held) if held is not None and delivered else None
        if self.ask.at_once:
            return self.moved(key, known or Given(PRIMARY, self.ask.now))
        if not delivered:
            return self.held(f"it is not in its vault: {_FIRST}")
        if known is None:
            return self.held(f"the tags of {key.secret} do not tell which key that is: make both anew by --now")
        return self.moved(key, known)

    def in_no_vault(self) -> Turn | None:
        """Nobody could follow."""
        if self.ask.at_once:
            return self.say("renew")
        asked = self.key.rotation is not None or self.ask.named
        return self.say("unkept", "it is in no vault, so that no caller could follow") if asked else None

    def moved(self, key: Wanted, known: Given) -> Turn | None:
        rule = Rule(key.rotation, self.overlap)
        move = next_move(known, rule, self.ask.now, at_once=self.ask.at_once)
        former = self.scene.holds(key.formerly) if key.formerly else None
        old = former.secret if former is not None and former.enabled else None
        if move.at is None:
            return self.say("rest", "nobody asks for a rotation", known=known) if self.ask.named else None
        if move.move == "renew" and old is not None and not self.ask.at_once:
            return self.held(f"callers may still read {old}: delete `formerly:` from its file")
        return self.say(move.move, known=known, at=move.at, closes=old if self.ask.at_once else None)

    def held(self, why: str) -> Turn | None:
        """What asks for no rotation, and what is only observed, is in nobody's way."""
        wanted = self.key.rotation is not None or self.ask.at_once or self.ask.named
        return self.say("hold", why) if wanted and self.key.mode != "observe" else None

    def say(
        self,
        action: Action,
        why: str = "",
        *,
        known: Given | None = None,
        at: datetime | None = None,
        closes: Secret | None = None,
    ) -> Turn:
        return Turn(
            action=action,
            mark=mark_of(self.key, self.scene),
            secret=self.key.secret if isinstance(self.key, Wanted) else None,
            given=known or Given(PRIMARY, self.ask.now),
            overlap=0 if self.ask.at_once else self.overlap,
            why=why,
            at=at,
            at_once=self.ask.at_once,
            observed=self.key.mode == "observe",
            closes=closes,
        )
