"""Plans in; which of them the guard would refuse to apply, and why, said to people, out."""

from collections.abc import Iterable

from reconciler.cli.console import err
from reconciler.cli.wanted import Wanted
from reconciler.errors import UnsafePlan
from reconciler.guard import guard
from reconciler.plan import Plan


def warn_of_refusals(plans: Iterable[Plan], wanted: Wanted) -> None:
    """Say it of each. Limits are those of whoever is trusted; of an environment that is new, its own."""
    for each in plans:
        name = each.target.environment
        limits = {**wanted.declarations.environments, **wanted.trusted.environments}[name].limits.removals
        try:
            guard(each, percent=limits.percent, at_least=limits.at_least)
        except UnsafePlan as refusal:
            err().print(f"! {refusal}", style="bold yellow", soft_wrap=True)
