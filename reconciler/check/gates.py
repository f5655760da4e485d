"""A scene in, Problems of rules out: what a call must carry, whose tokens count, tiers, and where all of it stands."""

from collections.abc import Iterator
from typing import Any

from reconciler.check.scene import Scene, Setting, where
from reconciler.declarations import Declared, Product, at
from reconciler.declarations.gate import by_token, default_tier, has_gate, token_alone
from reconciler.errors import Problem
from reconciler.naming import is_gate
from reconciler.words import did_you_mean

_ONLY_WITH_RULES = ("enforce_at", "enforcement", "accepts")

Says = dict[str, Any]


def problems(scene: Scene) -> Iterator[Problem]:
    """Look at each product in each of its environments."""
    for fragment in scene.declarations.fragments:
        if is_gate(fragment.name):
            yield scene.problem(fragment, (), "`access-` begins the fragments that hold rules", "name it otherwise")
    for setting in scene.settings:
        rules: dict[str, Declared[Product]] = {}
        for product in scene.declarations.products:
            if setting.name in product.value.environments:
                says = at(product.value, product.value.in_, setting.name)
                yield from _credentials(scene, product, says, setting)
                yield from _tiers(scene, product, says, setting)
                yield from _includes(scene, product, says, setting)
                yield from _place(scene, product, says, setting, rules)


def _credentials(scene: Scene, product: Declared[Product], says: Says, setting: Setting) -> Iterator[Problem]:
    def problem(key: str, message: str, hint: str) -> Problem:
        return scene.problem(product, where(product.value.in_, setting, key), message, hint, at_key=True)

    oauth = says.get("oauth")
    if by_token(says) and not oauth:
        message = f"`credentials: {says['credentials']}` ({setting.name}) does not say whose tokens count"
        yield problem("credentials", message, 'add `oauth: {audience: "api://..."}`')
    if oauth and not by_token(says):
        message = f"with credentials `{says.get('credentials') or 'key'}` ({setting.name}) no token is looked at"
        yield problem("oauth", message, "write `credentials: token`, `key and token` or `key or token`")
    if oauth and not oauth.issuer and setting.environment.tenant is None:
        message = f"tokens of Entra need the `tenant` of {setting.name}"
        yield problem("oauth", message, "add `tenant:` in environments.yaml, or `issuer:` here")
    for index, audience in enumerate(oauth.audience if oauth else ()):
        keys = where(product.value.in_, setting, "oauth", "audience", index)
        yield from scene.unknown_variable(product, keys, audience, setting)
    if token_alone(says) and says.get("subscription_required") and says.get("enforce_at") != "api":
        message = f"a token alone is to open it ({setting.name}), and Azure would ask for a key first"
        yield problem("subscription_required", message, "leave it out: the product is opened, and its rules ask")


def _tiers(scene: Scene, product: Declared[Product], says: Says, setting: Setting) -> Iterator[Problem]:
    tiers, default = says.get("tiers") or {}, says.get("default_tier")
    keys = where(product.value.in_, setting, "default_tier" if default else "tiers")
    if default and default not in tiers:
        hint = did_you_mean(default, tiers) or "name one of `tiers`"
        yield scene.problem(product, keys, f"there is no tier `{default}` in {setting.name}", hint)
    elif len(tiers) > 1 and not default_tier(says):
        message = f"whoever is in none of {len(tiers)} tiers has no limit ({setting.name})"
        yield scene.problem(product, keys, message, f"add `default_tier: {next(iter(tiers))}`", at_key=True)


def _includes(scene: Scene, product: Declared[Product], says: Says, setting: Setting) -> Iterator[Problem]:
    for index, fragment in enumerate(says.get("include") or ()):
        keys = where(product.value.in_, setting, "include", index)
        if is_gate(fragment):
            yield scene.problem(product, keys, "`access-` begins the fragments that hold rules", "they need no include")
        if fragment in says["include"][:index]:
            yield scene.problem(product, keys, f"fragment `{fragment}` is named twice", "name it once")


def _place(
    scene: Scene, product: Declared[Product], says: Says, setting: Setting, rules: dict[str, Declared[Product]]
) -> Iterator[Problem]:
    """Rules stand once in the policy of an API: those of two products would both have to let a call through."""
    for key in () if has_gate(says) else _ONLY_WITH_RULES:
        if says.get(key):
            place = where(product.value.in_, setting, key)
            message = f"`{key}` means nothing without `oauth` or `tiers` ({setting.name})"
            yield scene.problem(product, place, message, "leave it out", at_key=True)
    if not has_gate(says) or says.get("enforce_at") != "api":
        return
    keys = where(product.value.in_, setting, "enforce_at")
    if not says.get("apis"):
        message = f"no API is named whose policy could hold the rules ({setting.name})"
        yield scene.problem(product, keys, message, "add `apis:`, or leave it out")
    for api in map(setting.fill_in, says.get("apis") or ()):
        other = rules.setdefault(api, product)
        if other is not product:
            message = f"the policy of API `{api}` holds the rules of product `{other.name}` already ({setting.name})"
            yield scene.problem(product, keys, message, "a call would need both: leave one of them at its product")
