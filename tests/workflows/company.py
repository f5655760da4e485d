"""A company on one machine: its repository on GitHub, its workflows as they are shipped, its services in Azure."""

import json
import os
import ssl
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from checked import checked
from on_github import Site, github
from organisations import SERVICE, organisation
from workflow_runner import (
    Environment,
    Event,
    Run,
    Runner,
    completed,
    dispatched,
    issue_changed,
    pull_request_changed,
    pushed,
    reviewed,
    scheduled,
)

from reconciler.emulator import Azure, Certificates, Running, serve
from reconciler.github_files import github_files

APIS = {f"apis/{api}": {"displayName": api, "path": api} for api in ("orders", "refunds")}
ORDERS, GRANT, KEY = "commerce/products/orders.yaml", "checkout/grants/orders.yaml", "subscriptions/checkout--orders"
DAILY, WEEKLY = "17 2 * * *", "43 5 * * 1"
_PLANNER, _APPLIER = "11111111-aaaa-0000-0000-000000000001", "11111111-aaaa-0000-0000-000000000002"
APPLIED_BY = _ISSUER = "https://token.actions.githubusercontent.com"
_TENANT = "7c9e0000-0000-0000-0000-000000000000"


def company(url: str, **more: Any) -> dict[str, Any]:
    """Commerce owns orders, checkout asks, the platform team runs it; nothing is asked for yet."""
    return organisation(
        **{
            "environments.yaml": {"prod": {"service": SERVICE, "tenant": _TENANT, "endpoint": url, "mode": "enforce"}},
            "guardrails.yaml": {"platform_team": "platform"},
            "platform/team.yaml": {"display_name": "Platform", "reviewers": ["pat"]},
            "checkout/team.yaml": {"display_name": "Checkout", "reviewers": ["chris"]},
            "commerce/team.yaml": {"display_name": "Commerce", "github": "contoso/commerce"},
            GRANT: None,
            **more,
        }
    )


def grant(**more: Any) -> dict[str, Any]:
    return {"environments": ["prod"], "key": True, "reason": "Show the order history", "expires": "2027-06-30", **more}


def files(values: Mapping[str, Any]) -> dict[str, str | None]:
    return {f"access/{name}": None if each is None else json.dumps(each) for name, each in values.items()}


@dataclass
class Company:
    """What everybody in it does, and what GitHub and Azure answer."""

    site: Site
    running: Running
    runner: Runner
    desk: Path
    first: dict[str, Any]
    runs: list[Run] = field(default_factory=list)
    asked: int = 0

    def begin(self) -> None:
        """Do what the guide asks of the platform team: apply once at a desk, and say from where on to go."""
        self.site.clone(self.desk, by="pat")
        for arguments in (("apply", "--yes"), ("memory", "--begin", "HEAD", "--yes")):
            done = self.tool(*arguments)
            assert done.returncode == 0, done.stderr
        self.running.azure.log.clear()

    def tool(self, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
        """Run the tool at the platform team's desk, on main as it stands."""
        subprocess.run(["git", "pull", "--quiet", "--ff-only"], cwd=self.desk, check=True, timeout=60)  # noqa: S607
        known = {**self.running.environment, **self.runner.machine, **more}
        command = [sys.executable, "-m", "reconciler", *arguments]
        environment = {**os.environ, **known}
        return subprocess.run(  # noqa: S603
            command, cwd=self.desk, env=environment, capture_output=True, text=True, check=False, timeout=60
        )

    def git_at_desk(self, *arguments: str) -> None:
        subprocess.run(["git", *arguments], cwd=self.desk, check=True, timeout=60)  # noqa: S603, S607

    def state(self) -> dict[str, Any]:
        return self.running.azure.snapshot(SERVICE)

    def requests(self) -> int:
        return len(self.running.azure.log.entries)

    def happens(self, event: Event, *, cancel_before: str = "") -> list[Run]:
        made = self.runner.happens(event, cancel_before=cancel_before)
        self.runs += made
        return made

    def one(self, name: str, runs: list[Run]) -> Run:
        (found,) = [each for each in runs if each.name == f"access / {name}"]
        return found

    def ask(self, by: str = "chris", *, branch: str = "", title: str = "Ask", **values: Any) -> int:
        """Open a pull request, and let GitHub run what it starts."""
        self.asked += 1
        branch = branch or f"ask-{self.asked}"
        self.site.push(branch, files(values), by=by)
        number = self.site.open(branch, by, title)
        self.opened(number)
        return number

    def opened(self, number: int, action: str = "opened") -> list[Run]:
        runs = self.happens(pull_request_changed(self.site, number, action))
        return [*runs, *self.happens(pull_request_changed(self.site, number, action, target=True))]

    def push(self, number: int, by: str = "chris", **values: Any) -> list[Run]:
        self.site.push(self.site.pulls[number].branch, files(values), by=by)
        return self.opened(number, "synchronize")

    def review(self, number: int, login: str, body: str = "", *, state: str = "APPROVED") -> Run:
        """Review, and give the run that reads the approvals anew."""
        self.site.review(number, login, state, body)
        self.happens(reviewed(self.site, number))
        return self.one("approvals", self.happens(completed(self.site, "access / reviewed", number)))

    def merge(self, number: int, method: Any = "merge", *, quietly: bool = False) -> Run | None:
        """Merge, and give the run that applies; quietly means that GitHub runs nothing, or cancels it."""
        before = self.site.tip()
        self.site.merge(number, "pat", method)
        return None if quietly else self.one("apply", self.happens(pushed(self.site, before)))

    def pushes_to_main(self, by: str, **values: Any) -> Run:
        before = self.site.tip()
        self.site.admin_push("main", files(values), by=by)
        return self.one("apply", self.happens(pushed(self.site, before)))

    def daily(self) -> Run:
        return self.one("daily", self.happens(scheduled(self.site, DAILY)))

    def dispatches(self, name: str, **inputs: Any) -> list[Run]:
        """Click on "Run workflow" of one workflow: the runner would run all that can be started by hand."""
        path = f".github/workflows/access-{name}.yml"
        there = self.site.git("ls-tree", "--name-only", "main", ".github/workflows/").splitlines()
        before = self.site.tip()
        self.site.admin_push("main", {each: None for each in there if each != path}, by="pat")
        try:
            return self.happens(dispatched(self.site, **inputs))
        finally:
            self.site.bare.set("refs/heads/main", before)
            self.site.pushed()

    def on(self, day: str) -> None:
        """Let that day come."""
        self.runner.machine = {**self.runner.machine, "RECONCILER_AS_OF": day}

    def clicks_in_the_portal(self, who: str, path: str) -> None:
        """Link something to something, as the Azure portal does it for a person."""
        token = self.running.azure.person(who)
        url = f"{self.running.url}{SERVICE}/{path}?api-version=2024-05-01"
        context = ssl.create_default_context(cafile=self.running.environment["SSL_CERT_FILE"])
        headers = {"Authorization": f"Bearer {token}"}
        assert httpx.put(url, headers=headers, verify=context).status_code == 201

    def issue_for(self, team: str) -> str:
        """Give the open issue that tells a team what it should look at."""
        marker = f"<!-- reconciler: {team} -->"
        (found,) = [each.body for each in self.site.threads.values() if each.body.startswith(marker)]
        return found

    def weekly(self) -> Run:
        return self.one("weekly", self.happens(scheduled(self.site, WEEKLY)))

    def fills_in_the_form(self, by: str, body: str) -> tuple[int, Run]:
        number = self.site.issue(by, "Access", body, labels=("access-request",))
        return number, self.one("request", self.happens(issue_changed(self.site, number)))

    def comment(self, number: int, marker: str = "<!-- reconciler -->") -> str:
        """Give our comment below a pull request."""
        (found,) = [each.body for each in self.site.threads[number].comments if each.body.startswith(marker)]
        return found

    def checks(self, number: int) -> list[str]:
        head = self.site.pulls[number].head
        return [check["conclusion"] for check in self.site.checks if check["head_sha"] == head]


@contextmanager
def opened_for_business(
    folder: Path, certified: Certificates, *, day: str = "", app: bool = True, **more: Any
) -> Iterator[Company]:
    """Begin: files on main, workflows as they are shipped, identities federated, the first apply remembered."""
    azure = Azure()
    with serve(azure, app=checked(azure), certified=certified) as running:
        azure.seed(SERVICE, APIS, fresh=True)
        azure.grant(_PLANNER, "Reader")
        azure.federate(_PLANNER, _ISSUER, "repo:contoso/access:environment:access-plan")
        azure.federate(_APPLIER, _ISSUER, "repo:contoso/access:environment:access-prod")
        first = company(running.url, **more)
        shipped = github_files()
        owners = {".github/CODEOWNERS": _codeowners(first)}
        with github({**{name: text for name, text in files(first).items() if text}, **shipped, **owners}) as site:
            site.teams["commerce"] = ["olga"]
            made = Company(
                site, running, _runner(site, running, folder / "runs", day=day, app=app), folder / "desk", first
            )
            made.begin()
            yield made


def _runner(site: Site, running: Running, folder: Path, *, day: str, app: bool) -> Runner:
    planner = {"AZURE_CLIENT_ID": _PLANNER, "AZURE_TENANT_ID": running.azure.tenant}
    applier = {"AZURE_CLIENT_ID": _APPLIER, "AZURE_TENANT_ID": running.azure.tenant}
    key = {"RECONCILER_APP_KEY": "planted-key-of-the-app"} if app else {}
    trust = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "AZURE_AUTHORITY_HOST")
    quiet = {"PIP_NO_INDEX": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_ROOT_USER_ACTION": "ignore"}
    machine = {**{name: running.environment[name] for name in trust}, **quiet}
    return Runner(
        site,
        folder,
        vars={"RECONCILER": "on", **({"RECONCILER_APP_ID": "7"} if app else {})},
        environments={"access-plan": Environment(planner, key), "access-prod": Environment(applier, key)},
        machine={**machine, **({"RECONCILER_AS_OF": day} if day else {})},
        identity=running.workflow,
    )


def _codeowners(first: Mapping[str, Any]) -> str:
    from organisations import declared  # noqa: PLC0415  only here

    from reconciler.codeowners import codeowners  # noqa: PLC0415

    return codeowners(declared(first), "access")
