"""A reading that was stopped goes on where it was: no page twice, nothing stale, and nothing left lying about."""

import asyncio
import json
import stat
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from cloud import Cloud
from organisations import SERVICE

from reconciler.azure.kept import FRESH, KeptPages
from reconciler.azure.reading import read
from reconciler.errors import Unavailable
from reconciler.resource import State

KEY = "6f1c0e0e5a8f4d0c9b1d2e3f4a5b6c7d"
ENTITIES: dict[str, dict[str, Any]] = {
    "apis/a": {"displayName": "a", "path": "a"},
    "products/p": {"displayName": "p"},
    "products/p/apis/a": {},
    **{
        f"subscriptions/s{index}": {
            "scope": "/products/p",
            "displayName": "s",
            "state": "active",
            "primaryKey": f"{KEY}{index}",
        }
        for index in range(350)
    },
}
KEYS = "apim-test/subscriptions$"


@pytest.fixture
def cloud() -> Cloud:
    cloud = Cloud()
    cloud.azure.seed(SERVICE, ENTITIES, fresh=False)
    cloud.azure.log.clear()
    return cloud


def reading(cloud: Cloud, folder: Path | None) -> State:
    async def run() -> State:
        if folder is None:
            async with cloud.session() as session:
                return await read(session)
        with KeptPages(SERVICE, folder=folder) as kept:
            async with cloud.session(kept=kept) as session:
                return await read(session)

    return asyncio.run(run())


def stopped(cloud: Cloud, folder: Path) -> Path:
    """Let the last page of a list fail, until the client gives up, and give the file that is kept."""
    cloud.azure.fault(method="GET", path=KEYS, status=503, nth=4, times=None)
    with pytest.raises(Unavailable):
        reading(cloud, folder)
    cloud.azure.faults.clear()
    (kept,) = folder.iterdir()
    return kept


def asked(cloud: Cloud) -> Counter[str]:
    """Each page that was given, by its address."""
    given = [entry for entry in cloud.azure.log.entries if entry.status == 200]
    return Counter(f"{entry.path} {sorted(entry.query.items())}" for entry in given)


def test_a_run_after_one_that_was_stopped_asks_for_no_page_again(cloud: Cloud, tmp_path: Path) -> None:
    whole = reading(cloud, None)
    pages = asked(cloud)
    cloud.azure.log.clear()
    stopped(cloud, tmp_path)
    begun = asked(cloud)
    assert begun.keys() < pages.keys()
    assert reading(cloud, tmp_path) == whole
    again = {page for page in pages if "policyFragments" in page}  # whose texts may hold a key, and are not kept
    assert asked(cloud) == pages + Counter(again)
    assert (set(pages.values()), len(again)) == ({1}, 1)
    assert list(tmp_path.iterdir()) == []


def test_what_is_kept_is_its_owners_alone_and_holds_no_key(cloud: Cloud, tmp_path: Path) -> None:
    kept = stopped(cloud, tmp_path)
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert '"s0"' in kept.read_text()
    assert KEY not in kept.read_text()


def test_pages_that_no_longer_fit_are_read_again(cloud: Cloud, tmp_path: Path) -> None:
    stopped(cloud, tmp_path)
    cloud.azure.seed(SERVICE, {f"subscriptions/s{index}": ENTITIES["subscriptions/s1"] for index in (350, 351)})
    assert reading(cloud, tmp_path) == reading(cloud, None)


def test_pages_of_an_hour_ago_are_read_again(cloud: Cloud, tmp_path: Path) -> None:
    kept = stopped(cloud, tmp_path)
    begun, *pages = kept.read_text().splitlines()
    kept.write_text("\n".join([str(json.loads(begun) - FRESH - 1), *pages]))
    cloud.azure.log.clear()
    reading(cloud, tmp_path)
    again = asked(cloud)
    cloud.azure.log.clear()
    reading(cloud, None)
    assert again == asked(cloud)


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.999])
def test_a_file_that_was_cut_short_is_used_as_far_as_it_goes(cloud: Cloud, tmp_path: Path, share: float) -> None:
    kept = stopped(cloud, tmp_path)
    content = kept.read_bytes()
    kept.write_bytes(content[: int(len(content) * share)])
    assert reading(cloud, tmp_path) == reading(cloud, None)


@pytest.mark.parametrize("content", ["", "nonsense", "[1, 2]\n", "{}\n", '"x"\n["a", {}]\n'])
def test_a_file_that_is_not_ours_is_not_used(cloud: Cloud, tmp_path: Path, content: str) -> None:
    stopped(cloud, tmp_path).write_text(content)
    assert reading(cloud, tmp_path) == reading(cloud, None)
