"""The command line in this process in; the same, which waits for no poll and no second try, out."""

import pytest

from reconciler.azure import connecting, vault
from reconciler.github import session as github_session


def hasten(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the local Azure be asked again at once: what it answers is the same."""
    monkeypatch.setattr(github_session, "_WAITS", (0.01,))
    for opened, waits in ((connecting.connect, ("backoff", "poll")), (vault.vaults, ("backoff",))):
        for each in waits:
            monkeypatch.setitem(opened.__wrapped__.__kwdefaults__, each, 0)  # type: ignore[attr-defined]
