"""A job of a run in; its record filled in: environment, token, steps one after another, outputs."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from on_github.site import RIGHTS

from workflow_runner import steps
from workflow_runner.actions import Failed, Use, used
from workflow_runner.expressions import Scope, Unknown
from workflow_runner.records import JobRun, Run, StepRun

if TYPE_CHECKING:
    from workflow_runner.running import Runner

_STEP = {
    *("id", "name", "if", "uses", "with", "run", "env", "working-directory", "shell"),
    *("continue-on-error", "timeout-minutes"),
}
_KNOWN_RIGHTS = {
    *("actions", "attestations", "checks", "contents", "deployments", "discussions", "id-token", "issues", "models"),
    *("packages", "pages", "pull-requests", "security-events", "statuses"),
}


@dataclass
class Going:
    """A run that is going on; `cancel_before` names the step before which somebody clicks on cancel."""

    runner: "Runner"
    run: Run
    workflow: Mapping[str, Any]
    github: Mapping[str, Any]
    cancel_before: str
    clicked: bool = False

    def variables(self, kind: str, environment: str = "") -> dict[str, str]:
        """Give variables or secrets; neither goes to what a pull request from a fork runs (GitHub's page "Variables":
        "not passed to workflows that are triggered by a pull request from a fork")."""
        if self.outside:
            return {}
        inner = self.runner.environments.get(environment)
        return {**getattr(self.runner, kind), **(getattr(inner, kind) if inner else {})}

    @property
    def outside(self) -> bool:
        return self.run.event.from_fork and self.run.event.name != "pull_request_target"


def concurrency(holder: Mapping[str, Any], scope: Scope) -> tuple[str, bool]:
    """Read the group that runs or jobs share, and whether a newer one stops what runs."""
    said = scope.fill(holder.get("concurrency") or "")
    if isinstance(said, str):
        return said, False
    if strange := sorted(said.keys() - {"group", "cancel-in-progress"}):
        raise Unknown(f"concurrency: {strange}")
    return said["group"], bool(said.get("cancel-in-progress", False))


class Job:
    """One job, or one combination of its matrix, while it runs."""

    def __init__(self, going: Going, job: Mapping[str, Any], record: JobRun, scope: Scope) -> None:
        self._going, self._job, self._record, self._scope = going, job, record, scope
        self._failed = False

    def execute(self) -> None:
        """Run the steps, unless the environment is not for this ref."""
        record = self._record
        said = self._scope.fill(self._job.get("environment", ""))
        record.environment = said["name"] if isinstance(said, Mapping) else said
        record.group, _ = concurrency(self._job, self._scope)
        known = self._going.runner.environments.get(record.environment)
        if known and not known.allows(self._going.run.event.ref):
            record.result = "failure"
            record.why = f"{self._going.run.event.ref} is not allowed to deploy to {record.environment}"
            return
        record.permissions = self._permissions()
        self._enter()
        for step in self._job["steps"]:
            self._step(step)
        record.result = "cancelled" if self._going.clicked else "failure" if self._failed else "success"
        self._leave()

    def _permissions(self) -> dict[str, str]:
        """Give the token's rights: the job's, else the workflow's, else reading the contents; a fork's only reads."""
        said = self._job.get("permissions", self._going.workflow.get("permissions", {"contents": "read"}))
        if isinstance(said, str):
            said = dict.fromkeys(_KNOWN_RIGHTS - {"id-token"}, {"read-all": "read", "write-all": "write"}[said])
        if strange := sorted(said.keys() - _KNOWN_RIGHTS):
            raise Unknown(f"permissions: {strange}")
        given = {key: right for key, right in said.items() if right != "none"}
        if self._going.outside:
            return {key: "read" for key in given if key != "id-token"}
        return given

    def _enter(self) -> None:
        """Prepare a machine of its own: workspace, variables, secrets, token."""
        runner, run, record = self._going.runner, self._going.run, self._record
        rights = {key.replace("-", "_"): right for key, right in record.permissions.items()}
        token = runner.site.token(
            "github-actions[bot]", metadata="read", **{key: right for key, right in rights.items() if key in RIGHTS}
        )
        secrets = {**self._going.variables("secrets", record.environment), "GITHUB_TOKEN": token}
        place = run.artifacts.parent / f"job-{len(run.jobs)}"
        workspace, temp = place / "workspace", place / "temp"
        for folder in (workspace, temp, place / "home"):
            folder.mkdir(parents=True)
        github = {**self._scope.contexts["github"], "token": token, "job": record.id, "workspace": str(workspace)}
        github["event_path"] = str(place / "event.json")
        (place / "event.json").write_text(json.dumps(run.event.payload, default=str))
        variables = self._going.variables("vars", record.environment)
        told = {"os": "Linux", "temp": str(temp), "arch": "X64", "name": "here", "debug": ""}
        job = {"status": "success"}
        more = {"github": github, "vars": variables, "secrets": secrets, "steps": {}, "runner": told, "job": job}
        self._scope = Scope({**self._scope.contexts, **more, "env": {}}, {})
        masks = {each for each in secrets.values() if each}
        identity = self._identity() if record.permissions.get("id-token") == "write" else {}
        masks |= {value for key, value in identity.items() if key.endswith("TOKEN")}
        self._where = steps.Workplace(
            workspace,
            temp,
            {
                "CI": "true",
                "GITHUB_ACTIONS": "true",
                "HOME": str(place / "home"),
                "LANG": "C.UTF-8",
                "RUNNER_TEMP": str(temp),
                "RUNNER_OS": "Linux",
                **runner.machine,
                **{f"GITHUB_{key.upper()}": value for key, value in github.items() if key not in ("event", "token")},
                **identity,
            },
            [self._commands(place), *os.environ["PATH"].split(os.pathsep)],
            masks,
        )
        for holder in (self._going.workflow, self._job):
            self._set(self._texts(holder.get("env", {}), self._scope))

    def _commands(self, place: Any) -> str:
        folder = place / "commands"
        folder.mkdir()
        for name, script in self._going.runner.commands.items():
            (folder / name).write_text(f"#!/usr/bin/env bash\n{script}\n")
            (folder / name).chmod(0o755)
        return str(folder)

    def _identity(self) -> Mapping[str, str]:
        event, environment = self._going.run.event, self._record.environment
        behind = f"environment:{environment}" if environment else f"ref:{event.ref}"
        if event.name == "pull_request" and not environment:
            behind = "pull_request"
        return self._going.runner.identity(f"repo:contoso/access:{behind}")

    def _set(self, values: Mapping[str, str]) -> None:
        self._where.environment |= values
        self._scope.contexts["env"].update(values)

    def _texts(self, values: Mapping[str, Any], scope: Scope) -> dict[str, str]:
        return {key: scope.text(value) for key, value in values.items()}

    def _step(self, step: Mapping[str, Any]) -> None:
        if strange := sorted(step.keys() - _STEP):
            raise Unknown(f"{self._record.id}: a step with {strange}")
        here = (step.get("id"), step.get("name"))
        self._going.clicked |= bool(self._going.cancel_before) and self._going.cancel_before in here
        status = {"success": not self._failed, "failure": self._failed, "cancelled": self._going.clicked}
        status["success"] &= not self._going.clicked
        self._scope.contexts["job"]["status"] = next(key for key in ("cancelled", "failure", "success") if status[key])
        scope = Scope({**self._scope.contexts}, status)
        env = self._texts(step.get("env", {}), scope)
        scope.contexts["env"] = {**self._scope.contexts["env"], **env}
        record = StepRun(step.get("id", ""), scope.text(step.get("name") or step.get("uses") or step.get("run", "")))
        self._record.steps.append(record)
        if scope.is_true(step.get("if", "success()")):
            self._perform(record, step, scope, env)
        if record.id:
            told = {"outputs": record.outputs, "outcome": record.outcome, "conclusion": record.result}
            self._scope.contexts["steps"][record.id] = told

    def _perform(self, record: StepRun, step: Mapping[str, Any], scope: Scope, env: Mapping[str, str]) -> None:
        """Do what a step says, and see that none of it shows a secret."""
        if "uses" in step:
            self._use(record, step, scope, env)
        else:
            defaults = self._going.workflow.get("defaults", {}).get("run", {}) | self._job.get("defaults", {}).get(
                "run", {}
            )
            said = {key: scope.text(step.get(key, defaults.get(key))) for key in ("working-directory", "shell")}
            said = {key: value for key, value in said.items() if value}
            said = {**said, "env": env}
            self._set(steps.run(record, scope.text(step["run"]), self._where, said, timeout=self._going.runner.timeout))
        for text in (record.log, record.summary, *record.annotations):
            shown = [each for each in self._where.masks if each in text]
            assert not shown, f"a secret stands in what step {record.name!r} said"
        forgiven = bool(scope.fill(step.get("continue-on-error", False)))
        record.result = "success" if forgiven else record.outcome
        self._failed |= record.result == "failure"

    def _use(self, record: StepRun, step: Mapping[str, Any], scope: Scope, env: Mapping[str, str]) -> None:
        where, run = self._where, self._going.run
        use = Use(
            given=self._texts(step.get("with", {}), scope),
            environment={**where.environment, **env},
            path=where.path,
            masks=where.masks,
            workspace=where.workspace,
            artifacts=run.artifacts,
            site=self._going.runner.site,
            event=run.event,
        )
        try:
            record.outputs |= used(step["uses"], use, self._going.runner.uses)
            record.outcome = "success"
        except Failed as failed:
            record.outcome, record.log = "failure", f"Error: {failed}"
        self._set(use.exports)

    def _leave(self) -> None:
        """Keep the outputs; GitHub drops those in which a secret stands."""
        status = {"success": not self._failed, "failure": self._failed, "cancelled": self._going.clicked}
        scope = Scope(self._scope.contexts, status)
        outputs = self._texts(self._job.get("outputs", {}), scope)
        self._record.outputs = {
            key: value for key, value in outputs.items() if not any(mask in value for mask in self._where.masks)
        }
