"""What a client shows at the token endpoint in, nothing or Entra's refusal out.

Anything is taken from a client that has nothing bound to it. An assertion of a bound client is held to issuer, subject,
audience and expiry; its signature is not checked, for that would mean fetching the issuer's keys from the network.
"""

import time
from collections.abc import Mapping
from typing import Any

import jwt

from reconciler.emulator.applications import Application
from reconciler.emulator.wire import Answer

_DOCUMENTATION = "https://learn.microsoft.com/entra/workload-id/workload-identity-federation"
_CHECK = (
    "Check your federated identity credential Subject, Audience and Issuer against the presented assertion."
    f" {_DOCUMENTATION}"
)


class SignInRefused(Exception):
    """A refusal of the token endpoint; number, error and status belong together."""

    def __init__(self, number: int, error: str, message: str, *, status: int = 401) -> None:
        super().__init__(message)
        self.number, self.error, self.message, self.status = number, error, message, status

    def answer(self, now: float, identifier: str) -> Answer:
        """Lay it out as quoted in azure-workload-identity #616 and sap-automation #418."""
        stamp = time.strftime("%Y-%m-%d %H:%M:%SZ", time.gmtime(now))
        told = f"Trace ID: {identifier} Correlation ID: {identifier} Timestamp: {stamp}"
        body = {
            "error": self.error,
            "error_description": f"AADSTS{self.number}: {self.message} {told}",
            "error_codes": [self.number],
            "timestamp": stamp,
            "trace_id": identifier,
            "correlation_id": identifier,
            "error_uri": f"https://login.microsoftonline.com/error?code={self.number}",
        }
        return Answer(self.status, body)


def check_proof(client_id: str, application: Application, form: Mapping[str, str], now: float) -> None:
    """Refuse a client that shows nothing, or not what is bound to it."""
    secret, assertion = form.get("client_secret", ""), form.get("client_assertion", "")
    if not secret and not assertion:  # the text without its ending is quoted in azure-docs #25959
        raise SignInRefused(
            7000218,
            "invalid_client",
            "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.",
        )
    if not application.is_bound:
        return
    if assertion:
        _check_assertion(application, assertion, now)
    elif secret not in application.secrets:  # quoted in sap-automation #418
        raise SignInRefused(
            7000215,
            "invalid_client",
            "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value,"
            f" not the client secret ID, for a secret added to app '{client_id}'.",
        )


def _check_assertion(application: Application, assertion: str, now: float) -> None:
    """Narrow the credentials by issuer, subject and audience; the first that leaves none is what Entra names.

    Quoted: 700211 in azure-workload-identity #1200, 700213 in Azure/login #379, 7002138 in Azure/login #515. That
    700212 is of the audience, the order of the checks, and the text for a malformed assertion are unverified.
    """
    claims = _claims(assertion)
    issuer, subject = str(claims.get("iss", "")), str(claims.get("sub", ""))
    named = claims.get("aud", "")
    audiences = named if isinstance(named, list) else [named]
    left = [each for each in application.federated if each.issuer == issuer]
    if not left:
        raise _no_match(700211, f"issuer '{issuer}'", _CHECK)
    of_subject = [each for each in left if each.subject == subject]
    if not of_subject and any(each.subject.lower() == subject.lower() for each in left):
        why = "The subject matches with case-insensitive comparison, but not with case-sensitive comparison."
        raise _no_match(7002138, f"subject '{subject}'", f"{why} {_CHECK}")
    if not of_subject:
        raise _no_match(700213, f"subject '{subject}'", _CHECK)
    if not any(each.audience in audiences for each in of_subject):
        raise _no_match(700212, f"audience '{', '.join(map(str, audiences))}'", _CHECK)
    expires = claims.get("exp")
    if isinstance(expires, int | float) and expires <= now:
        raise _outdated(claims.get("nbf", 0), expires, now)


def _claims(assertion: str) -> dict[str, Any]:
    try:
        return jwt.decode(assertion, options={"verify_signature": False})
    except jwt.InvalidTokenError as error:
        raise SignInRefused(50027, "invalid_request", "JWT token is invalid or malformed.", status=400) from error


def _outdated(begins: float, ends: float, now: float) -> SignInRefused:
    """Quoted in microsoft-authentication-library-for-dotnet #4951; a missing beginning is 1970 there."""
    times = [time.strftime("%Y-%m-%dT%H:%M:%S.0000000Z", time.gmtime(each)) for each in (now, begins, ends)]
    return SignInRefused(
        700024,
        "invalid_client",
        f"Client assertion is not within its valid time range. Current time: {times[0]}, assertion valid from"
        f" {times[1]}, expiry time of assertion {times[2]}. Review the documentation at"
        " https://learn.microsoft.com/entra/identity-platform/certificate-credentials .",
    )


def _no_match(number: int, what: str, advice: str) -> SignInRefused:
    message = f"No matching federated identity record found for presented assertion {what}. {advice}"
    return SignInRefused(number, "invalid_client", message)
