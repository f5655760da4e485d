"""What a change declares in, who must approve it and who has, out: base decides who owns, head is only what is asked.

`needed` follows from two sets of declarations; `decide` from that, the reviews, and who is in which team.
"""

from reconciler.approvals.brought import Brought
from reconciler.approvals.decision import Decision, Review, decide
from reconciler.approvals.need import Need
from reconciler.approvals.needed import needed
from reconciler.approvals.requesters import asks_for_more, nobody_asks, requesters
from reconciler.approvals.trailers import approved_in

__all__ = [
    "Brought",
    "Decision",
    "Need",
    "Review",
    "approved_in",
    "asks_for_more",
    "decide",
    "needed",
    "nobody_asks",
    "requesters",
]
