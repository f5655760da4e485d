"""Claims in, a signed three-part JWT out, and back; the key that anyone may check with as a JSON Web Key Set.

A key pair costs 0.1 s and a signature 1 ms, so the pair is made when somebody first asks for it: tokens that never
leave the process carry a hash made with a secret instead, which nobody but this signer can check.
"""

import hashlib
import secrets
from collections.abc import Mapping
from functools import cached_property
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

_PUBLISHED, _PRIVATE = "RS256", "HS256"  # Entra signs with RS256
_UNCHECKED = {f"verify_{claim}": False for claim in ("exp", "nbf", "iat", "aud")}


class UnknownKey(jwt.InvalidTokenError):
    """A token that names a key which is not published here."""


class Signer:
    """The keys of one local Azure."""

    def __init__(self) -> None:
        self._secret = secrets.token_bytes(32)

    def sign(self, claims: Mapping[str, Any], *, published: bool) -> str:
        if published:
            return jwt.encode(dict(claims), self._pair, _PUBLISHED, headers={"kid": self._key_id})
        return jwt.encode(dict(claims), self._secret, _PRIVATE)

    def read(self, token: str) -> dict[str, Any]:
        """Give the claims of a token signed here; raise InvalidTokenError for every other. No claim is looked at."""
        if jwt.get_unverified_header(token).get("alg") == _PRIVATE:
            return jwt.decode(token, self._secret, algorithms=[_PRIVATE], options=_UNCHECKED)  # type: ignore[arg-type]
        if "_pair" not in vars(self):
            raise jwt.InvalidSignatureError("nothing has been signed with a key pair yet")
        return jwt.decode(token, self._pair.public_key(), algorithms=[_PUBLISHED], options=_UNCHECKED)  # type: ignore[arg-type]

    def read_published(self, token: str) -> tuple[dict[str, Any], dict[str, Any]]:
        """Give header and claims of a token that anyone could check by the published key; others raise as above."""
        header = jwt.get_unverified_header(token)
        if header.get("alg") == _PUBLISHED and header.get("kid", self._key_id) != self._key_id:
            raise UnknownKey("no key of this id is published")
        options: Any = _UNCHECKED
        return header, jwt.decode(token, self._pair.public_key(), algorithms=[_PUBLISHED], options=options)

    def published(self) -> dict[str, Any]:
        """Give the key set; like Entra's it does not say `alg`."""
        jwk = RSAAlgorithm.to_jwk(self._pair.public_key(), as_dict=True)
        return {"keys": [{"kty": "RSA", "use": "sig", "kid": self._key_id, "n": jwk["n"], "e": jwk["e"]}]}

    @cached_property
    def _pair(self) -> rsa.RSAPrivateKey:
        return rsa.generate_private_key(public_exponent=65537, key_size=2048)

    @cached_property
    def _key_id(self) -> str:
        return hashlib.sha256(str(self._pair.public_key().public_numbers().n).encode()).hexdigest()[:32]
