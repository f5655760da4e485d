"""A scene in; its APIs and products, as the pages tell of them, out."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from reconciler.access import EVERYBODY
from reconciler.declarations import Api, Declared, Product
from reconciler.declarations.gate import Tier, by_token
from reconciler.ends import last_day
from reconciler.limits import words
from reconciler.questions import Can
from reconciler.site.company import OwnedApi, SoldProduct
from reconciler.site.scene import Scene
from reconciler.site.slugs import slug
from reconciler.words import count

_VARIABLE: Final = re.compile(r"[-._]?\$\([a-z_][a-z0-9_]*\)")
_FACTS: Final = {
    "credentials": "A call must carry",
    "approval_required": "Portal subscriptions need approval",
    "self_service": "Self-service in the portal",
    "max_duration": "Longest grant",
    "rotation": "Keys are made anew every",
    "mode": "Mode",
    "default_tier": "Tier of whoever names none",
    "enforcement": "Rules",
    "enforce_at": "Rules stand in the policy of the",
}


def apis(scene: Scene) -> dict[str, OwnedApi]:
    """Give each API once, by its name as it is written; one that another team owns elsewhere is told as one."""
    declared: dict[str, list[Declared[Api]]] = defaultdict(list)
    for each in scene.declarations.apis:
        if scene.ids(each):
            declared[each.value.api].append(each)
    titles, sold = _titles(declared), _sold(scene)
    in_order = sorted(declared, key=lambda name: (titles[name].casefold(), name))
    return {name: _api(scene, declared[name], titles[name], sold[name]) for name in in_order}


def _api(scene: Scene, declared: list[Declared[Api]], title: str, sold: Iterable[str]) -> OwnedApi:
    first = declared[0]
    value = first.value
    ids: dict[str, str] = {}
    for each in reversed(declared):
        ids |= scene.ids(each)
    facts = {"Lifecycle": value.lifecycle, "System": value.system, "Classification": value.classification}
    return OwnedApi(
        name=value.api,
        title=title,
        slug=slug(value.api),
        teams=tuple(dict.fromkeys(each.team for each in declared)),
        path=first.path,
        ids={name: ids[name] for name in scene.environments if name in ids},
        about=value.description or "",
        facts={label: text for label, text in facts.items() if text},
        products=tuple(sorted(sold)),
    )


def _titles(names: Iterable[str]) -> dict[str, str]:
    """Leave what differs by environment out of a name, where what remains still tells it from all others."""
    short = {name: _VARIABLE.sub("", name) or name for name in names}
    met = Counter(short.values())
    return {name: text if met[text] == 1 else name for name, text in short.items()}


def _sold(scene: Scene) -> Mapping[str, set[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for product in scene.declarations.products:
        for _, api in scene.apis_of(product):
            found[api].add(product.name)
    return found


def products(scene: Scene) -> dict[str, SoldProduct]:
    """Give each product that is in one of the environments, by its name."""
    opened = {
        name: {each.access.to.name[0]: each for each in answers if each.access.who == EVERYBODY and each.calls}
        for name, answers in scene.answers.items()
    }
    declared = sorted(scene.declarations.products, key=lambda each: each.name)
    return {each.name: _product(scene, each, opened) for each in declared if any(scene.says(each))}


def _product(scene: Scene, product: Declared[Product], opened: Mapping[str, Mapping[str, Can]]) -> SoldProduct:
    says = dict(scene.says(product))
    ids = {name: scene.declarations.product_id(product, name) for name in says}
    ends = [last_day(scene.declarations, product, name, scene.day) for name in says]
    apis: dict[str, list[str]] = defaultdict(list)
    open_at: dict[str, list[str]] = defaultdict(list)
    for name, api in scene.apis_of(product):
        apis[api].append(name)
        door = opened[name].get(ids[name])
        if door and door.at({scene.id(name, api)}).calls:
            open_at[api].append(name)
    return SoldProduct(
        name=product.name,
        title=next((each["display_name"] for each in says.values() if each.get("display_name")), product.name),
        declared=product,
        facts=tuple(_facts(product, says, ids)),
        apis={api: tuple(names) for api, names in apis.items()},
        environments=tuple(says),
        open_in=tuple(name for name, text in ids.items() if text in opened[name]),
        open_at={api: tuple(names) for api, names in open_at.items()},
        until=min((end for end in ends if end), default=None),
        tiers=tuple(dict.fromkeys(tier for each in says.values() for tier in each.get("tiers") or ())),
        takes_keys=any(each.get("credentials") != "token" for each in says.values()),
        takes_tokens=any(map(by_token, says.values())),
    )


def _facts(
    product: Declared[Product], says: Mapping[str, Mapping[str, Any]], ids: Mapping[str, str]
) -> Iterator[tuple[str, str]]:
    if any(text != product.name for text in ids.values()):
        yield "Id in API Management", merged(ids)
    for key, label in _FACTS.items():
        values = {name: _worded(each[key]) for name, each in says.items() if each.get(key) is not None}
        if values:
            yield label, merged(values, of=len(says))
    tiers = dict.fromkeys(tier for each in says.values() for tier in each.get("tiers") or ())
    for tier in tiers:
        limits = {
            name: _limits(each["tiers"][tier]) for name, each in says.items() if tier in (each.get("tiers") or ())
        }
        yield f"Tier {tier}", merged(limits, of=len(says))


def merged(values: Mapping[str, str], of: int | None = None) -> str:
    """Tell a value once where it is one everywhere, else for each environment."""
    if len(set(values.values())) == 1 and len(values) == (of or len(values)):
        return next(iter(values.values()))
    return "; ".join(f"{text} ({name})" for name, text in values.items())


def _worded(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return count(value, "day") if isinstance(value, int) else str(value)


def _limits(tier: Tier) -> str:
    return ", ".join(words(limit) for limit in (tier.rate, tier.quota) if limit) or "no limit"
