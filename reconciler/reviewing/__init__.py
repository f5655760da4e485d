"""Declarations in; a campaign in which owners look at the access they gave, its proposals, status and report, out."""

from reconciler.reviewing.advice import Advice, Uses, advise
from reconciler.reviewing.campaign import Item, begun, file_of, forgotten, items, over
from reconciler.reviewing.proposals import Proposal, proposals
from reconciler.reviewing.told import Decision, decisions, document, markdown, reminder, table_of

__all__ = [
    "Advice",
    "Decision",
    "Item",
    "Proposal",
    "Uses",
    "advise",
    "begun",
    "decisions",
    "document",
    "file_of",
    "forgotten",
    "items",
    "markdown",
    "over",
    "proposals",
    "reminder",
    "table_of",
]
