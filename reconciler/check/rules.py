"""A scene in; what the rules in guardrails.yaml refuse or warn of, and what is wrong with them, out as Problems."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from reconciler.check.scene import Keys, Scene
from reconciler.declarations import Declared
from reconciler.errors import Problem
from reconciler.load import ENVIRONMENTS, GUARDRAILS
from reconciler.rules import Met, in_words, like, met
from reconciler.words import count, did_you_mean

_HERE: Declared[Any] = Declared("", "", None, GUARDRAILS)
_ABOUT = {
    "tier": "tier",
    "longer_than": "expires",
    "reason_shorter_than": "reason",
    "reason_unlike": "reason",
}
"""Where in a grant or product stands what a rule is about; elsewhere the whole file is meant."""


def problems(scene: Scene) -> Iterator[Problem]:
    """First the rules, then the words they may use, then what they say of everything that is declared."""
    rules = scene.declarations.guardrails.rules
    for index in range(len(rules)):
        yield from _names(scene, index)
        yield from _never(scene, index)
    yield from _words(scene)
    many: dict[tuple[int, str], list[Met]] = {}
    for each in met(scene.declarations, rules, scene.day):
        if each.rule.level == "approval":
            continue
        if each.rule.when.grants_per_team is None:
            yield _said(scene, each, each.item, _place(each), in_words(each.rule) + _where(each))
        else:
            many.setdefault((each.number, each.item.team), []).append(each)
    for (_, name), theirs in many.items():
        if (team := scene.declarations.teams.get(name)) is not None:
            message = f"{name} has {count(len(theirs), 'grant')}: {in_words(theirs[0].rule)}"
            yield _said(scene, theirs[0], team, (), message)


def _names(scene: Scene, index: int) -> Iterator[Problem]:
    """A team that must approve is there, and so is an environment."""
    rule = scene.declarations.guardrails.rules[index]
    if rule.by is not None and rule.by not in scene.declarations.teams and not scene.any_broken("team.yaml"):
        hint = did_you_mean(rule.by, scene.declarations.teams)
        yield scene.problem(_HERE, ("rules", index, "by"), f"there is no team `{rule.by}`", hint)
    for place, name in enumerate(rule.when.environment or ()):
        if name not in scene.declarations.environments and ENVIRONMENTS not in scene.broken:
            hint = did_you_mean(name, scene.declarations.environments)
            keys = ("rules", index, "when", "environment", place)
            yield scene.problem(_HERE, keys, f"environment `{name}` is not in environments.yaml", hint)


def _never(scene: Scene, index: int) -> Iterator[Problem]:
    """Warn of a rule that nothing can meet any more: that a product went must not stop everybody."""
    when = scene.declarations.guardrails.rules[index].when
    lists = (
        ("team", when.team, scene.declarations.teams),
        ("product", when.product, scene.products),
        ("also", when.also, scene.products),
    )
    for key, patterns, known in () if scene.broken else lists:
        for place, pattern in enumerate(patterns or ()):
            if not any(like(name, [pattern]) for name in known):
                message = f"no {key.replace('also', 'product')} is called `{pattern}`: the rule never holds for it"
                keys = ("rules", index, "when", key, place)
                yield replace(scene.problem(_HERE, keys, message, did_you_mean(pattern, known)), level="warning")


def _words(scene: Scene) -> Iterator[Problem]:
    """Where the words for data are listed, a wrong one is found: no rule would ever hold for it."""
    words = scene.declarations.guardrails.classifications
    if words is None:
        return
    marked: tuple[Declared[Any], ...] = (*scene.declarations.products, *scene.declarations.apis)
    used: list[tuple[Declared[Any], Keys, str | None]] = [
        (item, ("classification",), item.value.classification) for item in marked
    ]
    for index, rule in enumerate(scene.declarations.guardrails.rules):
        place = ("rules", index, "when", "classification")
        used += [(_HERE, (*place, at), word) for at, word in enumerate(rule.when.classification or ())]
    for item, keys, word in used:
        if word is not None and word not in words:
            hint = did_you_mean(word, words) or f"known: {', '.join(words)}"
            yield scene.problem(item, keys, f"`{word}` is not under `classifications` in guardrails.yaml", hint)


def _said(scene: Scene, each: Met, item: Declared[Any], keys: Keys, message: str) -> Problem:
    written = scene.problem(_HERE, ("rules", each.number), "")
    problem = scene.problem(item, keys, message, f"see {written.path}:{written.line}")
    return replace(problem, level="warning") if each.rule.level == "warning" else problem


def _where(each: Met) -> str:
    """Name the environments where not all of them are meant."""
    everywhere = len(each.environments) == len(each.item.value.environments)
    return "" if everywhere else f" ({', '.join(each.environments)})"


def _place(each: Met) -> Keys:
    written = each.rule.when.model_fields_set
    key = next((place for condition, place in _ABOUT.items() if condition in written), None)
    if key is None:
        return ()
    overlay = each.item.value.in_.get(each.environments[0])
    return ("in", each.environments[0], key) if overlay and key in overlay.model_fields_set else (key,)
