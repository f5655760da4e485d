"""Nothing in; Python's collector of cycles told to look seldom, out: a run makes a million values, and no cycles."""

import gc

_MADE = 200_000  # values between two looks at the youngest; as a rule 700, and a plan of a large service a third slower


def collect_seldom() -> None:
    """Let values pile up for longer before the collector looks for cycles among them."""
    gc.set_threshold(_MADE, 50, 100)
