"""Why Azure refuses in, the error that becomes its answer out; texts are literal where somebody quoted them.

Bodies: `{"error": {"code", "message", "details"}}`, and `details` is there as null when empty (recorded: az product).
"""

from collections.abc import Mapping, Sequence
from typing import Any

from reconciler.emulator.wire import Answer

INCORRECT = "One or more fields contain incorrect values:"


class AzureError(Exception):
    """A refusal on its way to the wire."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        details: Sequence[Mapping[str, Any]] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(f"{status} {code}: {message}")
        self.status, self.code, self.message = status, code, message
        self.details, self.headers = details, headers or {}

    def answer(self) -> Answer:
        return Answer(self.status, error_body(self.code, self.message, self.details), self.headers)


def error_body(code: str, message: str, details: Sequence[Mapping[str, Any]] | None = None) -> dict[str, Any]:
    return {"error": {"code": code, "message": message, "details": list(details) if details else None}}


def detail(target: str, message: str) -> dict[str, str]:
    return {"code": "ValidationError", "target": target, "message": message}


def not_found(noun: str) -> AzureError:
    """`Product not found.` under ResourceNotFound: quoted in azurerm #26959 and Azure/apiops #761."""
    return AzureError(404, "ResourceNotFound", f"{noun} not found.")


def invalid(message: str) -> AzureError:
    return AzureError(400, "ValidationError", message)


def incorrect(*details: Mapping[str, Any]) -> AzureError:
    """One or more fields are wrong: quoted in Azure/apiops #67, #92, #180, #855."""
    return AzureError(400, "ValidationError", INCORRECT, details=details)


def system_entity() -> AzureError:
    """The text is quoted in azure-api-management-devops-resource-kit #776; the status 405 is unverified."""
    return AzureError(405, "MethodNotAllowed", "System entity cannot be modified")


def stale() -> AzureError:
    """412 is the spec's; the code is unverified: the class PreconditionFailedException shows up in apiops #486."""
    return AzureError(
        412, "PreconditionFailed", "Resource was modified since last retrieval. Provide the current ETag in If-Match."
    )


def if_match_required() -> AzureError:
    """Only with `strict`: the spec demands the header, recorded updates without it were accepted. Text unverified."""
    return incorrect(detail("If-Match", "If-Match header is required"))


def wrong_verb(method: str) -> AzureError:
    """Unverified: ASP.NET's own sentence, in the layout of the other errors."""
    return AzureError(405, "MethodNotAllowed", f"The requested resource does not support http method '{method}'.")


def unknown_path(resource_type: str, version: str) -> AzureError:
    """Answer as Azure Resource Manager does for a resource type that no provider has; wording unverified."""
    return AzureError(
        404,
        "InvalidResourceType",
        f"The resource type '{resource_type}' could not be found in the namespace 'Microsoft.ApiManagement'"
        f" for api version '{version}'.",
    )


def busy() -> AzureError:
    """One lock for each API: quoted in Azure/apiops #379, #141, #497."""
    return AzureError(409, "PessimisticConcurrencyConflict", "Operation on the API is in progress")
