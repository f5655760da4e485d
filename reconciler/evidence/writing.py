"""Evidence in; the files of its pack, JSON, CSV and a page to print, out: the same bytes for the same evidence."""

import csv
import io
import json
from collections.abc import Iterable
from typing import Final

from reconciler.errors import printable
from reconciler.evidence.rows import TABLES, Cell, Evidence, Row
from reconciler.html import pages

_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


_TEMPLATES: Final = pages("reconciler.evidence")


def written(evidence: Evidence) -> dict[str, bytes]:
    """Write every file but the manifest."""
    tables = {f"{name}.csv": _csv(TABLES[name], rows).encode() for name, rows in evidence.tables.items()}
    return {"evidence.json": _json(evidence).encode(), "index.html": _page(evidence).encode(), **tables}


def _json(evidence: Evidence) -> str:
    head = {
        "folder": evidence.folder,
        "commit": evidence.commit,
        "from": evidence.first,
        "to": evidence.last,
        "product": evidence.product,
        "team": evidence.team,
        "missing": list(evidence.missing),
    }
    tables = {name: [dict(row) for row in rows] for name, rows in evidence.tables.items()}
    return json.dumps({"format": 1, **head, **tables}, indent=1) + "\n"


def _csv(columns: tuple[str, ...], rows: Iterable[Row]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([_cell(row[name]) for name in columns] for row in rows)
    return text.getvalue()


def _cell(value: Cell) -> str:
    """Write a cell that no spreadsheet takes for a formula: an apostrophe goes first (OWASP, CSV injection)."""
    if value is None:
        return ""
    text = {True: "yes", False: "no"}[value] if isinstance(value, bool) else printable(str(value))
    return f"'{text}" if text.lstrip(" ").startswith(_FORMULA) else text


def _page(evidence: Evidence) -> str:
    events: dict[Cell, list[Row]] = {}
    for row in evidence.tables["events"]:
        events.setdefault(row["grant_id"], []).append(row)
    exceptions: dict[Cell, list[Row]] = {}
    for row in evidence.tables["exceptions"]:
        exceptions.setdefault(row["kind"], []).append(row)
    last = evidence.tables["days"][-1]
    return _TEMPLATES.get_template("evidence.html").render(
        evidence=evidence,
        grants=evidence.tables["grants"],
        events=events,
        exceptions=exceptions,
        in_force=last["in_force"],
        requested=sum(int(row["requested"] or 0) for row in evidence.tables["days"]),
        ended=sum(int(row["ended"] or 0) for row in evidence.tables["days"]),
    )
