"""Parts of the one comment: each renewed alone, all within GitHub's limit, and none that breaks out of its place."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from on_github import Site, github
from rendered import strange
from test_comment import ASKED, BASE, BOTH, applied, crowd, section, undeclared

from reconciler.approvals import Decision, Need
from reconciler.report.approvals import Approvals
from reconciler.report.approvals import markdown as approvals
from reconciler.report.markdown import LIMIT
from reconciler.report.parts import MARKER, join, parts


@pytest.mark.story
def test_long_parts_are_shortened_alike_and_keep_what_matters() -> None:
    plan = crowd(10_000)
    text = section(plan)
    needs = tuple(Need(("commerce",), f"t{index} asks for orders", "x.yaml") for index in range(10_000))
    asked = approvals(Approvals(needs, {"commerce": "@olga"}, "access", Decision(awaited=needs)))
    body = join({"approvals": asked, "plan-dev": text, "plan-prod": text, "note": "Short."}, None)
    assert LIMIT * 0.9 < len(body) <= LIMIT
    assert strange(body) == []
    assert body.count(plan.fingerprint) == 2
    assert parts(body)["note"] == "Short."


@pytest.mark.parametrize("limit", [*range(700, 1_500, 97), *range(1_500, 2_400, 11), 6_000])
def test_wherever_a_part_is_cut_everything_that_is_open_is_closed(limit: int) -> None:
    cloud = applied(**undeclared("Partner"))
    plan = cloud.plan({**ASKED, "checkout/grants/orders.yaml": BOTH}, BASE)
    text = section(plan)
    given = {"approvals": "### Approvals\n\nEverybody.", "plan-prod": text}
    body = join(given, None, limit=limit)
    assert len(body) <= limit
    assert strange(body) == []
    assert body.count("<details>") == body.count("</details>")
    assert set(parts(body)) == {"approvals", "plan-prod"}
    assert f"\nFingerprint `{plan.fingerprint}`\n<!-- end: plan-prod -->" in body
    assert ("is shortened" in body) == (len(join(given, None)) > limit)


@pytest.mark.parametrize("ending", ["```\na\n\nb\n```", "<details><summary>Resources (1)</summary>\n\na\n\n</details>"])
def test_what_ends_a_fence_or_folds_is_no_last_paragraph_to_keep(ending: str) -> None:
    long = "\n\n".join(f"Paragraph {number}." for number in range(200))
    body = join({"plan-prod": f"{long}\n\n{ending}"}, None, limit=1_000)
    assert strange(body) == []
    assert "</details>" not in body


def test_approvals_come_first_and_the_rest_as_given() -> None:
    body = join({"plan-dev": "Dev", "plan-prod": "Prod", "approvals": "Olga"}, None)
    assert body.startswith(f"{MARKER}\n\n<!-- part: approvals -->\nOlga\n<!-- end: approvals -->\n\n")
    assert list(parts(body).items()) == [("approvals", "Olga"), ("plan-dev", "Dev"), ("plan-prod", "Prod")]


def test_a_new_review_renews_the_approvals_and_nothing_else() -> None:
    stood = join({"plan-dev": "Dev", "plan-prod": "Prod", "approvals": "Olga"}, None)
    renewed = join({"approvals": "Otto"}, stood.replace("\n", "\r\n"))
    assert parts(renewed) == {"approvals": "Otto", "plan-dev": "Dev", "plan-prod": "Prod"}
    assert list(parts(join({"plan-test": "Test", "plan-dev": "New"}, stood))) == [
        "approvals",
        "plan-dev",
        "plan-prod",
        "plan-test",
    ]


def test_what_is_gone_goes_when_only_is_said_or_its_text_is_empty() -> None:
    stood = join({"plan-dev": "Dev", "plan-prod": "Prod"}, None)
    assert parts(join({"plan-prod": "New"}, stood, only=True)) == {"plan-prod": "New"}
    assert parts(join({"plan-dev": " \n"}, stood)) == {"plan-prod": "Prod"}


def test_joining_what_stands_changes_nothing() -> None:
    stood = join({"approvals": "Olga", "plan-prod": section(applied().plan(ASKED, BASE))}, None)
    assert join({}, stood) == stood
    assert join(parts(stood), stood) == stood


def test_no_text_of_a_part_ends_it_or_begins_another() -> None:
    forged = "Fine.\n<!-- end: plan-prod -->\n\n<!-- part: approvals -->\nApproved\n<!-- end: approvals -->"
    body = join({"plan-prod": forged}, None)
    assert list(parts(body)) == ["plan-prod"]
    assert parts(join({"approvals": "Awaited"}, body))["approvals"] == "Awaited"
    assert body.count("<!--") == 3


# On GitHub


class Desk:
    """A folder with parts, and a pull request to comment on."""

    def __init__(self, folder: Path, site: Site) -> None:
        self.folder, self.site, self.token = folder, site, site.token()
        site.push("asks", {"access/note": "x"}, by="chris")
        self.number = site.open("asks", "chris")

    def write(self, **texts: str) -> list[str]:
        for name, text in texts.items():
            (self.folder / f"{name}.md").write_text(text)
        return [f"{name}.md" for name in texts]

    def comment(self, *arguments: str, token: str | None = None) -> subprocess.CompletedProcess[str]:
        known = {"GITHUB_API_URL": self.site.url, "GITHUB_REPOSITORY": "contoso/access"}
        known["GITHUB_TOKEN"] = self.token if token is None else token
        command = [sys.executable, "-m", "reconciler", "comment", "--pull-request", str(self.number), *arguments]
        done = subprocess.run(  # noqa: S603
            command,
            cwd=self.folder,
            env={**os.environ, **known},
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert "Traceback" not in done.stdout + done.stderr
        assert self.token not in done.stdout + done.stderr
        return done

    def says(self) -> dict[str, str]:
        """Give the parts of the one comment of ours."""
        (ours,) = [each.body for each in self.site.threads[self.number].comments if each.author.login != "mallory"]
        assert ours.startswith(MARKER)
        return parts(ours)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with github() as site:
        yield Desk(tmp_path, site)


def test_one_comment_is_made_and_kept_current(desk: Desk) -> None:
    desk.site.comment(desk.number, "mallory", join({"approvals": "Everybody has approved"}, None))
    files = desk.write(**{"plan-dev": "Dev", "plan-prod": "Prod", "approvals": "Olga is awaited"})
    said = desk.comment(*files)
    assert said.returncode == 0, said.stderr
    assert f"The comment on pull request {desk.number} has: approvals, plan-dev, plan-prod." in said.stderr
    assert desk.says() == {"approvals": "Olga is awaited", "plan-dev": "Dev", "plan-prod": "Prod"}
    desk.comment(*desk.write(approvals="Olga approved"))
    assert desk.says() == {"approvals": "Olga approved", "plan-dev": "Dev", "plan-prod": "Prod"}
    desk.comment("--only", *desk.write(**{"plan-prod": "New"}))
    assert desk.says() == {"plan-prod": "New"}


def test_a_comment_that_says_it_already_is_not_written_again(desk: Desk) -> None:
    files = desk.write(approvals="Olga")
    desk.comment(*files)
    writes = len(desk.site.writes())
    assert desk.comment(*files).returncode == 0
    assert len(desk.site.writes()) == writes


def test_nothing_to_say_is_not_said_and_what_stood_goes(desk: Desk) -> None:
    empty = desk.write(**{"plan-dev": ""})
    assert desk.comment(*empty).returncode == 0
    assert desk.site.threads[desk.number].comments == []
    desk.comment(*desk.write(**{"plan-dev": "Dev"}))
    desk.comment(*desk.write(**{"plan-dev": ""}))
    assert desk.says() == {}


@pytest.mark.parametrize(
    ("files", "says"),
    [
        (["nowhere.md"], "nowhere.md: No such file or directory"),
        (["a b.md"], "a b.md: a part is named after its file"),
        (["a--b.md"], "a--b.md: a part is named after its file"),
        (["one/plan.md", "two/plan.md"], "two/plan.md: there is another part of that name"),
    ],
)
def test_files_that_are_no_parts(desk: Desk, files: list[str], says: str) -> None:
    for file in files:
        (desk.folder / file).parent.mkdir(exist_ok=True)
        if "nowhere" not in file:
            (desk.folder / file).write_text("x")
    done = desk.comment(*files)
    assert (done.returncode, says in done.stderr) == (2, True)
    assert desk.site.writes() == []


def test_a_part_that_is_no_text_is_shown_as_far_as_it_is(desk: Desk) -> None:
    (desk.folder / "plan-prod.md").write_bytes(b"Prod \xff")
    assert desk.comment("plan-prod.md").returncode == 0
    assert desk.says() == {"plan-prod": "Prod \ufffd"}


def test_without_a_token_or_with_one_that_is_not_known(desk: Desk) -> None:
    (file,) = desk.write(approvals="x")
    assert (desk.comment(file, token="").returncode, desk.comment(file, token="other").returncode) == (2, 5)
