"""A company on GitHub, in Azure and in Backstage in; what people ask through templates, and what becomes of it, out."""

import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from backend import ASKER, Backend, backend
from conftest import Desk, contoso, fingerprint
from on_github import Site, github
from ruamel.yaml import YAML

from reconciler.emulator import Running

LOGIN, TEAM = "chris", "checkout"
REQUEST: Mapping[str, Any] = {
    "team": f"group:default/{TEAM}",
    "product": "resource:default/returns",
    "environments": ["prod"],
    "need": "key",
    "reason": "Show returns in the basket",
    "expires": "2027-06-30",
}
"""What a form for access is filled in with."""
_PEOPLE = f"""apiVersion: backstage.io/v1alpha1
kind: User
metadata: {{name: {ASKER.rpartition("/")[2]}, annotations: {{github.com/user-login: {LOGIN}}}}}
spec: {{memberOf: [{TEAM}]}}
"""


@dataclass(frozen=True)
class Asked:
    """What a form led to. A pull request has its number, and each file that it touches with what is done to it."""

    status: str
    said: str
    number: int = 0
    touched: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class FrontDoor:
    """Who asks is of checkout. The desk is a clone of the repository; the catalog stands on a branch of its own."""

    site: Site
    desk: Desk
    backend: Backend
    token: str

    def ask(self, template: str, **values: Any) -> Asked:
        """Fill in a form and let it run to its end; what Backstage does not take from the form is `refused`."""
        before = set(self.site.pulls)
        where = {"repository": "github.com?owner=contoso&repo=access"}
        answer = self.backend.wanted(template, {**where, **values}, USER_OAUTH_TOKEN=self.token)
        if answer.status_code == 400:
            return Asked("refused", answer.text)
        assert answer.status_code == 201, answer.text
        status, said = self.backend.ran(answer.json()["id"])
        opened = set(self.site.pulls) - before
        if not opened:
            return Asked(status, said)
        (number,) = opened
        pull = self.site.pulls[number]
        rows = self.site.git("diff", "--no-renames", "--name-status", pull.base_commit, pull.head).splitlines()
        return Asked(status, said, number, tuple((row[0], row[2:]) for row in rows))

    def text(self, asked: Asked) -> bytes:
        """Give the one file of a pull request as it would be."""
        ((_, path),) = asked.touched
        found = self.site.bare.bytes_of(self.site.pulls[asked.number].head, path)
        assert found is not None
        return found

    def file(self, asked: Asked) -> Any:
        return YAML(typ="safe").load(self.text(asked))

    def check(self, number: int, tmp_path: Path, code: int = 0) -> str:
        """Validate the folder as it would be after the merge."""
        clone = tmp_path / f"pull-{number}"
        self.site.clone(clone, by=LOGIN)
        _git(clone, "fetch", "--quiet", "origin", f"refs/pull/{number}/merge")
        _git(clone, "checkout", "--quiet", "FETCH_HEAD")
        return Desk(clone, self.desk.running).run("validate", code=code)

    def merge(self, number: int, by: str) -> None:
        """Let somebody approve and merge it, apply what is merged, and write the catalog again."""
        self.site.review(number, by)
        self.site.merge(number, by)
        _git(self.desk.folder, "pull", "--quiet", "origin", "main")
        self.desk.run("apply", "-e", "prod", "--yes", "--allow", fingerprint(self.desk))
        self.publish()

    def publish(self) -> None:
        self.desk.run("backstage", "-e", "prod", "--publish", "catalog")


@contextmanager
def front_door(place: Path, running: Running, settings: Mapping[str, Any]) -> Iterator[FrontDoor]:
    """Build all of it: Contoso, whose catalog is read from the branch that the command published."""
    with github() as site:
        folder = site.clone(place / "clone", by="pat")
        desk = Desk(folder, running)
        unowned = folder / "access" / "unowned"
        unowned.mkdir(parents=True)
        (unowned / "team.yaml").write_text("display_name: Nobody\n")
        (unowned / "apis.yaml").write_text('- api: "legacy-$(letter)"\n')
        contoso(desk, {"repository": "contoso/access", **settings})
        _git(folder, "add", "access")
        _git(folder, "commit", "--quiet", "--message", "What is declared")
        _git(folder, "push", "--quiet", "origin", "HEAD:main")
        desk.run("backstage", "-e", "prod", "--publish", "catalog")
        site.push("people", {"people.yaml": _PEOPLE}, by="pat")
        of_backstage = (site.url, site.token("backstage[bot]"))
        targets = ("catalog/prod/catalog-info.yaml", "people/people.yaml")
        locations = [{"type": "url", "target": f"https://github.com/contoso/access/blob/{each}"} for each in targets]
        with backend(place / "backstage", locations, github=of_backstage) as read:
            read.settled(lambda found: {ASKER, f"resource:default/{TEAM}-orders"} <= found.keys())
            yield FrontDoor(site, desk, read, site.token(LOGIN))


def _git(folder: Path, *arguments: str) -> None:
    done = subprocess.run(["git", *arguments], cwd=folder, capture_output=True, text=True, check=False, timeout=60)  # noqa: S603, S607
    assert done.returncode == 0, f"git {arguments}: {done.stderr}"
