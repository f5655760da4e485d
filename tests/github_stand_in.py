"""A GitHub of this machine: what a pull request is told about in; answers in GitHub's published shape out.

Every answer is built from, and held against, the models that are generated from GitHub's description of its API.
"""

import json
import re
import threading
import types
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from githubkit_schemas.latest.models import (
    CheckRun,
    Commit,
    PullRequest,
    PullRequestReview,
    ReposOwnerRepoCheckRunsPostBodyOneof0,
    TeamMember,
)
from pydantic import BaseModel, TypeAdapter

_SCALARS: dict[type, Any] = {str: "text", int: 1, float: 1.0, bool: False, datetime: datetime(2026, 11, 24, tzinfo=UTC)}


def example(shape: Any) -> Any:
    """Give some value of a published type: what must be there, as plain as possible."""
    origin, arguments = get_origin(shape), get_args(shape)
    if origin is Annotated:
        return example(arguments[0])
    if origin is Literal:
        return arguments[0]
    if origin in (Union, types.UnionType):
        return None if type(None) in arguments else example(arguments[0])
    if origin in (list, dict) or shape in (list, dict):
        return [] if (origin or shape) is list else {}
    if isinstance(shape, type) and issubclass(shape, BaseModel):
        fields = shape.model_fields.items()
        return {each.alias or name: example(each.annotation) for name, each in fields if each.is_required()}
    return _SCALARS.get(shape)


def answer(shape: type[BaseModel], **known: Any) -> Any:
    """Give an answer with what is known filled in, sure that GitHub could give it."""
    value = TypeAdapter(shape).validate_python(merged(example(shape), known))
    return json.loads(value.model_dump_json(by_alias=True, exclude_unset=True))


def merged(value: Any, known: Any) -> Any:
    if isinstance(value, dict) and isinstance(known, dict):
        return {**value, **{key: merged(value.get(key), each) for key, each in known.items()}}
    return known


def user(login: str | None, kind: str = "User") -> Any:
    if login is None:
        return None
    shape = next(each for each in get_args(PullRequestReview.model_fields["user"].annotation) if each is not type(None))
    return {**example(shape), "login": login, "type": kind}


@dataclass
class StandIn:
    """One repository with one pull request, and the teams of its organisation."""

    url: str = ""
    author: str = "chris"
    robot: bool = False
    head: str = ""
    commits: list[tuple[str | None, str]] = field(default_factory=list)
    reviews: list[tuple[str, str, str]] = field(default_factory=list)
    teams: dict[str, list[str]] = field(default_factory=dict)
    checks: list[dict[str, Any]] = field(default_factory=list)
    tokens: set[str] = field(default_factory=set)
    unknown: list[str] = field(default_factory=list)

    def get(self, path: str, page: int) -> Any:
        """Answer a read; None where there is nothing."""
        pull = f"/repos/contoso/access/pulls/{7}"
        if path == pull:
            kind = "Bot" if self.robot else "User"
            return answer(PullRequest, number=7, user=user(self.author, kind), head={"sha": self.head})
        rows: list[Any]
        if path == f"{pull}/commits":
            rows = [self._commit(login, message) for login, message in self.commits]
        elif path == f"{pull}/reviews":
            rows = [
                answer(PullRequestReview, user=user(login), state=state, commit_id=commit)
                for login, state, commit in self.reviews
            ]
        elif (team := re.fullmatch(r"/orgs/contoso/teams/([^/]+)/members", path)) and team[1] in self.teams:
            rows = [answer(TeamMember, login=login) for login in self.teams[team[1]]]
        else:
            return None
        return rows if page == 1 else []

    def _commit(self, login: str | None, message: str) -> Any:
        return answer(Commit, sha=self.head, author=user(login), committer=user(login), commit={"message": message})

    def post(self, path: str, body: Any) -> Any:
        """Answer a write: check runs only."""
        if path != "/repos/contoso/access/check-runs":
            return None
        TypeAdapter(ReposOwnerRepoCheckRunsPostBodyOneof0).validate_python(body)
        self.checks.append(body)
        return answer(CheckRun, name=body["name"], head_sha=body["head_sha"])


@contextmanager
def github() -> Iterator[StandIn]:
    """Serve it on loopback."""
    state = StandIn()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path, _, query = self.path.partition("?")
            page = re.search(r"(?:^|&)page=(\d+)", query)
            self._say(state.get(path, int(page[1]) if page else 1), 200)

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            self._say(state.post(self.path, body), 201)

        def _say(self, value: Any, status: int) -> None:
            state.tokens.add(self.headers["Authorization"])
            if value is None:
                state.unknown.append(f"{self.command} {self.path}")
            content = json.dumps({"message": "Not Found", "status": "404"} if value is None else value).encode()
            self.send_response(404 if value is None else status)
            self.send_header("Content-Type", "application/json; charset=utf-8")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *arguments: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    state.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield state
    finally:
        server.shutdown()
        server.server_close()
        thread.join(timeout=10)
