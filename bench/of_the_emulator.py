"""A number of repeats in; how fast and how hungry the local Azure is, as figures, out."""

import asyncio
import time

from bench.door import get
from bench.figures import Figure, forget_peak, peak_megabytes, timed
from bench.folder import SERVICE
from reconciler.emulator import Azure, create_app

SUBSCRIPTIONS = 75_000  # the most that one service may have
_PRODUCTS = 2_000
_READS = 3_000
_PAGES = 30
_PART = "emulator"


def measure(repeat: int) -> list[Figure]:
    """Seed the largest service there is, then read it."""
    entities = _entities()
    seeding, peaks = [], []
    for _ in range(repeat):
        azure = Azure()
        forget_peak()
        seconds, _service = timed(lambda azure=azure: azure.seed(SERVICE, entities))  # type: ignore[misc]
        seeding.append(seconds)
        peaks.append(peak_megabytes())
    reads = [asyncio.run(_reads(azure)) for _ in range(repeat)]
    pages = [asyncio.run(_pages(azure)) for _ in range(repeat)]
    return [
        Figure(_PART, "reads of one entity", "a second", tuple(reads), "at least 2,000"),
        Figure(_PART, f"a page of 100 of {SUBSCRIPTIONS:,}", "ms", tuple(pages), "under 3"),
        Figure(_PART, f"seed {SUBSCRIPTIONS:,} subscriptions", "s", tuple(seeding), "under 10"),
        Figure(_PART, "peak memory of that", "MB", tuple(peaks), "under 600"),
    ]


def _entities() -> dict[str, dict[str, str]]:
    products = {f"products/p{index}": {"displayName": f"Product {index}"} for index in range(_PRODUCTS)}
    return products | {
        f"subscriptions/s{index}": {"scope": f"/products/p{index % _PRODUCTS}", "displayName": f"Caller {index}"}
        for index in range(SUBSCRIPTIONS)
    }


async def _reads(azure: Azure) -> float:
    app, token = create_app(azure), azure.token()
    began = time.perf_counter()
    for index in range(_READS):
        await get(app, f"{SERVICE}/products/p{index % _PRODUCTS}", "", token)
    return _READS / (time.perf_counter() - began)


async def _pages(azure: Azure) -> float:
    """Give the milliseconds of one page, of pages all over the list."""
    app, token = create_app(azure), azure.token()
    skips = [index * (SUBSCRIPTIONS // _PAGES) for index in range(_PAGES)]
    began = time.perf_counter()
    for skip in skips:
        await get(app, f"{SERVICE}/subscriptions", f"&$skip={skip}", token)
    return (time.perf_counter() - began) * 1_000 / _PAGES
