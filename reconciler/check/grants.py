"""A scene in, Problems of grants out: products that are not there, dates, two grants that ask for one thing."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from reconciler.check.scene import Keys, Scene, Setting, where
from reconciler.declarations import EVERY_API, Declared, Grant, Product, at, own_end
from reconciler.declarations.gate import has_gate
from reconciler.errors import Problem
from reconciler.lasting import Lasting
from reconciler.naming import subscription_id
from reconciler.words import did_you_mean

_MASTER = "master"


def problems(scene: Scene) -> Iterator[Problem]:
    """Look at each grant by itself, then at all of them side by side."""
    for grant in scene.declarations.grants:
        yield from _emergency(scene, grant)
        yield from scene.environments(grant, grant.value.environments)
        yield from scene.overlays(grant)
        yield from scene.formerly(grant, scene.declarations.grants)
        yield from _product(scene, grant)
    for setting in scene.settings:
        yield from _one_caller(scene, setting)
        yield from _one_taker(scene, setting)


def ended(scene: Scene) -> Iterator[Problem]:
    """Find the grants whose last day is over."""
    lasting = Lasting(scene.declarations)
    for setting in scene.settings:
        for grant, _ in _in(scene, setting):
            expires = lasting.end(grant, setting.name)
            if expires and expires < scene.day and lasting.ends_by_review(grant, setting.name):
                hint = "its owner answers late by `reviewed:`, or delete the file"
                yield scene.problem(grant, (), f"nobody reviewed it by {expires} ({setting.name})", hint)
            elif expires and expires < scene.day:
                keys = where(grant.value.in_, setting, "expires")
                hint = "renew it by a later day, or delete the file"
                if grant.value.emergency:
                    hint = "delete the file, which the owner reviews; if it is still needed, ask again for today"
                yield scene.problem(grant, keys, f"it ended on {expires} ({setting.name})", hint)


def _in(scene: Scene, setting: Setting) -> Iterator[tuple[Declared[Grant], dict[str, Any]]]:
    for grant in scene.declarations.grants:
        if setting.name in grant.value.environments:
            yield grant, at(grant.value, grant.value.in_, setting.name)


def _product(scene: Scene, grant: Declared[Grant]) -> Iterator[Problem]:
    if grant.value.api is not None:
        yield from _api(scene, grant, grant.value.api)
        return
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


def _api(scene: Scene, grant: Declared[Grant], api: str) -> Iterator[Problem]:
    """A grant for an API is a key and nothing else."""
    if grant.value.product:
        yield scene.problem(grant, ("product",), "it names a product and an API", "a grant is for one of them")
    for setting in scene.settings:
        if setting.name not in grant.value.environments:
            continue
        says = at(grant.value, grant.value.in_, setting.name)
        yield from scene.unknown_variable(grant, ("api",), api, setting)
        if api != EVERY_API:
            yield from scene.owned(grant, ("api",), api, setting)
        if not says.get("key"):
            yield scene.problem(grant, (), f"it asks for nothing in {setting.name}", "write `key: true`")
        if says.get("portal"):
            keys = where(grant.value.in_, setting, "portal")
            yield scene.problem(grant, keys, "an API has no place in the portal of its own", "leave `portal` out")
        if says.get("subscription") == _MASTER:
            yield _of_the_service(scene, grant, setting)
        yield from _duration(scene, grant, says, setting, scene.declarations.guardrails.max_duration)


def _revoked(scene: Scene, grant: Declared[Grant], says: dict[str, Any], setting: Setting) -> Iterator[Problem]:
    if says.get("revoked") and not says.get("key") and not says.get("clients"):
        keys = where(grant.value.in_, setting, "revoked")
        message = f"it has no key and no client in {setting.name} that could be compromised"
        yield scene.problem(grant, keys, message, "leave `revoked` out, or delete the file", at_key=True)


def _of_the_service(scene: Scene, grant: Declared[Grant], setting: Setting) -> Problem:
    keys = where(grant.value.in_, setting, "subscription")
    return scene.problem(grant, keys, "`master` belongs to the service itself", "take over another")


def _request(scene: Scene, grant: Declared[Grant], product: Declared[Product], setting: Setting) -> Iterator[Problem]:
    says = at(grant.value, grant.value.in_, setting.name)
    of_product = at(product.value, product.value.in_, setting.name)
    if not any(says.get(key) for key in ("key", "portal", "clients")):
        message = f"it asks for nothing in {setting.name}"
        yield scene.problem(grant, (), message, "write `key: true` for a key, `clients` for tokens, or `portal: true`")
    open_to_all = of_product.get("subscription_required") is False and not has_gate(of_product)
    if says.get("key") and not says.get("subscription") and open_to_all:
        message = f"product `{product.name}` is open in {setting.name}: no key is needed"
        keys = where(grant.value.in_, setting, "key")
        yield scene.problem(grant, keys, message, "leave `key` out", at_key=True)
    if says.get("subscription") == _MASTER:
        yield _of_the_service(scene, grant, setting)
    yield from _revoked(scene, grant, says, setting)
    longest = of_product.get("max_duration") or scene.declarations.guardrails.max_duration
    yield from _duration(scene, grant, says, setting, longest)


def _duration(
    scene: Scene, grant: Declared[Grant], says: dict[str, Any], setting: Setting, longest: int | str
) -> Iterator[Problem]:
    if isinstance(longest, str):
        return  # unlimited
    last = scene.day + timedelta(days=longest)
    if says.get("expires") is None:
        message = f"it has no end, and {setting.name} allows {longest} days"
        yield scene.problem(grant, (), message, f"write `expires: {last}` or earlier")
    elif says["expires"] > last:
        message = f"it would run to {says['expires']}, and {setting.name} allows {longest} days"
        keys = where(grant.value.in_, setting, "expires")
        yield scene.problem(grant, keys, message, f"{last} is the last day possible")


def _emergency(scene: Scene, grant: Declared[Grant]) -> Iterator[Problem]:
    """An emergency lasts for the day on which it is asked for, and has to be asked for again on the next."""
    if not grant.value.emergency:
        return
    for setting in scene.settings:
        if setting.name not in grant.value.environments:
            continue
        expires = own_end(grant.value, setting.name)
        if expires is None or expires > scene.day:
            keys = where(grant.value.in_, setting, "expires") if expires else ("emergency",)
            message = f"an emergency lasts to the end of today, UTC: write `expires: {scene.day}` ({setting.name})"
            yield scene.problem(grant, keys, message, "ask again tomorrow if it is still needed")


def _one_caller(scene: Scene, setting: Setting) -> Iterator[Problem]:
    callers: dict[tuple[str, str, str], Declared[Grant]] = {}
    for grant, _ in _in(scene, setting):
        thing = f"API {grant.value.api}" if grant.value.api else grant.value.product or grant.name
        first = callers.setdefault((grant.team, thing, grant.value.component or ""), grant)
        if first is not grant:
            message = f"{first.path} already asks for `{thing}` in {setting.name}"
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
