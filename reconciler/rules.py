"""Declarations, rules and a day in; which grants and products each rule holds for, and where, out."""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fnmatch import fnmatchcase
from typing import Any, Literal

from reconciler.declarations import EVERY_API, Declarations, Declared, Grant, Product, Rule, at
from reconciler.declarations.rules import OF_GRANTS, Level, When
from reconciler.lasting import Lasting
from reconciler.naming import fill_in

_Held = Mapping[tuple[str, str], Collection[tuple[str, str]]]


@dataclass(frozen=True, slots=True)
class Met:
    """One rule, by its number in guardrails.yaml, and one grant or product for which it holds in `environments`."""

    number: int
    rule: Rule
    item: Declared[Grant] | Declared[Product]
    environments: tuple[str, ...]


def met(declarations: Declarations, rules: Sequence[Rule], day: date) -> Iterator[Met]:
    """Find what every rule holds for, as of a day. For a grant that has ended none does any more."""
    cases = _cases(declarations, day) if rules else ()
    held = _held(cases)
    for number, rule in enumerate(rules):
        found: dict[str, list[_Case]] = {}
        names = _named(rule.when)
        for case in cases:
            if _holds(rule.when, names, case, day, held):
                found.setdefault(case.item.path, []).append(case)
        of_team = Counter(theirs[0].item.team for theirs in found.values())
        for theirs in found.values():
            if of_team[theirs[0].item.team] > (rule.when.grants_per_team or 0):
                yield Met(number, rule, theirs[0].item, tuple(case.environment for case in theirs))


def in_words(rule: Rule) -> str:
    """Give what a rule says, or its conditions as they are written."""
    conditions = ", ".join(_written(name, getattr(rule.when, name)) for name in _named(rule.when))
    return rule.say or f"a rule {_VERBS[rule.level]}: {conditions}"


def like(text: str, patterns: Collection[str]) -> bool:
    """Whether a text fits one of several patterns."""
    return any(fnmatchcase(text, pattern) for pattern in patterns)


@dataclass(frozen=True, slots=True)
class _Case:
    """One grant or product as it reads in one environment; a grant for an API has no product."""

    about: Literal["grant", "product"]
    item: Declared[Any]
    environment: str
    product: str
    says: Mapping[str, Any]
    classifications: Collection[str]


def _cases(declarations: Declarations, day: date) -> Sequence[_Case]:
    return [case for environment in declarations.environments for case in _in(declarations, environment, day)]


def _in(declarations: Declarations, environment: str, day: date) -> Iterator[_Case]:
    variables = declarations.variables(environment)
    sensitive: dict[str, set[str]] = defaultdict(set)
    for api in declarations.apis:
        if api.value.classification:
            sensitive[fill_in(api.value.api, variables)].add(api.value.classification)
            sensitive[EVERY_API].add(api.value.classification)

    def of_apis(apis: Iterable[str]) -> set[str]:
        return {each for api in apis for each in sensitive.get(fill_in(api, variables), ())}

    of_product: dict[str, set[str]] = {}
    for product in declarations.products:
        if environment in product.value.environments:
            says = at(product.value, product.value.in_, environment)
            own = {product.value.classification} if product.value.classification else set()
            of_product[product.name] = own | of_apis(says.get("apis") or ())
            yield _Case("product", product, environment, product.name, says, of_product[product.name])
    lasting = Lasting(declarations)
    for grant in declarations.grants:
        says = at(grant.value, grant.value.in_, environment)
        if environment in grant.value.environments and (lasting.end(grant, environment) or day) >= day:
            name = "" if grant.value.api else grant.value.product or grant.name
            classes = of_apis([grant.value.api]) if grant.value.api else of_product.get(name, set())
            yield _Case("grant", grant, environment, name, says, classes)


def _held(cases: Iterable[_Case]) -> _Held:
    """Say what each team holds in each environment: products, and the files that ask for them."""
    held: dict[tuple[str, str], set[tuple[str, str]]] = defaultdict(set)
    for case in cases:
        if case.about == "grant" and case.product:
            held[case.item.team, case.environment].add((case.product, case.item.path))
    return held


def _holds(when: When, names: Sequence[str], case: _Case, day: date, held: _Held) -> bool:
    if case.about == "product" and not _SAID_OF_GRANTS.isdisjoint(names):
        return False
    if when.longer_than is not None and ((case.says.get("expires") or date.max) - day).days <= when.longer_than:
        return False
    if when.also is not None:
        theirs = held.get((case.item.team, case.environment), ())
        if not _is_of_pair(case, when.product or (), when.also, theirs):
            return False
    elif when.product is not None and not like(case.product, when.product):
        return False
    return all(_CONDITIONS[name](case, getattr(when, name)) for name in names if name in _CONDITIONS)


def _is_of_pair(case: _Case, one: Sequence[str], other: Sequence[str], held: Iterable[tuple[str, str]]) -> bool:
    """Both grants of a pair are meant, whichever came first."""
    others = [product for product, path in held if path != case.item.path]
    return any(
        like(case.product, mine) and any(like(product, theirs) for product in others)
        for mine, theirs in ((one, other), (other, one))
    )


_VERBS: Mapping[Level, str] = {"error": "refuses this", "warning": "warns of this", "approval": "asks for it"}
_SAID_OF_GRANTS = frozenset(OF_GRANTS)
_CONDITIONS: Mapping[str, Callable[[_Case, Any], bool]] = {
    "about": lambda case, about: case.about == about,
    "team": lambda case, patterns: like(case.item.team, patterns),
    "environment": lambda case, names: case.environment in names,
    "classification": lambda case, names: not set(names).isdisjoint(case.classifications),
    "tier": lambda case, names: case.says.get("tier") in names,
    "asks": lambda case, names: any(case.says.get(name) for name in names),
    "reason_shorter_than": lambda case, least: len(case.item.value.reason.strip()) < least,
    "reason_unlike": lambda case, patterns: not like(case.item.value.reason, patterns),
    "name_unlike": lambda case, patterns: not like(case.item.name, patterns),
}


def _named(when: When) -> list[str]:
    return [name for name in type(when).model_fields if getattr(when, name) is not None]


def _written(name: str, value: Any) -> str:
    text = " or ".join(value) if isinstance(value, list) else str(value)
    return f"{name}: {text}{' days' if name == 'longer_than' else ''}"
