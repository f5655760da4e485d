"""A thousand keys rotate within Azure's limits: interrupted in the middle, and with just the writes that it takes."""

import asyncio
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from clocked import Clock
from organisations import SERVICE, declared
from rotated import VAULT, Killed, Wheel, rotating_company
from vaulted import GRANT, grant

from reconciler.azure.limiter import Limiter
from reconciler.budget import BUCKETS
from reconciler.delivery import rotating
from reconciler.delivery.marks import Mark
from reconciler.delivery.reading import Order
from reconciler.delivery.turns import Ask
from reconciler.rotation import PRIMARY, Given
from reconciler.withheld import NOTHING

MANY, AT_ONCE = 1_000, 8
BUCKET = BUCKETS["writes"]


class Thousand:
    """A company of that many keys, all delivered, at an Azure that throttles by a clock which only waiting moves."""

    def __init__(self) -> None:
        grants = {f"checkout/grants/g{n}.yaml": grant(product="orders", component=f"c{n}") for n in range(MANY)}
        self.wheel = Wheel(contents=rotating_company(**{GRANT: None}))
        self.wheel.contents = rotating_company(**{GRANT: None}, **grants)
        self.declared = declared(self.wheel.contents)
        self.clock = Clock()
        self.clock.now = self.wheel.now.timestamp()
        self.azure = self.wheel.room.cloud.azure
        self.azure.settings.clock = self.clock
        self.azure.settings.throttle = True
        self.fill()

    def fill(self) -> None:
        made = self.wheel.now.isoformat(timespec="seconds")[:19]
        names = [f"g{number}" for number in range(MANY)]
        self.azure.seed(
            SERVICE,
            {
                f"subscriptions/checkout--{name}": {
                    "displayName": name,
                    "scope": "/products/orders",
                    "state": "active",
                    "createdDate": f"{made}Z",
                }
                for name in names
            },
        )
        for name in names:
            subscription = f"checkout--{name}"
            mark = Mark("prod", "checkout", name, SERVICE, subscription, made)
            value = self.azure.secrets(SERVICE, f"subscriptions/{subscription}")["primaryKey"]
            self.azure.vault(VAULT).set(
                f"prod--checkout--{name}", value, tags=mark.tags(Given(PRIMARY, self.wheel.now))
            )

    def later(self, days: int) -> None:
        self.wheel.now += timedelta(days=days)
        self.clock.now = self.wheel.now.timestamp()

    def rotate(self) -> tuple[Counter[str], Counter[str], float]:
        """Give moves, results and the seconds that it took."""
        begun = self.clock.now
        ask = Ask(self.wheel.now)

        async def go() -> Any:
            limiter = Limiter(clock=self.clock, sleep=self.clock.sleep)
            async with self.wheel.room.opened(limiter) as (session, vaults):
                order = Order(self.declared, "prod", self.wheel.now.date(), NOTHING)
                seen = await rotating.look(session, vaults, order, ask)
                done = await rotating.rotate(session, vaults, seen.steps, clock=lambda: self.wheel.now)
                return seen, done

        seen, done = asyncio.run(go())
        assert seen.unread == {}
        moves, results = Counter(each.action for each in seen.steps), Counter(each.result for each in done)
        return moves, results, self.clock.now - begun

    def wrong(self) -> list[str]:
        """Name the secrets that hold a dead key."""
        return [
            f"g{number}"
            for number in range(MANY)
            if self.azure.vault(VAULT).value(f"prod--checkout--g{number}")
            not in self.azure.secrets(SERVICE, f"subscriptions/checkout--g{number}").values()
        ]

    def refused(self) -> int:
        return sum(entry.status == 429 for entry in self.azure.log.entries)


@pytest.fixture
def thousand() -> Thousand:
    return Thousand()


def shortest(writes: int) -> float:
    return (writes - BUCKET.burst) / BUCKET.per_second


@pytest.mark.story
def test_each_costs_three_writes_of_the_bucket_and_none_is_refused(thousand: Thousand) -> None:
    before = thousand.wheel.spent()
    thousand.later(90)
    moves, results, took = thousand.rotate()
    assert (moves, results) == ({"renew": MANY}, {"done": MANY})
    assert thousand.wheel.spent() - before == {"regenerateSecondaryKey": MANY, "listSecrets": MANY, "vault PUT": MANY}
    assert shortest(2 * MANY) - 1 <= took <= shortest(2 * MANY) + 5
    assert (thousand.refused(), thousand.wrong()) == (0, [])
    before = thousand.wheel.spent()
    thousand.later(7)
    moves, results, took = thousand.rotate()
    assert (moves, results) == ({"end": MANY}, {"done": MANY})
    assert thousand.wheel.spent() - before == {"regeneratePrimaryKey": MANY, "vault PATCH": MANY}
    assert shortest(MANY) - 1 <= took <= shortest(MANY) + 5
    assert (thousand.refused(), thousand.wrong()) == (0, [])
    before = thousand.wheel.spent()
    assert thousand.rotate()[0] == {"rest": MANY}
    assert thousand.wheel.spent() == before


@pytest.mark.story
def test_killed_in_the_middle_only_what_was_under_way_is_paid_for_again(thousand: Thousand) -> None:
    thousand.later(90)
    before = thousand.wheel.spent()
    thousand.wheel.door.kill_at = (thousand.wheel.door.passed + 1_500, "after")
    with pytest.raises(Killed):
        thousand.rotate()
    thousand.wheel.door.kill_at = None
    assert thousand.wrong() == []
    spent = thousand.wheel.spent() - before
    delivered = spent["vault PUT"]
    assert 300 < delivered < 700
    under_way = spent["regenerateSecondaryKey"] - delivered
    assert 0 <= under_way <= AT_ONCE
    moves, results, _ = thousand.rotate()
    assert moves == {"renew": MANY - delivered, "wait": delivered}
    assert results == {"done": MANY - delivered}
    spent = thousand.wheel.spent() - before
    refused = thousand.refused()  # who begins anew does not know yet that the bucket is empty
    assert refused <= AT_ONCE
    assert spent["regenerateSecondaryKey"] == MANY + under_way + refused
    assert spent["vault PUT"] == MANY
    assert MANY <= spent["listSecrets"] <= MANY + under_way
    assert thousand.wrong() == []
