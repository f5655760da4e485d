"""`validate-jwt` in, the token kept in a variable or the refusal out; only tokens of this local authority can be true.

Microsoft: "Validate JWT"; reasons are those of its page on errors. Texts that come from Microsoft's token library are
unverified, and so is that issuers named beside an OpenID configuration are taken in addition to its own. The authority
of this server stands for Entra: `https://login.microsoftonline.com/TENANT` is the same as its own address.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import jwt

from reconciler.emulator.gateway.members import Jwt, claims_of
from reconciler.emulator.gateway.refusals import NotKnown, Refused
from reconciler.emulator.gateway.step import Policies, Policy, Step
from reconciler.emulator.signing import UnknownKey

_HOST: Final = r"https://(?:login\.microsoftonline\.com|(?:[\w-]+\.)*localhost(?::\d+)?|127\.0\.0\.1(?::\d+)?)"
_CONFIGURATION: Final = re.compile(rf"{_HOST}/([^/]+)(/v2\.0)?/\.well-known/openid-configuration", re.IGNORECASE)
_ISSUER: Final = re.compile(rf"{_HOST}/([^/]+)/v2\.0", re.IGNORECASE)
_MANY_TENANTS: Final = frozenset({"common", "organizations", "consumers"})
_SPAN: Final = re.compile(r"(?:(\d+):)?(?:(\d+):)?(\d+)")


@dataclass(frozen=True, slots=True)
class _Failed(Exception):
    """Why a token is no good."""

    reason: str
    message: str


def _validate_jwt(step: Step) -> None:
    variable = step.element.get("output-token-variable-name")
    try:
        token = _validated(step)
    except _Failed as failed:
        code = step.number("failed-validation-httpcode", "401")
        told = step.attribute("failed-validation-error-message", failed.message)
        raise Refused(code, "validate-jwt", failed.reason, failed.message, told=told) from failed
    if variable:
        step.exchange.variables[variable] = token


def _validated(step: Step) -> Jwt:
    if not step.flag("require-signed-tokens", default=True):
        raise NotKnown("validate-jwt that takes tokens without a signature")
    issuers = {_same_issuer(each) for each in step.texts("issuers/issuer")} | _configured(step)
    text = _token(step)
    header, claims = _read(step, text)
    _check_times(step, claims)
    _check_audience(step, claims)
    issuer = str(claims.get("iss", ""))
    if _same_issuer(issuer) not in issuers:
        raise _Failed(
            "TokenIssuerNotAllowed", f"IDX10205: Issuer validation failed. Issuer: '{issuer}'. Access denied."
        )
    token = Jwt(header, claims_of(claims))
    _check_claims(step, token)
    return token


def _configured(step: Step) -> set[str]:
    """Give the issuers of the OpenID configurations; of another authority nothing can be known here."""
    urls = [step.of(each).demanded("url") for each in step.element.findall("openid-config")]
    if not urls:
        raise NotKnown("validate-jwt without openid-config")
    found = set()
    for url in urls:
        match = _CONFIGURATION.fullmatch(url)
        if match is None or match[1].lower() in _MANY_TENANTS:
            raise NotKnown(f"the OpenID configuration {url}")
        tenant = match[1].lower()
        found.add(f"{tenant}/v2.0" if match[2] else f"https://sts.windows.net/{tenant}/")
    return found


def _same_issuer(issuer: str) -> str:
    """Spell an issuer of version 2 without its host: the same authority has several here."""
    match = _ISSUER.fullmatch(issuer)
    return f"{match[1].lower()}/v2.0" if match else issuer


def _token(step: Step) -> str:
    """Take the token out of header, query or expression, and off its scheme."""
    request, scheme = step.exchange.request, step.attribute("require-scheme")
    if (header := step.attribute("header-name")) is not None:
        found = request.headers.get(header)
    elif (parameter := step.attribute("query-parameter-name")) is not None:
        found = request.query.get(parameter, "")
    else:
        found = step.demanded("token-value")
    before, _, token = found.strip().rpartition(" ")
    if not token or (scheme and before.strip().lower() != scheme.lower()):
        raise _Failed("TokenNotPresent", "JWT not present.")
    return token


def _read(step: Step, text: str) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """Check the signature by the published key; nothing but RS256 is signed by it."""
    try:
        return step.exchange.signer.read_published(text)
    except UnknownKey as error:
        message = "IDX10501: Signature validation failed. Unable to match key. Access denied."
        raise _Failed("TokenSignatureKeyNotFound", message) from error
    except jwt.DecodeError as error:  # also of a signature: the class of that is a DecodeError
        if isinstance(error, jwt.InvalidSignatureError):
            message = "IDX10511: Signature validation failed. Access denied."
            raise _Failed("TokenSignatureInvalid", message) from error
        raise _Failed("JwtInvalid", "IDX12741: JWT must have three segments.") from error
    except jwt.InvalidTokenError as error:  # no signature, or another algorithm
        message = "IDX10504: Unable to validate signature, token does not have a signature. Access denied."
        raise _Failed("TokenSignatureInvalid", message) from error


def _check_times(step: Step, claims: Mapping[str, Any]) -> None:
    now, skew = step.exchange.now, _seconds(step.attribute("clock-skew", "0") or "")
    expires, begins = claims.get("exp"), claims.get("nbf")
    if expires is None and step.flag("require-expiration-time", default=True):
        raise _Failed("JwtInvalid", "IDX10225: Lifetime validation failed. The token is missing an Expiration Time.")
    if expires is not None and float(expires) + skew <= now:
        raise _Failed("TokenExpired", "IDX10223: Lifetime validation failed. The token is expired. Access denied.")
    if begins is not None and float(begins) - skew > now:
        raise _Failed("JwtInvalid", "IDX10222: Lifetime validation failed. The token is not yet valid.")


def _seconds(text: str) -> int:
    """Read seconds or a timespan such as 00:05:00."""
    match = _SPAN.fullmatch(text)
    if match is None:
        raise NotKnown(f'validate-jwt with clock-skew="{text}"')
    parts = [int(part) for part in match.groups() if part is not None]
    return sum(part * 60**power for power, part in enumerate(reversed(parts)))


def _check_audience(step: Step, claims: Mapping[str, Any]) -> None:
    """Without audiences any is taken."""
    allowed = step.texts("audiences/audience")
    said = claims_of({"aud": claims.get("aud", [])})["aud"]
    if allowed and not set(allowed) & set(said):
        message = f"IDX10214: Audience validation failed. Audiences: '{', '.join(said)}'. Access denied."
        raise _Failed("TokenAudienceNotAllowed", message)


def _check_claims(step: Step, token: Jwt) -> None:
    wanted = step.element.findall("required-claims/claim")
    missing = [each.get("name", "") for each in wanted if each.get("name", "") not in token.claims]
    if missing:
        message = f"JWT is missing the following claims: {', '.join(missing)}. Access denied."
        raise _Failed("TokenClaimNotFound", message)
    for element in wanted:
        claim = step.of(element)
        name, separator = claim.demanded("name"), claim.attribute("separator")
        said = [part for text in token.claims[name] for part in (text.split(separator) if separator else [text])]
        _check_values(name, said, claim.texts("value"), claim.attribute("match", "all") or "")


def _check_values(name: str, said: list[str], wanted: list[str], match: str) -> None:
    if match not in {"all", "any"}:
        raise NotKnown(f'a claim with match="{match}"')
    if wanted and not (all if match == "all" else any)(value in said for value in wanted):
        message = f"Claim {name} value of {', '.join(said)} is not allowed. Access denied."
        raise _Failed("TokenClaimValueNotAllowed", message)


POLICIES: Final[Policies] = {
    "validate-jwt": Policy(
        _validate_jwt,
        frozenset(
            {
                "header-name",
                "query-parameter-name",
                "token-value",
                "failed-validation-httpcode",
                "failed-validation-error-message",
                "require-expiration-time",
                "require-scheme",
                "require-signed-tokens",
                "clock-skew",
                "output-token-variable-name",
            }
        ),
        frozenset({"openid-config", "audiences", "issuers", "required-claims"}),
    )
}
