"""What options said, and a person at a terminal, in; complete answers out. Each is looked at as it is given."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import typer

from reconciler.words import did_you_mean

if TYPE_CHECKING:
    from reconciler.asking import Answers
    from reconciler.declarations import Declarations, Declared, Grant, Product
    from reconciler.sources import Files


@dataclass(frozen=True, slots=True)
class Given:
    """What options said."""

    team: str | None = None
    product: str | None = None
    environments: tuple[str, ...] = ()
    key: bool | None = None
    portal: bool | None = None
    reason: str | None = None
    expires: str | None = None
    component: str | None = None
    requested_by: str | None = None

    @property
    def missing(self) -> list[str]:
        """Name the options that only a person could make up for."""
        said = {
            "--team": self.team,
            "--product": self.product,
            "--environment": self.environments,
            "--key or --portal": self.key or self.portal,
            "--reason": self.reason,
        }
        return [option for option, value in said.items() if not value]


def whole(given: Given) -> "Answers":
    """Take the options for answers. Raises WrongUsage where one is missing: there is nobody to ask."""
    from reconciler.asking import Answers  # noqa: PLC0415  the help must not wait for the models
    from reconciler.cli.run import WrongUsage  # noqa: PLC0415

    if given.missing:
        raise WrongUsage(f"Say {', '.join(given.missing)}: this is no terminal, and nobody can be asked.")
    return Answers(
        team=given.team or "",
        product=given.product or "",
        environments=given.environments,
        key=bool(given.key),
        portal=bool(given.portal),
        reason=given.reason or "",
        expires=given.expires,
        component=given.component,
        requested_by=given.requested_by,
    )


def fill(given: Given, files: "Files", day: date) -> "Answers":
    """Ask for what no option said."""
    from reconciler.asking import Answers, grants_for  # noqa: PLC0415  as above
    from reconciler.declarations import UNOWNED  # noqa: PLC0415
    from reconciler.load import load  # noqa: PLC0415

    declarations = load(files).declarations
    teams = sorted(name for name in declarations.teams if name != UNOWNED)
    team = given.team if given.team in teams else _one_of("Which team asks?", teams, instead_of=given.team)
    product = _product(given, declarations)
    has = grants_for(declarations, team, product.name)
    environments = given.environments or _environments(product)
    key, portal = _needs(given)
    return Answers(
        team=team,
        product=product.name,
        environments=environments,
        key=key,
        portal=portal,
        reason=given.reason or _said("Why, in a sentence that the owner understands?"),
        component=given.component or (_component(has) if has else None),
        expires=given.expires or _expires(declarations, product, environments, day),
        requested_by=given.requested_by,
    )


def _one_of(question: str, names: Iterable[str], *, instead_of: str | None, show: bool = True) -> str:
    known = list(names)
    if show:
        typer.echo(f"  {', '.join(known)}")
    answer = instead_of if instead_of is not None else _said(question)
    while answer not in known:
        typer.echo(f"  There is no `{answer}`: {did_you_mean(answer, known)}".rstrip(": "))
        answer = _said(question)
    return answer


def _said(question: str) -> str:
    return str(typer.prompt(question, prompt_suffix=" ")).strip()


def _product(given: Given, declarations: "Declarations") -> "Declared[Product]":
    products = {product.name: product for product in declarations.products}
    if given.product in products:
        return products[given.product]
    widest = max(map(len, products), default=0)
    for name, product in sorted(products.items()):
        says = product.value
        gives = says.description or says.display_name or ", ".join(says.apis or ())
        typer.echo(f"  {name:{widest}}  {gives} ({product.team}; {', '.join(says.environments)})")
    return products[_one_of("Which product?", products, instead_of=given.product, show=False)]


def _environments(product: "Declared[Product]") -> tuple[str, ...]:
    there = product.value.environments
    if len(there) == 1:
        typer.echo(f"  {product.name} is in {there[0]} only.")
        return tuple(there)

    def wrong(names: list[str]) -> str:
        strange = next((name for name in names if name not in there), "")
        return f"  {product.name} is not in `{strange}`: it is in {', '.join(there)}" if strange else ""

    return tuple(_until(lambda: _words(typer.prompt("Where?", default=", ".join(there), prompt_suffix=" ")), wrong))


def _until(ask: Callable[[], list[str]], wrong: Callable[[list[str]], str]) -> list[str]:
    while True:
        answer = ask()
        if answer and not (complaint := wrong(answer)):
            return answer
        if answer:
            typer.echo(complaint)


def _words(text: str) -> list[str]:
    return text.replace(",", " ").split()


def _needs(given: Given) -> tuple[bool, bool]:
    key, portal = given.key, given.portal
    while True:
        asks = key is None, portal is None
        if key is None:
            key = typer.confirm("A key, so that calls go through?", default=not portal)
        if portal is None:
            portal = typer.confirm("See it in the developer portal?", default=False)
        if key or portal or not any(asks):
            return key, portal
        typer.echo("  Then there is nothing to ask for.")
        key, portal = (None if asked else said for asked, said in zip(asks, (key, portal), strict=True))


def _component(has: "tuple[Declared[Grant], ...]") -> str | None:
    for grant in has:
        caller = f"by component `{grant.value.component}`" if grant.value.component else "with no component"
        typer.echo(f"  {grant.team} has it already, {caller}: {grant.path}")
    typer.echo("  The same component renews it; another one asks for a second caller.")
    first = has[0].value.component or ""
    return str(typer.prompt("Which component calls?", default=first, prompt_suffix=" ")).strip() or None


def _expires(
    declarations: "Declarations", product: "Declared[Product]", environments: Iterable[str], day: date
) -> str | None:
    from reconciler.ends import last_day  # noqa: PLC0415  as above

    known = [name for name in environments if name in product.value.environments]
    last = [last_day(declarations, product, name, day) for name in known]
    latest = max((each for each in last if each), default=None)
    default = latest.isoformat() if latest else ""
    return str(typer.prompt("Until when?", default=default, prompt_suffix=" ")).strip() or None
