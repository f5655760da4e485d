"""Two services by the workflows as they are shipped: a job, an identity and a memory each, and none stops the other."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from company import APIS, APPLIED_BY, GRANT, KEY, ORDERS, Company, company, grant, opened_for_business
from organisations import SERVICE
from workflow_runner import Environment, Run

from reconciler.emulator import Certificates

DEV = SERVICE.replace("apim-test", "apim-dev").replace("/s1/", "/s2/")
_APPLIER = "11111111-aaaa-0000-0000-000000000004"
BOTH = {"environments": ["dev", "prod"]}


@pytest.fixture
def here(tmp_path: Path, certified: Certificates) -> Iterator[Company]:
    """Begin with one service; then another is declared, approved, and remembers from where on to go."""
    with opened_for_business(tmp_path, certified, day="2026-11-23") as made:
        azure = made.running.azure
        azure.seed(DEV, APIS, fresh=True)
        azure.federate(_APPLIER, APPLIED_BY, "repo:contoso/access:environment:access-dev")
        made.runner.environments["access-dev"] = Environment(
            {"AZURE_CLIENT_ID": _APPLIER, "AZURE_TENANT_ID": azure.tenant},
            {"RECONCILER_APP_KEY": "planted-key-of-the-app"},
        )
        made.runner.vars["RECONCILER_PARALLEL"] = "20"
        places = company(made.running.url)["environments.yaml"]
        places = {"dev": {**places["prod"], "service": DEV}, **places}
        number = made.ask(**{"environments.yaml": places})
        made.review(number, "pat")
        made.merge(number, quietly=True)
        begun = made.tool("memory", "--begin", "HEAD", "-e", "dev", "--yes")
        assert begun.returncode == 0, begun.stderr
        yield made


def asked_for_both(here: Company) -> int:
    product: dict[str, Any] = {**company(here.running.url)[ORDERS], **BOTH}
    number = here.ask(**{ORDERS: product, GRANT: grant(**BOTH)})
    here.review(number, "olga")
    here.review(number, "pat")  # the product may live there already: a first claim is for the platform team
    return number


def results(run: Run, name: str = "apply") -> list[tuple[str, str]]:
    return [(job.environment, job.result) for job in run.jobs if job.id == name]


def applied(here: Company, environment: str) -> str:
    said = here.tool("memory", "-e", environment, "--format", "json")
    commit: str = json.loads(said.stdout)["applied"]["commit"]
    return commit


def test_a_merge_is_applied_to_each_service_and_one_that_denies_catches_up(here: Company) -> None:
    azure, before = here.running.azure, here.site.tip()
    number = asked_for_both(here)
    assert all(f"### {name}" in here.comment(number) for name in ("dev", "prod"))
    azure.fault(path="/service/apim-dev/", status=403, code="AuthorizationFailed", times=None)
    run = here.merge(number)
    assert run is not None
    assert results(run) == [("access-dev", "failure"), ("access-prod", "success")], run.summary
    assert here.state()[KEY]["state"] == "active"
    azure.faults.clear()
    assert (applied(here, "dev"), applied(here, "prod")) == (before, here.site.tip())
    again = here.daily()
    assert results(again, "converge") == [("access-dev", "success"), ("access-prod", "success")], again.log
    assert azure.snapshot(DEV)[KEY]["state"] == "active"
    assert (applied(here, "dev"), applied(here, "prod")) == (here.site.tip(), here.site.tip())
