"""What somebody names and what is declared in; what is meant, or what was probably meant, out."""

from collections.abc import Iterable
from dataclasses import replace

from reconciler.declarations import Declarations
from reconciler.ends import product_of
from reconciler.errors import WRONG_USAGE, ReconcilerError, Refused
from reconciler.withheld import Selector
from reconciler.words import did_you_mean


class Unknown(ReconcilerError):
    """Nothing is called so."""

    exit_code = WRONG_USAGE


def sound(declarations: Declarations) -> Declarations:
    """Leave out what refers to nothing: a mistake in one file must not keep anybody from ending access by others."""
    teams, products = declarations.teams, {each.name for each in declarations.products}
    grants = (each for each in declarations.grants if each.team in teams)
    return replace(
        declarations,
        apis=tuple(each for each in declarations.apis if each.team in teams),
        grants=tuple(each for each in grants if (product_of(each) or "") in {"", *products}),
    )


def meant(said: Selector, declarations: Declarations, environment: str) -> Selector:
    """Give a product by its id in the service. What no file declares may live there all the same.

    Raises Unknown for a team or a grant that no file declares, Refused for what belongs to the service itself.
    """
    match said.what:
        case "team":
            _known(said, declarations.teams)
        case "grant":
            _known(said, (f"{each.team}/{each.name}" for each in declarations.grants))
        case "product":
            for product in declarations.products:
                if product.name == said.name and environment in product.value.environments:
                    return Selector("product", declarations.product_id(product, environment))
        case "subscription" if said.name == "master":
            raise Refused(
                "`master` opens every API and belongs to the service: it is never suspended. If its key is known to "
                "others, make a new one: Azure portal, Subscriptions, Built-in all-access, Regenerate."
            )
    return said


def not_there(said: Selector, names: Iterable[str]) -> Unknown:
    """Say that something is neither declared nor in the service."""
    hint = did_you_mean(said.name, names)
    return Unknown(f"There is no {said.what} {said.name!r}{f': {hint}' if hint else '.'}")


def _known(said: Selector, names: Iterable[str]) -> None:
    names = list(names)
    if said.name not in names:
        raise not_there(said, names)


def not_cut_off(said: Selector, held: Iterable[str]) -> Unknown:
    """Say that something is not cut off, and what is."""
    others = ", ".join(sorted(held))
    return Unknown(f"{said} is not cut off. {f'Cut off here are: {others}.' if others else 'Nothing is.'}")
