"""A client id in, a signed three-part JWT out; an Authorization header in, the principal or Azure's 401 out."""

import secrets
import uuid
from dataclasses import dataclass

import jwt

from reconciler.emulator.errors import AzureError
from reconciler.emulator.settings import Settings

LIFETIME = 3600
_ALGORITHM = (
    "HS256"  # Entra signs with RS256; nobody but this emulator checks the signature, and a key pair costs 0.1 s
)
_KEPT = 1_000


@dataclass(frozen=True, slots=True)
class Principal:
    """Who asks."""

    client_id: str
    object_id: str
    tenant: str


class Tokens:
    """The issuer of one emulator. What was checked once is remembered until it expires."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._key = secrets.token_bytes(32)
        self._checked: dict[str, tuple[Principal, float]] = {}

    def issue(self, client_id: str, tenant: str, audience: str) -> str:
        now = int(self._settings.clock())
        claims = {
            "aud": audience,
            "iss": f"https://sts.windows.net/{tenant}/",
            "iat": now,
            "nbf": now,
            "exp": now + LIFETIME,
            "appid": client_id,
            "oid": str(uuid.uuid5(uuid.NAMESPACE_OID, client_id)),
            "tid": tenant,
            "ver": "1.0",
        }
        return jwt.encode(claims, self._key, algorithm=_ALGORITHM)

    def principal(self, authorization: str) -> Principal:
        """Read a bearer token."""
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise _refused("AuthenticationFailed", "Authentication failed. The 'Authorization' header is missing.")
        known = self._checked.get(token)
        if known is None:
            known = self._check(token)
            if len(self._checked) >= _KEPT:
                self._checked.clear()
            self._checked[token] = known
        principal, expires = known
        if expires <= self._settings.clock():
            raise _refused("ExpiredAuthenticationToken", "The access token expiry is in the past.", "invalid_token")
        return principal

    def _check(self, token: str) -> tuple[Principal, float]:
        try:
            claims = jwt.decode(
                token,
                self._key,
                algorithms=[_ALGORITHM],
                options={"verify_exp": False, "verify_nbf": False, "verify_iat": False, "verify_aud": False},
            )
            return Principal(claims["appid"], claims["oid"], claims["tid"]), float(claims["exp"])
        except (jwt.InvalidTokenError, KeyError) as error:
            raise _refused("InvalidAuthenticationToken", "The access token is invalid.", "invalid_token") from error


def _refused(code: str, message: str, error: str = "") -> AzureError:
    """401 with the challenge that clients read; the texts are ARM's in meaning, unverified in wording."""
    challenge = 'Bearer authorization_uri="https://login.microsoftonline.com/common"'
    if error:
        challenge += f', error="{error}", error_description="{message}"'
    return AzureError(401, code, message, headers={"WWW-Authenticate": challenge})
