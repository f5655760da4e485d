"""Who calls what, and since when nobody does: as a service's log or its reports tell it, and as a file keeps it."""

from reconciler.usage.seen import Seen, counted, seen, together
from reconciler.usage.told import PERIOD, Usage, Used, made

__all__ = ["PERIOD", "Seen", "Usage", "Used", "counted", "made", "seen", "together"]
