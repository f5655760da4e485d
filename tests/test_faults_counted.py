"""What `make faults` counts is noticed: a write that is lost, a removal that is wrong, a state that is another."""

from dataclasses import replace

import pytest
from faults.company import company
from faults.running import Killed, Ran
from faults.stage import Stage
from faults.tally import Tally
from faults.verdict import Verdict, verdict


@pytest.fixture(scope="module")
def before() -> Stage:
    return Stage(company(20))


@pytest.fixture
def stage(before: Stage) -> Stage:
    return before.reset()


def remove(stage: Stage, collection: str, name: str) -> None:
    service = stage.azure.service(stage.service)
    entity = service.find((collection,), name)
    assert entity
    service.remove(entity)


def test_a_run_that_nothing_disturbs_is_right_in_every_respect(stage: Stage) -> None:
    found = verdict(stage, "nowhere", stage.run())
    assert found == Verdict("nowhere", at_once=True, converged=True)
    assert found.wrong == ""


@pytest.mark.parametrize("at", [1, 30, 60])
def test_a_run_that_is_killed_is_no_mistake_as_long_as_the_next_one_ends_it(stage: Stage, at: int) -> None:
    def act() -> bool:
        raise Killed

    stage.watch.at, stage.watch.act = at, act
    first = stage.run()
    assert first.killed
    found = verdict(stage, "somewhere", first)
    assert (found.at_once, found.converged, found.wrong) == (False, True, "")


def test_what_a_run_says_to_be_done_and_is_not_is_a_write_lost(stage: Stage) -> None:
    stage.azure.fault(method="PUT", path="/groups/team-0$", times=None, status=400)
    first = stage.run()
    assert first.undone
    lied = Ran(tuple(replace(each, result="done") for each in first.outcomes))
    found = verdict(stage, "here", lied)
    assert set(found.lost) == {str(each.change.address) for each in first.undone}
    assert found.converged
    assert found.wrong.startswith("here: lost: group team-0")


def test_what_the_next_run_neither_makes_nor_names_is_a_write_lost(stage: Stage) -> None:
    first = stage.run()
    stage.azure.seed(stage.service, {"products/foreign": {"displayName": "Another"}})
    found = verdict(stage, "here", first)
    assert (found.converged, found.lost) == (False, ("products/foreign",))


@pytest.mark.parametrize(
    ("collection", "name", "missed"),
    [
        ("subscriptions", "foreign", {"subscriptions/foreign", "subscriptions/foreign is active"}),
        ("policyFragments", "foreign", {"policyFragments/foreign"}),
        ("subscriptions", "team-0--old-0", {"subscriptions/team-0--old-0 primaryKey"}),
    ],
)
def test_what_nothing_undisturbed_takes_away_is_a_wrongful_removal(
    stage: Stage, collection: str, name: str, missed: set[str]
) -> None:
    first = stage.run()
    remove(stage, collection, name)
    assert missed <= set(verdict(stage, "here", first).removed)


def test_a_key_that_another_run_would_have_kept_is_another_state(stage: Stage) -> None:
    first = stage.run()
    remove(stage, "subscriptions", "team-0--old-0")
    assert not verdict(stage, "here", first).converged


def test_one_case_that_is_wrong_and_a_fault_without_a_case_are_both_failures() -> None:
    right = Verdict("a", at_once=True, converged=True)
    good = Tally.from_verdicts("fault", [right, right], 1.0)
    bad = Tally.from_verdicts("fault", [right, Verdict("b", at_once=False, converged=False)], 1.0)
    assert (Tally.of("fault", [good, good]).cases, Tally.of("fault", [good]).wrong) == (4, ())
    assert Tally.of("fault", [good, bad]).wrong == ("b: not as undisturbed: no",)
    assert Tally.of("fault", []).wrong


def test_a_tool_that_takes_away_too_much_without_a_fault_is_no_measure() -> None:
    made = company(20)
    made.ends.discard("products/closed-0")
    with pytest.raises(AssertionError, match=r"takes away.*closed-0"):
        Stage(made)
