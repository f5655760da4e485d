"""The addresses that were adopted before in, and out again: what was taken out of the files since is not put back."""

from collections.abc import Iterable, Mapping

from reconciler.resource import Address


def path(environment: str) -> str:
    """Name the ledger of an environment, hidden beside the declarations: one address a line."""
    return f".adopted/{environment}.txt"


def read(text: str) -> frozenset[str]:
    """Give what was adopted before."""
    return frozenset(filter(None, text.splitlines()))


def write(before: Iterable[str], adopted: Mapping[Address, object]) -> str:
    """Give the ledger with what was adopted now."""
    return "".join(f"{line}\n" for line in sorted({*before, *map(str, adopted)}))
