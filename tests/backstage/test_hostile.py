"""Whatever somebody writes into a form stays one value of one file in its place, or Backstage takes no such form."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from front_door import LOGIN, REQUEST, Asked, FrontDoor, front_door

from reconciler.emulator import Azure, serve

TEXTS = {
    "a new key": "fine enough\nenvironments: [dev]\nportal: true",
    "a Windows line": "fine enough\r\nkey: false\r\n",
    "the end of a document": "fine enough\n...\n---\na: b\n",
    "quotes": """fine "enough", 'they' say \\" \\' \\n \\u0022 `rm`""",
    "an expression": "fine ${{ 7 * 7 }} {{ 7 * 7 }} {% raw %} {# note #} ${{ secrets.USER_OAUTH_TOKEN }}",
    "the end of an expression": '}} ${{ parameters | dump }} %} #} "}} ${{ user.ref',
    "an alias": "&a [*a, *a] !!python/object:os.system x",
    "a comment": "fine enough # not: a comment",
    "other ends of a line": "fine\u2028enough\u2029and so\x0bon\x0c",
    "nothing to see": "fine\u202eenough\u200b\ufeff\x00\x1b[31m",
    "a mention": "@contoso/security ![x](//evil.example) <img src=x> `</code>` Closes #1\n\nCo-authored-by: o <o>",
    "paths": "../../../.github/workflows/x.yml",
    "a tag of YAML": "!!binary |\n  aGVsbG8=",
    "a number": "0o17_000_000",
    "a great deal": "x: [" * 240,
}
NAMES = [
    *TEXTS.values(),
    "../commerce",
    "..",
    "a/../../b",
    "a/b",
    "%2e%2e%2fb",
    "a\\b",
    "",
    " ",
    "A",
    "-",
    "con\n",
    "x" * 5000,
    7,
    None,
    True,
    ["a"],
    {"a": "b"},
]
TEAM = REQUEST["team"]
FORMS: dict[str, dict[str, Any]] = {
    "access-request": {**REQUEST, "component": "web", "tier": "standard"},
    "access-renew": {"grant": "resource:default/checkout-catalogue", "expires": "2027-10-31"},
    "access-give-back": {"grant": "resource:default/checkout-baskets"},
    "access-publish-product": {
        "team": TEAM,
        "name": "prices",
        "display_name": "Prices",
        "description": "Prices",
        "environments": ["prod"],
        "apis": ["api:default/tax-p"],
        "manage": "product",
        "longest": "90 days",
    },
    "access-take-ownership": {
        "api": "api:default/legacy-p",
        "team": TEAM,
        "lifecycle": "production",
        "system": "storefront",
    },
}
TAKEN = {
    ("access-request", "component", "A"),
    ("access-request", "component", "0o17_000_000"),
    ("access-take-ownership", "system", "A"),
    ("access-take-ownership", "system", "0o17_000_000"),
    ("access-publish-product", "name", "0o17_000_000"),
}
"""What may be written there."""

FREE = {
    ("access-request", "reason"),
    ("access-publish-product", "display_name"),
    ("access-publish-product", "description"),
}
"""Fields that take any text."""

PLACES = {
    "access-request": r"access/checkout/grants/[a-z0-9_-]+\.yaml",
    "access-renew": r"access/checkout/grants/catalogue\.yaml",
    "access-give-back": r"access/checkout/grants/baskets\.yaml",
    "access-publish-product": r"access/checkout/products/[a-z0-9_-]+\.yaml",
    "access-take-ownership": r"access/checkout/apis/[a-z0-9-]+\.yaml",
}


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FrontDoor]:
    with serve(Azure()) as running, front_door(tmp_path_factory.mktemp("door"), running, {}) as door:
        yield door


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_a_text_is_one_value_and_is_what_was_written(door: FrontDoor, text: str) -> None:
    number = len(door.site.pulls)
    request = {**FORMS["access-request"], "reason": text, "component": f"web-{number}"}
    asked = door.ask("access-request", **request)
    assert asked.status == "completed", asked.said
    assert asked.touched == (("A", f"access/checkout/grants/returns-web-{number}.yaml"),)
    assert door.file(asked) == {
        "environments": ["prod"],
        "product": "returns",
        "tier": "standard",
        "key": True,
        "reason": text,
        "component": f"web-{number}",
        "requested_by": LOGIN,
        "expires": "2027-06-30",
    }
    said(door, asked)
    product = {**FORMS["access-publish-product"], "name": f"prices-{number}"}
    about = {"display_name": text[:300], "description": text}
    asked = door.ask("access-publish-product", **{**product, **about})
    assert asked.status == "completed", asked.said
    assert asked.touched == (("A", f"access/checkout/products/prices-{number}.yaml"),)
    assert door.file(asked) == {
        **about,
        "manage": "product",
        "published": True,
        "environments": ["prod"],
        "apis": ["tax-$(letter)"],
        "max_duration": "90 days",
    }
    said(door, asked)


def said(door: FrontDoor, asked: Asked) -> None:
    """Look at what the pull request says: a title of a line, one co-author, and texts that do nothing."""
    pull = door.site.pulls[asked.number]
    assert "\n" not in pull.thread.title
    message = door.site.bare.told(pull.head)["message"]
    assert [line for line in message.splitlines() if line.startswith("Co-authored-by")] == [
        f"Co-authored-by: {LOGIN} <{LOGIN}@users.noreply.github.com>"
    ]
    told = f"{pull.thread.title}\n{pull.thread.body}\n{message}"
    assert door.token not in told
    assert "49" not in told
    outside = re.sub(r"`[^`\n]*`", "", pull.thread.body)
    assert not set("<@!") & set(outside), outside
    assert "Closes" not in outside


def test_a_character_that_no_yaml_may_hold_is_told_by_validate(door: FrontDoor, tmp_path: Path) -> None:
    asked = door.ask("access-request", **{**FORMS["access-request"], "reason": "fine enough\x7f", "component": "del"})
    if asked.status != "refused":
        assert asked.touched == (("A", "access/checkout/grants/returns-del.yaml"),)
        assert "access/checkout/grants/returns-del.yaml" in door.check(asked.number, tmp_path, code=3)


@pytest.mark.parametrize("template", FORMS)
def test_any_other_field_takes_nothing_that_leads_out_of_its_place(door: FrontDoor, template: str) -> None:
    form, taken = FORMS[template], set()
    forget(door, door.ask(template, **form))
    for name in form.keys() - {name for each, name in FREE if each == template}:
        for value in NAMES:
            for each in (value, [value]) if isinstance(form[name], list) else (value,):
                asked = door.ask(template, **{**form, name: each})
                if asked.number:
                    ((_, path),) = asked.touched
                    assert re.fullmatch(PLACES[template], path), (each, path)
                    taken.add((template, name, each))
                    forget(door, asked)
    assert taken == {each for each in TAKEN if each[0] == template}


@pytest.mark.parametrize(
    ("template", "field", "reference"),
    [
        ("access-request", "product", "resource:default/checkout-orders"),
        ("access-request", "product", "resource:default/nothing"),
        ("access-renew", "grant", "resource:default/orders"),
        ("access-renew", "grant", "resource:default/nothing"),
        ("access-give-back", "grant", "resource:default/orders"),
        ("access-give-back", "grant", "resource:default/nothing"),
        ("access-publish-product", "apis", ["api:default/nothing"]),
        ("access-take-ownership", "api", "api:default/nothing"),
    ],
)
def test_what_is_not_of_that_kind_or_not_there_opens_nothing(
    door: FrontDoor, template: str, field: str, reference: Any
) -> None:
    asked = door.ask(template, **{**FORMS[template], field: reference})
    assert (asked.status, asked.number) == ("failed", 0), asked


def forget(door: FrontDoor, asked: Asked) -> None:
    """Close a pull request and delete its branch, for the next one bears the same name."""
    assert asked.status == "completed", asked.said
    assert asked.number
    door.site.close(asked.number)
    door.site.git("update-ref", "-d", f"refs/heads/{door.site.pulls[asked.number].branch}")
