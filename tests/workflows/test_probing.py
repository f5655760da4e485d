"""After a merge the workflow asks the gateways, as the identity that may read keys and nothing more."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from company import APPLIED_BY, GRANT, KEY, Company, grant, opened_for_business
from organisations import SERVICE
from workflow_runner import Environment

from reconciler.emulator import Certificates
from reconciler.permissions import role

KEEPER = "11111111-aaaa-0000-0000-000000000003"


@pytest.fixture
def here(tmp_path: Path, certified: Certificates) -> Iterator[Company]:
    with opened_for_business(tmp_path, certified, day="2026-11-23") as company:
        azure, runner = company.running.azure, company.runner
        azure.seed(SERVICE, {"apis/orders/operations/all": {"displayName": "A", "method": "GET", "urlTemplate": "/"}})
        azure.grant(KEEPER, [{"actions": role(verb, [SERVICE], marks=())["Actions"]} for verb in ("keys", "probe")])
        azure.federate(KEEPER, APPLIED_BY, "repo:contoso/access:environment:access-keys-prod")
        runner.vars |= {"RECONCILER_KEYS": "on", "RECONCILER_PROBE": "on"}
        identity = {"AZURE_CLIENT_ID": KEEPER, "AZURE_TENANT_ID": azure.tenant}
        app = runner.environments["access-prod"].secrets
        runner.environments["access-keys-prod"] = Environment(identity, app)
        yield company


def test_what_a_merge_gives_and_takes_is_asked_at_the_gateway(here: Company) -> None:
    number = here.ask(**{GRANT: grant()})
    here.review(number, "olga")
    given = here.merge(number)
    assert given, here.runs
    assert given.result == "success", given.log
    assert "checkout/orders is let in (200)" in given.summary
    assert "3 answers from West Europe: 1 let in, 2 refused." in given.summary
    key = here.running.azure.secrets(SERVICE, KEY)["primaryKey"]
    number = here.ask(**{GRANT: None})
    here.review(number, "olga")
    taken = here.merge(number)
    assert taken, here.runs
    assert "checkout/orders is refused (401" in taken.summary, taken.log
    assert not [text for run in (given, taken) for text in (run.log, run.summary) if key in text]
    kept = list(here.runner.folder.rglob("evidence.json"))
    assert kept
    assert {each["as_declared"] for path in kept for each in json.loads(path.read_text())["answers"]} == {True}
