"""Facts in; whether each identity is bound to an environment on GitHub that only the main branch may use, out."""

from collections.abc import Iterator

from reconciler.doctor.facts import APP, APP_KEY, CLIENT, PLAN, TENANT, Facts
from reconciler.doctor.finding import Finding, judged, unseen
from reconciler.github.governing import Place, Unseen


def environments(facts: Facts) -> Iterator[Finding]:
    """Look at the environment that plans, and at one for each service."""
    places = facts.settings.places
    for name in (PLAN, *facts.places):
        if isinstance(places, Unseen):
            yield unseen(name, places)
        elif name not in places:
            wrong = "there is no such environment: the job would make one that every branch may use"
            yield judged(name, "", wrong=wrong, mend=_make(facts, name))
        else:
            yield _branches(facts, name, places[name])
            yield _identity(facts, name, places[name])
            if (found := _key(facts, name, places[name])) is not None:
                yield found


def _branches(facts: Facts, name: str, place: Place) -> Finding:
    main = facts.settings.branch
    others = "every branch" if place.branches is None else ", ".join(each for each in place.branches if each != main)
    wrong = f"{others} may use its identity" if others else ""
    if not wrong and main not in (place.branches or ()):
        wrong = f"{main} may not use it"
    mend = f"Settings > Environments > {name} > Deployment branches and tags: selected, and only {main}"
    return judged(name, f"only {main} may use it", wrong=wrong, mend=mend)


def _make(facts: Facts, name: str) -> str:
    where = f"repos/{facts.repository}/environments/{name}"
    custom = "deployment_branch_policy[{}]={}"
    return (
        f"gh api -X PUT {where} -F '{custom.format('protected_branches', 'false')}' "
        f"-F '{custom.format('custom_branch_policies', 'true')}' && "
        f"gh api -X POST {where}/deployment-branch-policies -f name={facts.settings.branch}"
    )


def _identity(facts: Facts, name: str, place: Place) -> Finding:
    """An identity that plans and applies would let a pull request's run write."""
    check = f"{name} identity"
    if isinstance(place.variables, Unseen):
        return unseen(check, place.variables)
    common = facts.settings.variables
    tenant = place.variables.get(TENANT) or ("" if isinstance(common, Unseen) else common.get(TENANT))
    missing = [each for each, value in ((CLIENT, place.variables.get(CLIENT)), (TENANT, tenant)) if not value]
    if missing:
        commands = " && ".join(f"gh variable set {each} --env {name} --body ID" for each in missing)
        return judged(check, "", wrong=f"{' and '.join(missing)} missing", mend=commands)
    declared = facts.declarations.environments[facts.places[name]].tenant if name in facts.places else None
    if declared and tenant != declared:
        wrong = f"{TENANT} is {tenant}, and environments.yaml says {declared}"
        return judged(check, "", wrong=wrong, mend=f"gh variable set {TENANT} --env {name} --body {declared}")
    wrong = f"{PLAN} has the same {CLIENT}: what plans could apply" if _shared(facts, name, place) else ""
    mend = f"make a second identity, and: gh variable set {CLIENT} --env {PLAN} --body ID"
    return judged(check, f"{CLIENT} and {TENANT} are set", wrong=wrong, mend=mend)


def _shared(facts: Facts, name: str, place: Place) -> bool:
    places = facts.settings.places
    planning = None if isinstance(places, Unseen) else places.get(PLAN)
    if (
        name == PLAN
        or planning is None
        or isinstance(planning.variables, Unseen)
        or isinstance(place.variables, Unseen)
    ):
        return False
    return planning.variables.get(CLIENT) == place.variables[CLIENT]


def _key(facts: Facts, name: str, place: Place) -> Finding | None:
    """An App's key belongs where only the main branch can read it."""
    variables, check = facts.settings.variables, f"{name} app key"
    if isinstance(variables, Unseen) or not variables.get(APP):
        return None
    if isinstance(place.secrets, Unseen):
        return unseen(check, place.secrets)
    wrong = "" if APP_KEY in place.secrets else f"the secret {APP_KEY} is missing"
    return judged(check, f"{APP_KEY} is there", wrong=wrong, mend=f"gh secret set {APP_KEY} --env {name} < key.pem")
