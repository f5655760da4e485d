"""All grants in; for each product, which names of files are taken from a new request, and who has it already, out."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date

from reconciler.declarations import Declarations, Declared, Grant
from reconciler.ends import product_of
from reconciler.lasting import Lasting


@dataclass(frozen=True, slots=True)
class Granted:
    """What one environment's catalog does not tell: files of every environment that are not over.

    `files` are those that a request for the product might be called like, as `team/name`. `callers` are environments by
    team and caller, as the file of such a request is called.
    """

    files: dict[str, bool] = field(default_factory=dict)
    callers: dict[str, dict[str, bool]] = field(default_factory=lambda: defaultdict(dict))


def granted(declarations: Declarations, day: date) -> Mapping[str, Granted]:
    """Tell it to the templates, by the product's name."""
    found: dict[str, Granted] = defaultdict(Granted)
    lasting = Lasting(declarations)
    for grant in declarations.grants:
        if _over(grant, lasting, day):
            continue
        for name in _beginnings(grant.name):
            found[name].files[f"{grant.team}/{grant.name}"] = True
        if (product := product_of(grant)) is not None:
            caller = f"{grant.team}/{_called(product, grant.value)}"
            found[product].callers[caller].update(dict.fromkeys(grant.value.environments, True))
    return found


def _beginnings(name: str) -> Iterator[str]:
    """Give each product whose requests may be called so: the name itself, and what stands before a dash of it."""
    parts = name.split("-")
    return ("-".join(parts[:number]) for number in range(1, len(parts) + 1))


def _called(product: str, grant: Grant) -> str:
    component = (grant.component or "").lower().replace("_", "-")
    return f"{product}-{component}" if component else product


def _over(grant: Declared[Grant], lasting: Lasting, day: date) -> bool:
    """Whether a new request may take its place. An emergency is looked at first, by whoever owns the product."""
    ends = [lasting.end(grant, each) for each in grant.value.environments]
    return not grant.value.emergency and all(end is not None and end < day for end in ends)
