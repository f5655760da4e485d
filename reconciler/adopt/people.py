"""An adoption's work in; environments.yaml, guardrails.yaml and who each folder is, out."""

from dataclasses import replace
from typing import Any

from reconciler.adopt.owners import Found
from reconciler.adopt.values import differs, entra_of
from reconciler.adopt.work import Work
from reconciler.declarations.adoption import UNOWNED
from reconciler.declarations.environments import PUBLIC_CLOUD
from reconciler.draft import plain
from reconciler.load import ENVIRONMENTS, GUARDRAILS
from reconciler.naming import spoken

_OF_ENVIRONMENTS = "The API Management services governed here. `mode: observe` writes nothing until you say otherwise."
_OF_GUARDRAILS = "Adopted keys have no end. Decide how long access may last, then write it here: 365 days"
_OF_UNOWNED = "What has no owner yet. Say in adoption.yaml whose it is and adopt again, or move the files."


def adopt_environment(work: Work) -> None:
    """Name the service, where it is not yet; begin with rules that every living key keeps."""
    if work.is_new:
        entry: dict[str, Any] = {"service": work.live.service}
        if work.live.tenant:
            entry["tenant"] = work.live.tenant
        if work.live.endpoint != PUBLIC_CLOUD:
            entry["endpoint"] = work.live.endpoint
        entry["mode"] = "observe"
        if ENVIRONMENTS in work.draft:
            work.draft.edit(ENVIRONMENTS)[work.environment] = plain(entry)
        else:
            work.draft.new(ENVIRONMENTS, {work.environment: entry}, comment=_OF_ENVIRONMENTS)
    if GUARDRAILS not in work.draft:
        work.draft.new(GUARDRAILS, {"max_duration": "unlimited"}, comment=_OF_GUARDRAILS)
        rules = work.declarations.guardrails.model_copy(update={"max_duration": "unlimited"})
        work.declarations = replace(work.declarations, guardrails=rules)


def adopt_teams(work: Work) -> None:
    """Say of each folder who it is, and how its group is called in this service."""
    for team in sorted({path.partition("/")[0] for path in work.draft.paths("") if "/" in path}):
        if team.startswith("."):
            continue
        found = work.owners.found.get(team, Found(spoken(team)))
        path = f"{team}/team.yaml"
        if path not in work.draft:
            nobody = team == UNOWNED
            values = {"display_name": "Nobody yet" if nobody else found.display_name}
            values |= {"email": found.email} if found.email else {}
            work.draft.new(path, values | _group(work, team, found), comment=_OF_UNOWNED if nobody else "")
        elif found.group is not None:
            _differs(work, team, found, path)


def _differs(work: Work, team: str, found: Found, path: str) -> None:
    """A team of another environment may be another group here."""
    if found.group is None or team not in work.declarations.teams or found.group.address in work.declared:
        return
    says = work.says(work.declarations.teams[team])
    group = _group(work, team, found)
    different = {key: value for key, value in group.items() if says.get(key) != value}
    if found.display_name != says["display_name"]:
        different["display_name"] = found.display_name
    differs(work.draft.edit(path), work.environment, different)


def _group(work: Work, team: str, found: Found) -> dict[str, str]:
    if found.group is None:
        return {}
    identifier, entra = found.group.address.name[0], entra_of(found.group)
    values = {} if identifier == team else {"group": identifier}
    if entra and all(each.tenant for each in work.declarations.environments.values()):
        return values | {"entra_group": entra[1]}
    if found.group.properties.get("type") != "custom":
        values["group"] = identifier  # a group that is named stays of the type it is
    return values
