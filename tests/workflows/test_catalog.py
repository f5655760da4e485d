"""After a merge and each day the workflow refreshes the branch that Backstage reads: it shows what is applied."""

from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from company import GRANT, Company, grant, opened_for_business
from ruamel.yaml import YAML

from reconciler.emulator import Certificates


@pytest.fixture
def here(tmp_path: Path, certified: Certificates) -> Iterator[Company]:
    with opened_for_business(tmp_path, certified, day="2026-11-23") as company:
        company.runner.vars["RECONCILER_CATALOG"] = "catalog"
        yield company


def components(company: Company) -> dict[str, Any]:
    text = company.site.git("show", "catalog:prod/components.yaml")
    return {each["metadata"]["name"]: each["spec"] for each in YAML(typ="safe").load_all(StringIO(text))}


def test_who_was_granted_access_is_on_the_branch_that_backstage_reads(here: Company) -> None:
    number = here.ask(**{GRANT: grant()})
    here.review(number, "olga")
    applied = here.merge(number)
    assert applied, here.runs
    assert applied.result == "success", applied.log
    assert components(here)["checkout"]["consumesApis"] == ["api:default/orders"]
    day = here.daily()
    assert day.result == "success", day.log
    assert "catalog of origin says all of that already." in day.summary


def test_what_was_pushed_past_the_owner_is_not_on_it(here: Company) -> None:
    here.pushes_to_main("pat", **{GRANT: grant()})
    here.daily()
    written = here.site.git("ls-tree", "-r", "--name-only", "catalog").split()
    assert ("prod/products.yaml" in written, "prod/components.yaml" in written) == (True, False)


def test_without_a_branch_for_it_nobody_writes_one(here: Company) -> None:
    here.runner.vars.pop("RECONCILER_CATALOG")
    assert here.daily().result == "success"
    assert "catalog" not in here.site.git("branch", "--list")
