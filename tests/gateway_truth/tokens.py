"""A local Azure and a token in; the header of a real one, signed as its authority signs, or just not so, out."""

from dataclasses import dataclass, field
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from organisations import TENANT

from gateway_truth.gated import AUDIENCE, ROLE
from gateway_truth.rules import Token
from reconciler.emulator import Azure

LONG = 10**9  # seconds: the clock of a table runs fast
OURS, OF_VERSION_1 = f"https://localhost:8443/{TENANT}/v2.0", f"https://sts.windows.net/{TENANT}/"


@dataclass
class Mint:
    """Makes each token once."""

    azure: Azure
    made: dict[Token, str] = field(default_factory=dict)

    def header(self, token: Token) -> str:
        """Give the value of Authorization."""
        if token not in self.made:
            self.made[token] = f"Bearer {self._made(token)}"
        return self.made[token]

    def _made(self, token: Token) -> str:
        now = self.azure.settings.clock()
        claims = {
            "aud": "api://bills" if token.flaw == "for another audience" else AUDIENCE,
            "iss": OURS,
            "nbf": now - LONG,
            "exp": now - 1 if token.flaw == "expired" else now + LONG,
            "roles": ["Bills.Read"] if token.flaw == "without the role" else [ROLE],
            **({"azp": token.client} if token.client else {}),
        }
        if token.flaw == "of version 1":
            claims |= {"iss": OF_VERSION_1, "appid": claims.pop("azp")}
        if token.flaw == "of another issuer":
            claims["iss"] = OURS.replace(TENANT, TENANT[::-1])
        if token.flaw == "no token at all":
            return "nonsense"
        signed = self.azure.tokens.signer.sign(claims, published=True)
        return _forged(claims, signed) if token.flaw == "forged" else signed


def _forged(claims: dict[str, Any], signed: str) -> str:
    """Sign by another key, under the name of the right one."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return jwt.encode(claims, key, "RS256", headers={"kid": jwt.get_unverified_header(signed)["kid"]})
