"""A login or an e-mail address in; an account, or an author as git writes it, out."""

import re
from dataclasses import dataclass

WEB = "web-flow"
_NOREPLY = re.compile(r"(?:\d+\+)?([A-Za-z0-9-]+(?:\[bot\])?)@users\.noreply\.github\.com")


@dataclass(frozen=True)
class Account:
    """Who acts. A robot's login ends with [bot]."""

    login: str

    @property
    def kind(self) -> str:
        return "Bot" if self.login.endswith("[bot]") else "User"


def behind(email: str) -> Account | None:
    """Find the account of an address, as GitHub does for each commit."""
    if email == "noreply@github.com":
        return Account(WEB)
    found = _NOREPLY.fullmatch(email)
    return Account(found[1]) if found else None


def signature(who: str | None) -> tuple[str, str]:
    """Give name and address: of a login, of an address by itself, of nobody whom GitHub knows."""
    if who is None:
        return "Nobody", "nobody@nowhere.example"
    if who == WEB:
        return "GitHub", "noreply@github.com"
    return who.partition("@")[0], who if "@" in who else f"{who}@users.noreply.github.com"
