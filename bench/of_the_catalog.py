"""A number of APIs in; what a catalog of them takes, beside the mere download of their definitions, as figures, out."""

import asyncio
from datetime import UTC, datetime
from typing import Any

from bench.door import session
from bench.estate import DAY
from bench.figures import Figure, timed
from bench.folder import ENDPOINT
from reconciler.azure.definitions import definitions
from reconciler.azure.seeing import Answers, see
from reconciler.backstage.catalog import Catalog
from reconciler.backstage.estate import Estate
from reconciler.backstage.seen import seen
from reconciler.backstage.writing import files
from reconciler.definitions import Library
from reconciler.definitions.files import from_files
from reconciler.emulator import Azure
from reconciler.load import load
from reconciler.sources import Files

APIS = 1_000
_SERVICE = "/subscriptions/s1/resourceGroups/rg/providers/Microsoft.ApiManagement/service/apim-bench"


def measure(repeat: int) -> list[Figure]:
    """Measure the download, the whole of a first run, and a run after which nothing has changed."""
    azure, declared = Azure(), _declared()
    azure.seed(_SERVICE, _entities(), fresh=True)
    download, whole, again, requests = [], [], [], []
    for _ in range(repeat):
        seconds, _ = timed(lambda: asyncio.run(_read(azure, Library(_SERVICE))))
        download.append(seconds)
        seconds, made = timed(lambda: _catalog(azure, declared, Library(_SERVICE)))
        whole.append(seconds)
        before = len(azure.log.entries)
        kept = {name.removeprefix("definitions/"): text for name, text in made.items() if "definitions/" in name}
        seconds, unchanged = timed(lambda kept=kept: _catalog(azure, declared, from_files(kept, _SERVICE)))  # type: ignore[misc]
        assert unchanged == made  # noqa: S101  a figure of something else would say nothing
        again.append(seconds)
        requests.append(float(len(azure.log.entries) - before))
    ratios = tuple(mine / theirs for mine, theirs in zip(whole, download, strict=True))
    part = f"catalog of {APIS:,} APIs"
    return [
        Figure(part, "definitions, downloaded", "s", tuple(download)),
        Figure(part, "the whole catalog", "s", tuple(whole)),
        Figure(part, "that, for each second of the download", "s", ratios, "under 3"),
        Figure(part, "again, where nothing has changed", "s", tuple(again)),
        Figure(part, "requests of that", "", tuple(requests), "at most 20"),
    ]


async def _read(azure: Azure, library: Library) -> tuple[Answers, Library]:
    async with session(azure, _SERVICE) as connected:
        answers = await see(connected)
        rows = [row for row in answers.apis if row["name"] != "echo-api"]  # Azure's own, which nobody declares
        return answers, await definitions(connected, rows, library, datetime.now(UTC))


def _catalog(azure: Azure, declared: Files, library: Library) -> Any:
    answers, fetched = asyncio.run(_read(azure, library))
    estate = Estate(load(declared).declarations, "prod", day=DAY)
    return files(Catalog(estate, seen(_SERVICE, *answers), declared, fetched))


def _declared() -> Files:
    """Say ten products, each with a hundred APIs, and ten teams that each call two of them."""
    names = [f"api-{number}" for number in range(APIS)]
    contents = {
        "environments.yaml": f"prod: {{service: {_SERVICE}, endpoint: '{ENDPOINT}'}}\n",
        "owner/team.yaml": "display_name: Owner\n",
        "owner/apis.yaml": "".join(f"- api: {name}\n" for name in names),
    }
    for number in range(10):
        held = ", ".join(names[number::10])
        contents[f"owner/products/p{number}.yaml"] = f"environments: [prod]\napis: [{held}]\n"
        contents[f"t{number}/team.yaml"] = f"display_name: T{number}\n"
        for product in (number, (number + 1) % 10):
            grant = "environments: [prod]\nkey: true\nreason: r\nexpires: 2027-06-30\n"
            contents[f"t{number}/grants/p{product}.yaml"] = grant
    return Files("access", {path: text.encode() for path, text in sorted(contents.items())})


def _entities() -> dict[str, dict[str, Any]]:
    """Give APIs of ten operations each."""
    found: dict[str, dict[str, Any]] = {}
    for number in range(APIS):
        found[f"apis/api-{number}"] = {"displayName": f"API {number}", "path": f"p{number}"}
        for each in range(10):
            operation = {"displayName": f"Get {each}", "method": "GET", "urlTemplate": f"/things/{each}"}
            found[f"apis/api-{number}/operations/get-{each}"] = operation
    return found
