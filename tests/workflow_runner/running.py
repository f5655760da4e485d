"""An event in; the runs of all workflow files that wait for it out: their jobs in the order of their needs."""

import fnmatch
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from on_github import Site
from ruamel.yaml import YAML

from workflow_runner.actions import ACTIONS, Action
from workflow_runner.events import Event
from workflow_runner.expressions import Scope, Unknown
from workflow_runner.jobs import Going, Job, concurrency
from workflow_runner.matrix import combinations, named
from workflow_runner.records import JobRun, Run
from workflow_runner.triggers import is_triggered

_FOLDER = ".github/workflows"
_WORKFLOW = {"name", "run-name", "on", "permissions", "env", "defaults", "concurrency", "jobs"}
_JOB = {
    *("name", "needs", "if", "runs-on", "permissions", "environment", "concurrency", "outputs", "env", "defaults"),
    *("steps", "timeout-minutes", "strategy", "continue-on-error"),
}
_ORDER = ("failure", "cancelled", "success", "skipped")  # what several combinations of a matrix come to


@dataclass(frozen=True)
class Environment:
    """An environment of the repository's settings; `branches` are patterns of the refs that may use it, None any."""

    vars: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict)
    branches: tuple[str, ...] | None = ("main",)

    def allows(self, ref: str) -> bool:
        name = ref.removeprefix("refs/heads/")
        return self.branches is None or any(fnmatch.fnmatchcase(name, each) for each in self.branches)


@dataclass
class Runner:
    """GitHub Actions for one repository. `machine` is what the runner's own environment holds, `commands` stand for
    programs that a step would fetch from elsewhere, `identity` gives the variables of an id token for a subject."""

    site: Site
    folder: Path
    vars: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict)
    environments: Mapping[str, Environment] = field(default_factory=dict)
    uses: Mapping[str, Action] = field(default_factory=lambda: ACTIONS)
    machine: Mapping[str, str] = field(default_factory=dict)
    commands: Mapping[str, str] = field(default_factory=dict)
    identity: Callable[[str], Mapping[str, str]] = lambda subject: {
        "ACTIONS_ID_TOKEN_REQUEST_URL": "http://127.0.0.1:9/",
        "ACTIONS_ID_TOKEN_REQUEST_TOKEN": f"planted-{subject}",
    }
    timeout: float = 120
    runs: list[Run] = field(default_factory=list)

    def happens(self, event: Event, *, cancel_before: str = "") -> list[Run]:
        """Run every workflow that waits for an event, as it stands where GitHub reads it; `cancel_before` names a
        step before which somebody clicks on cancel."""
        return [self._run(file, text, event, cancel_before) for file, text in self._waiting(event)]

    def _waiting(self, event: Event) -> Iterator[tuple[str, Mapping[str, Any]]]:
        for path in self.site.git("ls-tree", "--name-only", event.file_sha, f"{_FOLDER}/").splitlines():
            if path.endswith((".yml", ".yaml")):
                whole = YAML(typ="safe", pure=True).load(self.site.git("cat-file", "blob", f"{event.file_sha}:{path}"))
                if strange := sorted(whole.keys() - _WORKFLOW):
                    raise Unknown(f"{path}: {strange}")
                if is_triggered(whole["on"], event):
                    yield path, whole

    def _run(self, file: str, workflow: Mapping[str, Any], event: Event, cancel_before: str) -> Run:
        number = len(self.runs) + 1
        place = self.folder / f"run-{number}"
        (place / "artifacts").mkdir(parents=True)
        run = Run(file, workflow.get("name", file), event, place / "artifacts")
        self.runs.append(run)
        going = Going(self, run, workflow, self._github(run, number), cancel_before)
        run.group, run.cancel_in_progress = concurrency(workflow, Scope(_around(going), {}))
        for name, job in _in_order(workflow["jobs"]):
            if strange := sorted(job.keys() - _JOB):
                raise Unknown(f"{file}: {name}: {strange}")
            self._job(going, name, job)
        results = {each.result for each in run.jobs}
        run.result = next((each for each in _ORDER if each in results), "success")
        return run

    def _github(self, run: Run, number: int) -> dict[str, Any]:
        event, sha = run.event, run.event.sha
        return {
            "action": "",
            "actor": event.actor,
            "api_url": self.site.url,
            "base_ref": event.base_ref,
            "event": event.payload,
            "event_name": event.name,
            "head_ref": event.head_ref,
            "ref": event.ref,
            "ref_name": event.ref.removeprefix("refs/heads/").removeprefix("refs/pull/"),
            "repository": "contoso/access",
            "repository_owner": "contoso",
            "run_attempt": "1",
            "run_id": str(1000 + number),
            "run_number": str(number),
            "server_url": "https://github.com",
            "sha": sha,
            "triggering_actor": event.actor,
            "workflow": run.name,
            "workflow_ref": f"contoso/access/{run.file}@{event.ref}",
            "workflow_sha": event.file_sha,
        }

    def _job(self, going: Going, name: str, job: Mapping[str, Any]) -> None:
        """Run a job, in each combination of its matrix; whether it runs at all turns on those it needs."""
        run = going.run
        results = [each.result for each in run.jobs if each.id in _ancestors(going.workflow["jobs"], name)]
        status = {
            "success": all(each == "success" for each in results) and not going.clicked,
            "failure": "failure" in results,
            "cancelled": going.clicked,
        }
        needs = {each: _told(run, each) for each in _needed(job)}
        scope = Scope({**_around(going), "needs": needs}, status)
        if not scope.is_true(job.get("if", "success()")):
            run.jobs.append(JobRun(name, name, {}))
            return
        strategy = scope.fill(job.get("strategy", {}))
        if strange := sorted(strategy.keys() - {"matrix", "fail-fast", "max-parallel"}):
            raise Unknown(f"{name}: strategy: {strange}")
        try:
            each_of = combinations(strategy.get("matrix"))
        except Unknown as error:
            run.jobs.append(JobRun(name, name, {}, result="failure", why=str(error)))
            return
        stopped = False
        for combination in each_of:
            inside = scope.knowing(matrix=combination)
            record = JobRun(name, inside.text(job.get("name")) or named(name, combination), combination)
            run.jobs.append(record)
            if stopped:
                record.result = "cancelled"
            else:
                Job(going, job, record, inside).execute()
                stopped = record.result == "failure" and strategy.get("fail-fast", True)


def _around(going: Going) -> dict[str, Any]:
    return {"github": going.github, "inputs": going.run.event.inputs, "vars": going.variables("vars")}


def _needed(job: Mapping[str, Any]) -> list[str]:
    needs = job.get("needs", [])
    return [needs] if isinstance(needs, str) else list(needs)


def _in_order(jobs: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    left = dict(jobs)
    while left:
        ready = [name for name, job in left.items() if not set(_needed(job)) & left.keys()]
        if not ready:
            raise Unknown(f"jobs need each other: {sorted(left)}")
        for name in ready:
            yield name, left.pop(name)


def _ancestors(jobs: Mapping[str, Any], name: str) -> set[str]:
    """Give all that a job needs, and what those need: GitHub's success() looks at every one of them."""
    found: set[str] = set()
    for each in _needed(jobs[name]):
        found |= {each, *_ancestors(jobs, each)}
    return found


def _told(run: Run, name: str) -> dict[str, Any]:
    """Give what a job left for those that need it; of a matrix the last output that is not empty."""
    records = [each for each in run.jobs if each.id == name]
    outputs: dict[str, str] = {}
    for record in records:
        outputs |= {key: value for key, value in record.outputs.items() if value or key not in outputs}
    results = {each.result for each in records}
    return {"result": next(each for each in _ORDER if each in results), "outputs": outputs}
