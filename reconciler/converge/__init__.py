"""Merges, approvals and a service in; what is approved applied to it, and what became of each merge, out."""
