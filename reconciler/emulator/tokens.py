"""A client id and an audience in, a token as Entra's out; an Authorization header in, the principal or a refusal out.

Claims are those of Microsoft's "Access token claims reference"; `aio`, `rh` and the like, which nobody reads, are left
out. The first endpoint gives tokens of version 1, the second those that the application behind the audience accepts
(`requestedAccessTokenVersion`), which without a word is 1; a token of version 2 names that application's client id as
its audience. Here Microsoft's own audiences accept 1, and others 2 unless `expose` says otherwise.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import jwt

from reconciler.emulator.settings import Settings
from reconciler.emulator.signing import Signer

LIFETIME = 3600
_KEPT = 1_000
Reason = Literal["missing", "invalid", "expired"]


@dataclass(frozen=True, slots=True)
class Principal:
    """Who asks, for what: the audience of the token and the app roles in it; a person by a program, where `upn` is."""

    client_id: str
    object_id: str
    tenant: str
    audience: str
    roles: tuple[str, ...] = ()
    issuer: str = ""
    upn: str = ""


@dataclass(frozen=True, slots=True)
class Order:
    """A token to be issued. `version_2_issuer` is empty for version 1, whose issuer is always the same."""

    client_id: str
    tenant: str
    audience: str
    roles: Sequence[str] = ()
    version_2_issuer: str = ""
    by_assertion: bool = False
    upn: str = ""


class TokenRefused(Exception):
    """A header that is no good; each service says so in its own words."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason = reason


class Tokens:
    """The issuer of one emulator. What was checked once is remembered until it expires."""

    def __init__(self, settings: Settings) -> None:
        self.signer = Signer()
        self._settings = settings
        self._checked: dict[str, tuple[Principal, float]] = {}

    def issue(self, order: Order, *, published: bool = True) -> str:
        """Sign a token. Without `published` nobody but this emulator can check it, and no key pair is needed."""
        now = int(self._settings.clock())
        object_id = object_id_of(order.upn or order.client_id)
        claims: dict[str, Any] = {
            "aud": order.audience,
            "iss": order.version_2_issuer or f"https://sts.windows.net/{order.tenant}/",
            "iat": now,
            "nbf": now,
            "exp": now + LIFETIME,
            **_application(order),
            "oid": object_id,
            "sub": object_id,
            "tid": order.tenant,
            "uti": uuid.uuid4().hex[:22],
        }
        if order.upn:
            claims["upn"] = order.upn
        if order.roles:
            claims["roles"] = list(order.roles)
        return self.signer.sign(claims, published=published)

    def principal(self, authorization: str) -> Principal:
        """Read a bearer token, whoever it is meant for."""
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise TokenRefused("missing")
        known = self._checked.get(token)
        if known is None:
            known = self._check(token)
            if len(self._checked) >= _KEPT:
                self._checked.clear()
            self._checked[token] = known
        principal, expires = known
        if expires <= self._settings.clock():
            raise TokenRefused("expired")
        return principal

    def _check(self, token: str) -> tuple[Principal, float]:
        try:
            claims = self.signer.read(token)
            client = claims["appid"] if claims["ver"] == "1.0" else claims["azp"]
            roles = tuple(claims.get("roles", ()))
            found = Principal(
                client, claims["oid"], claims["tid"], claims["aud"], roles, claims["iss"], claims.get("upn", "")
            )
            return found, float(claims["exp"])
        except (jwt.InvalidTokenError, KeyError) as error:
            raise TokenRefused("invalid") from error


def object_id_of(client_id: str) -> str:
    """Give the object id of an application's service principal: the same each time, so that people can rely on it."""
    return str(uuid.uuid5(uuid.NAMESPACE_OID, client_id))


def _application(order: Order) -> dict[str, str]:
    """Name the client as its version does, and how it proved itself: 1 by a secret, 2 by an assertion."""
    proof = "2" if order.by_assertion else "1"
    if order.version_2_issuer:
        return {"azp": order.client_id, "azpacr": proof, "ver": "2.0"}
    return {"appid": order.client_id, "appidacr": proof, "ver": "1.0"}
