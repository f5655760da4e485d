"""What somebody asks by a form of a real Backstage is one file of one pull request, and once merged, it is so."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from front_door import LOGIN, REQUEST, Asked, FrontDoor, front_door

from reconciler.emulator import Azure, serve


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FrontDoor]:
    with (
        serve(Azure()) as running,
        front_door(tmp_path_factory.mktemp("door"), running, {"groups": "ours"}) as door,
    ):
        yield door
        assert door.backend.complaints() == []


TEAM = REQUEST["team"]


def opened(asked: Asked, *touched: tuple[str, str]) -> Asked:
    assert asked.status == "completed", asked.said
    assert asked.touched == touched
    return asked


def test_what_is_asked_for_opens_a_pull_request_and_once_applied_its_caller_is_on_the_api(
    door: FrontDoor, tmp_path: Path
) -> None:
    assert REQUEST["product"] in door.backend.picked("access-request", "product")
    assert door.backend.picked("access-request", "team") == [TEAM]
    asked = door.ask("access-request", **REQUEST, component="web-returns")
    opened(asked, ("A", "access/checkout/grants/returns-web-returns.yaml"))
    assert door.file(asked) == {
        "environments": ["prod"],
        "product": "returns",
        "key": True,
        "reason": "Show returns in the basket",
        "component": "web-returns",
        "requested_by": LOGIN,
        "expires": "2027-06-30",
    }
    pull = door.site.pulls[asked.number]
    assert pull.thread.author.login == LOGIN
    assert [door.site.bare.told(each)["email"] for each in pull.commits] == [f"{LOGIN}@users.noreply.github.com"]
    door.check(asked.number, tmp_path)
    door.merge(asked.number, "olga")
    api = "api:default/returns-p"
    deadline = time.monotonic() + 60
    while (found := door.backend.entities().get("component:default/web-returns")) is None:
        assert time.monotonic() < deadline, door.backend.said()[-3000:]
        time.sleep(0.5)
    assert {"type": "consumesApi", "targetRef": api} in found["relations"]
    consumed = door.backend.settled(lambda found: "component:default/web-returns" in found)[api]["relations"]
    assert {"type": "apiConsumedBy", "targetRef": "component:default/web-returns"} in consumed


def test_what_a_team_has_there_already_is_not_asked_for_again_but_elsewhere_it_is(
    door: FrontDoor, tmp_path: Path
) -> None:
    has = {**REQUEST, "product": "resource:default/catalogue"}
    asked = door.ask("access-request", **has)
    assert (asked.status, asked.number) == ("failed", 0)
    assert "your-team-has-it-already" in asked.said
    asked = door.ask("access-request", **{**has, "environments": ["dev"]})
    opened(asked, ("A", "access/checkout/grants/catalogue-2027-06-30.yaml"))
    assert door.file(asked)["product"] == "catalogue"
    door.check(asked.number, tmp_path)


def test_what_goes_on_is_the_same_file_with_another_day(door: FrontDoor, tmp_path: Path) -> None:
    path = "access/checkout/grants/catalogue.yaml"
    before = door.site.bare.bytes_of("main", path)
    assert before
    picked = door.backend.picked("access-renew", "grant")
    assert "resource:default/checkout-catalogue" in picked
    assert all(each.startswith("resource:default/checkout-") for each in picked)
    asked = door.ask("access-renew", grant="resource:default/checkout-catalogue", expires="2027-10-31")
    opened(asked, ("M", path))
    assert door.text(asked) == before.replace(b"2027-09-30", b"2027-10-31")
    door.check(asked.number, tmp_path)


def test_what_ends_on_more_than_one_day_is_renewed_by_hand(door: FrontDoor) -> None:
    asked = door.ask("access-renew", grant="resource:default/checkout-orders", expires="2027-10-31")
    assert (asked.status, asked.number) == ("failed", 0)
    assert "more-than-one" in asked.said


def test_what_is_given_back_is_a_file_less(door: FrontDoor, tmp_path: Path) -> None:
    assert "resource:default/checkout-baskets" in door.backend.picked("access-give-back", "grant")
    asked = door.ask("access-give-back", grant="resource:default/checkout-baskets")
    opened(asked, ("D", "access/checkout/grants/baskets.yaml"))
    door.check(asked.number, tmp_path)


def test_a_product_is_published_by_a_file(door: FrontDoor, tmp_path: Path) -> None:
    apis = ["api:default/tax-p", "api:default/vouchers-p"]
    assert {*apis} <= {*door.backend.picked("access-publish-product", "apis")}
    values: dict[str, Any] = {"display_name": "Prices: all of them", "description": "Taxes, and what is off"}
    asked = door.ask(
        "access-publish-product",
        team=TEAM,
        name="prices",
        environments=["dev", "prod"],
        apis=apis,
        manage="product",
        longest="90 days",
        **values,
    )
    opened(asked, ("A", "access/checkout/products/prices.yaml"))
    assert door.file(asked) == {
        **values,
        "manage": "product",
        "published": True,
        "environments": ["dev", "prod"],
        "apis": ["tax-$(letter)", "vouchers-$(letter)"],
        "max_duration": "90 days",
    }
    door.check(asked.number, tmp_path)


def test_an_api_that_nobody_owned_is_taken_over_by_a_file(door: FrontDoor, tmp_path: Path) -> None:
    assert door.backend.picked("access-take-ownership", "api") == ["api:default/legacy-p"]
    asked = door.ask("access-take-ownership", api="api:default/legacy-p", team=TEAM, lifecycle="deprecated")
    opened(asked, ("A", "access/checkout/apis/legacy-p.yaml"))
    assert door.file(asked) == {"api": "legacy-$(letter)", "lifecycle": "deprecated"}
    door.check(asked.number, tmp_path)


def test_a_product_whose_name_is_taken_is_not_published_again(door: FrontDoor) -> None:
    values = {"team": TEAM, "display_name": "O", "description": "O", "environments": ["prod"], "manage": "product"}
    asked = door.ask("access-publish-product", **values, name="orders", apis=["api:default/tax-p"])
    assert (asked.status, asked.number) == ("failed", 0)
    assert "this-name-is-taken" in asked.said
