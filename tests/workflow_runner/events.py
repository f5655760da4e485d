"""What happened on the site in; an event as GitHub tells workflows of it out."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from on_github import Site
from on_github.answers import comment, issue, repository, review, user, whole_pull
from on_github.people import Account


@dataclass(frozen=True)
class Event:
    """An event. `sha` is what is checked out by itself, `file_sha` where the workflow files are read."""

    name: str
    ref: str
    sha: str
    file_sha: str
    actor: str
    action: str = ""
    payload: Mapping[str, Any] = field(default_factory=dict)
    base_ref: str = ""
    head_ref: str = ""
    from_fork: bool = False
    changed: tuple[str, ...] = ()
    cron: str = ""
    inputs: Mapping[str, Any] = field(default_factory=dict)


def pull_request_changed(
    site: Site, number: int, action: str = "synchronize", *, by: str | None = None, target: bool = False
) -> Event:
    """Tell of a pull request; `target` gives the event that runs what the base says, with the base's rights."""
    name = "pull_request_target" if target else "pull_request"
    return _about_pull(site, number, name, action, by=by or site.pulls[number].thread.author.login)


def reviewed(site: Site, number: int, action: str = "submitted") -> Event:
    """Tell of the last review of a pull request."""
    last = site.pulls[number].reviews[-1]
    told = {"review": {**review(last), "state": last.state.lower()}}
    return _about_pull(site, number, "pull_request_review", action, by=last.author.login, **told)


def _about_pull(site: Site, number: int, name: str, action: str, *, by: str, **more: Any) -> Event:
    site.pushed()
    pull, base = site.pulls[number], site.tip(site.pulls[number].base)
    ref, sha = f"refs/pull/{number}/merge", site.bare.tip(f"refs/pull/{number}/merge")
    if name == "pull_request_target":
        ref, sha = f"refs/heads/{pull.base}", base
    assert sha, "GitHub runs nothing for a pull request in conflict"
    told = {"action": action, "number": number, "pull_request": whole_pull(site, pull), **_around(by), **more}
    fork_point = site.git("merge-base", pull.base_commit, pull.head)
    return Event(
        name,
        ref,
        sha,
        sha,
        by,
        action,
        told,
        base_ref=pull.base,
        head_ref=pull.branch,
        from_fork=pull.fork is not None,
        changed=_changed(site, fork_point, pull.head),
    )


def _around(by: str) -> dict[str, Any]:
    return {"repository": repository(), "sender": user(Account(by))}


def _changed(site: Site, before: str, after: str) -> tuple[str, ...]:
    return tuple(site.git("diff", "--name-only", "--no-renames", before, after).splitlines())


def pushed(site: Site, before: str, *, branch: str = "main", by: str = "pat") -> Event:
    """Tell of a branch that stood somewhere before and stands elsewhere now; a merge is a push."""
    after = site.tip(branch)
    ref = f"refs/heads/{branch}"
    told = {"ref": ref, "before": before, "after": after, "forced": False, **_around(by)}
    told["head_commit"] = {"id": after, "message": site.bare.told(after)["message"]}
    return Event("push", ref, after, after, by, payload=told, changed=_changed(site, before, after))


def completed(site: Site, name: str, number: int, event: str = "pull_request_review") -> Event:
    """Tell that a run of a workflow, which a pull request started, has ended."""
    pulls = [{"number": number}] if site.pulls[number].fork is None else []
    told = {"workflow_run": {"name": name, "event": event, "conclusion": "success", "pull_requests": pulls}}
    return _on_main(site, "workflow_run", "pat", {**told, "repository": repository()}, action="completed")


def scheduled(site: Site, cron: str) -> Event:
    return _on_main(site, "schedule", "pat", {"schedule": cron, "repository": repository()}, cron=cron)


def dispatched(site: Site, by: str = "pat", **inputs: Any) -> Event:
    """Tell of a click on "Run workflow"; texts and booleans as they were typed."""
    given = {name.replace("_", "-"): value for name, value in inputs.items()}
    return _on_main(site, "workflow_dispatch", by, {"inputs": given, **_around(by)}, inputs=given)


def issue_changed(site: Site, number: int, action: str = "opened", *, by: str | None = None, **more: Any) -> Event:
    """Tell of an issue; `more` is what the action is about, such as label={"name": "access"}."""
    who = by or site.threads[number].author.login
    told = {"issue": issue(site, site.threads[number]), **_around(who), **more}
    return _on_main(site, "issues", who, told, action=action)


def commented(site: Site, number: int, action: str = "created") -> Event:
    """Tell of the last comment below an issue or a pull request."""
    last = site.threads[number].comments[-1]
    told = {"issue": issue(site, site.threads[number]), "comment": comment(last), **_around(last.author.login)}
    return _on_main(site, "issue_comment", last.author.login, told, action=action)


def _on_main(site: Site, name: str, by: str, told: Mapping[str, Any], *, action: str = "", **more: Any) -> Event:
    tip = site.tip()
    payload = json.loads(json.dumps({**({"action": action} if action else {}), **told}))
    return Event(name, "refs/heads/main", tip, tip, by, action, payload, **more)
