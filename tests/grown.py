"""A folder of declarations in; how it may have grown to what it is, month by month, as git would tell it, out."""

import json
from datetime import date
from pathlib import PurePosixPath
from typing import Any

from histories import line

from reconciler.document import parse
from reconciler.revisions import Line
from reconciler.sources import Files

_MONTHS = 14
_LAST = date(2026, 11, 20)


def grown(files: Files) -> Line:
    """Begin with the APIs, which nobody owns yet; then a team takes over, publishes and asks, one after another."""
    steps: list[tuple[str, dict[str, Any]]] = []
    texts = {path: content.decode() for path, content in files.contents.items()}
    teams = sorted({path.partition("/")[0] for path in texts if "/" in path})
    top = {path: text for path, text in texts.items() if "/" not in path}
    for month in range(_MONTHS):
        here = teams[: 1 + month * len(teams) // (_MONTHS - 3)]
        kept = {path: text for path, text in texts.items() if path.partition("/")[0] in here and _due(path, month)}
        products = {PurePosixPath(path).stem for path in kept if "/products/" in path}
        asked = {path: text for path, text in kept.items() if "/grants/" not in path or _for(path, text) in products}
        steps.append((str(_day(month)), {**top, **asked, **_unowned(texts, here)}))
    return line(*steps, (str(_LAST), texts))


def _due(path: str, month: int) -> bool:
    """Whether a grant is asked for by then: some come late, one by one."""
    return "/grants/" not in path or len(path) % _MONTHS <= month


def _for(path: str, text: str) -> str:
    return str(parse(path, text.encode()).get("product") or PurePosixPath(path).stem)


def _day(month: int) -> date:
    year, of_it = divmod(2025 * 12 + 8 + month, 12)
    return date(year, of_it + 1, 12)


def _unowned(texts: dict[str, str], here: list[str]) -> dict[str, Any]:
    apis = [
        {"api": api["api"]}
        for path, text in texts.items()
        if path.endswith("/apis.yaml") and path.partition("/")[0] not in here
        for api in parse(path, text.encode())
    ]
    nobody = {"unowned/team.yaml": json.dumps({"display_name": "Nobody yet"}), "unowned/apis.yaml": json.dumps(apis)}
    return nobody if apis else {}
