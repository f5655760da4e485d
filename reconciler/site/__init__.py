"""Declarations, their history and a day in; static pages that tell who may call what, out."""

from reconciler.site.company import Company
from reconciler.site.gathering import gather
from reconciler.site.noticed import audited, noticed
from reconciler.site.page import House
from reconciler.site.pages import Besides, Missing, site

__all__ = ["Besides", "Company", "House", "Missing", "audited", "gather", "noticed", "site"]
