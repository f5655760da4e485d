"""A scene in, Problems of grants out: products that are not there, dates, two grants that ask for one thing."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from reconciler.check.scene import Keys, Scene, Setting, where
from reconciler.declarations import Declared, Grant, Product, at
from reconciler.errors import Problem
from reconciler.naming import subscription_id
from reconciler.words import did_you_mean

_MASTER = "master"


def problems(scene: Scene) -> Iterator[Problem]:
    """Look at each grant by itself, then at all of them side by side."""
    for grant in scene.declarations.grants:
        yield from scene.environments(grant, grant.value.environments)
        yield from scene.overlays(grant)
        yield from scene.formerly(grant, scene.declarations.grants)
        yield from _product(scene, grant)
    for setting in scene.settings:
        yield from _one_caller(scene, setting)
        yield from _one_taker(scene, setting)


def ended(scene: Scene) -> Iterator[Problem]:
    """Find the grants whose last day is over."""
    for setting in scene.settings:
        for grant, says in _in(scene, setting):
            expires = says.get("expires")
            if expires and expires < scene.day:
                keys = where(grant.value.in_, setting, "expires")
                message = f"it ended on {expires} ({setting.name})"
                yield scene.problem(grant, keys, message, "renew it by a later day, or delete the file")


def _in(scene: Scene, setting: Setting) -> Iterator[tuple[Declared[Grant], dict[str, Any]]]:
    for grant in scene.declarations.grants:
        if setting.name in grant.value.environments:
            yield grant, at(grant.value, grant.value.in_, setting.name)


def _product(scene: Scene, grant: Declared[Grant]) -> Iterator[Problem]:
    name = grant.value.product or grant.name
    product = scene.products.get(name)
    if product is None:
        if f"products/{name}.yaml" not in scene.in_teams:
            hint = did_you_mean(name, scene.products) or "`product:` names a file in some team's products/"
            keys: Keys = ("product",) if grant.value.product else ()
            yield scene.problem(grant, keys, f"there is no product `{name}`", hint)
        return
    for setting in scene.settings:
        if setting.name not in grant.value.environments:
            continue
        if setting.name in product.value.environments:
            yield from _request(scene, grant, product, setting)
        else:
            keys = ("environments", grant.value.environments.index(setting.name))
            hint = f"it is in {', '.join(product.value.environments)}"
            yield scene.problem(grant, keys, f"product `{name}` is not in {setting.name}", hint)


def _request(scene: Scene, grant: Declared[Grant], product: Declared[Product], setting: Setting) -> Iterator[Problem]:
    says = at(grant.value, grant.value.in_, setting.name)
    of_product = at(product.value, product.value.in_, setting.name)
    if not any(says.get(key) for key in ("key", "portal", "clients")):
        message = f"it asks for nothing in {setting.name}"
        yield scene.problem(grant, (), message, "write `key: true` for a key, or `portal: true`")
    if says.get("key") and of_product.get("subscription_required") is False:
        message = f"product `{product.name}` is open in {setting.name}: no key is needed"
        keys = where(grant.value.in_, setting, "key")
        yield scene.problem(grant, keys, message, "leave `key` out", at_key=True)
    if says.get("subscription") == _MASTER:
        keys = where(grant.value.in_, setting, "subscription")
        yield scene.problem(grant, keys, "`master` belongs to the service itself", "take over one of the product's")
    longest = of_product.get("max_duration") or scene.declarations.guardrails.max_duration
    if longest != "unlimited":
        yield from _duration(scene, grant, says, setting, longest)


def _duration(
    scene: Scene, grant: Declared[Grant], says: dict[str, Any], setting: Setting, longest: int
) -> Iterator[Problem]:
    last = scene.day + timedelta(days=longest)
    if says.get("expires") is None:
        message = f"it has no end, and {setting.name} allows {longest} days"
        yield scene.problem(grant, (), message, f"write `expires: {last}` or earlier")
    elif says["expires"] > last:
        message = f"it would run to {says['expires']}, and {setting.name} allows {longest} days"
        keys = where(grant.value.in_, setting, "expires")
        yield scene.problem(grant, keys, message, f"{last} is the last day possible")


def _one_caller(scene: Scene, setting: Setting) -> Iterator[Problem]:
    callers: dict[tuple[str, str, str], Declared[Grant]] = {}
    for grant, _ in _in(scene, setting):
        product = grant.value.product or grant.name
        first = callers.setdefault((grant.team, product, grant.value.component or ""), grant)
        if first is not grant:
            message = f"{first.path} already asks for `{product}` in {setting.name}"
            yield scene.problem(grant, (), message, "one grant a caller: tell two callers apart by `component:`")


def _one_taker(scene: Scene, setting: Setting) -> Iterator[Problem]:
    """A living subscription is taken over by one grant, and is none that another grant makes."""
    takers = {
        subscription_id(grant.team, grant.name): grant
        for grant, says in _in(scene, setting)
        if says.get("key") and not says.get("subscription")
    }
    for grant, says in _in(scene, setting):
        if not (living := says.get("subscription")):
            continue
        living = setting.fill_in(living)
        first = takers.setdefault(living, grant)
        if first is not grant:
            keys = where(grant.value.in_, setting, "subscription")
            message = f"subscription `{living}` already belongs to {first.path}"
            yield scene.problem(grant, keys, message, "each living subscription has one grant")
