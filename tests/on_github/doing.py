"""A request for one of the paths in; what it does to the site, and GitHub's answer or refusal, out."""

from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from githubkit_schemas.latest import models

from on_github import answers
from on_github.people import Account
from on_github.records import Comment, Pull, Thread
from on_github.shapes import answer
from on_github.site import NAME, Site

MOST_COMMITS = 250  # of a pull request GitHub lists no more


class Refusal(Exception):
    """What GitHub does not do: a status, and its words."""

    def __init__(self, status: int, message: str, *details: str) -> None:
        super().__init__(message)
        self.status, self.message, self.details = status, message, details


@dataclass(frozen=True)
class Ask:
    """A request: who, the parts of its path, its query, its body, the rights of its token, and if it wants no JSON."""

    who: Account
    parts: tuple[str, ...]
    query: Mapping[str, str]
    body: Any
    rights: Mapping[str, str]
    raw: bool = False


@dataclass(frozen=True)
class Raw:
    """A file as it is, which is no JSON."""

    content: bytes


def _pull(site: Site, number: str) -> Pull:
    if int(number) not in site.pulls:
        raise Refusal(404, "Not Found")
    return site.pulls[int(number)]


def _thread(site: Site, number: str) -> Thread:
    if int(number) not in site.threads:
        raise Refusal(404, "Not Found")
    return site.threads[int(number)]


def pulls(site: Site, ask: Ask) -> Any:
    state, base, head = ask.query.get("state", "open"), ask.query.get("base"), ask.query.get("head")
    return [
        answers.pull_in_list(site, each)
        for each in reversed(site.pulls.values())
        if state in ("all", each.thread.state)
        and base in (None, each.base)
        and head in (None, f"{each.fork or 'contoso'}:{each.branch}")
    ]


def open_pull(site: Site, ask: Ask) -> Any:
    head, base = ask.body["head"].removeprefix("contoso:"), ask.body["base"]
    if site.bare.tip(f"refs/heads/{head}") is None or site.bare.tip(f"refs/heads/{base}") is None:
        raise Refusal(422, "Validation Failed", "invalid head or base")
    if any((each.branch, each.base, each.thread.state) == (head, base, "open") for each in site.pulls.values()):
        raise Refusal(422, "Validation Failed", f"A pull request already exists for contoso:{head}.")
    if not site.bare.between(site.tip(base), site.tip(head)):
        raise Refusal(422, "Validation Failed", f"No commits between {base} and {head}")
    number = site.open(head, ask.who.login, ask.body["title"], body=ask.body.get("body") or "", base=base)
    return answers.whole_pull(site, site.pulls[number])


def change_pull(site: Site, ask: Ask) -> Any:
    pull = _pull(site, ask.parts[0])
    _change(pull.thread, ask.body, "title", "body", "state")
    return answers.whole_pull(site, pull)


def _change(thread: Thread, body: Mapping[str, Any], *names: str) -> None:
    for name in names:
        if name in body:
            setattr(thread, name, body[name])


def commits(site: Site, ask: Ask) -> Any:
    return [answers.commit(site, each) for each in _pull(site, ask.parts[0]).commits[:MOST_COMMITS]]


def brought(site: Site, ask: Ask) -> Any:
    if not site.bare.has(ask.parts[0]):
        raise Refusal(422, f"No commit found for SHA: {ask.parts[0]}")
    return [answers.pull_in_list(site, each) for each in site.bringing(ask.parts[0])]


def members(site: Site, ask: Ask) -> Any:
    if ask.parts[0] not in site.teams:
        raise Refusal(404, "Not Found")
    return [answers.member(each) for each in site.teams[ask.parts[0]]]


def check(site: Site, ask: Ask) -> Any:
    if not site.bare.has(ask.body["head_sha"]):
        raise Refusal(422, f"No commit found for SHA: {ask.body['head_sha']}")
    site.checks.append(ask.body)
    said = {name: ask.body[name] for name in ("name", "head_sha", "status", "conclusion")}
    return answer(models.CheckRun, **said)


def say(site: Site, ask: Ask) -> Any:
    _short_enough(ask.body)
    thread = _thread(site, ask.parts[0])
    return answers.comment(site.comment(thread.number, ask.who.login, ask.body["body"]))


def _short_enough(body: Mapping[str, Any]) -> None:
    if len(body.get("body") or "") > 65536:
        raise Refusal(422, "Validation Failed", "body is too long (maximum is 65536 characters)")


def say_otherwise(site: Site, ask: Ask) -> Any:
    _short_enough(ask.body)
    all_of_them = (each for thread in site.threads.values() for each in thread.comments)
    found: Comment | None = next((each for each in all_of_them if each.id == int(ask.parts[0])), None)
    if found is None:
        raise Refusal(404, "Not Found")
    found.body = ask.body["body"]
    return answers.comment(found)


def issues(site: Site, ask: Ask) -> Any:
    state, labels = ask.query.get("state", "open"), set(filter(None, ask.query.get("labels", "").split(",")))
    return [
        answers.issue(site, each)
        for each in reversed(site.threads.values())
        if state in ("all", each.state) and labels <= set(each.labels)
    ]


def open_issue(site: Site, ask: Ask) -> Any:
    _short_enough(ask.body)
    labels = tuple(ask.body.get("labels", ()))
    number = site.issue(ask.who.login, ask.body["title"], ask.body.get("body") or "", labels)
    return answers.issue(site, site.threads[number])


def change_issue(site: Site, ask: Ask) -> Any:
    _short_enough(ask.body)
    thread = _thread(site, ask.parts[0])
    _change(thread, ask.body, "title", "body", "state", "labels")
    return answers.issue(site, thread)


def branch(site: Site, ask: Ask) -> Any:
    if site.bare.tip(f"refs/heads/{ask.parts[0]}") is None:
        raise Refusal(404, "Not Found")
    return answers.ref(site, ask.parts[0])


def git_commit(site: Site, ask: Ask) -> Any:
    if not site.bare.has(ask.parts[0]):
        raise Refusal(404, "Not Found")
    return answers.git_commit(site, ask.parts[0])


def content(site: Site, ask: Ask) -> Any:
    at, path = ask.query.get("ref", "main"), ask.parts[0]
    if inside := site.bare.folder_at(at, path):
        return [answers.entry(f"{path}/{name}", *each) for name, each in inside.items()]
    content = site.bare.bytes_of(at, path)
    if content is None:
        raise Refusal(404, "Not Found")
    return Raw(content) if ask.raw else answers.content(path, content)


def make_tree(site: Site, ask: Ask) -> Any:
    base = ask.body.get("base_tree")
    blobs = {each["path"]: each["sha"] for each in ask.body["tree"] if each.get("sha")}
    files = {each["path"]: each.get("content") for each in ask.body["tree"] if each["path"] not in blobs}
    if any(content is None and site.bare.file(base, path) is None for path, content in files.items()):
        raise Refusal(422, "GitRPC::BadObjectState")
    return answer(models.GitTree, sha=site.bare.tree(base, files, blobs))


def make_blob(site: Site, ask: Ask) -> Any:
    text, coded = ask.body["content"], ask.body.get("encoding") == "base64"
    sha = site.bare.blob(b64decode(text) if coded else text.encode())
    return answer(models.ShortBlob, sha=sha, url=f"{site.url}/repos/git/blobs/{sha}")


def line(site: Site, ask: Ask) -> Any:
    """List the commits of a branch, newest first."""
    name = ask.query.get("sha", "main")
    if site.bare.tip(f"refs/heads/{name}") is None:
        raise Refusal(404, "Not Found")
    return [answers.commit(site, each) for each in site.bare.git("rev-list", f"refs/heads/{name}").split()]


def asked_by_octokit(site: Site, ask: Ask) -> Any:
    """Answer the one query that octokit-plugin-create-pull-request has: is the branch there, and its pull request?"""
    head = ask.body["variables"]["head"]
    open_ones = [each for each in site.pulls.values() if each.branch == head and each.thread.state == "open"]
    numbers = [each.thread.number for each in open_ones]
    nodes = [{"node": {"id": str(n), "number": n, "url": f"https://github.com/{NAME}/pull/{n}"}} for n in numbers]
    there = site.bare.tip(f"refs/heads/{head}") is not None
    return {"data": {"repository": {"ref": {"associatedPullRequests": {"edges": nodes}} if there else None}}}


def make_commit(site: Site, ask: Ask) -> Any:
    """Make a commit; by whom, where the request does not say, is the token's account."""
    parents = ask.body.get("parents", [])
    said = ask.body.get("author") or {}
    by = said.get("email") or ask.who.login
    sha = site.bare.commit(ask.body["tree"], parents, ask.body["message"], author=by, committer=by)
    return answers.git_commit(site, sha)


def make_branch(site: Site, ask: Ask) -> Any:
    name = ask.body["ref"].removeprefix("refs/heads/")
    if site.bare.tip(ask.body["ref"]):
        raise Refusal(422, "Reference already exists")
    return _stands(site, name, ask.body["sha"])


def move_branch(site: Site, ask: Ask) -> Any:
    name, sha = ask.parts[0], ask.body["sha"]
    if site.bare.tip(f"refs/heads/{name}") is None:
        raise Refusal(422, "Reference does not exist")
    if not ask.body.get("force") and not site.bare.contains(sha, site.tip(name)):
        raise Refusal(422, "Update is not a fast forward")
    return _stands(site, name, sha)


def _stands(site: Site, branch: str, sha: str) -> Any:
    if not site.bare.has(sha):
        raise Refusal(422, "Object does not exist")
    site.bare.set(f"refs/heads/{branch}", sha)
    site.pushed()
    return answers.ref(site, branch)


def pull(site: Site, ask: Ask) -> Any:
    return answers.whole_pull(site, _pull(site, ask.parts[0]))


def reviews(site: Site, ask: Ask) -> Any:
    return [answers.review(each) for each in _pull(site, ask.parts[0]).reviews]


def comments(site: Site, ask: Ask) -> Any:
    return [answers.comment(each) for each in _thread(site, ask.parts[0]).comments]


def issue(site: Site, ask: Ask) -> Any:
    return answers.issue(site, _thread(site, ask.parts[0]))


def events(site: Site, ask: Ask) -> Any:
    return answers.events(site, _thread(site, ask.parts[0]).number)
