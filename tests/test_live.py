"""A catalog over HTTP is for who shows the token, is read from Azure when it has grown old, and outlives an outage."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from reconciler.errors import ReconcilerError
from reconciler.live import Fresh, Made, create_app

TOKEN = "planted-token-of-backstage-0123456789"
SHOWN = {"Authorization": f"Bearer {TOKEN}"}


class Source:
    """Makes a catalog, or fails to."""

    def __init__(self) -> None:
        self.now, self.made, self.fails = 0.0, 0, False

    async def make(self) -> Made:
        await asyncio.sleep(0)
        if self.fails:
            raise ReconcilerError("Azure is away.")
        self.made += 1
        return Made.of({"catalog-info.yaml": b"kind: Location\n"}, [{"kind": "API", "number": self.made}])

    @property
    def fresh(self) -> Fresh:
        return Fresh(self.make, 60, clock=lambda: self.now)


@pytest.fixture
def source() -> Source:
    return Source()


def asked(fresh: Fresh, ask: Callable[[httpx.AsyncClient], Awaitable[Any]]) -> Any:
    async def run() -> Any:
        transport = httpx.ASGITransport(create_app(fresh, TOKEN))
        async with httpx.AsyncClient(transport=transport, base_url="http://catalog") as client:
            return await ask(client)

    return asyncio.run(run())


@pytest.mark.parametrize("shown", ["", "Bearer", "Bearer x", f"Basic {TOKEN}", f"Bearer {TOKEN}x", "Bearer \xe9"])
def test_who_does_not_show_the_token_is_told_nothing(source: Source, shown: str) -> None:
    async def ask(client: httpx.AsyncClient) -> list[httpx.Response]:
        headers = {"Authorization": shown.encode("latin-1")}
        return [await client.get(path, headers=headers) for path in ("/entities", "/catalog-info.yaml", "/nothing")]

    answers = asked(source.fresh, ask)
    assert [each.status_code for each in answers] == [401] * 3
    assert all("WWW-Authenticate" in each.headers and TOKEN not in each.text for each in answers)
    assert source.made == 0


def test_an_answer_is_kept_and_is_not_sent_to_who_has_it(source: Source) -> None:
    async def ask(client: httpx.AsyncClient) -> None:
        first = await client.get("/entities", headers=SHOWN)
        assert first.json() == {"entities": [{"kind": "API", "number": 1}]}
        again = await client.get("/entities", headers={**SHOWN, "If-None-Match": f'"x", {first.headers["ETag"]}'})
        assert (again.status_code, again.content) == (304, b"")
        file = await client.get("/catalog-info.yaml", headers=SHOWN)
        assert (file.text, file.headers["content-type"]) == ("kind: Location\n", "application/yaml")
        assert (await client.get("/../etc/passwd", headers=SHOWN)).status_code == 404
        assert (await client.get("/health")).json() == {"alive": True}
        source.now = 61
        assert (await client.get("/entities", headers=SHOWN)).headers["ETag"] != first.headers["ETag"]

    asked(source.fresh, ask)
    assert source.made == 2


def test_many_who_ask_at_once_cost_one_reading(source: Source) -> None:
    async def ask(client: httpx.AsyncClient) -> None:
        answers = await asyncio.gather(*(client.get("/entities", headers=SHOWN) for _ in range(8)))
        assert {each.json()["entities"][0]["number"] for each in answers} == {1}

    asked(source.fresh, ask)
    assert source.made == 1


def test_an_outage_leaves_the_last_catalog_and_is_logged(source: Source, caplog: pytest.LogCaptureFixture) -> None:
    async def ask(client: httpx.AsyncClient) -> None:
        source.fails = True
        none = await client.get("/entities", headers=SHOWN)
        assert (none.status_code, none.headers["Retry-After"]) == (503, "30")
        source.fails, source.now = False, 61
        assert (await client.get("/entities", headers=SHOWN)).status_code == 200
        source.fails, source.now = True, 122
        kept = await client.get("/entities", headers=SHOWN)
        assert kept.json()["entities"][0]["number"] == 1

    with caplog.at_level(logging.ERROR):
        asked(source.fresh, ask)
    assert [record.getMessage() for record in caplog.records] == [
        "The catalog could not be made anew: Azure is away."
    ] * 2
