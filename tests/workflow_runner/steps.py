"""A step and where it stands in; what running it gave out: outcome, outputs, log, what it wants of later steps."""

import os
import re
import signal
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from workflow_runner.expressions import Unknown
from workflow_runner.records import StepRun

_FILES = ("GITHUB_OUTPUT", "GITHUB_ENV", "GITHUB_PATH", "GITHUB_STEP_SUMMARY", "GITHUB_STATE")
_SHELLS = {None: ["bash", "-e"], "bash": ["bash", "--noprofile", "--norc", "-eo", "pipefail"]}
_COMMAND = re.compile(r"^::([a-z-]+)(?: [^:]*)?::(.*)$")
_SAID = ("error", "warning", "notice")
_QUIET = ("debug", "group", "endgroup")
_SUMMARY = 1024 * 1024


@dataclass
class Workplace:
    """What the steps of a job share."""

    workspace: Path
    temp: Path
    environment: dict[str, str]
    path: list[str]
    masks: set[str] = field(default_factory=set)


def run(record: StepRun, script: str, where: Workplace, step: Mapping[str, Any], *, timeout: float) -> dict[str, str]:
    """Run a script by bash, as GitHub does; give the variables that it set for the steps after it."""
    shell = step.get("shell")
    if shell not in _SHELLS:
        raise Unknown(f"shell: {shell}")
    folder = where.temp / f"step-{len(list(where.temp.iterdir()))}"
    folder.mkdir()
    files = {name: folder / name for name in _FILES}
    for file in files.values():
        file.touch()
    (folder / "script.sh").write_text(script)
    environment = {
        **where.environment,
        **step.get("env", {}),
        **{name: str(file) for name, file in files.items()},
        "PATH": os.pathsep.join(where.path),
    }
    status, record.log = _executed(
        [*_SHELLS[shell], str(folder / "script.sh")],
        where.workspace / step.get("working-directory", "."),
        environment,
        timeout,
    )
    record.outcome = "success" if status == 0 else "failure"
    _obey(record, where)
    record.outputs |= _pairs(files["GITHUB_OUTPUT"])
    where.path[:0] = reversed(files["GITHUB_PATH"].read_text().splitlines())
    _summarise(record, files["GITHUB_STEP_SUMMARY"])
    return _pairs(files["GITHUB_ENV"])


def _executed(command: list[str], folder: Path, environment: Mapping[str, str], timeout: float) -> tuple[int, str]:
    process = subprocess.Popen(  # noqa: S603
        command,
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        said, _ = process.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        said, _ = process.communicate()
        said += f"\nstopped after {timeout} seconds"
    return process.returncode, said


def _obey(record: StepRun, where: Workplace) -> None:
    """Take the commands out of what was said; GitHub stopped to take `set-output` and `set-env` from there."""
    for line in record.log.splitlines():
        command = _COMMAND.match(line)
        if command is None or command[1] in _QUIET:
            continue
        if command[1] == "add-mask":
            where.masks.add(command[2])
            record.log = record.log.replace(line, "")
        elif command[1] in _SAID:
            record.annotations.append(f"{command[1]}: {command[2]}")
        else:
            raise Unknown(f"a workflow command: {line}")


def _pairs(file: Path) -> dict[str, str]:
    """Read `name=value` lines, and values of several lines between two equal words."""
    found, lines = {}, iter(file.read_text().splitlines())
    for line in lines:
        several = re.fullmatch(r"([^=<]+)<<(.+)", line)
        if several:
            within: list[str] = []
            for each in lines:
                if each == several[2]:
                    break
                within.append(each)
            else:
                raise Unknown(f"{several[1]} does not end with {several[2]}")
            found[several[1]] = "\n".join(within)
        elif line:
            name, sign, value = line.partition("=")
            if not sign:
                raise Unknown(f"Invalid format '{line}'")
            found[name] = value
    return found


def _summarise(record: StepRun, file: Path) -> None:
    """Keep the summary; GitHub throws away what is longer than a mebibyte, and says so."""
    text = file.read_text()
    if len(text.encode()) > _SUMMARY:
        record.annotations.append("error: $GITHUB_STEP_SUMMARY upload aborted, supports content up to a size of 1024k")
    else:
        record.summary = text
