"""A service's resource id in; rows, get, put, patch, delete on paths below it, through the official client's pipeline.

The client's typed models drop what we need and cost four to eight times as much as JSON (docs/decisions), so only its
pipeline is used: credential, retries, user agent, long-running operations.
"""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, quote

from azure.core.pipeline import AsyncPipeline, PipelineResponse
from azure.core.polling import AsyncLROPoller
from azure.core.polling.base_polling import LocationPolling, StatusCheckPolling
from azure.core.rest import HttpRequest
from azure.mgmt.apimanagement.aio import ApiManagementClient
from azure.mgmt.core.polling.arm_polling import BodyContentPolling
from azure.mgmt.core.polling.async_arm_polling import AsyncARMPolling

from reconciler.azure.bodies import decoded, whole
from reconciler.azure.errors import refusal, translated
from reconciler.azure.kept import KeptPages
from reconciler.azure.limiter import Limiter
from reconciler.azure.rows import NAMELESS, Links, bounded, checked, entity
from reconciler.azure.together import together
from reconciler.errors import Unavailable

API_VERSION = "2024-05-01"
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_ERROR, _NOT_FOUND = 400, 404
_RETRIED = frozenset({"HEAD", "GET", "PUT", "PATCH", "DELETE"})


@dataclass(frozen=True, slots=True)
class Found:
    """An entity's JSON and the ETag it was read with."""

    row: Mapping[str, Any]
    etag: str


class Session:
    """One service. Every method says in `doing` what is being done, for the error that may come of it."""

    def __init__(
        self,
        client: ApiManagementClient,
        service: str,
        limiter: Limiter,
        *,
        endpoint: str,
        kept: KeptPages | None,
        poll: float,
    ) -> None:
        self.service, self.endpoint, self.limiter, self._kept, self._poll = service, endpoint, limiter, kept, poll
        self._pipeline = client._client  # noqa: SLF001  the only way to the pipeline; a test notices when it goes

    async def rows(self, path: str) -> list[Mapping[str, Any]]:
        """Read every row of a list, pages side by side. Raises rather than give fewer rows than Azure counted."""
        doing = f"reading {path.partition('?')[0]} of {self.service.rsplit('/', 1)[-1]}"
        for _ in range(2):  # not a snapshot: a write in between can hide or repeat a row, so it is read once more
            rows, count = await self._pages(path, doing)
            if count is None or len(rows) == count:
                return rows
        raise Unavailable(doing, detail=f"{len(rows)} rows came of the {count} that Azure counts")

    async def listed(self, path: str, query: Mapping[str, str], *, version: str, doing: str) -> list[Mapping[str, Any]]:
        """Read every row of a list outside of the service, page after page: such lists tell no count.

        Graph has its version in the path, and none is said where it is empty.
        """
        rows: list[Mapping[str, Any]] = []
        links = Links(doing)
        params: Mapping[str, str] | None = {**query, "api-version": version} if version else query
        while params is not None:
            request = HttpRequest("GET", self._pipeline.format_url(path), params=params)
            with translated(doing):
                answer: PipelineResponse[Any, Any] = await self._pipeline.send_request(
                    request, _return_pipeline_response=True
                )
            if answer.http_response.status_code >= _ERROR:
                raise refusal(doing, answer.http_response)
            page = self._json(answer.http_response, doing)
            rows += checked(page.get("value") or [], doing, named=False)
            params = links.after(page)
        return rows

    async def get(self, path: str, doing: str) -> Found | None:
        """Read one entity; None when it is not there."""
        response = await self._send("GET", path, doing, absent_is_fine=True)
        if response.status_code == _NOT_FOUND:
            return None
        row = self._json(response, doing)
        return Found(entity(row, doing, named=False), response.headers.get("ETag") or "*")

    async def exists(self, path: str, doing: str) -> bool:
        """Ask for a link by HEAD: it answers 204, or 404."""
        return bool((await self._send("HEAD", path, doing, absent_is_fine=True)).status_code != _NOT_FOUND)

    async def etag(self, path: str, doing: str) -> str:
        """Ask for the ETag of an entity by HEAD; nothing where it is not there, or Azure tells none."""
        response = await self._send("HEAD", path, doing, absent_is_fine=True)
        return "" if response.status_code == _NOT_FOUND else response.headers.get("ETag") or ""

    async def text(self, path: str, query: Mapping[str, str], doing: str, *, largest: int) -> str:
        """Read what is answered as it comes, whatever its type; no more of it than so many bytes."""
        response = await self._send("GET", path, doing, query=query, accept="*/*", stream=True)
        with translated(doing):
            return decoded(await whole(response, largest, doing), doing)

    def anonymous(self) -> "AsyncPipeline[Any, Any]":
        """Give a way out through the same transport with nothing of this session on it: no token, no log, no retry."""
        return AsyncPipeline(self._pipeline._pipeline._transport, policies=[])  # noqa: SLF001  as above

    async def put(self, path: str, properties: Mapping[str, Any] | None, doing: str, *, etag: str = "") -> str:
        """Create or replace, and wait until Azure is done with it. Gives, as all that write, Azure's correlation id."""
        body = None if properties is None else {"properties": properties}
        return await self._finish(await self._run("PUT", path, doing, body=body, etag=etag), doing)

    async def patch(self, path: str, properties: Mapping[str, Any], doing: str, *, etag: str) -> str:
        """Change the properties given and no other."""
        return await self._finish(
            await self._run("PATCH", path, doing, body={"properties": properties}, etag=etag), doing
        )

    async def delete(self, path: str, doing: str, *, etag: str = "") -> str:
        """Delete; what is already gone is fine (204)."""
        return await self._finish(await self._run("DELETE", path, doing, etag=etag), doing)

    async def post(self, path: str, doing: str) -> Mapping[str, Any]:
        """Ask for what only a POST tells, such as keys, and what may be asked twice. It counts as a write."""
        return self._json((await self._run("POST", path, doing, retried=True)).http_response, doing)

    async def act(self, path: str, doing: str) -> str:
        """Ask for something to be done that may be done twice, such as a key made anew."""
        return await self._finish(await self._run("POST", path, doing, retried=True), doing)

    async def pause(self) -> None:
        """Give Azure a moment."""
        await asyncio.sleep(self._poll)

    async def _pages(self, path: str, doing: str) -> tuple[list[Mapping[str, Any]], int | None]:
        first = await self._page(path, {}, doing)
        pages = [first]
        count, size = first.get("count"), len(first["value"])
        if first.get("nextLink") and isinstance(count, int) and size:
            bounded(count // size, doing)
            skips = range(size, count, size)
            pages += await together(*(self._page(path, {"$top": size, "$skip": skip}, doing) for skip in skips))
        else:
            links = Links(doing)
            while (query := links.after(pages[-1])) is not None:
                pages.append(await self._page(path, {name: query[name] for name in query if name[0] == "$"}, doing))
        rows = {str(row.get("id") or json.dumps(row, sort_keys=True)): row for page in pages for row in page["value"]}
        return list(rows.values()), count if isinstance(count, int) else None

    async def _page(self, path: str, query: Mapping[str, Any], doing: str) -> Mapping[str, Any]:
        key = f"{path} {json.dumps(query, sort_keys=True)}"
        known = self._kept.take(key) if self._kept is not None else None
        page = known or self._json(await self._send("GET", path, doing, query=query), doing)
        page = {**page, "value": checked(page.get("value"), doing, named=not path.startswith(NAMELESS))}
        if self._kept is not None and not known:
            self._kept.keep(key, page)
        return page

    async def _send(
        self,
        method: str,
        path: str,
        doing: str,
        *,
        query: Mapping[str, Any] | None = None,
        absent_is_fine: bool = False,
        accept: str = "application/json",
        stream: bool = False,
    ) -> Any:
        answer = await self._run(
            method, path, doing, query=query, absent_is_fine=absent_is_fine, accept=accept, stream=stream
        )
        return answer.http_response

    async def _run(
        self,
        method: str,
        path: str,
        doing: str,
        *,
        query: Mapping[str, Any] | None = None,
        body: Mapping[str, Any] | None = None,
        etag: str = "",
        absent_is_fine: bool = False,
        retried: bool = False,
        accept: str = "application/json",
        stream: bool = False,
    ) -> "PipelineResponse[Any, Any]":
        path, _, own_query = path.partition("?")
        headers = {"Accept": accept} | ({"If-Match": etag} if etag else {})
        params = {**dict(parse_qsl(own_query)), **(query or {}), "api-version": API_VERSION}
        url = self._pipeline.format_url(f"{self.service}/{path}")
        request = HttpRequest(method, url, params=params, headers=headers, json=body)
        with translated(doing):
            answer: PipelineResponse[Any, Any] = await self._pipeline.send_request(
                request,
                stream=stream,
                _return_pipeline_response=True,
                retry_on_methods=_RETRIED | ({method} if retried else set()),
            )
        response = answer.http_response
        if response.status_code >= _ERROR and not (absent_is_fine and response.status_code == _NOT_FOUND):
            if stream:
                with translated(doing):
                    await response.read()
            raise refusal(doing, response)
        return answer

    async def _finish(self, answer: "PipelineResponse[Any, Any]", doing: str) -> str:
        """Poll a long-running operation to its end, and give the correlation id of what was asked.

        The Location is asked first: the status body of Azure-AsyncOperation came without a `status` in the field
        (azure-sdk-for-python #40909).
        """
        headers = answer.http_response.headers
        correlation: str = headers.get("x-ms-correlation-request-id") or ""
        if not any(name in headers for name in ("Location", "Azure-AsyncOperation")):
            return correlation
        algorithms: list[Any] = [LocationPolling(), BodyContentPolling(), StatusCheckPolling()]
        polling = AsyncARMPolling(self._poll, lro_algorithms=algorithms)
        with translated(doing):
            await AsyncLROPoller(self._pipeline, answer, lambda _: None, polling).result()
        return correlation

    @staticmethod
    def _json(response: Any, doing: str) -> Mapping[str, Any]:
        try:
            body = response.json()
        except (ValueError, RecursionError) as error:
            raise Unavailable(doing, detail="the answer was cut off") from error
        if not isinstance(body, dict):
            raise Unavailable(doing, detail="the answer is not what Azure documents")
        return body


def path_of(template: str, name: tuple[str, ...]) -> str:
    """Fill a kind's path with a name, encoded: `;rev=2` and a slash may stand in one."""
    return template.format(*(quote(part, safe="") for part in name))
