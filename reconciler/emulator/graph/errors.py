"""Why Graph refuses in, the error that becomes its answer out."""

import time
import uuid
from collections.abc import Mapping

from reconciler.emulator.wire import Answer


class GraphError(Exception):
    """A refusal of Graph, in the layout quoted in microsoft-graph-docs #16208."""

    def __init__(self, status: int, code: str, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(f"{status} {code}: {message}")
        self.status, self.code, self.message, self.headers = status, code, message, headers or {}

    def answer(self, now: float) -> Answer:
        identifier = str(uuid.uuid4())
        inner = {
            "date": time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(now)),
            "request-id": identifier,
            "client-request-id": identifier,
        }
        body = {"error": {"code": self.code, "message": self.message, "innerError": inner}}
        return Answer(self.status, body, {"request-id": identifier, **self.headers})


def absent_text(identifier: str) -> str:
    """Quoted in microsoft-graph-docs #6059."""
    return f"Resource '{identifier}' does not exist or one of its queried reference-property objects are not present."


def absent(identifier: str) -> GraphError:
    return GraphError(404, "Request_ResourceNotFound", absent_text(identifier))


def unauthorized(message: str) -> GraphError:
    """Code and the text for a wrong audience are quoted in microsoft-graph-docs #16208."""
    challenge = 'Bearer realm="", authorization_uri="https://login.microsoftonline.com/common/oauth2/authorize"'
    return GraphError(401, "InvalidAuthenticationToken", message, {"WWW-Authenticate": challenge})


def denied() -> GraphError:
    """Quoted in ansible-collections/azure #573, but for the code, which is unverified."""
    return GraphError(403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.")


def bad_request(message: str) -> GraphError:
    """Code and texts are unverified, as Graph's differ from one mistake to the next."""
    return GraphError(400, "Request_BadRequest", message)


def unsupported(message: str) -> GraphError:
    return GraphError(400, "Request_UnsupportedQuery", message)
