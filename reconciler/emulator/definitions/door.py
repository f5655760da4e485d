"""A request for an exported definition in; what Blob Storage answers out: the blob, or why it is not shown.

A link is all that is asked for. A token besides it is refused, as a token for another resource is: unverified.
"""

from functools import partial
from xml.sax.saxutils import escape

from reconciler.emulator.azure import Azure
from reconciler.emulator.definitions.shelf import CONTAINER
from reconciler.emulator.planes import Handler, Reply
from reconciler.emulator.wire import Answer, Call

_NAMED = 2


def find(call: Call, azure: Azure) -> Handler | None:
    return partial(_answered, call, azure) if call.segments[:1] == (CONTAINER,) else None


def _answered(call: Call, azure: Azure) -> Reply:
    """The codes are those of Microsoft's page "Blob Storage error codes"; the sentences are shortened."""
    if "authorization" in call.headers:
        return "", _refused(
            401, "InvalidAuthenticationInfo", "Authentication information is not given in the correct format."
        )
    if call.method not in ("GET", "HEAD"):
        return "", _refused(
            403, "AuthorizationPermissionMismatch", "This request is not authorized to perform this operation."
        )
    name = call.segments[1] if len(call.segments) == _NAMED else ""
    blob = azure.outside.shelf.take(name, call.query)
    if blob is None:
        return "", _refused(403, "AuthenticationFailed", "Server failed to authenticate the request.")
    return "", Answer(200, blob.content, {"Content-Type": blob.content_type, "x-ms-blob-type": "BlockBlob"})


def _refused(status: int, code: str, message: str) -> Answer:
    text = (
        f'<?xml version="1.0" encoding="utf-8"?><Error><Code>{code}</Code><Message>{escape(message)}</Message></Error>'
    )
    return Answer(status, text.encode(), {"Content-Type": "application/xml", "x-ms-error-code": code})
