"""A scene in, Problems of products out: APIs nobody owns, doors left open, properties that are somebody else's."""

from collections.abc import Iterator
from typing import Any

from reconciler.check import guardrails
from reconciler.check.scene import Scene, Setting, where
from reconciler.declarations import Declared, Product, at
from reconciler.declarations.gate import asks_for_no_key
from reconciler.errors import Problem
from reconciler.words import did_you_mean

_THE_PRODUCTS_OWN = (
    "display_name",
    "description",
    "terms",
    "published",
    "subscription_required",
    "approval_required",
    "subscriptions_limit",
)
_ONLY_WITH_KEYS = ("approval_required", "subscriptions_limit", "self_service")


_OPENED_BY_RULES = "a token alone opens it"


def problems(scene: Scene) -> Iterator[Problem]:
    """Look at each product in each of its environments."""
    called: dict[tuple[str, str], Declared[Product]] = {}
    opened: dict[tuple[str, str], Declared[Product]] = {}
    for product in scene.declarations.products:
        yield from scene.environments(product, product.value.environments)
        yield from scene.overlays(product)
        yield from scene.formerly(product, scene.declarations.products)
        yield from _approvers(scene, product)
        for setting in scene.settings:
            if setting.name in product.value.environments:
                says = at(product.value, product.value.in_, setting.name)
                yield from _apis(scene, product, says, setting)
                yield from _contradictions(scene, product, says, setting)
                yield from _names(scene, product, says, setting, called)
                yield from _of_another(scene, product, says, setting)
                yield from _open_twice(scene, product, says, setting, opened)
                if says.get("rotation"):
                    keys = where(product.value.in_, setting, "rotation")
                    yield from guardrails.too_often(scene, product, keys, says["rotation"])


def _approvers(scene: Scene, product: Declared[Product]) -> Iterator[Problem]:
    for index, team in enumerate(product.value.approvers or ()):
        if team not in scene.declarations.teams:
            hint = did_you_mean(team, scene.declarations.teams)
            yield scene.problem(product, ("approvers", index), f"there is no team `{team}`", hint)


def _of_another(scene: Scene, product: Declared[Product], says: dict[str, Any], setting: Setting) -> Iterator[Problem]:
    """Two tools that both make a product exactly theirs would undo each other."""
    other = product.value.deployed_by
    if other is None:
        return
    hint = f"let {other} go of it first, then delete `deployed_by`"
    if (says.get("mode") or setting.environment.mode) == "enforce":
        keys = where(product.value.in_, setting, "mode") if says.get("mode") else ("deployed_by",)
        yield scene.problem(product, keys, f"`mode: enforce` ({setting.name}), and {other} deploys it still", hint)
    if product.value.manage == "product":
        yield scene.problem(product, ("manage",), f"`manage: product`, and {other} deploys it still", hint)


def _names(
    scene: Scene,
    product: Declared[Product],
    says: dict[str, Any],
    setting: Setting,
    called: dict[tuple[str, str], Declared[Product]],
) -> Iterator[Problem]:
    """Azure refuses a second product of the same display name (Azure/apiops #606); one without takes its own name."""
    if product.value.manage == "access":
        return
    name = says.get("display_name") or product.name
    other = called.setdefault((setting.environment.service.lower(), name.casefold()), product)
    if other is not product:
        keys = where(product.value.in_, setting, "display_name") if "display_name" in says else ()
        message = f"product `{other.name}` is called `{name}` in {setting.name} too ({other.path})"
        yield scene.problem(product, keys, message, "Azure takes a display name once: choose another")


def _open_twice(
    scene: Scene,
    product: Declared[Product],
    says: dict[str, Any],
    setting: Setting,
    opened: dict[tuple[str, str], Declared[Product]],
) -> Iterator[Problem]:
    """Azure takes an API on one open product at most: it would not know whose rules a call without a key is under."""
    if product.value.manage == "access" or not asks_for_no_key(says):
        return
    for index, api in enumerate(says.get("apis") or ()):
        other = opened.setdefault((setting.environment.service.lower(), setting.fill_in(api).lower()), product)
        if other is not product:
            keys = where(product.value.in_, setting, "apis", index)
            message = f"API `{api}` is on product `{other.name}` in {setting.name} too, which asks for no key either"
            hint = f"Azure takes an API on one such product: leave it out here or in {other.path}, or ask for keys"
            yield scene.problem(product, keys, message, hint)


def _apis(scene: Scene, product: Declared[Product], says: dict[str, Any], setting: Setting) -> Iterator[Problem]:
    for index, api in enumerate(says.get("apis") or ()):
        keys = where(product.value.in_, setting, "apis", index)
        yield from scene.unknown_variable(product, keys, api, setting)
        yield from scene.owned(product, keys, api, setting)
        if api in says["apis"][:index]:
            yield scene.problem(product, keys, f"API `{api}` is named twice", "name it once")


def _contradictions(
    scene: Scene, product: Declared[Product], says: dict[str, Any], setting: Setting
) -> Iterator[Problem]:
    def problem(key: str, message: str, hint: str) -> Problem:
        return scene.problem(product, where(product.value.in_, setting, key), message, hint, at_key=True)

    opened = asks_for_no_key(says)
    if opened:
        for key in _ONLY_WITH_KEYS:
            if says.get(key):
                declared = says.get("subscription_required") is False
                why = "`subscription_required` is false" if declared else _OPENED_BY_RULES
                message = f"`{key}` means nothing while {why}: Azure drops it"
                yield problem(key, message, "leave one of them out")
    if not opened and says.get("visible_to") and not (says.get("approval_required") or says.get("self_service")):
        message = f"{' and '.join(says['visible_to'])} could subscribe without anybody's approval"
        yield problem("visible_to", message, "add `approval_required: true`, or `self_service: true` if that is meant")
    if product.value.manage == "access":
        for key in _THE_PRODUCTS_OWN:
            if key in says:
                message = f"`{key}` is the product's own, which `manage: access` never changes"
                yield problem(key, message, "write `manage: product`, or leave it out")
