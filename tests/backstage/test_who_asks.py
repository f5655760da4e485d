"""Whoever asks by a form of Backstage approves nothing of it, also where the pull request is Backstage's own."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import DAY
from front_door import LOGIN, REQUEST, FrontDoor, front_door

from reconciler.emulator import Azure, serve

BOT = "backstage[bot]"
TEAM = REQUEST["team"]
RENEWAL = {"grant": "resource:default/checkout-catalogue", "expires": "2027-10-31"}
API = {"team": TEAM, "api": "api:default/legacy-p"}


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FrontDoor]:
    settings = {"as_the_person": False}
    with serve(Azure()) as running, front_door(tmp_path_factory.mktemp("door"), running, settings) as door:
        # Who asks reviews for everybody, so that nothing but their having asked keeps them from approving.
        for team, other in (("commerce", "olga"), ("logistics", "larry"), ("checkout", "carla")):
            door.site.teams[team] = [LOGIN, other]
        yield door


def approvals(door: FrontDoor, number: int, place: Path) -> tuple[int, str]:
    """Ask who has approved, as the workflow does."""
    clone = place / f"approvals-{number}-{len(door.site.pulls[number].reviews)}"
    door.site.clone(clone, by="pat")
    known = {
        "GITHUB_API_URL": door.site.url,
        "GITHUB_REPOSITORY": "contoso/access",
        "GITHUB_TOKEN": door.site.token(),
        "RECONCILER_AS_OF": DAY,
    }
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-m", "reconciler", "approvals", "--pull-request", str(number)],
        cwd=clone,
        env={**os.environ, **known},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    return done.returncode, done.stdout + done.stderr


def test_an_owner_who_asks_is_not_the_owner_who_approves(door: FrontDoor, tmp_path: Path) -> None:
    asked = door.ask("access-request", **REQUEST)
    assert asked.number, asked.said
    assert door.site.pulls[asked.number].thread.author.login == BOT
    door.site.review(asked.number, LOGIN)
    code, said = approvals(door, asked.number, tmp_path)
    assert code == 4, said
    door.site.review(asked.number, "larry")
    code, said = approvals(door, asked.number, tmp_path)
    assert code == 0, said


def test_a_renewal_of_a_file_that_does_not_say_who_asks_waits_until_somebody_does(
    door: FrontDoor, tmp_path: Path
) -> None:
    asked = door.ask("access-renew", **RENEWAL)
    assert asked.number, asked.said
    door.site.review(asked.number, "olga")
    code, said = approvals(door, asked.number, tmp_path)
    assert (code, "a robot asks here; `requested_by:` must say for whom" in said) == (4, True)
    path, text = "access/checkout/grants/catalogue.yaml", door.text(asked).decode()
    door.site.push(
        door.site.pulls[asked.number].branch, {path: f"{text}requested_by: {LOGIN}\n"}, by=LOGIN, message="It is me"
    )
    door.site.review(asked.number, "olga")
    code, said = approvals(door, asked.number, tmp_path)
    assert code == 0, said


def test_an_api_is_taken_over_by_no_robot_whoever_approves(door: FrontDoor, tmp_path: Path) -> None:
    asked = door.ask("access-take-ownership", **API)
    assert asked.number, asked.said
    for login in ("carla", "octocat"):
        door.site.review(asked.number, login)
    code, said = approvals(door, asked.number, tmp_path)
    assert code == 4
    assert "checkout claims API legacy-$(letter), which nobody owned" in said
    assert "A robot asks here for more than grants" in said
