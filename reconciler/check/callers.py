"""A scene in, Problems of grants out: what they name for a product's rules, its tokens, its keys and its tiers."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from reconciler.check.scene import Keys, Scene, Setting, where
from reconciler.declarations import Declared, Grant, at
from reconciler.declarations.gate import by_token, default_tier
from reconciler.errors import Problem
from reconciler.words import did_you_mean

_ENTRA_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")

Says = dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Call:
    """A grant in one environment, and what its product says there."""

    scene: Scene
    setting: Setting
    grant: Declared[Grant]
    says: Says
    product: Says

    @property
    def name(self) -> str:
        return self.grant.value.product or self.grant.name

    def problem(self, keys: Keys, message: str, hint: str, *, at_key: bool = False) -> Problem:
        place = where(self.grant.value.in_, self.setting, *keys) if keys else ()
        return self.scene.problem(self.grant, place, f"{message} ({self.setting.name})", hint, at_key=at_key)


def problems(scene: Scene) -> Iterator[Problem]:
    """Hold each grant against what its product's rules look at."""
    for setting in scene.settings:
        tiers: dict[tuple[str, str], tuple[str, str]] = {}
        for call in _calls(scene, setting):
            if call.grant.value.api is not None:
                yield from _around(call)
            else:
                yield from _carried(call)
                yield from _tier(call)
                yield from _clients(call, tiers)


def _calls(scene: Scene, setting: Setting) -> Iterator[_Call]:
    for grant in scene.declarations.grants:
        if setting.name not in grant.value.environments:
            continue
        says = at(grant.value, grant.value.in_, setting.name)
        product = scene.products.get(grant.value.product or grant.name)
        if grant.value.api is not None:
            yield _Call(scene, setting, grant, says, {})
        elif product is not None and setting.name in product.value.environments:
            yield _Call(scene, setting, grant, says, at(product.value, product.value.in_, setting.name))


def _around(call: _Call) -> Iterator[Problem]:
    for key in ("clients", "tier"):
        if call.says.get(key):
            yield call.problem(
                (key,), f"`{key}` is a product's, and this grant names an API", "leave it out", at_key=True
            )


def _carried(call: _Call) -> Iterator[Problem]:
    """A grant gives what the product's rules let through, and all of it."""
    needs, key, clients = call.product.get("credentials") or "key", call.says.get("key"), call.says.get("clients")
    if clients and not by_token(call.product):
        yield call.problem(
            ("clients",),
            f"product `{call.name}` looks at no token",
            "leave `clients` out, or ask its owner",
            at_key=True,
        )
    elif needs == "token" and key:
        message = f"product `{call.name}` looks at tokens only: a key opens nothing"
        yield call.problem(("key",), message, "leave `key` out, and name `clients`", at_key=True)
    elif needs == "key and token" and bool(key) != bool(clients):
        missing = "`clients`" if key else "`key: true`"
        yield call.problem((), f"product `{call.name}` asks for key and token: {missing} is missing", "write both")


def _tier(call: _Call) -> Iterator[Problem]:
    tier, tiers = call.says.get("tier"), call.product.get("tiers") or {}
    if tier and tier not in tiers:
        known = f"there are: {', '.join(tiers)}" if tiers else "it has none: leave `tier` out"
        yield call.problem(("tier",), f"product `{call.name}` has no tier `{tier}`", did_you_mean(tier, tiers) or known)


def _clients(call: _Call, tiers: dict[tuple[str, str], tuple[str, str]]) -> Iterator[Problem]:
    """An application has one tier in a product; Entra writes its ids in small letters, and they are compared so."""
    oauth, tier = call.product.get("oauth"), call.says.get("tier") or default_tier(call.product)
    for index, client in enumerate(call.says.get("clients") or ()):
        if oauth and not oauth.issuer and not _ENTRA_ID.fullmatch(client):
            hint = f"write {client.lower()}" if _ENTRA_ID.fullmatch(client.lower()) else "write its application id"
            yield call.problem(("clients", index), f"{client} is no id of an application as Entra writes it", hint)
        first, path = tiers.setdefault((call.name, client), (tier, call.grant.path))
        if first != tier:
            message = f"{client} is in tier `{first}` by {path}, and in `{tier}` here"
            yield call.problem(("clients", index), message, "an application has one tier in a product")
