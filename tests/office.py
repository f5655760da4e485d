"""A repository on GitHub, the people around it and a service in Azure in; merges converged to as on the day, out."""

import asyncio
import json
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

from cloud import Cloud
from on_github import Site
from organisations import TODAY, organisation

from reconciler.apply import Outcome, apply
from reconciler.azure.remembering import Remembered, recall, remember
from reconciler.azure.writing import write
from reconciler.converge.environments import trusted
from reconciler.converge.judging import GitHubSide
from reconciler.converge.merges import Place
from reconciler.converge.outcome import Convergence
from reconciler.converge.walk import converge
from reconciler.github import Repository
from reconciler.memory import NAME, Applied
from reconciler.plan import Plan

APIS = {f"apis/{api}": {"displayName": api, "path": api} for api in ("orders", "refunds")}
ORDERS = "commerce/products/orders.yaml"
GRANT = "checkout/grants/orders.yaml"
PEOPLE = {
    "guardrails.yaml": {"platform_team": "platform"},
    "platform/team.yaml": {"display_name": "Platform", "reviewers": ["pat"]},
    "checkout/team.yaml": {"display_name": "Checkout", "reviewers": ["chris"]},
    "commerce/team.yaml": {"display_name": "Commerce", "reviewers": ["olga"]},
}
FIRST = organisation(**PEOPLE, **{GRANT: None})
KEY = "subscriptions/checkout--orders"


def grant(**more: Any) -> dict[str, Any]:
    return {"environments": ["prod"], "key": True, "reason": "r", "expires": "2027-06-30", **more}


def files(values: Mapping[str, Any]) -> dict[str, str | None]:
    return {f"access/{name}": None if value is None else json.dumps(value) for name, value in values.items()}


@dataclass
class Office:
    """Everything that a merge passes through. The clone is where the workflow runs."""

    site: Site
    clone: Path
    cloud: Cloud = field(default_factory=Cloud)
    day: date = TODAY
    asked: int = 0

    def begin(self, first: Mapping[str, Any] = FIRST) -> "Office":
        """Apply the first files, and let the service remember them."""
        self.site.clone(self.clone, by="pat")
        self.cloud.seed(APIS)
        self.cloud.converge(first)
        self.remember(Applied(service=self.cloud.service, environment="prod", commit=self.site.tip(), when="now"))
        return self

    def ask(self, by: str = "chris", *, title: str = "Ask", **values: Any) -> int:
        """Open a pull request."""
        self.asked += 1
        branch = f"ask-{self.asked}"
        self.site.push(branch, files({name.replace("__", "/"): each for name, each in values.items()}), by=by)
        return self.site.open(branch, by, title)

    def merge(self, number: int, approved_by: str | None = "olga", *, method: Any = "merge", body: str = "") -> str:
        """Let somebody approve, and somebody merge."""
        if approved_by:
            self.site.review(number, approved_by, body=body)
        return self.site.merge(number, "pat", method)

    def git(self, *arguments: str) -> str:
        done = subprocess.run(["git", *arguments], cwd=self.clone, check=True, capture_output=True, text=True)  # noqa: S603, S607
        return done.stdout.strip()

    def place(self, tip: str | None = None) -> Place:
        self.git("fetch", "--quiet", "origin")
        return Place(self.clone, "access", tip or self.site.tip())

    def side(self) -> GitHubSide:
        there = Repository("contoso/access", self.site.token(), api=self.site.url)
        return GitHubSide(there, None, "https://github.com")

    def converge(self, *, full: bool = False, tip: str | None = None, client: str = "tests") -> Convergence:
        async def run() -> Convergence:
            async with self.cloud.session(client) as session:

                async def make(plan: Plan) -> tuple[Outcome, ...]:
                    changes = plan.written.changes
                    return await apply(changes, lambda changes: write(session, changes), stop=asyncio.Event())

                place, side = self.place(tip), self.side()
                return await converge(session, place, side, "prod", day=self.day, write=make, full=full)

        return asyncio.run(run())

    def trusted_service(self) -> str:
        return trusted(self.place(), self.side(), self.day).environments["prod"].endpoint

    def recall(self) -> Remembered:
        async def run() -> Remembered:
            async with self.cloud.session() as session:
                return await recall(session)

        return asyncio.run(run())

    def remember(self, applied: Applied) -> None:
        async def run() -> None:
            async with self.cloud.session() as session:
                await remember(session, applied, replace(await recall(session), applied=None))

        asyncio.run(run())

    def forget(self) -> None:
        async def run() -> None:
            async with self.cloud.session() as session:
                await session.delete(f"namedValues/{NAME}", "forgetting", etag="*")

        asyncio.run(run())

    def remembered_text(self) -> str:
        async def run() -> str:
            async with self.cloud.session() as session:
                found = await session.get(f"namedValues/{NAME}", "reading")
                assert found
                return str(found.row["properties"]["value"])

        return asyncio.run(run())

    def commit(self) -> str:
        """Name the commit that the service remembers."""
        found = self.recall().applied
        assert found, self.recall().trouble
        return found.commit

    def results(self, *, full: bool = False) -> list[tuple[str, str]]:
        done = self.converge(full=full).done
        return [(each.merge.name if each.merge else "all", each.result) for each in done]
