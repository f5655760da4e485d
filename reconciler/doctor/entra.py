"""Facts in; whether Entra knows the groups and the applications that the files name, out."""

from collections.abc import Iterator

from reconciler.doctor.facts import Facts
from reconciler.doctor.finding import Finding


def entra(facts: Facts) -> Iterator[Finding]:
    """Look at what Microsoft Graph was asked; nothing where nobody names an id of Entra."""
    for name, found in facts.entra.items():
        for each in found.warnings:
            yield Finding(f"{name} {each.at.team}", "wrong", f"{each.message}, says {each.at.path}", each.hint)
        for unseen in found.unseen:
            yield Finding(f"{name} ids", "unknown", unseen.says, unseen.mend)
        if not found.warnings and not found.unseen:
            yield Finding(f"{name} ids", "well", "Entra knows every group and every application that is named")
