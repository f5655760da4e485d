"""Azure's answers and exceptions in; our errors, saying what was being done to what, out."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from azure.core import exceptions as azure

from reconciler.errors import AccessDenied, AzureError, Conflict, NotFound, Throttled, Unavailable
from reconciler.json_text import from_json
from reconciler.keylike import without_keys

_BY_STATUS: Mapping[int, type[AzureError]] = {
    401: AccessDenied,
    403: AccessDenied,
    404: NotFound,
    408: Unavailable,
    409: Conflict,
    412: Conflict,
    429: Throttled,
}
_SERVER_ERROR = 500
_ERROR = 400
_LONGEST = 100  # characters of an address


class LeadsElsewhere(Exception):
    """An answer named another address than the one that was asked; the text is where it leads."""


@contextmanager
def translated(doing: str) -> Iterator[None]:
    """Turn what the official client raises into ours."""
    try:
        yield
    except azure.ClientAuthenticationError as error:  # before its parent: without an answer it is no token at all
        if error.response is not None:
            raise refusal(doing, error.response) from error
        raise AccessDenied(doing, detail=_first_line(error)) from error
    except azure.HttpResponseError as error:
        response = error.response
        if response is not None and (response.status_code or 0) >= _ERROR:
            raise refusal(doing, response) from error
        raise Unavailable(doing, detail=f"the answer was not whole: {_first_line(error)}") from error
    except azure.AzureError as error:
        raise Unavailable(doing, detail=_first_line(error)) from error
    except RecursionError as error:  # the client reads what comes as JSON before we do
        raise Unavailable(doing, detail="the answer is nested too deeply to be read") from error
    except LeadsElsewhere as error:
        detail = f"an answer leads to {str(error)[:_LONGEST]}, and no token goes there"
        raise Unavailable(doing, detail=detail) from error


def refusal(doing: str, response: Any) -> AzureError:
    """Make the error for an answer of 400 or more: code and message as Azure gave them, but no key, and an id."""
    status = int(response.status_code)
    code, message = map(without_keys, _explained(response))
    default = Unavailable if status >= _SERVER_ERROR else AzureError
    request_id = response.headers.get("x-ms-request-id") or response.headers.get("x-ms-correlation-request-id") or ""
    kind = _BY_STATUS.get(status, default)
    return kind(doing, status=status, code=code, detail=message, request_id=request_id)


def code_of(response: Any) -> str:
    """Give Azure's error code of an answer, or nothing."""
    return _explained(response)[0]


def _explained(response: Any) -> tuple[str, str]:
    try:
        error = from_json(response.text()).get("error") or {}
        details = error.get("details") or ()
        said = [error.get("code"), error.get("message"), *(each.get("message") for each in details)]
        code, *messages = (str(each or "") for each in said)
        return code, "; ".join(messages).strip("; ")
    except (ValueError, AttributeError, TypeError, LookupError, azure.AzureError):  # LookupError: of its encoding
        return "", "an answer that is not Azure's JSON"


def _first_line(error: azure.AzureError) -> str:
    return (str(error.message or "").strip().splitlines() or [type(error).__name__])[0].removesuffix(".")
