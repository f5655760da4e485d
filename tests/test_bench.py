"""Estates for benchmarks: the same for the same seed, valid, and in place as far as they say."""

import json
import random
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from cloud import Cloud

from bench import estate as estates
from bench import of_the_tool, of_the_waiting
from bench.company import draw
from bench.estate import DAY, Estate, InPlace, estate
from bench.rows import Row, document, ratios, read
from bench.sizes import SIZES
from bench.unmanaged import OF_A_NEW_SERVICE
from reconciler.check import check, ended
from reconciler.compile import compile as meaning
from reconciler.load import load
from reconciler.plan import Plan
from reconciler.resource import Address

ROOT = Path(__file__).parents[1]
SMALL = SIZES["S"]


@pytest.fixture(scope="module")
def middle() -> Estate:
    return estate(SIZES["M"], seed=7)


def planned(made: Estate) -> Plan:
    cloud = Cloud(service=made.service)
    cloud.azure.seed(made.service, made.entities, fresh=True)
    return cloud.plan(made.declarations, day=DAY)


def named(plan: Plan) -> list[str]:
    return sorted(str(change.address) for change in (*plan.written.changes, *plan.observed.changes))


def test_the_same_size_and_seed_give_the_same_bytes_in_another_process(tmp_path: Path) -> None:
    for name, hashing in (("one", "1"), ("two", "2")):
        command = [sys.executable, "-m", "bench.estate", "S", "--seed", "5", "--out", str(tmp_path / name)]
        subprocess.run(command, cwd=ROOT, check=True, capture_output=True, env={"PYTHONHASHSEED": hashing})  # noqa: S603  our own
    files = {path.relative_to(tmp_path / "one") for path in (tmp_path / "one").rglob("*") if path.is_file()}
    assert len(files) > SMALL.grants
    assert files == {path.relative_to(tmp_path / "two") for path in (tmp_path / "two").rglob("*") if path.is_file()}
    assert all((tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes() for file in files)


def test_another_seed_is_another_company() -> None:
    assert estate(SMALL, seed=1).files != estate(SMALL, seed=2).files
    assert estate(SMALL, seed=1).entities != estate(SMALL, seed=2).entities


@pytest.mark.parametrize("seed", range(8))
def test_a_small_estate_is_valid_on_its_day(seed: int) -> None:
    files = estate(SMALL, seed=seed).files
    loaded = load(files)
    assert [*loaded.problems, *check(loaded, files, DAY), *ended(loaded, files, DAY)] == []


def test_a_middle_estate_is_valid_on_its_day(middle: Estate) -> None:
    files = middle.files
    loaded = load(files)
    assert [*loaded.problems, *check(loaded, files, DAY), *ended(loaded, files, DAY)] == []


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("place", ["most", "all"])
def test_a_plan_names_what_is_not_in_place_and_nothing_else(place: InPlace, seed: int) -> None:
    made = estate(SMALL, seed=seed, place=place)
    assert named(planned(made)) == list(made.differs or ())
    assert bool(made.differs) == (place == "most")


def test_a_middle_estate_is_in_place_but_for_half_a_percent(middle: Estate) -> None:
    desired = meaning(middle.declarations, "prod", day=DAY).state
    plan = planned(middle)
    assert named(plan) == list(middle.differs or ())
    assert 0.004 < len(plan.written.changes) / len(desired) < 0.006
    assert {change.action for change in plan.written.changes} == {"create", "update", "delete"}
    assert plan.waiting == plan.held == ()


@pytest.mark.parametrize("seed", range(3))
def test_where_nothing_is_in_place_a_plan_names_everything(seed: int) -> None:
    made = estate(SMALL, seed=seed, place="none")
    desired = meaning(made.declarations, "prod", day=DAY)
    plan = planned(made)
    assert named(plan) == sorted(str(address) for address in desired.state.keys() - desired.living)
    assert plan.waiting == ()


@pytest.mark.parametrize("name", ["S", "L"])
def test_a_company_has_the_counts_of_its_size_and_is_skewed_as_real_ones_are(name: str) -> None:
    size = SIZES[name]
    company = draw(random.Random(3), size, DAY)  # noqa: S311  drawn to be repeated
    parts = (company.teams, company.apis, company.products, company.grants, company.fragments)
    assert tuple(map(len, parts)) == (size.teams, size.apis, size.products, size.grants, size.fragments)
    asked = sorted(Counter(grant.values.get("product", grant.name) for grant in company.grants).values())
    assert asked[-1] > 3 * asked[len(asked) // 2]


def test_the_service_holds_as_many_subscriptions_as_its_size_says_and_few_products_have_most(
    middle: Estate,
) -> None:
    rows = [row for path, row in middle.entities.items() if path.startswith("subscriptions/")]
    assert len(rows) == SIZES["M"].subscriptions - OF_A_NEW_SERVICE
    scopes = Counter(row["scope"].rpartition("/service/")[2].partition("/")[2] or row["scope"][1:] for row in rows)
    by_popularity = [count for scope, count in scopes.most_common() if scope.startswith("products/")]
    assert sum(by_popularity[:25]) > len(rows) / 3
    assert {"suspended", "expired", "active"} <= {row["state"] for row in rows}
    assert scopes["apis"] > 0
    assert any(scope.startswith("apis/") for scope in scopes)


def test_groups_that_the_portal_made_are_found_by_their_entra_id(middle: Estate) -> None:
    under_other_ids = [
        path.partition("/")[2]
        for path, group in middle.entities.items()
        if path.count("/") == 1 and path.startswith("groups/") and group.get("type") == "external"
    ]
    desired = meaning(middle.declarations, "prod", day=DAY).state
    assert [name for name in under_other_ids if Address("group", (name,)) not in desired]


def test_the_command_says_what_to_run_next_and_overwrites_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    estates.main(["S", "--out", str(tmp_path), "--in-place", "all"])
    said = capsys.readouterr().out
    assert f"reconciler emulate --port 8443 --seed {tmp_path}/seed.json" in said
    assert f"reconciler plan --access {tmp_path}/access --environment prod --as-of {DAY}" in said
    assert json.loads((tmp_path / "seed.json").read_text())["services"]
    with pytest.raises(SystemExit):
        estates.main(["S", "--out", str(tmp_path)])
    assert "holds an estate already" in capsys.readouterr().err


def test_the_benchmark_measures_each_step() -> None:
    figures = {each.name: each for each in of_the_tool.measure("S", 1)}
    assert {"load", "check", "the whole plan"} < set(figures)
    assert figures["changes in it"].values == (3,)
    assert figures["load"].as_json()["min"] == min(figures["load"].values) > 0
    assert figures["requests of that"].as_json()["median"] > 10


def test_a_row_is_missed_where_its_median_is_past_its_bound() -> None:
    assert Row("start", (1.0, 2.0, 9.0), "x", most=2).met
    assert not Row("start", (1.0, 2.1, 2.2), "x", most=2).met
    assert not Row("pace", (0.8,), "x", least=0.9).met
    assert (Row("requests", (25,), most=26, least=26).met, Row("shown only", (7,)).met) == (False, True)


@pytest.mark.parametrize(
    ("row", "must"),
    [
        (Row("a", (1,), "x", most=1.5), "at most 1.5 x"),
        (Row("a", (1,), most=1_944, least=1_944), "1,944"),
        (Row("a", (1,), least=0.9), "at least 0.9"),
        (Row("a", (1,)), ""),
    ],
)
def test_a_row_says_in_words_what_it_must_be(row: Row, must: str) -> None:
    assert row.must == must


def test_rounds_are_compared_one_by_one() -> None:
    assert ratios((2.0, 6.0), (1.0, 2.0)) == (2.0, 3.0)


def test_what_a_release_writes_down_the_next_one_reads(tmp_path: Path) -> None:
    (tmp_path / "released.json").write_text(document([Row("plan", (3.0, 1.0, 2.0), "x", most=9)], {}))
    assert read(tmp_path / "released.json") == {"plan": 2.0}
    assert read(tmp_path / "missing.json") == {}


def test_a_plan_sends_what_it_needs_and_nothing_twice() -> None:
    service = of_the_waiting.Service(estate(SMALL, seed=7, place="all"))
    rows = of_the_waiting.whole("S", service)
    assert [row.what for row in rows if not row.met] == []
    assert rows[0].value == 26


@pytest.mark.story
def test_every_count_and_every_wait_for_azure_is_as_it_must_be() -> None:
    assert [f"{row.what}: {row.value}" for row in of_the_waiting.measure() if not row.met] == []
