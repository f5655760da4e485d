"""What was told beside the declarations in; what was not, why, and the command that tells it, out."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from reconciler.site.past import Past
from reconciler.usage import Usage


@dataclass(frozen=True, slots=True)
class Missing:
    """What is not there, why, and the command that gives it."""

    name: str
    why: str
    command: str = ""


def lacking(
    environments: Sequence[str], past: Past | str, usages: Mapping[str, Usage] | None, *, audited: bool
) -> Iterator[Missing]:
    """Name what is not there; a `past` that is text says why there is none."""
    if isinstance(past, str):
        yield Missing("History, adoption and ownership over time", past, "git clone, and build the pages there")
    else:
        yield from (Missing("Some of the history", why) for why in past.incomplete)
    if not audited:
        yield Missing(
            "What is wrong in the services",
            "No audit was given, so keys around products and doors left open are not known.",
            f"reconciler audit --environment {environments[0]} --format json > audit.json; "
            "reconciler site --output site --findings audit.json",
        )
    if usages is None:
        how = "reconciler usage --output usage.json; reconciler site --output site --usage usage.json"
        yield Missing("Who calls, and since when nobody does", "No usage was given.", how)
        return
    for name in environments:
        usage = usages.get(name)
        if usage is None or usage.why:
            yield Missing(f"Who calls in {name}", f"{usage.why if usage else 'The file does not tell of it'}.")
