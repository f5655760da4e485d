"""An environments.yaml pushed past the rules: no workflow speaks to its services, and none leaves one out by it."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from calls import nobody_calls
from company import GRANT, KEY, Company, company, grant, opened_for_business
from organisations import SERVICE
from workflow_runner import Environment, Run

from reconciler.emulator import Certificates

_KEEPER = "11111111-aaaa-0000-0000-000000000003"


@pytest.fixture
def here(tmp_path: Path, certified: Certificates) -> Iterator[Company]:
    """Begin with access that is in force, and with somebody who delivers keys."""
    with opened_for_business(tmp_path, certified, day="2026-11-23", **{GRANT: grant()}) as made:
        azure = made.running.azure
        azure.grant(_KEEPER, "Reader")
        issuer = "https://token.actions.githubusercontent.com"
        azure.federate(_KEEPER, issuer, "repo:contoso/access:environment:access-keys-prod")
        keeper = {"AZURE_CLIENT_ID": _KEEPER, "AZURE_TENANT_ID": azure.tenant}
        made.runner.environments["access-keys-prod"] = Environment(
            keeper, {"RECONCILER_APP_KEY": "planted-key-of-the-app"}
        )
        made.runner.vars["RECONCILER_KEYS"] = "on"
        yield made


def places(here: Company, **more: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(json.dumps(company(here.running.url)["environments.yaml"]))
    found["prod"] |= more
    return found


def everything_runs(here: Company, number: int) -> dict[str, Run]:
    """Let every workflow run that has an identity, and those that read what they found."""
    here.running.azure.log.clear()
    runs = {
        "plan": here.one("plan", here.opened(number)),
        "approvals": here.review(number, "olga"),
        "daily": here.daily(),
        "weekly": here.weekly(),
        "cut": here.one(
            "cut",
            here.dispatches(
                "cut", environment="prod", kind="team", what="checkout", reason="A stolen laptop", lift=False
            ),
        ),
    }
    assert here.requests() > 0
    strange = [str(each) for each in here.running.azure.log if not each.path.lower().startswith(SERVICE.lower())]
    assert not [each for each in strange if "apim-" in each.lower()]
    return runs


def planned(run: Run) -> list[str]:
    """Give how its plans ended; whether the files are right at all is another job's."""
    return [each.result for each in run.jobs if each.id == "plan"]


def test_another_address_hears_nothing_from_any_workflow(here: Company) -> None:
    number = here.ask(**{GRANT: grant(reason="Longer")})
    with nobody_calls() as elsewhere:
        pushed = places(here, endpoint=elsewhere)
        pushed["mirror"] = {**pushed["prod"], "service": SERVICE + "-mirror"}
        applied = here.pushes_to_main("pat", **{"environments.yaml": pushed})
        assert applied.result == "failure"
        assert "came by no pull request" in applied.summary
        assert not [job for job in applied.jobs if "mirror" in job.name]
        runs = everything_runs(here, number)
    assert runs["plan"].result == "success", runs["plan"].log
    assert "### prod" in here.comment(number)
    assert here.state()[KEY]["state"] == "suspended", runs["cut"].log
    assert "came by no pull request" in here.issue_for("platform")


def test_another_service_at_the_same_address_hears_nothing(here: Company) -> None:
    number = here.ask(**{GRANT: grant(reason="Longer")})
    pushed = places(here, service=SERVICE + "-of-mallory")
    assert here.pushes_to_main("pat", **{"environments.yaml": pushed}).result == "failure"
    runs = everything_runs(here, number)
    assert runs["plan"].result == "success", runs["plan"].log
    assert here.state()[KEY]["state"] == "suspended", runs["cut"].log


@pytest.mark.parametrize("others", [("mirror",), ()])
def test_a_dropped_environment_is_looked_at_all_the_same(here: Company, others: tuple[str, ...]) -> None:
    """Access there ends on its day, plans are made for it, it can be cut off, and the platform team hears of it."""
    number = here.ask(**{GRANT: grant(reason="Longer")})
    with nobody_calls() as elsewhere:
        other = places(here, endpoint=elsewhere, service=SERVICE + "-mirror")["prod"]
        here.pushes_to_main("pat", **{"environments.yaml": dict.fromkeys(others, other) or None})
        assert planned(here.one("plan", here.opened(number))) == ["success"]
        here.on("2027-07-01")
        daily = here.daily()
    assert here.state()[KEY]["state"] == "suspended", daily.log
    assert "On the branch without approval, and not applied" in here.issue_for("platform")
    assert "prod" in daily.summary
