"""A product and all grants in; which names of files are taken from a new request, and who has it already, out."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import date

from reconciler.declarations import Declarations, Declared, Grant, Product, at
from reconciler.ends import product_of


def granted(declarations: Declarations, product: Declared[Product], day: date) -> Mapping[str, Mapping[str, object]]:
    """Tell the templates what one environment's catalog does not: all files, of every environment, that are not over.

    `files` are those that a request for the product might be called like, as `team/name`. `callers` are environments by
    team and caller, as the file of such a request is called.
    """
    files: dict[str, bool] = {}
    callers: dict[str, dict[str, bool]] = defaultdict(dict)
    for grant in declarations.grants:
        if _over(grant.value, day):
            continue
        if grant.name == product.name or grant.name.startswith(f"{product.name}-"):
            files[f"{grant.team}/{grant.name}"] = True
        if product_of(grant) == product.name:
            caller = callers[f"{grant.team}/{_called(product, grant.value)}"]
            caller |= dict.fromkeys(grant.value.environments, True)
    return {"files": files, "callers": callers} if files or callers else {}


def _called(product: Declared[Product], grant: Grant) -> str:
    component = (grant.component or "").lower().replace("_", "-")
    return f"{product.name}-{component}" if component else product.name


def _over(grant: Grant, day: date) -> bool:
    """Whether a new request may take its place. An emergency is looked at first, by whoever owns the product."""
    ends = [at(grant, grant.in_, each).get("expires") for each in grant.environments]
    return not grant.emergency and all(end is not None and end < day for end in ends)
