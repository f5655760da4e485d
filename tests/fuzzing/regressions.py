"""Inputs that were mistakes once, by what was wrong: each with its target."""

from collections.abc import Mapping

REGRESSIONS: Mapping[str, tuple[str, bytes]] = {}
