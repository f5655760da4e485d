"""Words in; the APIs and products that fit them, the best first, out."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

from pydantic import Field

from reconciler.assist.definition import words_in
from reconciler.assist.question import NoAnswer, Shown
from reconciler.assist.text import Answer, Others, others
from reconciler.assist.world import KnownApi, World
from reconciler.declarations import Declared, Product

MOST: Final = 20
_LONGEST = 200
_WORD = re.compile(r"[^\W_]+")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_SAYING_NOTHING = frozenset(
    {
        "a",
        "an",
        "and",
        "api",
        "apis",
        "for",
        "from",
        "how",
        "i",
        "in",
        "is",
        "of",
        "on",
        "or",
        "the",
        "to",
        "we",
        "with",
    }
)
_EXACT, _BEGINS, _INSIDE = 1.0, 0.6, 0.3
_OF_PRODUCTS = 0.5  # a product and its API are often called the same: the API is what was asked for
_SHORTEST = 3  # letters of a word that may stand inside another


class Match(Answer):
    """An API or a product that fits."""

    kind: Literal["api", "product"]
    name: str
    display_name: Others | None = None
    description: Others | None = None
    owner: str | None = Field(default=None, description="The team that owns it; none where nobody declared it.")
    environments: list[str]
    products: list[str] = Field(default_factory=list, description="Of an API: the products it is on.")
    fits_by: list[str] = Field(description="Where the words were found.")


class Found(Answer):
    """What fits, the best first."""

    matches: list[Match]
    shown: Shown
    note: str | None = None


def find(world: World, words: str, limit: int = 10) -> Found:
    """Search. Raises NoAnswer where there is no word to search by."""
    wanted = _words(words[:_LONGEST]) - _SAYING_NOTHING or _words(words[:_LONGEST])
    if not wanted:
        raise NoAnswer("Say at least one word, such as what the API is about, or the system it belongs to.")
    if not 1 <= limit <= MOST:
        raise NoAnswer(f"`limit` is from 1 to {MOST}.")
    ranked = sorted(filter(None, (_rank(text, wanted) for text in _everything(world))), key=lambda each: each.order)
    note = None if ranked else "Nothing fits. Try fewer words, or the name of a team or a system."
    return Found(
        matches=[_match(world, each) for each in ranked[:limit]],
        shown=Shown(total=len(ranked), pages=max(1, -(-len(ranked) // limit))),
        note=note,
    )


@dataclass(frozen=True, slots=True)
class _Text:
    """A thing and what is said of it: where, how much it weighs, and the words."""

    thing: KnownApi | Declared[Product]
    says: tuple[tuple[str, float, str], ...]


@dataclass(frozen=True, slots=True)
class _Ranked:
    thing: KnownApi | Declared[Product]
    words: int
    score: float
    where: tuple[str, ...]

    @property
    def order(self) -> tuple[int, float, bool, str]:
        """The more words the better; then the score; then APIs before products."""
        return -self.words, -self.score, not isinstance(self.thing, KnownApi), self.thing.name


def _everything(world: World) -> Iterator[_Text]:
    for api in world.apis:
        yield _Text(api, tuple(_of_api(world, api)))
    for product in world.declarations.products:
        says = product.value
        names = (("name", 5.0, product.name), ("display name", 4.0, says.display_name or ""))
        held = " ".join(
            api
            for environment in says.environments
            if environment in world.declarations.environments
            for api in world.held(environment, world.declarations.product_id(product, environment))
        )
        rest = (("description", 2.0, says.description or ""), ("its APIs", 2.0, held), *_owner(world, product.team))
        yield _Text(product, (*names, *rest))


def _of_api(world: World, api: KnownApi) -> Iterator[tuple[str, float, str]]:
    yield "name", 5.0, " ".join({api.name, *api.ids.values()})
    for environment, name in api.ids.items():
        if environment in world.live and (seen := world.live[environment].apis.get(name)):
            yield "display name", 4.0, seen.display_name
            yield "description", 2.0, seen.description
        for product in world.holding(environment, name):
            yield "products", 3.0, world.product_named(environment, product)
    if (entry := world.catalog.of(api.ids)) is not None:
        yield "display name", 4.0, entry.title
        yield "description", 2.0, entry.description
        yield "operations", 2.0, " ".join(words_in(world.catalog.text(entry)))
    if api.declared is not None:
        yield "description", 2.0, api.declared.value.description or ""
        yield "system", 2.5, api.declared.value.system or ""
        yield from _owner(world, api.declared.team)


def _owner(world: World, team: str) -> Iterator[tuple[str, float, str]]:
    yield "owner", 1.0, f"{team} {world.declarations.teams[team].value.display_name if team in world.teams else ''}"


def _rank(text: _Text, wanted: set[str]) -> _Ranked | None:
    best: dict[tuple[str, str], float] = {}
    for place, weight, said in text.says:
        there = _words(said)
        for word in wanted:
            fit = weight * max((_fit(word, each) for each in there), default=0.0)
            if fit > best.get((place, word), 0.0):
                best[place, word] = fit
    if not best:
        return None
    share = 1.0 if isinstance(text.thing, KnownApi) else _OF_PRODUCTS
    where = tuple(dict.fromkeys(place for place, _ in best))
    return _Ranked(text.thing, len({word for _, word in best}), round(share * sum(best.values()), 6), where)


def _fit(word: str, there: str) -> float:
    if _stem(word) == _stem(there):
        return _EXACT
    if len(word) >= _SHORTEST and there.startswith(word):
        return _BEGINS
    return _INSIDE if len(word) > _SHORTEST and word in there else 0.0


def _stem(word: str) -> str:
    return word[:-1] if word.endswith("s") and len(word) > _SHORTEST else word


def _words(text: str) -> set[str]:
    return {word.lower() for word in _WORD.findall(_CAMEL.sub(" ", text))}


def _match(world: World, ranked: _Ranked) -> Match:
    thing, where = ranked.thing, list(ranked.where)
    if not isinstance(thing, KnownApi):
        return Match(
            kind="product",
            name=thing.name,
            display_name=others(thing.value.display_name),
            description=others(thing.value.description),
            owner=thing.team,
            environments=list(thing.value.environments),
            fits_by=where,
        )
    title, description = about(world, thing)
    on = {world.product_named(env, each) for env, name in thing.ids.items() for each in world.holding(env, name)}
    return Match(
        kind="api",
        name=thing.name,
        display_name=others(title),
        description=others(description),
        owner=thing.declared.team if thing.declared and thing.declared.team in world.teams else None,
        environments=list(thing.ids),
        products=sorted(on),
        fits_by=where,
    )


def about(world: World, api: KnownApi) -> tuple[str, str]:
    """Give the display name and the description of an API, from whoever knows them; empty where nobody does."""
    seen = [
        world.live[env].apis[name]
        for env, name in api.ids.items()
        if env in world.live and name in world.live[env].apis
    ]
    entry = world.catalog.of(api.ids)
    titles = [each.display_name for each in seen] + ([entry.title] if entry else [])
    said = [(api.declared.value.description or "") if api.declared else ""]
    said += [each.description for each in seen] + ([entry.description] if entry else [])
    return next(filter(None, titles), ""), next(filter(None, said), "")
