"""Declarations, their history and a day in; static pages that tell who may call what, out."""

from reconciler.site.company import Company
from reconciler.site.gathering import gather
from reconciler.site.noticed import audited, noticed
from reconciler.site.page import House
from reconciler.site.pages import Besides, Missing, site
from reconciler.site.past import Past, past

__all__ = ["Besides", "Company", "House", "Missing", "Past", "audited", "gather", "noticed", "past", "site"]
