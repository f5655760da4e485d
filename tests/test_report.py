"""What people read: access in words, Markdown that cannot be abused or grow too long, one story in every format."""

import io
import re
from typing import Any

import pytest
from cloud import Cloud
from hypothesis import given, settings
from hypothesis import strategies as st
from organisations import environment, organisation
from rich.console import Console

from reconciler.plan import Plan
from reconciler.report.markdown import LIMIT, inert, render
from reconciler.report.story import tell
from reconciler.report.text import show

GRANT = "checkout/grants/orders.yaml"


def grant(**more: Any) -> dict[str, Any]:
    return {"environments": ["prod"], "product": "orders", "key": True, "reason": "r", "expires": "2027-06-30", **more}


def text_of(plan: Plan) -> str:
    console = Console(file=io.StringIO(), width=200, markup=False, highlight=False, emoji=False)
    show(console, tell(plan))
    return console.file.getvalue()  # type: ignore[attr-defined]


def crowd(number: int) -> dict[str, Any]:
    return organisation(
        **{f"checkout/grants/g{index}.yaml": grant(component=f"c{index}", portal=True) for index in range(number)}
    )


def test_access_comes_first_then_resources_then_counts_and_fingerprint() -> None:
    plan = Cloud().plan(organisation())
    text = text_of(plan)
    parts = ["checkout gains orders in prod: key", "Resources", "changes: ", "It takes ", "Unmanaged", plan.fingerprint]
    places = [text.index(part) for part in parts]
    assert places == sorted(places)


def test_the_time_that_azures_limits_ask_for_is_said_where_there_is_any() -> None:
    text = text_of(Cloud().plan(organisation()))
    assert "It takes 3 writes, 1 deletion, 6 reads: at once, within Azure's limits." in text
    many = text_of(Cloud().plan(crowd(1000)))
    assert "It takes 1005 writes, 1 deletion, 2009 reads: 1 min 21 s or more, within Azure's limits." in many
    nothing = {"environments.yaml": {"prod": environment()}, "commerce/team.yaml": {"display_name": "Commerce"}}
    assert "It takes" not in text_of(Cloud().plan(nothing))


def test_a_withdrawal_says_what_becomes_of_the_key_and_when() -> None:
    cloud = Cloud()
    cloud.converge(organisation())
    text = text_of(cloud.plan(organisation(**{GRANT: None}), organisation()))
    assert "- checkout loses orders in prod: key suspended, deleted on 2026-12-23" in text


def test_an_ended_grant_says_since_when() -> None:
    cloud = Cloud()
    ending = organisation(**{GRANT: grant(expires="2026-11-23")})
    cloud.converge(ending)
    assert "checkout's key for orders ends on 2026-11-23, today" in text_of(cloud.plan(ending))


def test_observe_shouts_that_withdrawn_access_is_still_in_force() -> None:
    cloud = Cloud()
    cloud.converge(organisation())
    watch = {"environments.yaml": {"prod": environment(mode="observe")}}
    text = text_of(cloud.plan(organisation(**watch, **{GRANT: None}), organisation(**watch)))
    assert "STILL IN FORCE" in text
    assert "No changes." in text


def test_markdown_stays_under_githubs_limit_and_keeps_the_counts() -> None:
    story = tell(Cloud().plan(crowd(1200)))
    whole = render(story, limit=10**9)
    assert len(whole) > LIMIT
    for limit in (LIMIT, 4000, 1500):
        cut = render(story, limit=limit)
        assert len(cut) <= limit
        assert story.counts in cut
        assert story.fingerprint in cut
        assert cut.count("<details>") == cut.count("</details>")
        assert re.search(r"\d+ more are left out here", cut)


def test_what_is_left_out_is_counted_rightly() -> None:
    story = tell(Cloud().plan(crowd(1200)))
    cut = render(story)
    shown = cut.count("\n- ") + len(re.findall(r"^\| :", cut, re.MULTILINE))
    left = sum(int(number) for number in re.findall(r"\*(\d+) more are left out", cut))
    assert shown + left == len(story.access) + len(story.resources) + len(story.notes) + len(story.keys)


@pytest.mark.parametrize(
    "attack",
    [
        "@octocat please approve",
        "![x](https://evil.example/x.png)",
        "[click](https://evil.example)",
        "<img src=x onerror=alert(1)>",
        "</details><h1>approved</h1>",
        "a | b | c",
        "`code` **bold** #1",
        "line\n\n# heading",
        "https://evil.example",
        "&lt;b&gt;",
    ],
)
def test_what_an_author_wrote_is_inert_in_markdown(attack: str) -> None:
    shown = inert(attack)
    assert "\n" not in shown
    assert not re.search(r"(?<!\\)[<>\[\]!|`#*]", shown.replace("&lt;", ""))
    assert not re.search(r"@\w", shown)
    assert "://" not in shown


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=60))
def test_no_text_breaks_out_of_a_line_of_markdown(text: str) -> None:
    shown = inert(text)
    assert "\n" not in shown
    assert "\r" not in shown
    assert not re.search(r"(?<!\\)(?:\\\\)*<", shown.replace("&lt;", ""))


def test_a_display_name_from_azure_cannot_steer_the_terminal() -> None:
    cloud = Cloud().seed(
        {
            "products/orders": {"displayName": "Orders"},
            "subscriptions/bad": {
                "scope": "/products/orders",
                "displayName": "\x1b[31mx\x1b]0;t\x07",
                "state": "active",
            },
        }
    )
    enforce = organisation(**{"environments.yaml": {"prod": environment(mode="enforce")}})
    assert "\x1b" not in text_of(cloud.plan(enforce))
