"""A page says whose a thing is, how to get it and who has it; what others wrote in it is shown, and does nothing."""

import json
import subprocess
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from markdown_it import MarkdownIt
from organisations import SERVICE, organisation
from test_backstage import APIS, GRANT, catalog

from reconciler.backstage.operations import operations
from reconciler.backstage.pages import pages
from reconciler.backstage.rules import rules
from reconciler.backstage.writing import files
from reconciler.commits import Commit, commits
from reconciler.declarations.gate import OAuth
from reconciler.definitions import Definition, Kept, Library

EVIL = "[x](javascript:alert(1)) <img src=x onerror=alert(1)> | `a` \n# h"
TIERED = {
    "manage": "product",
    "display_name": "Orders",
    "environments": ["prod"],
    "apis": ["orders"],
    "credentials": "key or token",
    "oauth": {"audience": "api://orders", "roles": ["Read"]},
    "tiers": {"standard": {"rate": "100 per minute", "quota": "1000 per 30 days"}, "free": {}},
    "default_tier": "standard",
    "approvers": ["checkout"],
    "max_duration": "90 days",
}


def library(text: str) -> Library:
    kept = Kept(Definition("orders", "openapi", text), "", datetime(2026, 11, 23, tzinfo=UTC))
    return Library(SERVICE, None, {"orders": kept})


def page(name: str, **more: object) -> str:
    made = catalog(organisation(**{"commerce/products/orders.yaml": TIERED, **more}))
    return pages(made, [])[f"docs/{name}/docs/index.md"].decode()


def test_a_products_page_says_whose_it_is_how_to_get_it_and_who_has_it() -> None:
    told = page("product/orders", **{"checkout/grants/orders.yaml": {**GRANT, "key": True, "expires": "2027-01-30"}})
    for line in (
        "* **Owner**: Commerce",
        "* **APIs**: [Orders",
        "reconciler request --product orders",
        "Commerce or Checkout decides.",
        "Access lasts for 90 days at most",
        "A call carries a key of this product, or a token of a client that has access",
        "at most 100 calls per minute and 1000 calls per 30 days",
        "| checkout, of Checkout | Orders | key | standard | 2027-01-30 |",
    ):
        assert line in told, line
    assert "Request access" not in told
    assert "/create/templates/default/access-request" in page(
        "product/orders", **{"backstage.yaml": {"repository": "contoso/access"}}
    )


def test_an_apis_page_names_the_products_that_have_it_and_its_operations() -> None:
    text = json.dumps({"paths": {"/orders/{id}": {"get": {"summary": "Read\none"}, "parameters": []}, "/x": None}})
    made = catalog(organisation(), library=library(text))
    found = files(made)
    told = found["docs/api/orders/docs/index.md"].decode()
    assert "* [Orders](/catalog/default/resource/orders)" in told
    assert "* Orders: A call carries a key of this product" in told
    assert "| GET | \\/orders\\/\\{id\\} | Read\\\\none |" in told
    assert found["definitions/orders.json"] == text.encode()
    assert b"$text: ./definitions/orders.json" in found["apis.yaml"]
    assert "It is on no product." in found["docs/api/refunds/docs/index.md"].decode()


@pytest.mark.parametrize("text", ["", "[]", "7", '{"paths": []}', '{"paths": {"/": {"get": 1}}}', "openapi: 3"])
def test_a_definition_that_is_no_openapi_has_no_operations(text: str) -> None:
    assert operations(Definition("x", "openapi", text)) == ()
    assert operations(Definition("x", "graphql", "{}")) == ()


def test_what_others_wrote_makes_no_link_no_markup_and_no_row() -> None:
    contents = organisation(
        **{
            "commerce/team.yaml": {"display_name": EVIL[:250]},
            "checkout/grants/orders.yaml": {**GRANT, "key": True, "component": "a](b)"},
        }
    )
    text = json.dumps({"paths": {EVIL: {"get": {"summary": EVIL}}}})
    apis = {
        "apis/orders": {**APIS["apis/orders"], "displayName": EVIL, "description": EVIL},
        "apis/refunds": APIS["apis/refunds"],
    }
    made = catalog(contents, apis, library=library(text))
    told = pages(made, [Commit("a" * 40, date(2026, 11, 1), EVIL, frozenset({"commerce/apis.yaml"}))])
    for name, content in told.items():
        if name.endswith(".md"):
            html = MarkdownIt("commonmark", {"html": True}).enable("table").render(content.decode())
            assert "<img" not in html
            assert 'href="javascript' not in html
            assert html.count("<h1>") == 1
        else:
            assert json.loads(content)["plugins"] == ["techdocs-core"]


def test_rules_are_said_for_every_way_to_call() -> None:
    oauth = OAuth.model_validate({"audience": ["a", "b"], "scopes": "s", "issuer": "https://id.example"})
    said = list(rules({"credentials": "token", "oauth": oauth, "enforcement": "report", "include": ["cors"]}))
    assert said == [
        "Anybody may call it, without a key or a token.",
        "A token is made for a or b, by https://id.example.",
        "A token of a user has one of the scopes s.",
        "The rules are tried out: who breaks them is counted, and let in.",
        "Policy fragments in force: cors.",
    ]
    assert next(iter(rules({}))) == "A call carries a key of this product."
    assert next(iter(rules({"subscription_required": False}))).startswith("Anybody may call it")


def test_the_history_of_a_folder_is_read_whatever_its_commits_say(tmp_path: Path) -> None:
    def git(*arguments: str) -> None:
        identity = ["-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "commit.gpgsign=false"]
        subprocess.run(["git", *identity, *arguments], cwd=tmp_path, check=True, capture_output=True)  # noqa: S603, S607

    assert commits(tmp_path / "access") == ()
    git("init", "-q")
    for number, subject in enumerate(("first", f"x \x01{'a' * 40} 7 made up", "third é")):
        (tmp_path / "access" / "a b").mkdir(parents=True, exist_ok=True)
        (tmp_path / "access" / "a b" / "é.yaml").write_text(str(number))
        (tmp_path / f"other{number}").write_text("")
        git("add", ".")
        git("commit", "-qm", subject)
    (tmp_path / "more").write_text("")
    git("add", ".")
    git("commit", "-qm", "elsewhere")
    found = commits(tmp_path / "access")
    assert [each.subject for each in found] == ["third é", f"x \x01{'a' * 40} 7 made up", "first"]
    assert {each.paths for each in found} == {frozenset({"a b/é.yaml"})}
    assert {len(each.sha) for each in found} == {40}
