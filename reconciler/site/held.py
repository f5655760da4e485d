"""A scene in; what each grant gives, once for all environments in which it is the same, out."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from reconciler.access import How
from reconciler.declarations import EVERY_API, Declared, Grant, at
from reconciler.ends import product_of
from reconciler.questions import Can
from reconciler.site.company import Hold, Kind, Stands
from reconciler.site.scene import Scene
from reconciler.site.using import Use

Given = tuple[tuple[How, ...], Stands, str | None, date | None, bool]


def holds(scene: Scene, use: Use | None = None) -> Iterator[Hold]:
    """Give them all; what lets in is the word of `who-can`, and of what does not, the file's and why."""
    cans: dict[tuple[str, str], list[Can]] = defaultdict(list)
    for name, answers in scene.answers.items():
        for each in answers:
            cans[name, each.path].append(each)
    for grant in scene.declarations.grants:
        same: dict[Given, list[str]] = defaultdict(list)
        for name in scene.environments:
            if name in grant.value.environments:
                same[_given(scene, grant, name, cans[name, grant.path])].append(name)
        for (hows, stands, tier, until, unreviewed), names in same.items():
            kind, to = _to(scene, grant, names)
            used = {name: found for name in names if use and (found := use(name, cans[name, grant.path]))}
            mine = {name: cans[name, grant.path] for name in names}
            yield Hold(grant.team, kind, to, hows, stands, tier, until, tuple(names), grant, unreviewed, used, mine)


def _given(scene: Scene, grant: Declared[Grant], environment: str, cans: Iterable[Can]) -> Given:
    says = at(grant.value, grant.value.in_, environment)
    until, unreviewed = scene.lasting.end(grant, environment), scene.lasting.ends_by_review(grant, environment)
    given = {each.access.how: each.access for each in cans if each.calls or each.access.how == "portal"}
    if given:
        tier = next((each.tier for each in given.values() if each.tier), None)
        return tuple(sorted(given)), "in force", tier, until, unreviewed
    asked: dict[How, Any] = {"key": says.get("key"), "portal": says.get("portal"), "token": says.get("clients")}
    hows = tuple(sorted(how for how, wanted in asked.items() if wanted))
    return hows, _why_not(says, until, scene.day), says.get("tier"), until, unreviewed


def _why_not(says: Mapping[str, Any], until: date | None, day: date) -> Stands:
    if until is not None and until < day:
        return "ended"
    if says.get("revoked"):
        return "revoked"
    return "suspended" if says.get("suspended") else "opens nothing"


def _to(scene: Scene, grant: Declared[Grant], names: Sequence[str]) -> tuple[Kind, str]:
    product = product_of(grant)
    if product is not None:
        return "product", product
    text = grant.value.api or ""
    if text == EVERY_API:
        return "every API", EVERY_API
    return "api", next(filter(None, (scene.written(name, text) for name in names)), text)
