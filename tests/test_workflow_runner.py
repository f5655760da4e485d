"""The runner of workflow files does what GitHub does, and raises at whatever it does not know."""

import json
import sys
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from on_github import Site, github
from workflow_runner import (
    ACTIONS,
    Environment,
    Event,
    Lanes,
    Run,
    Runner,
    Unknown,
    app_token,
    commented,
    dispatched,
    issue_changed,
    pull_request_changed,
    pushed,
    reviewed,
    scheduled,
)
from workflow_runner.expressions import Scope
from workflow_runner.matrix import combinations
from workflow_runner.triggers import chosen, is_triggered

CONTEXTS: dict[str, Any] = {
    "github": {"event_name": "push", "event": {"pull_request": {"labels": [{"name": "access"}], "number": 7}}},
    "vars": {"RECONCILER": "true", "EMPTY": ""},
    "needs": {"plan": {"result": "success", "outputs": {"all": '["dev","prod"]'}}},
    "matrix": {"n": 3, "env": "dev"},
    "env": {"A-B": "x"},
}


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("github.event_name == 'PUSH'", True),
        ("github.event.pull_request.number != 7", False),
        ("github.event.pull_request.labels[0].name", "access"),
        ("github.event.issue.number", None),
        ("vars.GONE || 'none'", "none"),
        ("vars.RECONCILER && github.event_name == 'push' || 'no'", True),
        ("!vars.EMPTY && !(1 > 2)", True),
        ("vars.EMPTY == null && null == 0 && 'x' != 0", True),
        ("fromJSON(needs.plan.outputs.all)[1]", "prod"),
        ("contains(fromJSON('[\"a\", \"b\"]'), 'B')", True),
        ("contains(github.event.pull_request.labels.*.name, 'Access')", True),
        ("join(github.event.pull_request.labels.*.name) == 'access' && !github.event.gone.*.name[0]", True),
        ("contains('Hello', 'hell') && startsWith('abc', 'AB') && endsWith('abc', 'bc')", True),
        ("format('{0} {{x}} {1}', 'it''s', matrix.n)", "it's {x} 3"),
        ("join(fromJSON('[1, 2]'), '-')", "1-2"),
        ("toJSON(fromJSON('{\"a\":[1]}'))", '{\n  "a": [\n    1\n  ]\n}'),
        ("env.A-B", "x"),
        ("matrix['env']", "dev"),
        ("1 < 2 && 1.5 >= 1.5 && true", True),
        ("success() && !failure() && !cancelled() && always()", True),
    ],
)
def test_expressions(source: str, value: Any) -> None:
    status = {"success": True, "failure": False, "cancelled": False}
    assert Scope(CONTEXTS, status).value(source) == value


@pytest.mark.parametrize(
    "source",
    [
        *("github.evnt", "steps.plan.outputs.x", "needs.gone.result", "matrix.gone", "env.GONE", "secret.X"),
        *(
            "hashFiles('x')",
            "github.event ==",
            "'a' 'b'",
            "a b",
            "contains('a'",
            "fromJSON('{')",
            "github.event.labels.**",
        ),
        *("github.event == 'x'", '"text"'),
    ],
)
def test_what_is_not_known_raises(source: str) -> None:
    with pytest.raises(Unknown):
        Scope(CONTEXTS, {"success": True}).value(source)


def test_texts_with_expressions() -> None:
    scope = Scope(CONTEXTS, {"success": True})
    assert scope.fill({"a": ["${{ matrix.n }}", "n=${{ matrix.n }} ${{ '}}' }}"], "b": 1}) == {
        "a": [3, "n=3 }}"],
        "b": 1,
    }
    for wrong in ("x ${{ github.event }}", "${{ matrix.n } x"):
        with pytest.raises(Unknown):
            scope.fill(wrong)


@pytest.mark.parametrize(
    ("condition", "failed", "runs"),
    [
        ("vars.RECONCILER == 'true'", False, True),
        ("vars.RECONCILER == 'true'", True, False),
        ("${{ always() && vars.RECONCILER == 'true' }}", True, True),
        ("failure()", True, True),
        ("failure()", False, False),
        ("!cancelled()", True, True),
        (True, True, False),
        ("vars.GONE", False, False),
    ],
)
def test_conditions(condition: Any, failed: bool, runs: bool) -> None:  # noqa: FBT001
    status = {"success": not failed, "failure": failed, "cancelled": False}
    assert Scope(CONTEXTS, status).is_true(condition) is runs


def test_a_condition_that_github_takes_for_a_text() -> None:
    with pytest.raises(Unknown, match="always true on GitHub"):
        Scope(CONTEXTS, {"success": True}).is_true("${{ vars.GONE }} && ${{ vars.GONE }}")


EVENT = Event("push", "refs/heads/main", "s", "s", "pat", changed=("access/a/team.yaml", "README.md"))
ASKED = replace(EVENT, name="pull_request", ref="refs/pull/7/merge", base_ref="main", action="synchronize")


@pytest.mark.parametrize(
    ("on", "event", "runs"),
    [
        ("push", EVENT, True),
        (["pull_request", "schedule"], EVENT, False),
        ({"push": {"branches": ["main"], "paths": ["access/**"]}}, EVENT, True),
        ({"push": {"branches": ["release/*"]}}, EVENT, False),
        ({"push": {"paths": ["access/*"]}}, EVENT, False),
        ({"push": {"paths": ["access/**", "!access/a/**"]}}, EVENT, False),
        ({"push": {"paths-ignore": ["**.md"]}}, EVENT, True),
        ({"push": {"paths-ignore": ["**.md", "access/**"]}}, EVENT, False),
        ({"push": {"branches-ignore": ["main"]}}, EVENT, False),
        ({"pull_request": None}, ASKED, True),
        ({"pull_request": None}, replace(ASKED, action="closed"), False),
        ({"pull_request": {"types": ["closed"], "branches": ["main"]}}, replace(ASKED, action="closed"), True),
        ({"pull_request": {"branches": ["other"]}}, ASKED, False),
        ({"pull_request_review": {"types": ["submitted"]}}, replace(ASKED, name="pull_request_review"), False),
        ({"schedule": [{"cron": "17 4 * * *"}]}, replace(EVENT, name="schedule", cron="17 4 * * *"), True),
        ({"schedule": [{"cron": "17 4 * * *"}]}, replace(EVENT, name="schedule", cron="0 0 * * 1"), False),
        ({"workflow_dispatch": {"inputs": {}}}, replace(EVENT, name="workflow_dispatch"), True),
    ],
)
def test_triggers(on: Any, event: Event, runs: bool) -> None:  # noqa: FBT001
    assert is_triggered(on, event) is runs


@pytest.mark.parametrize("on", ["pushed", {"push": {"path": ["a"]}}, {"issues": {"labels": ["a"]}}])
def test_triggers_that_nobody_knows(on: Any) -> None:
    with pytest.raises(Unknown):
        is_triggered(on, replace(EVENT, name="push" if "push" in on else "issues"))


@pytest.mark.parametrize(
    ("patterns", "name", "fits"),
    [
        (["*"], "a/b", False),
        (["**"], "a/b", True),
        (["**/x.yaml"], "x.yaml", True),
        (["v[12].[0-9]+"], "v1.10", True),
        (["*.jsx?"], "page.js", True),
        (["a+b"], "a+b", False),
    ],
)
def test_patterns(patterns: list[str], name: str, fits: bool) -> None:  # noqa: FBT001
    assert chosen(patterns, name) is fits


@pytest.mark.parametrize(
    ("matrix", "made"),
    [
        (None, [{}]),
        ({"a": [1, 2], "b": ["x"]}, [{"a": 1, "b": "x"}, {"a": 2, "b": "x"}]),
        ({"a": [1, 2], "exclude": [{"a": 2}]}, [{"a": 1}]),
        ({"include": [{"env": "dev"}, {"env": "prod"}]}, [{"env": "dev"}, {"env": "prod"}]),
        (
            {"a": [1, 2], "include": [{"c": 0}, {"a": 2, "b": "y"}, {"a": 3}]},
            [{"a": 1, "c": 0}, {"a": 2, "c": 0, "b": "y"}, {"a": 3}],
        ),
    ],
)
def test_matrices(matrix: Any, made: Any) -> None:
    assert combinations(matrix) == made


def test_lanes() -> None:
    lanes = Lanes()
    for run in ("one", "two", "three"):
        lanes.arrives("apply", run)
    lanes.arrives("", "free")
    assert (lanes.running, lanes.waiting, lanes.cancelled) == (
        {"apply": "one", "free": "free"},
        {"apply": "three"},
        ["two"],
    )
    lanes.ends("apply")
    assert (lanes.running["apply"], lanes.waiting) == ("three", {})
    lanes.arrives("apply", "four", cancel_in_progress=True)
    assert (lanes.running["apply"], lanes.cancelled) == ("four", ["two", "three"])


ASK = f"""exec {sys.executable} -c '
import os, sys, urllib.request as r, urllib.error as e
data = sys.argv[2].encode() if len(sys.argv) > 2 else None
try:
    with r.urlopen(r.Request(sys.argv[1], data, {{"Authorization": "Bearer " + os.environ["T"]}})) as answer:
        print(answer.status, answer.read().decode())
except e.HTTPError as error:
    print(error.code)
' "$@"
"""


class Workflows:
    """A repository with workflow files, and the runner of it."""

    def __init__(self, site: Site, folder: Path) -> None:
        self.site, self.runner = site, Runner(site, folder)

    def file(self, text: str, name: str = "access") -> None:
        self.site.push("main", {f".github/workflows/{name}.yml": text}, by="pat")

    def run(self, event: Event | None = None, **how: Any) -> Run:
        (only,) = self.runner.happens(event or dispatched(self.site), **how)
        return only

    def job(self, text: str, *, on: str = "workflow_dispatch", **how: Any) -> Run:
        """Run one job that is called `it`; its keys and steps are given."""
        indented = "\n".join(f"    {line}" for line in text.strip("\n").splitlines())
        self.file(f"on: {on}\njobs:\n  it:\n    runs-on: ubuntu-24.04\n{indented}\n")
        return self.run(**how)


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Workflows]:
    with github({"access/a.yaml": "a: 1\n"}) as site:
        yield Workflows(site, tmp_path)


def test_files_that_steps_write(here: Workflows) -> None:
    run = here.job(r"""
env: {FROM_JOB: j}
outputs: {all: "${{ steps.first.outputs.all }}", greeting: "${{ steps.first.outputs.greeting }}"}
steps:
  - id: first
    run: |
      echo 'all=["dev"]' >> "$GITHUB_OUTPUT"
      printf 'greeting<<END\nhello\nworld\nEND\n' >> "$GITHUB_OUTPUT"
      echo "SET=by first" >> "$GITHUB_ENV"
      mkdir "$RUNNER_TEMP/bin" && cd "$RUNNER_TEMP/bin"
      echo 'echo from the path' > tool && chmod +x tool && pwd >> "$GITHUB_PATH"
      echo "# All is well" >> "$GITHUB_STEP_SUMMARY"
  - name: second
    env: {OWN: "${{ env.SET }}, ${{ steps.first.outcome }}"}
    run: |
      tool
      echo "$SET; $OWN; $FROM_JOB; $GITHUB_REPOSITORY; $GITHUB_EVENT_NAME; $(pwd)"
      echo "::error file=access/a.yaml::wrong"
""")
    assert run.result == "success"
    job = run.job("it")
    assert job.outputs == {"all": '["dev"]', "greeting": "hello\nworld"}
    assert run.summary == "# All is well\n"
    said = job.step("second")
    assert "from the path\nby first; by first, success; j; contoso/access; workflow_dispatch; /" in said.log
    assert said.annotations == ["error: wrong"]


def test_how_steps_go_on_after_a_failure(here: Workflows) -> None:
    run = here.job("""
steps:
  - {id: forgiven, run: exit 3, continue-on-error: true}
  - {id: fails, run: "false; echo never"}
  - {id: skipped, run: "true"}
  - {id: after, if: failure(), run: "echo ${{ job.status }} ${{ steps.forgiven.outcome }}"}
  - {id: last, if: "${{ always() }}", run: "true"}
  - {id: no, if: cancelled(), run: "true"}
""")
    assert run.result == "failure"
    outcomes = {each.id: (each.outcome, each.result) for each in run.job("it").steps}
    assert outcomes == {
        "forgiven": ("failure", "success"),
        "fails": ("failure", "failure"),
        "skipped": ("skipped", "skipped"),
        "after": ("success", "success"),
        "last": ("success", "success"),
        "no": ("skipped", "skipped"),
    }
    assert run.job("it").step("after").log == "failure failure\n"
    assert "never" not in run.log


def test_shells(here: Workflows) -> None:
    run = here.job("""
steps:
  - {id: plain, run: "false | cat"}
  - {id: piped, run: "false | cat", shell: bash, continue-on-error: true}
  - {id: inside, run: "mkdir -p a && cd a && pwd"}
  - {id: placed, run: "pwd", working-directory: a}
""")
    job = run.job("it")
    assert [job.step(each).outcome for each in ("plain", "piped")] == ["success", "failure"]
    assert job.step("placed").log == job.step("inside").log


def test_a_step_that_does_not_end(here: Workflows) -> None:
    here.runner.timeout = 0.5
    run = here.job("steps: [{run: sleep 60}]")
    assert (run.result, "stopped after 0.5 seconds" in run.log) == ("failure", True)


def test_jobs_a_matrix_and_what_they_need(here: Workflows) -> None:
    here.file("""
on: {workflow_dispatch: {}}
jobs:
  each:
    needs: plan
    runs-on: ubuntu-24.04
    strategy:
      max-parallel: 1
      matrix:
        environment: ${{ fromJSON(needs.plan.outputs.environments) }}
        include: [{environment: prod, last: true}]
    environment: ${{ matrix.environment }}
    outputs: {done: "${{ steps.it.outputs.done }}"}
    steps: [{id: it, run: 'echo "done=${{ matrix.environment }}${{ vars.LETTER }}" >> "$GITHUB_OUTPUT"'}]
  plan:
    runs-on: ubuntu-24.04
    outputs: {environments: "${{ steps.it.outputs.environments }}"}
    steps: [{id: it, run: "echo 'environments=[\\"dev\\", \\"prod\\"]' >> \\"$GITHUB_OUTPUT\\""}]
  never:
    needs: plan
    if: vars.GONE == 'true'
    runs-on: ubuntu-24.04
    steps: [{run: exit 1}]
  after:
    needs: [each, never]
    runs-on: ubuntu-24.04
    steps: [{run: exit 1}]
  end:
    needs: [each, never]
    if: always()
    runs-on: ubuntu-24.04
    steps: [{run: "echo ${{ needs.each.outputs.done }} ${{ needs.each.result }} ${{ needs.never.result }}"}]
""")
    here.runner.environments = {"dev": Environment({"LETTER": "d"}), "prod": Environment({"LETTER": "p"})}
    run = here.run()
    assert run.results == {
        "plan": "success",
        "never": "skipped",
        "each (dev)": "success",
        "each (prod, true)": "success",
        "after": "skipped",
        "end": "success",
    }
    assert run.job("end").log == "prodp success skipped\n"
    assert [each.environment for each in run.jobs if each.id == "each"] == ["dev", "prod"]


@pytest.mark.parametrize(
    ("strategy", "results"),
    [
        ("{matrix: {n: [1, 2, 3]}}", ["success", "failure", "cancelled"]),
        ("{fail-fast: false, matrix: {n: [1, 2, 3]}}", ["success", "failure", "success"]),
        ("{matrix: {n: []}}", ["failure"]),
    ],
)
def test_a_matrix_in_which_one_fails(here: Workflows, strategy: str, results: list[str]) -> None:
    run = here.job(f"strategy: {strategy}\nsteps: [{{run: 'test ${{{{ matrix.n }}}} != 2'}}]")
    assert [each.result for each in run.jobs] == results
    assert run.result == "failure"


def test_an_environment_is_for_its_branches(here: Workflows) -> None:
    here.runner.environments = {"prod": Environment(secrets={"KEY": "pr0d-secret"})}
    here.site.push("asks", {"access/b.yaml": "b: 1\n"}, by="chris")
    number = here.site.open("asks", "chris")
    text = "environment: {name: prod}\nsteps: [{run: 'test -n \"$KEY\"', env: {KEY: '${{ secrets.KEY }}'}}]"
    assert here.job(text).result == "success"
    here.file("on: pull_request\njobs: {it: {runs-on: x, environment: prod, steps: [{run: 'true'}]}}")
    run = here.run(pull_request_changed(here.site, number))
    assert (run.result, run.job("it").steps) == ("failure", [])
    assert "refs/pull/1/merge is not allowed to deploy to prod" in run.log
    here.runner.environments = {"prod": Environment(branches=("main", "refs/pull/*/merge"))}
    assert here.run(pull_request_changed(here.site, number)).result == "success"


TRIED = """
on: [pull_request, pull_request_target]
permissions: {contents: write, id-token: write, pull-requests: write}
jobs:
  it:
    runs-on: ubuntu-24.04
    steps:
      - env: {KEY: "${{ secrets.KEY }}", NAME: "${{ vars.NAME }}"}
        run: echo "key ${#KEY} name ${NAME:-none} token ${ACTIONS_ID_TOKEN_REQUEST_TOKEN:+given} ref $GITHUB_REF"
"""


@pytest.mark.parametrize(
    ("fork", "target", "said", "right"),
    [
        (None, False, "key 6 name n token given ref refs/pull/1/merge", "write"),
        ("mallory", False, "key 0 name none token  ref refs/pull/1/merge", "read"),
        ("mallory", True, "key 6 name n token given ref refs/heads/main", "write"),
    ],
)
def test_what_a_fork_may(here: Workflows, fork: str | None, target: bool, said: str, right: str) -> None:  # noqa: FBT001
    here.runner.vars, here.runner.secrets = {"NAME": "n"}, {"KEY": "s3cr3t"}
    here.file(TRIED)
    here.site.push("asks", {"access/b.yaml": "b: 1\n"}, by="mallory", fork=fork)
    number = here.site.open("asks", "mallory", fork=fork)
    run = here.run(pull_request_changed(here.site, number, target=target))
    assert run.job("it").log.strip() == said
    assert run.job("it").permissions["contents"] == right


def test_a_fork_cannot_run_its_own_workflow_with_our_rights(here: Workflows) -> None:
    here.file(TRIED)
    own = TRIED.replace("echo", "echo theirs")
    here.site.push("asks", {".github/workflows/access.yml": own}, by="mallory", fork="mallory")
    number = here.site.open("asks", "mallory", fork="mallory")
    assert here.run(pull_request_changed(here.site, number)).log.count("theirs") == 1
    assert "theirs" not in here.run(pull_request_changed(here.site, number, target=True)).log


@pytest.mark.parametrize(
    ("permissions", "status"),
    [("{issues: write}", "201"), ("{issues: read}", "403"), ("{}", "403"), ("write-all", "201")],
)
def test_the_token_has_the_rights_that_the_file_asks_for(here: Workflows, permissions: str, status: str) -> None:
    here.runner.commands = {"ask": ASK}
    run = here.job(f"""
permissions: {permissions}
steps:
  - env: {{T: "${{{{ secrets.GITHUB_TOKEN }}}}"}}
    run: |
      ask "$GITHUB_API_URL/repos/contoso/access/issues" '{{"title":"t"}}'
""")
    assert run.log.split()[3] == status


def test_the_identity_of_a_job(here: Workflows) -> None:
    here.runner.identity = lambda subject: {"ACTIONS_ID_TOKEN_REQUEST_URL": f"http://127.0.0.1:9/?{subject}"}
    for text, subject in (
        ("environment: prod\npermissions: {id-token: write}", "?repo:contoso/access:environment:prod"),
        ("permissions: {id-token: write}", "?repo:contoso/access:ref:refs/heads/main"),
        ("permissions: {contents: read}", "none"),
    ):
        run = here.job(f"{text}\nsteps: [{{run: 'echo \"${{ACTIONS_ID_TOKEN_REQUEST_URL:-none}}\"'}}]")
        assert run.log.strip().endswith(subject)


@pytest.mark.parametrize(
    "script",
    [
        'echo "$KEY"',
        'echo "$KEY" >> "$GITHUB_STEP_SUMMARY"',
        "echo '::add-mask::other' && echo other",
        'echo "${{ secrets.GITHUB_TOKEN }}"',
    ],
)
def test_a_secret_that_is_shown(here: Workflows, script: str) -> None:
    here.runner.secrets = {"KEY": "s3cr3t"}
    with pytest.raises(AssertionError, match="a secret stands in what step"):
        here.job(f"env: {{KEY: '${{{{ secrets.KEY }}}}'}}\nsteps:\n  - run: |\n      {script}")


def test_a_secret_in_an_output_or_an_artifact(here: Workflows) -> None:
    here.runner.secrets = {"KEY": "s3cr3t"}
    run = here.job("""
outputs: {key: "${{ steps.it.outputs.key }}"}
steps:
  - {id: it, run: "echo key=${{ secrets.KEY }} >> $GITHUB_OUTPUT; echo ${{ secrets.KEY }} > file"}
  - {uses: actions/upload-artifact@v4, with: {path: file}}
""")
    assert run.job("it").outputs == {}
    assert "a secret stands in the artifact" in run.log


@pytest.mark.parametrize(
    ("given", "commits", "branch", "content"),
    [
        ("{}", "1", "HEAD", "b"),
        ("{fetch-depth: 0}", "4", "HEAD", "b"),
        ("{ref: main}", "1", "main", "no"),
        ("{ref: '${{ github.event.pull_request.head.sha }}', fetch-depth: 2}", "2", "HEAD", "b"),
    ],
)
def test_checkout(here: Workflows, given: str, commits: str, branch: str, content: str) -> None:
    here.site.push("asks", {"access/b.yaml": "b\n"}, by="chris")
    here.file(f"""
on: pull_request
jobs:
  it:
    runs-on: ubuntu-24.04
    steps:
      - {{uses: actions/checkout@v5, with: {given}}}
      - run: |
          git rev-list --count HEAD; git rev-parse --abbrev-ref HEAD; cat access/b.yaml 2>/dev/null || echo no
""")
    number = here.site.open("asks", "chris")
    run = here.run(pull_request_changed(here.site, number, "opened"))
    assert run.job("it").steps[1].log.split() == [commits, branch, content]


def test_other_actions(here: Workflows) -> None:
    here.runner.uses = {**ACTIONS, "actions/create-github-app-token": app_token("reconciler", members="read")}
    here.runner.secrets = {"KEY": "-----BEGIN KEY-----"}
    here.runner.commands = {"ask": ASK}
    here.site.teams["commerce"] = ["olga"]
    run = here.job("""
steps:
  - {uses: actions/setup-python@v6, with: {python-version: "3.11"}}
  - {id: which, run: "python -c 'import sys; print(sys.executable)'"}
  - {id: app, uses: actions/create-github-app-token@v2, with: {app-id: "1", private-key: "${{ secrets.KEY }}"}}
  - env: {T: "${{ steps.app.outputs.token }}"}
    id: members
    run: ask "$GITHUB_API_URL/orgs/contoso/teams/commerce/members"
  - run: mkdir -p out/dev && echo '{}' > out/dev/plan.json && echo x > out/.hidden
  - {uses: actions/upload-artifact@v4, with: {name: plan-dev, path: out/}}
  - {uses: actions/upload-artifact@v4, with: {name: plan-prod, path: out/dev/plan.json, if-no-files-found: error}}
  - {uses: actions/download-artifact@v5, with: {pattern: plan-*, path: plans}}
  - {uses: actions/download-artifact@v5, with: {name: plan-dev, path: one}}
  - {id: files, run: find plans one -type f | sort}
  - {id: twice, uses: actions/upload-artifact@v4, with: {name: plan-dev, path: out}}
""")
    job = run.job("it")
    assert job.step("which").log.strip() == sys.executable
    assert [each["login"] for each in json.loads(job.step("members").log.partition(" ")[2])] == ["olga"]
    assert job.step("files").log.split() == [
        "one/dev/plan.json",
        "plans/plan-dev/dev/plan.json",
        "plans/plan-prod/plan.json",
    ]
    assert "an artifact named plan-dev exists already" in job.step("twice").log


@pytest.mark.parametrize(
    "text",
    [
        "steps: [{uses: azure/login@v2}]",
        "steps: [{uses: actions/checkout@v5, with: {depth: 0}}]",
        "steps: [{run: 'true', shell: pwsh}]",
        "steps: [{run: 'true', on-error: go}]",
        "steps: [{run: 'echo ::set-output name=a::b'}]",
        "steps: [{run: 'echo nothing >> $GITHUB_OUTPUT'}]",
        "permissions: {pull-request: write}\nsteps: []",
        "services: {}\nsteps: []",
        "strategy: {matrices: {}}\nsteps: []",
        "needs: [it]\nsteps: []",
    ],
)
def test_workflows_that_nobody_knows(here: Workflows, text: str) -> None:
    with pytest.raises(Unknown):
        here.job(text)


def test_somebody_cancels(here: Workflows) -> None:
    run = here.job(
        """
steps:
  - {id: one, run: "true"}
  - {id: two, run: "true"}
  - {id: three, if: always(), run: "true"}
  - {id: four, if: cancelled(), run: "echo ${{ job.status }}"}
  - {id: five, if: failure(), run: "true"}
""",
        cancel_before="two",
    )
    assert run.result == "cancelled"
    assert [each.outcome for each in run.job("it").steps] == ["success", "skipped", "success", "success", "skipped"]
    assert run.job("it").step("four").log == "cancelled\n"


def test_concurrency_groups(here: Workflows) -> None:
    here.file("""
on: [push, workflow_dispatch]
concurrency: {group: "access-${{ github.ref_name }}", cancel-in-progress: false}
jobs: {it: {runs-on: x, concurrency: apply, steps: [{run: "true"}]}}
""")
    run = here.run()
    assert (run.group, run.cancel_in_progress, run.job("it").group) == ("access-main", False, "apply")


def test_each_event_runs_what_waits_for_it(here: Workflows) -> None:
    waits: Mapping[str, str] = {
        "asked": "{pull_request: {paths: ['access/**']}}",
        "reviewed": "{pull_request_review: {types: [submitted]}}",
        "merged": "{push: {branches: [main], paths: ['access/**']}}",
        "daily": "{schedule: [{cron: '17 4 * * *'}], workflow_dispatch: {inputs: {environment: {type: string}}}}",
        "form": "{issues: {types: [opened, labeled]}}",
        "said": "{issue_comment: {types: [created]}}",
    }
    about = "github.event.number || github.event.issue.number"
    shown = f"'echo ${{{{ github.event_name }}}} ${{{{ {about} }}}} ${{{{ inputs.environment }}}}'"
    for name, on in waits.items():
        here.file(f"on: {on}\njobs: {{it: {{runs-on: x, steps: [{{run: {shown}}}]}}}}", name)
    site = here.site
    site.push("asks", {"access/b.yaml": "b: 1\n"}, by="chris")
    number, before = site.open("asks", "chris"), site.tip()
    site.review(number, "olga")
    events = [pull_request_changed(site, number, "opened"), reviewed(site, number)]
    site.merge(number, "olga", "squash")
    events += [pushed(site, before, by="olga"), scheduled(site, "17 4 * * *"), dispatched(site, environment="prod")]
    issue = site.issue("dora", "Access please")
    site.comment(issue, "dora", "Now?")
    events += [issue_changed(site, issue), commented(site, issue)]
    runs = [here.run(event) for event in events]
    assert [Path(run.file).stem for run in runs] == ["asked", "reviewed", "merged", "daily", "daily", "form", "said"]
    assert [run.log.split()[3:] for run in runs] == [
        ["pull_request", "1"],
        ["pull_request_review", "1"],
        ["push"],
        ["schedule"],
        ["workflow_dispatch", "prod"],
        ["issues", "2"],
        ["issue_comment", "2"],
    ]
    unrelated = site.tip()
    site.admin_push("main", {"README.md": "r\n"}, by="pat")
    assert here.runner.happens(pushed(site, unrelated)) == []
