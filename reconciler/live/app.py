"""What is fresh and the token that callers must show in; an application that serves it out."""

import hmac
from typing import Final

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from reconciler.errors import ReconcilerError
from reconciler.live.fresh import Fresh, etag

_TYPES: Final = {"yaml": "application/yaml", "json": "application/json", "md": "text/markdown; charset=utf-8"}
_CHALLENGE: Final = {"WWW-Authenticate": 'Bearer realm="catalog"'}
_AGAIN: Final = {"Retry-After": "30"}


def create_app(fresh: Fresh, token: str) -> Starlette:
    """Serve `/entities`, all of them as one list, and each file of the folder; `/health` asks for no token."""

    async def entities(request: Request) -> Response:
        return await _answered(request, None)

    async def file(request: Request) -> Response:
        return await _answered(request, request.path_params["name"])

    async def health(_: Request) -> Response:
        return JSONResponse({"alive": True})

    async def _answered(request: Request, name: str | None) -> Response:
        if not _shows(request, token):
            return PlainTextResponse("Show the token: Authorization: Bearer ...\n", 401, _CHALLENGE)
        try:
            made = await fresh.get()
        except ReconcilerError as error:
            return PlainTextResponse(f"{error}\n", 503, _AGAIN)
        content = made.entities if name is None else made.files.get(name)
        if content is None:
            return PlainTextResponse("There is no such file. Begin with /catalog-info.yaml or /entities.\n", 404)
        headers = {"ETag": etag(content), "Cache-Control": "private, no-cache"}
        if headers["ETag"] in (each.strip() for each in request.headers.get("if-none-match", "").split(",")):
            return Response(status_code=304, headers=headers)
        ending = "json" if name is None else name.rpartition(".")[2]
        return Response(content, headers=headers, media_type=_TYPES.get(ending, "text/plain; charset=utf-8"))

    return Starlette(routes=[Route("/health", health), Route("/entities", entities), Route("/{name:path}", file)])


def _shows(request: Request, token: str) -> bool:
    """Compare in a time that tells nothing of the token."""
    scheme, _, shown = request.headers.get("authorization", "").partition(" ")
    return scheme.lower() == "bearer" and hmac.compare_digest(shown.strip().encode(), token.encode())
