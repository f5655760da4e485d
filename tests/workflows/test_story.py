"""From a request to its end, by the workflows as they are shipped, on a GitHub and an Azure of this machine."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from company import GRANT, KEY, Company, grant, opened_for_business
from workflow_runner import Lanes, pushed

from reconciler.emulator import Certificates

DAY = "2026-11-23"
OUTCOME = "<!-- reconciler: outcome in prod -->"
FORM = """\
### Team

checkout

### Product

orders

### Environments

prod

### What you need

- [X] Key: calls with it go through
- [ ] Portal: see the product in the developer portal, and subscribe there

### Reason

Show the order history $(touch pwned) @contoso/commerce

### Last day

_No response_

### Component

_No response_
"""


@pytest.fixture
def here(tmp_path: Path, certified: Certificates) -> Iterator[Company]:
    with opened_for_business(tmp_path, certified, day=DAY) as company:
        yield company


def test_from_a_request_to_its_end(here: Company) -> None:
    number = here.ask(**{GRANT: grant(expires="2026-12-31")})
    assert [run.result for run in here.runs] == ["success", "success"], "\n".join(run.log for run in here.runs)
    assert here.requests() <= 12
    asked = here.comment(number)
    assert "checkout gains orders in prod" in asked
    assert "```mermaid" in asked
    assert "**Awaited**: commerce" in asked
    assert here.checks(number) == ["action_required"]

    here.review(number, "pat")  # may decide about other things
    assert here.checks(number)[-1] == "action_required"
    here.review(number, "olga")
    assert here.checks(number)[-1] == "success"
    assert "**olga** approved" in here.comment(number)
    assert "checkout gains orders in prod" in here.comment(number)

    applied = here.merge(number)
    assert applied.result == "success", applied.log
    assert applied.job("apply").environment == "access-prod"
    assert here.state()[KEY]["state"] == "active"
    assert "checkout gains orders in prod" in applied.summary
    assert "1 of 1 change" in here.comment(number, OUTCOME)
    note = here.site.git("notes", "--ref", "refs/notes/reconciler/prod", "show", here.site.tip())
    assert json.loads(note)["outcomes"] == {"done": 1}

    here.clicks_in_the_portal("mallory@contoso.example", "products/orders/groups/developers")
    daily = here.daily()
    assert daily.result == "success", daily.log
    assert "products/orders/groups/developers" not in here.state()
    assert "mallory" in here.issue_for("commerce")
    assert "portal click" in here.issue_for("commerce")

    here.on("2027-01-01")
    assert here.daily().result == "success"
    assert here.state()[KEY]["state"] == "suspended"
    assert "orders" in here.issue_for("checkout")
    weekly = here.weekly()
    assert weekly.result == "success", weekly.log
    proposed = max(here.site.pulls)
    assert here.site.pulls[proposed].branch == "access/renew-checkout"
    here.on("2027-01-31")
    assert here.daily().result == "success"
    assert KEY not in here.state()


def test_who_has_not_answered_a_review_is_told_each_week(here: Company) -> None:
    assert here.merge(_approved(here, here.ask(**{GRANT: grant(expires="2026-12-31")}), "olga")).result == "success"
    weekly = here.weekly()
    assert (weekly.result, "nobody to remind" in weekly.log) == ("success", True), weekly.log
    campaign = {"opened": DAY, "due": "2026-12-20", "grants": {"commerce": ["checkout/orders"]}}
    number = here.ask("olga", branch="review", **{"reviews.yaml": campaign})
    assert here.merge(_approved(here, number, "pat")).result == "success"
    weekly = here.weekly()
    assert weekly.result == "success", weekly.log
    (asked,) = [each for each in here.site.pulls.values() if each.branch == "access/review-commerce"]
    assert "by: commerce" in here.site.git("show", f"{asked.head}:access/{GRANT}")
    assert here.weekly().result == "success"
    assert len([each for each in here.site.pulls.values() if each.branch == "access/review-commerce"]) == 1


def _approved(here: Company, number: int, login: str) -> int:
    here.review(number, login)
    return number


def test_a_request_by_somebody_who_never_uses_git(here: Company) -> None:
    issue, run = here.fills_in_the_form("sam", FORM)
    assert run.result == "success", run.log
    number = max(here.site.pulls)
    pull = here.site.pulls[number]
    assert (pull.branch, pull.thread.author.login) == (f"access/request-{issue}", "access[bot]")
    text = here.site.git("show", f"{pull.head}:access/{GRANT}")
    assert "requested_by: sam" in text
    here.opened(number)
    here.review(number, "sam")
    assert here.checks(number)[-1] == "action_required"
    here.review(number, "olga")
    assert here.merge(number).result == "success"
    assert here.state()[KEY]["state"] == "active"
    assert not [*here.runner.folder.rglob("pwned")]


def test_five_merges_within_a_minute(here: Company) -> None:
    """One runs and one waits; GitHub cancels who waited when another comes, and a run is stopped before its step."""
    lanes, events = Lanes(), []
    for name in ("a", "b", "c", "d", "e"):
        number = here.ask(**{f"checkout/grants/{name}.yaml": grant(product="orders", component=name)})
        here.review(number, "olga")
        before = here.site.tip()
        here.merge(number, quietly=True)
        events.append(pushed(here.site, before))
    stopped = here.happens(events[0], cancel_before="Apply")
    assert [run.result for run in stopped] == ["cancelled"]
    for number in range(1, 6):
        lanes.arrives("access-prod", str(number))
    lanes.ends("access-prod")
    assert (lanes.cancelled, lanes.running) == (["2", "3", "4"], {"access-prod": "5"})
    assert not [name for name in here.state() if name.startswith("subscriptions/checkout--")]
    (last,) = here.happens(events[4])
    assert last.result == "success", last.log
    keys = {name for name, each in here.state().items() if name.startswith("subscriptions/checkout--")}
    assert keys == {f"subscriptions/checkout--{name}" for name in "abcde"}
    assert json.loads(here.tool("memory", "--format", "json").stdout)["applied"]["commit"] == here.site.tip()


def test_without_an_app_reviewers_serve(tmp_path: Path, certified: Certificates) -> None:
    """No secret at all: teams are lists of logins, and after a robot's request somebody clicks on the workflow."""
    commerce = {"display_name": "Commerce", "reviewers": ["olga"]}
    with opened_for_business(tmp_path, certified, day=DAY, app=False, **{"commerce/team.yaml": commerce}) as here:
        number = here.ask(**{GRANT: grant()})
        assert here.checks(number) == ["action_required"]
        here.review(number, "olga")
        assert here.checks(number)[-1] == "success"
        by_hand = here.one("approvals", here.dispatches("approvals", number=str(number)))
        assert by_hand.result == "success", by_hand.log
        assert here.merge(number).result == "success"
        assert here.state()[KEY]["state"] == "active"


def test_a_pull_request_that_changes_nothing_that_matters_says_so(here: Company) -> None:
    here.site.push("words", {"README.md": "Words"}, by="chris")
    number = here.site.open("words", "chris")
    here.opened(number)
    assert "Nobody needs to approve this" in here.comment(number)
    assert "Nothing that matters changes" in here.comment(number)
    assert here.checks(number) == ["success"]
    assert here.requests() <= 1  # what is cut off by hand is looked at in any case
