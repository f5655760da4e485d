"""A living service in; who reaches what by which way and what is wrong with it, for people and machines, out."""

from reconciler.audit.look import Audit, audit

__all__ = ["Audit", "audit"]
