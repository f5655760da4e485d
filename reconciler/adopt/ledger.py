"""The addresses that were adopted before in, and out again: what was taken out of the files since is not put back."""

from collections.abc import Iterable

from reconciler.resource import Address


def path(environment: str) -> str:
    """Name the ledger of an environment, hidden beside the declarations: one address a line."""
    return f".adopted/{environment}.txt"


def read(text: str) -> frozenset[str]:
    """Give what was adopted before."""
    return frozenset(filter(None, text.splitlines()))


def write(before: Iterable[str], named: Iterable[Address]) -> str:
    """Give the ledger with what the files name now."""
    return "".join(f"{line}\n" for line in sorted({*before, *map(str, named)}))
