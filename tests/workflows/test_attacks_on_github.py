"""What somebody might try who may push branches, or is an admin, or comes from outside: each is refused."""

import json
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from company import GRANT, KEY, Company, company, files, grant, opened_for_business
from workflow_runner import pull_request_changed

from reconciler.emulator import Certificates

EVIL = """\
name: helpful
on: pull_request
permissions: {checks: write, id-token: write}
jobs:
  it:
    runs-on: ubuntu-24.04
    environment: access-prod
    steps:
      - run: env > stolen
  forge:
    runs-on: ubuntu-24.04
    steps:
      - uses: actions/setup-python@v6
      - run: |
          python - <<'END'
          import json, os, urllib.request
          body = {"name": "access approvals", "head_sha": os.environ["HEAD"]}
          body |= {"status": "completed", "conclusion": "success"}
          url = f"{os.environ['GITHUB_API_URL']}/repos/{os.environ['GITHUB_REPOSITORY']}/check-runs"
          headers = {"Authorization": f"Bearer {os.environ['GITHUB_TOKEN']}", "X-GitHub-Api-Version": "2026-03-10"}
          urllib.request.urlopen(urllib.request.Request(url, json.dumps(body).encode(), headers), timeout=10)
          END
        env:
          HEAD: ${{ github.event.pull_request.head.sha }}
          GITHUB_TOKEN: ${{ github.token }}
"""


@pytest.fixture
def here(tmp_path: Path, certified: Certificates) -> Iterator[Company]:
    with opened_for_business(tmp_path, certified, day="2026-11-23") as made:
        yield made


def test_a_forged_check_from_a_branch_workflow(here: Company) -> None:
    here.site.push("ask", {**files({GRANT: grant()}), ".github/workflows/evil.yml": EVIL}, by="chris")
    number = here.site.open("ask", "chris")
    evil = next(run for run in here.opened(number) if run.name == "helpful")
    assert "is not allowed to deploy to access-prod" in evil.job("it").why
    assert evil.job("forge").result == "success", evil.log
    assert "success" in here.checks(number)
    applied = here.merge(number)
    assert applied.result == "failure"
    assert "not approved" in applied.summary
    assert KEY not in here.state()


def test_an_admins_push(here: Company) -> None:
    applied = here.pushes_to_main("pat", **{GRANT: grant()})
    assert "came by no pull request" in applied.summary
    daily = here.daily()
    assert (applied.result, daily.result) == ("failure", "failure")
    assert KEY not in here.state()
    assert "came by no pull request" in here.issue_for("platform")


def test_a_rewritten_git_note(here: Company) -> None:
    number = here.ask(**{GRANT: grant()})
    here.review(number, "olga")
    here.merge(number)
    forged = json.dumps({"commit": "0" * 40, "approved": True})
    here.site.git(
        "-c",
        "user.name=m",
        "-c",
        "user.email=m@x",
        "notes",
        "--ref",
        "refs/notes/reconciler/prod",
        "add",
        "-f",
        "-m",
        forged,
        here.site.tip(),
    )
    state = here.state()
    assert here.daily().result == "success"
    assert here.state() == state
    here.git_at_desk("fetch", "-q", "origin", "+refs/notes/*:refs/notes/*")
    said = here.tool("memory")
    assert said.returncode == 0
    assert f"the note on {here.site.tip()[:12]} was rewritten" in said.stderr


def test_codeowners_removed(here: Company) -> None:
    here.site.push("ask", {**files({GRANT: grant()}), ".github/CODEOWNERS": None}, by="chris")
    number = here.site.open("ask", "chris")
    validated = here.one("validate", here.opened(number))
    assert validated.result == "failure"
    assert "CODEOWNERS is stale" in validated.log
    assert here.checks(number) == ["action_required"]
    assert here.merge(number).result == "failure"
    assert KEY not in here.state()


def test_a_fork_with_a_changed_workflow(here: Company) -> None:
    """It runs its own file, with no secret, no identity and a token that only reads; ours is not run for it at all."""
    steal = EVIL.replace("name: helpful", "name: access / validate")
    changed = {**files({GRANT: grant()}), ".github/workflows/access-validate.yml": steal}
    here.site.push("ask", changed, by="mallory", fork="mallory")
    number = here.site.open("ask", "mallory", fork="mallory")
    runs = here.opened(number)
    theirs = here.one("validate", runs)
    assert "is not allowed to deploy to access-prod" in theirs.job("it").why
    assert theirs.job("forge").result == "failure"
    ours = here.one("plan", runs)
    assert {job.result for job in ours.jobs} == {"skipped"}
    assert (here.requests(), here.site.threads[number].comments, here.checks(number)) == (0, [], [])


def test_a_forks_pull_request_gets_validation_only(here: Company) -> None:
    here.site.push("ask", files({GRANT: grant(environments=["nowhere"])}), by="mallory", fork="mallory")
    number = here.site.open("ask", "mallory", fork="mallory")
    validated = here.one("validate", here.opened(number))
    assert validated.result == "failure"
    assert any("environment `nowhere` is not in environments.yaml" in each for each in _annotations(validated))
    assert here.requests() == 0


def _annotations(run: object) -> list[str]:
    return [each for job in run.jobs for step in job.steps for each in step.annotations]  # type: ignore[attr-defined]


def test_a_branch_with_a_command_for_a_name_and_words_that_are_shell_or_markdown(here: Company) -> None:
    branch = "$(touch${IFS}pwned);`touch${IFS}pwned`"
    reason = (
        "$(touch pwned) `touch pwned` ${{ secrets.RECONCILER_APP_KEY }} @contoso/commerce <img src=x> [x](http://x)"
    )
    number = here.ask(branch=branch, title=branch, **{GRANT: grant(reason=reason, component="web; touch pwned")})
    assert [run.result for run in here.runs] == ["success", "success"], "\n".join(run.log for run in here.runs)
    here.review(number, "olga", body="$(touch pwned)")
    assert here.checks(number)[-1] == "success"
    assert here.merge(number).result == "success"
    assert not [*here.runner.folder.rglob("pwned")]
    said = here.comment(number)
    assert "<img" not in said
    assert "@contoso" not in said


def test_an_environments_yaml_with_another_endpoint(here: Company) -> None:
    """Neither the plan of the pull request nor the apply of an admin's push speaks to it."""
    with socket.create_server(("127.0.0.1", 0)) as elsewhere:
        elsewhere.settimeout(0)
        url = f"https://localhost:{elsewhere.getsockname()[1]}"
        places = company(url)["environments.yaml"]
        number = here.ask(**{"environments.yaml": places, GRANT: grant()})
        assert here.one("plan", here.runs).result == "success"
        assert here.requests() > 0
        assert "the services and their limits change" in here.comment(number)
        here.site.close(number)
        assert here.pushes_to_main("pat", **{"environments.yaml": places}).result == "failure"
        with pytest.raises(BlockingIOError):
            elsewhere.accept()


def test_another_vault_and_another_service(here: Company) -> None:
    places = json.loads(json.dumps(company(here.running.url)["environments.yaml"]))
    places["prod"]["key_vault"] = "https://kv-mallory.vault.azure.net"
    number = here.ask(**{"environments.yaml": places})
    assert here.checks(number) == ["action_required"]
    places["prod"]["service"] += "-of-mallory"
    here.push(number, **{"environments.yaml": places})
    assert "It is spoken to when this is merged" in here.runs[-1].log
    here.review(number, "olga")
    assert here.checks(number)[-1] == "action_required"
    assert here.merge(number).result == "failure"


def test_a_run_for_a_pull_request_that_is_none(here: Company) -> None:
    event = pull_request_changed(here.site, here.ask(**{GRANT: grant()}), "closed", target=True)
    assert here.happens(event) == []
