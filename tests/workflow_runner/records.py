"""What a run left behind, as values: the run, its jobs, their steps."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from workflow_runner.events import Event


@dataclass
class StepRun:
    """A step. `outcome` is how it went, `result` what that means for the job (continue-on-error)."""

    id: str
    name: str
    outcome: str = "skipped"
    result: str = "skipped"
    outputs: dict[str, str] = field(default_factory=dict)
    log: str = ""
    summary: str = ""
    annotations: list[str] = field(default_factory=list)


@dataclass
class JobRun:
    """A job, or one combination of its matrix."""

    id: str
    name: str
    matrix: dict[str, Any]
    result: str = "skipped"
    environment: str = ""
    permissions: dict[str, str] = field(default_factory=dict)
    group: str = ""
    outputs: dict[str, str] = field(default_factory=dict)
    steps: list[StepRun] = field(default_factory=list)
    why: str = ""

    def step(self, name: str) -> StepRun:
        """Find a step by its id or its name."""
        return next(each for each in self.steps if name in (each.id, each.name))

    @property
    def log(self) -> str:
        return "\n".join(each.log for each in self.steps)


@dataclass
class Run:
    """One run of one workflow file."""

    file: str
    name: str
    event: Event
    artifacts: Path
    group: str = ""
    cancel_in_progress: bool = False
    result: str = "success"
    jobs: list[JobRun] = field(default_factory=list)

    def job(self, name: str) -> JobRun:
        """Find a job by its id or its name; of a matrix the only or the named one."""
        found = [each for each in self.jobs if name in (each.id, each.name)]
        assert len(found) == 1, f"{name}: {[each.name for each in self.jobs]}"
        return found[0]

    @property
    def results(self) -> dict[str, str]:
        return {each.name: each.result for each in self.jobs}

    @property
    def log(self) -> str:
        return "\n".join(f"== {each.name}: {each.result} {each.why}\n{each.log}" for each in self.jobs)

    @property
    def summary(self) -> str:
        return "\n".join(step.summary for job in self.jobs for step in job.steps if step.summary)
