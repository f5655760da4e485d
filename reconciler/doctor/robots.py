"""Facts in; whether workflows run with what they need and with no more, and whether everybody can approve, out."""

from collections.abc import Iterator

from reconciler.declarations import UNOWNED
from reconciler.doctor.facts import APP, APP_KEY, SWITCH, Facts
from reconciler.doctor.finding import Finding, judged, unseen
from reconciler.github.governing import Installation, Running, Unseen

RIGHTS = {
    "checks": "write",
    "contents": "write",
    "issues": "write",
    "members": "read",
    "pull_requests": "write",
}


def robots(facts: Facts) -> Iterator[Finding]:
    """Look at the app, the workflows' own token, forks, and the switch that starts it all."""
    variables = facts.settings.variables
    app = None if isinstance(variables, Unseen) else variables.get(APP, "")
    yield unseen("app", variables) if isinstance(variables, Unseen) else _app(facts, app or "")
    if app:
        yield _key_elsewhere(facts)
    yield _reviewers(facts, app)
    running = facts.settings.running
    if isinstance(running, Unseen):
        yield unseen("workflow permissions", running)
    else:
        yield from _running(facts, running, app)
    yield _forks(facts)
    if isinstance(variables, Unseen):
        yield unseen("switch", variables)
    else:
        wrong = "" if variables.get(SWITCH) else f"the variable {SWITCH} is not set: no workflow does anything"
        mend = f"when everything else is well: gh variable set {SWITCH} --body on"
        yield judged("switch", f"{SWITCH} is set: the workflows run", wrong=wrong, mend=mend)


def _app(facts: Facts, app: str) -> Finding:
    if not app:
        says = "none: pull requests by robots start no checks until somebody closes and opens them again"
        return Finding("app", "well", says)
    apps = facts.settings.apps
    if isinstance(apps, Unseen):
        return unseen("app", apps)
    if app not in apps:
        owner = facts.repository.partition("/")[0]
        mend = f"install it from its own settings, or set {APP} to one of: {', '.join(sorted(apps)) or 'none there'}"
        return judged("app", "", wrong=f"{APP} is {app}, and no such app is installed in {owner}", mend=mend)
    found = apps[app]
    wrong = f"{found.slug} is suspended" if found.suspended else _lacking(found)
    return judged("app", f"{found.slug} has what it needs", wrong=wrong, mend="its settings > Permissions & events")


def _lacking(app: Installation) -> str:
    enough = {"read": ("read", "write", "admin"), "write": ("write", "admin")}
    lacks = [f"{name}: {right}" for name, right in RIGHTS.items() if app.rights.get(name) not in enough[right]]
    return f"{app.slug} lacks {', '.join(lacks)}" if lacks else ""


def _key_elsewhere(facts: Facts) -> Finding:
    secrets = facts.settings.secrets
    if isinstance(secrets, Unseen):
        return unseen("app key", secrets)
    wrong = f"{APP_KEY} is a secret of the repository: a workflow on any branch could read it" * (APP_KEY in secrets)
    return judged("app key", "only environments hold it", wrong=wrong, mend=f"gh secret delete {APP_KEY}")


def _reviewers(facts: Facts, app: str | None) -> Finding:
    """Without an app nobody can know who is in a team on GitHub."""
    teams = {name: team.value for name, team in facts.declarations.teams.items() if name != UNOWNED}
    nobody = sorted(name for name, team in teams.items() if not team.reviewers and not team.github)
    unread = sorted(name for name, team in teams.items() if not team.reviewers and team.github)
    if nobody:
        wrong = f"nobody can approve for {', '.join(nobody)}"
        return judged("reviewers", "", wrong=wrong, mend="write `reviewers:` or `github:` into team.yaml")
    if unread and app is None:
        return Finding("reviewers", "unknown", "whether there is an app is not known", "needs `Variables: read`")
    wrong = f"without an app nobody can approve for {', '.join(unread)}" if unread and not app else ""
    mend = "write `reviewers:` into team.yaml, or make an app"
    return judged("reviewers", "somebody can approve for each team", wrong=wrong, mend=mend)


def _running(facts: Facts, running: Running, app: str | None) -> Iterator[Finding]:
    where = f"gh api -X PUT repos/{facts.repository}/actions/permissions/workflow"
    wrong = "" if running.enabled else "GitHub Actions is off"
    yield judged("actions", "GitHub Actions is on", wrong=wrong, mend="Settings > Actions > General")
    wrong = "every workflow that says nothing else may write" if running.writes else ""
    yield judged(
        "workflow permissions",
        "workflows may read, unless they say more",
        wrong=wrong,
        mend=f"{where} -f default_workflow_permissions=read",
    )
    if app is None:
        return
    approve = f"{where} -F can_approve_pull_request_reviews="
    if app:
        wrong = "workflows may approve pull requests, and nothing here needs it" if running.approves else ""
        yield judged("robots' requests", "the app proposes; no workflow approves", wrong=wrong, mend=f"{approve}false")
    else:
        wrong = "" if running.approves else "without an app `request` and `renew` cannot open pull requests"
        says = "workflows may open pull requests; on GitHub they may approve them, too: their approval is nobody's here"
        yield judged("robots' requests", says, wrong=wrong, mend=f"{approve}true")


def _forks(facts: Facts) -> Finding:
    forks = facts.settings.forks
    if isinstance(forks, Unseen):
        return unseen("forks", forks)
    wrong = f"a pull request from a fork gets {' and '.join(forks)}" if forks else ""
    mend = "Settings > Actions > General > Fork pull request workflows"
    return judged("forks", "a fork's pull request gets nothing", wrong=wrong, mend=mend)
