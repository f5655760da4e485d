"""Declarations, their history and a day in; static pages that tell who may call what, out."""

from reconciler.site.company import Company
from reconciler.site.gathering import gather
from reconciler.site.lacking import Missing, lacking
from reconciler.site.noticed import audited, noticed
from reconciler.site.page import House
from reconciler.site.pages import Besides, site
from reconciler.site.past import Past, past
from reconciler.site.using import use_of

__all__ = [
    "Besides",
    "Company",
    "House",
    "Missing",
    "Past",
    "audited",
    "gather",
    "lacking",
    "noticed",
    "past",
    "site",
    "use_of",
]
