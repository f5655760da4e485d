"""Workflow files and an event in; the jobs that GitHub would run out, run here, with real steps and a real checkout."""

from workflow_runner.actions import ACTIONS, app_token
from workflow_runner.events import (
    Event,
    commented,
    completed,
    dispatched,
    issue_changed,
    pull_request_changed,
    pushed,
    reviewed,
    scheduled,
)
from workflow_runner.expressions import Unknown
from workflow_runner.lanes import Lanes
from workflow_runner.records import JobRun, Run, StepRun
from workflow_runner.running import Environment, Runner

__all__ = [
    "ACTIONS",
    "Environment",
    "Event",
    "JobRun",
    "Lanes",
    "Run",
    "Runner",
    "StepRun",
    "Unknown",
    "app_token",
    "commented",
    "completed",
    "dispatched",
    "issue_changed",
    "pull_request_changed",
    "pushed",
    "reviewed",
    "scheduled",
]
