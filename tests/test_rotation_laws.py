"""Whatever happens in whatever order, and wherever it is cut off: vaults hold living keys, and what is over is dead."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from rotated import ORDERS, Killed, Wheel, product, rotating_company
from vaulted import GRANT, KEY, NAME, grant

ENDLESS = {"guardrails.yaml": {"max_duration": "unlimited"}, ORDERS: product(rotation="30 days")}
GRANTED = {
    "in force": grant(expires=None),
    "suspended": grant(expires=None, suspended=True),
    "compromised": grant(expires=None, revoked="compromised"),
    "withdrawn": None,
}
DAYS = st.sampled_from([1, 1, 2, 4, 15])
KILLED = st.tuples(st.integers(1, 9), st.sampled_from(["before", "after"]))
EVENTS = st.one_of(
    st.tuples(st.just("rotate"), st.none() | KILLED, DAYS),
    st.tuples(st.just("emergency"), st.none() | KILLED, st.just(0)),
    st.tuples(st.just("deliver"), st.none(), st.just(0)),
    st.tuples(st.sampled_from([*GRANTED, "in force", "in force", "compromised"]), st.none(), st.integers(0, 3)),
)


@dataclass
class Story:
    """A grant over time, all keys that ever were given out, and a caller who looks into the vault now and then."""

    wheel: Wheel = field(
        default_factory=lambda: Wheel(contents=rotating_company(**ENDLESS, **{GRANT: GRANTED["in force"]}))
    )
    says: str = "in force"
    dead: set[str] = field(default_factory=set)
    held: tuple[str, datetime] | None = None

    def meet(self, event: str, killed: tuple[int, str] | None, days: int) -> None:
        self.wheel.later(days)
        if event in GRANTED:
            self.applied(event)
        elif event == "deliver":
            self.delivered()
        else:
            self.rotated(killed, at_once=event == "emergency")
        self.look()

    def applied(self, says: str) -> None:
        if says == "compromised" != self.says and self.is_there():
            self.dead |= {*self.wheel.keys()}
        after = {path: each for path, each in {**self.wheel.contents, GRANT: GRANTED[says]}.items() if each}
        self.wheel.room.cloud.converge(after, self.wheel.contents, day=self.wheel.now.date())
        self.wheel.contents, self.says, self.held = after, says, None

    def delivered(self) -> None:
        self.wheel.deliver()
        enabled = self.wheel.room.secrets().get(NAME, False)
        assert enabled == (self.says == "in force")
        if enabled:
            assert self.wheel.answered(self.wheel.held()) == 200

    def rotated(self, killed: tuple[int, str] | None, *, at_once: bool) -> None:
        before = {*self.wheel.keys()} if self.is_there() else set()
        door = self.wheel.door
        door.kill_at = (door.passed + killed[0], killed[1]) if killed else None
        try:
            _, done = self.wheel.rotate(at_once=at_once, team="checkout")
        except Killed:
            self.held = self.held if not at_once else None
        else:
            assert not [each for each in done if each.result != "done"]
            if at_once and any(each.step.action == "renew" for each in done):
                self.dead |= before
                self.held = None
        door.kill_at = None

    def look(self) -> None:
        """What is dead stays so; a vault that says it holds a key of this subscription holds a living one."""
        assert {self.wheel.answered(key) for key in self.dead} <= {401}
        if self.says != "in force":
            assert {self.wheel.answered(key) for key in self.known()} <= {401}
            return
        if self.fresh():
            assert self.wheel.answered(self.wheel.held()) == 200
            if self.held is None or self.wheel.now - self.held[1] > timedelta(days=5):
                self.held = (self.wheel.held(), self.wheel.now)
        if self.held is not None and self.wheel.now - self.held[1] <= timedelta(days=7):
            assert self.wheel.answered(self.held[0]) == 200

    def fresh(self) -> bool:
        """Whether `deliver` would leave the secret."""
        return self.wheel.room.told(self.wheel.contents, day=self.wheel.now.date(), dry=True) == [("leave", "")]

    def is_there(self) -> bool:
        return f"subscriptions/{KEY}" in self.wheel.room.cloud.state()

    def known(self) -> tuple[str, ...]:
        return self.wheel.keys() if self.is_there() else ()


LAW = settings(
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    phases=[Phase.generate],  # a story is short; to shrink one took minutes
)
STORIES = given(st.lists(EVENTS, min_size=8, max_size=20))


@settings(LAW, max_examples=15)
@STORIES
def test_vaults_hold_living_keys_and_what_is_over_is_dead(events: list[tuple[str, Any, int]]) -> None:
    lived(events)


@pytest.mark.story
@settings(LAW, max_examples=100)
@STORIES
def test_so_it_is_whatever_happens(events: list[tuple[str, Any, int]]) -> None:
    lived(events)


def lived(events: list[tuple[str, Any, int]]) -> None:
    story = Story()
    story.delivered()
    for event in events:
        story.meet(*event)
