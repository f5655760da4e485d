"""Ending access at once, by whoever may apply: it acts first, is remembered by the service, and then made lasting."""
