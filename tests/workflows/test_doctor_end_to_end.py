"""The doctor as a user runs it: a repository on disk, a GitHub and an Azure of this machine, and its exit codes."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from checked import checked
from on_github import Site, github
from on_github.governed import App, Environment, Governed, Ruleset
from organisations import SERVICE, TENANT, environment, organisation

from reconciler.codeowners import codeowners
from reconciler.emulator import Azure, Running, serve
from reconciler.github_files import github_files
from reconciler.load import load
from reconciler.sources import from_folder

PLANS, APPLIES = "aaaa0000-0000-0000-0000-000000000000", "bbbb0000-0000-0000-0000-000000000000"
ISSUER = "https://token.actions.githubusercontent.com"
PULLS = {"required_approving_review_count": 1, "require_last_push_approval": True}
CHECKS = [{"context": "access approvals", "integration_id": 77}, {"context": "validate"}]
RIGHTS = {"checks": "write", "contents": "write", "issues": "write", "members": "read", "pull_requests": "write"}
Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def azure() -> Iterator[Running]:
    azure = Azure()
    with serve(azure, app=checked(azure)) as running:
        yield running


@pytest.fixture
def repository(tmp_path: Path, azure: Running) -> Path:
    teams = {"display_name": "Checkout", "reviewers": ["chris"]}, {"display_name": "Commerce", "reviewers": ["olga"]}
    contents = organisation(
        **{
            "environments.yaml": {"prod": environment(endpoint=azure.url)},
            "checkout/team.yaml": teams[0],
            "commerce/team.yaml": teams[1],
        }
    )
    files = {f"access/{path}": json.dumps(value) for path, value in contents.items()}
    for path, text in {**files, **github_files()}.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    owners = codeowners(load(from_folder(tmp_path / "access")).declarations, "access")
    (tmp_path / ".github/CODEOWNERS").write_text(owners)
    identity = ["-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "commit.gpgsign=false"]
    for command in (["init", "-q", "-b", "main"], ["add", "."], ["commit", "-qm", "first"]):
        subprocess.run(["git", *identity, *command], cwd=tmp_path, check=True, timeout=30)  # noqa: S603, S607
    azure.azure.seed(SERVICE, {}, fresh=True)
    azure.azure.applications.clear()
    for client, place in ((PLANS, "access-plan"), (APPLIES, "access-prod")):
        subject = f"repo:contoso/access:environment:{place}"
        azure.azure.applications.plant(client, {"federated": [{"issuer": ISSUER, "subject": subject}]})
    return tmp_path


@pytest.fixture
def site(repository: Path) -> Iterator[Site]:
    names = [path for path in repository.glob(".github/**/*") if path.is_file()]
    with github({path.relative_to(repository).as_posix(): path.read_text() for path in names}) as found:
        rules = {"pull_request": PULLS, "required_status_checks": {"required_status_checks": CHECKS}}
        places = {
            name: Environment(
                ["main"], [], {"AZURE_CLIENT_ID": client, "AZURE_TENANT_ID": TENANT}, ["RECONCILER_APP_KEY"]
            )
            for name, client in (("access-plan", PLANS), ("access-prod", APPLIES))
        }
        found.governed = Governed(
            rulesets={1: Ruleset("main", {**rules, "non_fast_forward": {}})},
            environments=places,
            variables={"RECONCILER": "on", "RECONCILER_APP_ID": "77"},
            labels=["access-request"],
            apps=[App(77, "access-app", RIGHTS)],
        )
        yield found


@pytest.fixture
def run(repository: Path, site: Site, azure: Running) -> Run:
    token = site.token("pat")

    def call(*arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
        known = {"GITHUB_API_URL": site.url, "GITHUB_REPOSITORY": "contoso/access", "GITHUB_TOKEN": token}
        done = subprocess.run(  # noqa: S603
            [sys.executable, "-m", "reconciler", *arguments],
            cwd=repository,
            env={**os.environ, **azure.environment, **known, "PYTHONIOENCODING": "utf-8", **more},
            capture_output=True,
            text=True,
            encoding="utf-8",
            check=False,
            timeout=60,
        )
        assert "Traceback" not in done.stderr
        assert token not in done.stdout + done.stderr
        return done

    return call


def test_a_repository_gets_well(run: Run, site: Site) -> None:
    sick = run("doctor")
    assert (sick.returncode, sick.stderr) == (4, "")
    assert "✗ prod memory: nothing is remembered there\n      reconciler memory --begin HEAD -e prod" in sick.stdout
    assert "1 to mend, 1 not seen" in sick.stdout
    assert run("memory", "--begin", "HEAD", "--yes").returncode == 0
    well = run("doctor")
    assert (well.returncode, "✗" in well.stdout) == (0, False)
    assert f"✓ access-prod federation: {APPLIES} takes repo:contoso/access:environment:access-prod" in well.stdout
    site.governed.token_writes = True
    assert run("doctor", "--no-azure").returncode == 4


def test_machines_and_plain_terminals_are_served(run: Run, site: Site) -> None:
    site.governed.labels.clear()
    rows = json.loads(run("doctor", "--no-azure", "--format", "json").stdout)
    assert {row["part"] for row in rows} == {"The files", "The branch", "Environments", "Robots"}
    (wrong,) = (row for row in rows if row["state"] == "wrong")
    assert (wrong["check"], wrong["mend"]) == ("label", "gh label create access-request")
    plain = run("doctor", "--no-azure", PYTHONIOENCODING="ascii").stdout
    assert "XX label: there is no label `access-request`" in plain
    assert re.fullmatch(r"[\x00-\x7f]*", plain)


def test_a_service_that_cannot_be_asked(run: Run, azure: Running) -> None:
    azure.azure.grant(azure.environment["AZURE_CLIENT_ID"], {"actions": ["Microsoft.Other/read"]})
    try:
        said = run("doctor")
    finally:
        azure.azure.grant(azure.environment["AZURE_CLIENT_ID"], "Contributor")
    assert said.returncode == 4
    assert "✗ prod service: reading what was applied last: 403" in said.stdout


def test_an_application_that_graph_does_not_show(run: Run, azure: Running) -> None:
    azure.azure.applications.clear()
    said = run("doctor").stdout
    assert f"? access-prod federation: whether {APPLIES} takes repo:contoso" in said
    assert f"az ad app federated-credential create --id {APPLIES}" in said


def test_ids_that_entra_does_not_know(run: Run, azure: Running, repository: Path) -> None:
    group = "5f0c0000-0000-0000-0000-000000000001"
    team = {"display_name": "Checkout", "reviewers": ["chris"], "entra_group": group}
    assert "Entra" not in run("doctor").stdout
    (repository / "access/checkout/team.yaml").write_text(json.dumps(team))
    said = run("doctor")
    assert said.returncode == 4
    assert f"✗ prod checkout: Entra knows no group {group} in tenant {TENANT}" in said.stdout
    azure.azure.directory.add_group("SG-Checkout", group)
    try:
        assert "✓ prod ids: Entra knows every group and every application that is named" in run("doctor").stdout
        client = azure.environment["AZURE_CLIENT_ID"]
        azure.azure.applications.plant(client, {"roles": {"https://graph.microsoft.com": ["Application.Read.All"]}})
        said = run("doctor")
        assert "? prod ids: whether Entra knows the groups of teams was not looked at" in said.stdout
    finally:
        azure.azure.directory.clear()
        azure.azure.applications.clear()


def test_without_a_token_or_with_a_wrong_one(run: Run) -> None:
    nothing = run("doctor", GITHUB_TOKEN="")
    assert (nothing.returncode, "set GITHUB_TOKEN" in nothing.stderr) == (2, True)
    wrong = run("doctor", GITHUB_TOKEN="wrong")
    assert (wrong.returncode, "GitHub, reading the repository: 401" in wrong.stderr) == (5, True)
