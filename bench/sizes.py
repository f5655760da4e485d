"""The sizes of estates: how much is declared, and how much lives in the service that nobody declared."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Size:
    """How many of each. `subscriptions` is the service's total; all else is what is declared, but for `users`.

    Undeclared APIs, products and groups come on top, a few for every hundred: the law of `unmanaged`.
    """

    name: str
    teams: int
    apis: int
    products: int
    grants: int
    subscriptions: int
    fragments: int
    users: int


# L is the largest service there is: 2,000 products and 75,000 subscriptions are Premium's limits of 2026.
SIZES = {
    size.name: size
    for size in (
        Size("S", teams=8, apis=40, products=13, grants=31, subscriptions=120, fragments=4, users=25),
        Size("M", teams=100, apis=200, products=250, grants=1_500, subscriptions=5_000, fragments=60, users=800),
        Size(
            "L", teams=800, apis=1_000, products=2_000, grants=10_000, subscriptions=75_000, fragments=300, users=8_000
        ),
    )
}
