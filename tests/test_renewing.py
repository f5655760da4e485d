"""What ends soon is proposed to go on, and what has ended to go: other bytes stay, and all words are inert."""

from datetime import date, timedelta
from typing import Any

import pytest
from organisations import TODAY, environment, files, organisation

from reconciler.check import check, ended
from reconciler.document import parse
from reconciler.load import load
from reconciler.renewing import Renewal, renewals
from reconciler.report.markdown import LIMIT
from reconciler.sources import Files

ORDERS = "checkout/grants/orders.yaml"
TWO = {"dev": environment(variables={"letter": "d"}), "prod": environment()}
PRODUCT = {"environments": ["dev", "prod"], "max_duration": "200 days", "in": {"dev": {"max_duration": "60 days"}}}
LATEST = {"prod": "2027-06-11", "dev": "2027-01-22"}


def folder(grant: Any, **more: Any) -> Files:
    company = {"environments.yaml": TWO, "commerce/products/orders.yaml": PRODUCT, ORDERS: grant}
    return files(organisation(**{**company, **more}))


def proposed(within: Files, day: date = TODAY) -> tuple[Renewal, ...]:
    """Propose, and see that what is proposed is valid and asks for nothing again on the same day."""
    found = renewals(within, day)
    contents = {**within.contents, **{path: text for each in found for path, text in each.files.items()}}
    after = Files(within.root, {path: text for path, text in contents.items() if text is not None})
    loaded = load(after)
    assert [*loaded.problems, *check(loaded, after, day), *ended(loaded, after, day)] == []
    assert [each for each in renewals(after, day) if each.files] == []
    return found


def text(within: Files) -> str | None:
    (found,) = proposed(within)
    assert found.team == "checkout"
    assert [*found.files] == [ORDERS]
    content = found.files[ORDERS]
    return content.decode() if content is not None else None


WHOLE = """\
# ours since 2019
environments:   [dev, prod]   # both
key: true
reason: "Show it: all of it"

expires: {end}   # soon
requested_by: octocat
in:
    dev:  {{portal: true,  expires: "{dev}"}}   # sooner
"""


def whole(end: str, dev: str) -> str:
    return WHOLE.format(end=end, dev=dev)


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_only_the_ends_change(line_end: str, mark: str) -> None:
    before = mark + whole("2026-12-20", "2026-12-01").replace("\n", line_end)
    after = mark + whole(LATEST["prod"], LATEST["dev"]).replace("\n", line_end)
    assert text(folder(before)) == after


def test_what_has_long_to_run_is_left_alone() -> None:
    assert text(folder(whole("2027-05-01", "2026-12-01"))) == whole("2027-05-01", LATEST["dev"])
    assert renewals(folder(whole("2027-05-01", "2027-01-10")), TODAY) == ()


@pytest.mark.parametrize(
    ("left", "longest", "is_renewed"), [(30, 200, True), (31, 200, False), (14, 29, True), (15, 29, False)]
)
def test_what_may_run_shortly_is_renewed_in_its_second_half(left: int, longest: int, *, is_renewed: bool) -> None:
    end = (TODAY + timedelta(days=left)).isoformat()
    product = {"environments": ["dev", "prod"], "max_duration": f"{longest} days"}
    grant = {"environments": ["prod"], "key": True, "reason": "r", "expires": end}
    assert bool(renewals(folder(grant, **{"commerce/products/orders.yaml": product}), TODAY)) == is_renewed


def test_one_end_for_two_environments_becomes_two_where_they_allow_different_ones() -> None:
    grant = {"environments": ["dev", "prod"], "key": True, "reason": "r", "expires": "2026-12-01"}
    value = parse("", (text(folder(grant)) or "").encode())
    assert value == {**grant, "expires": LATEST["prod"], "in": {"dev": {"expires": LATEST["dev"]}}}


def test_what_has_no_end_is_left_alone() -> None:
    product = {"environments": ["dev", "prod"]}
    rules = {"guardrails.yaml": {"max_duration": "unlimited"}, "commerce/products/orders.yaml": product}
    grant = {"environments": ["prod"], "key": True, "reason": "r"}
    assert renewals(folder(grant, **rules), TODAY) == ()
    ends = text(folder({**grant, "expires": "2026-12-01"}, **rules)) or ""
    assert parse("", ends.encode()) == {**grant, "expires": "2027-11-23"}


def test_what_has_ended_goes() -> None:
    assert text(folder(whole("2026-11-01", "2026-11-22"))) is None


def test_what_has_ended_in_one_environment_goes_there() -> None:
    after = text(folder(whole("2027-05-01", "2026-11-22"))) or ""
    before = whole("2027-05-01", "2026-11-22")
    assert after.split() == before.replace("[dev, prod]", "[prod]").partition("in:")[0].split()
    assert b"\r\n" in (proposed(folder(before.replace("\n", "\r\n")))[0].files[ORDERS] or b"")
    more = whole("2027-05-01", "2026-11-22") + "    prod: {portal: true}\n"
    assert parse("", (text(folder(more)) or "").encode())["in"] == {"prod": {"portal": True}}  # type: ignore[index]


def test_the_day_itself_is_not_over() -> None:
    assert text(folder(whole(TODAY.isoformat(), TODAY.isoformat()))) == whole(LATEST["prod"], LATEST["dev"])


def test_one_pull_request_a_team_says_everything_in_inert_words() -> None:
    grant = {"environments": ["prod"], "key": True, "expires": "2026-12-01", "component": "web"}
    evil = "@contoso/all | <img src=x> [a](http://b) `c`"
    within = folder(
        {**grant, "reason": evil},
        **{
            "checkout/grants/refunds.yaml": {**grant, "reason": "r", "requested_by": "olga"},
            "commerce/products/refunds.yaml": {"environments": ["prod"]},
            "commerce/grants/orders.yaml": {**grant, "reason": "r"},
        },
    )
    found = proposed(within)
    assert [each.team for each in found] == ["checkout", "commerce"]
    body = found[0].body
    assert "| orders | commerce | prod | 2026-12-01 | until 2027-06-11 |" in body
    assert "| refunds | commerce | prod | 2026-12-01 | until 2027-11-23 | r | web | olga |" in body
    for live in ("@contoso", "<img", "](", "`c`", "| <"):
        assert live not in body
    assert "writes `requested_by:` with their login into checkout\\/grants\\/orders\\.yaml, by a commit" in body
    assert len({row.count(" | ") for row in body.splitlines() if row.startswith("| ")}) == 1


def test_the_words_fit_whatever_there_is_to_say() -> None:
    grant = {"environments": ["prod"], "key": True, "expires": "2026-12-01", "reason": "|" * 1000, "product": "orders"}
    many = {f"checkout/grants/g{index}.yaml": {**grant, "component": f"c{index}"} for index in range(300)}
    (found,) = renewals(folder(None, **many), TODAY)
    assert len(found.files) == 300
    assert len(found.body) <= LIMIT
    assert "more are left out here" in found.body


def test_what_cannot_be_changed_safely_is_left_to_people() -> None:
    """YAML 1.1 knows a point in time here, and would write another spelling; to us it is the text that it is."""
    odd = "environments: [dev, prod]\nkey: true\nreason: 2001-12-14 21:59:43.10 -5\nexpires: 2026-12-01\n"
    odd += "in: {dev: {portal: true}}\n"
    (found,) = renewals(folder(odd), TODAY)
    assert found.files == {}
    assert found.by_hand == (ORDERS,)
    assert "To be changed by hand: checkout\\/grants\\/orders\\.yaml." in found.body


def test_a_file_that_is_wrong_already_is_left_to_people() -> None:
    over, wrong = {"expires": "2026-11-01"}, {"tier": "gold"}
    grant = {"environments": ["dev", "prod"], "key": True, "reason": "r", "expires": "2027-05-01"}
    assert parse("", (text(folder({**grant, "in": {"dev": over}})) or "").encode()) == {
        **grant,
        "environments": ["prod"],
    }
    (found,) = renewals(folder({**grant, "in": {"dev": over, "prod": wrong}}), TODAY)
    assert (found.files, found.by_hand) == ({}, (ORDERS,))


def test_an_emergency_is_not_renewed_and_goes_when_its_day_is_over() -> None:
    within = folder({"environments": ["prod"], "key": True, "reason": "r", "emergency": True, "expires": str(TODAY)})
    assert renewals(within, TODAY) == ()
    (found,) = proposed(within, TODAY + timedelta(days=1))
    assert found.files == {ORDERS: None}


def test_what_is_nobodys_is_renewed_by_nobody() -> None:
    grant = {"environments": ["prod"], "key": True, "reason": "r", "expires": "2026-12-01"}
    nobodys = {"unowned/team.yaml": {"display_name": "Nobody"}, "unowned/grants/orders.yaml": grant}
    assert renewals(folder(None, **nobodys), TODAY) == ()
