"""Somebody ends access from a browser: the workflow as it is shipped, and what the runs after it make of that."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from company import GRANT, KEY, Company, grant, opened_for_business
from workflow_runner import dispatched

from reconciler.document import parse
from reconciler.emulator import Certificates

DAY = "2026-11-23"


@pytest.fixture
def here(tmp_path: Path, certified: Certificates) -> Iterator[Company]:
    with opened_for_business(tmp_path, certified, day=DAY, **{GRANT: grant()}) as company:
        yield company


def cut(here: Company, **more: object) -> str:
    inputs = {"environment": "prod", "kind": "team", "what": "checkout", "reason": "A stolen laptop", **more}
    run = here.one("cut", here.happens(dispatched(here.site, by="pat", **{"lift": False, **inputs})))
    assert run.result == "success", run.log
    assert "A stolen laptop" in run.summary
    return run.log


def test_a_team_is_cut_off_and_the_pull_request_keeps_it_so(here: Company) -> None:
    assert here.state()[KEY]["state"] == "active"
    log = cut(here)
    assert "checkout loses orders in prod: key suspended, CUT OFF until that is lifted" in log
    assert here.state()[KEY]["state"] == "suspended"
    (number,) = here.site.pulls
    pull = here.site.pulls[number]
    thread = here.site.threads[number]
    assert (pull.branch, thread.title) == ("access/cut-prod-team-checkout", "Cut: team checkout in prod")
    assert "A stolen laptop" in thread.body
    assert parse(GRANT, (here.site.bare.file(pull.head, f"access/{GRANT}") or "").encode())["suspended"] is True
    assert here.daily().result == "success"
    assert here.state()[KEY]["state"] == "suspended"
    here.opened(number)
    here.review(number, "olga")
    applied = here.merge(number)
    assert applied
    assert applied.result == "success", applied.log
    assert "team checkout is not held any more" in applied.summary.replace("\\", "")
    assert here.state()[KEY]["state"] == "suspended"


def test_a_cut_is_lifted_from_there_too(here: Company) -> None:
    cut(here)
    log = cut(here, lift=True)
    assert "checkout gains orders in prod: key" in log
    assert here.state()[KEY]["state"] == "active"
    assert here.daily().result == "success"
    assert here.state()[KEY]["state"] == "active"
