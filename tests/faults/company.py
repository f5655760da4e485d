"""How many changes in; what was declared, what is declared now, and what lives besides, out: every kind and action."""

from dataclasses import dataclass
from typing import Any

from organisations import environment

FEW, MANY = 40, 200
_OF_A_BLOCK = 20
_TOKEN = {"credentials": "key and token", "oauth": {"audience": "api://orders"}}
_TIERS = {"tiers": {"standard": {"rate": "10 per minute"}}}
_CLIENT = "1a2b0000-0000-0000-0000-000000000000"

Files = dict[str, Any]
Entities = dict[str, dict[str, Any]]


@dataclass(frozen=True)
class Company:
    """`living` is there before anything is applied, `foreign` comes by another hand before the run in question.

    `ends` is all that this run may take away, written down here and not learnt from a run.
    """

    before: Files
    after: Files
    living: Entities
    foreign: Entities
    ends: set[str]


def company(changes: int = FEW, *, also: str = "", **settings: Any) -> Company:
    """Make one whose way from `before` to `after` takes so many changes; `settings` are the environment's.

    With `also` there is a second environment, dev, of that service, in which all is declared as in prod.
    """
    made = Company(_everybody(**settings), _everybody(**settings), {}, _others(), set())
    for number in range(changes // _OF_A_BLOCK):
        _new(number, made)
        _changed(number, made)
        _ended(number, made)
        made.ends.update(_ends(number))
    for api in (each["api"] for each in made.before["commerce/apis.yaml"] + made.after["commerce/apis.yaml"]):
        made.living[f"apis/{api}"] = {"displayName": api, "path": api}
    for files in (made.before, made.after) if also else ():
        files["environments.yaml"]["dev"] = {**files["environments.yaml"]["prod"], "service": also}
        for declared in files.values():
            if "environments" in declared and isinstance(declared, dict):
                declared["environments"] = ["dev", "prod"]
    return made


def _everybody(**settings: Any) -> Files:
    limits = {"removals": {"percent": 100}}
    return {
        "environments.yaml": {"prod": environment(**{"marks": ["tag", "contact"], "limits": limits, **settings})},
        "commerce/team.yaml": {"display_name": "Commerce", "email": "commerce@contoso.example"},
        "commerce/apis.yaml": [],
    }


def _others() -> Entities:
    """What no file names, and no run may touch."""
    return {
        "apis/foreign": {"displayName": "Foreign", "path": "foreign"},
        "groups/partners": {"displayName": "Partners"},
        "products/foreign": {"displayName": "Foreign"},
        "products/foreign/apis/foreign": {},
        "products/foreign/groups/partners": {},
        "subscriptions/foreign": {"scope": "/products/foreign", "displayName": "Foreign", "state": "active"},
        "policyFragments/foreign": {"value": "<fragment><trace /></fragment>", "format": "rawxml"},
    }


def _new(number: int, made: Company) -> None:
    """A product whose calls need a key and a token, with its API, its rules, a key for it, a place in the portal."""
    team, name, api = f"team-{number}", f"new-{number}", f"new-api-{number}"
    for files in (made.before, made.after):
        files[f"{team}/team.yaml"] = {"display_name": f"Team {number}"}
    made.after["commerce/apis.yaml"] += [{"api": api}]
    made.after[f"commerce/products/{name}.yaml"] = _product(f"New {number}", apis=[api], **_TOKEN, **_TIERS)
    made.after[f"{team}/grants/{name}.yaml"] = _grant(portal=True, clients=[_CLIENT])


def _changed(number: int, made: Company) -> None:
    """A product and a group with new names, another API, a fragment edited, a key that moves to another product."""
    team, name = f"team-{number}", f"old-{number}"
    apis = [f"old-api-{number}", f"older-api-{number}"]
    for files in (made.before, made.after):
        files["commerce/apis.yaml"] += [{"api": api} for api in apis]
        files[f"{team}/grants/{name}.yaml"] = _grant()
        files[f"crew-{number}/team.yaml"] = {"display_name": f"Crew {number}"}
        files[f"crew-{number}/grants/{name}.yaml"] = _grant(key=False, portal=True)
    for files, title, api in ((made.before, "Old", apis[0]), (made.after, "Older", apis[1])):
        files[f"commerce/products/{name}.yaml"] = _product(f"{title} {number}", apis=[api], mode="enforce")
        files[f"commerce/fragments/shared-{number}.xml"] = (
            f'<fragment><set-variable name="v" value="{title}" /></fragment>'
        )
    made.after[f"crew-{number}/team.yaml"] = {"display_name": f"Crew of {number}"}
    made.before[f"{team}/grants/moved.yaml"] = _grant(product=f"closed-{number}", component="moved")
    made.after[f"{team}/grants/moved.yaml"] = _grant(product=name, component="moved")


def _ended(number: int, made: Company) -> None:
    """A grant that is gone, one whose key somebody else has, a stranger's key, and a product that is closed."""
    team, name = f"team-{number}", f"old-{number}"
    for files in (made.before, made.after):
        files["commerce/apis.yaml"] += [{"api": f"closed-api-{number}"}]
        files[f"{team}/grants/lost.yaml"] = _grant(product=name, component="lost")
    made.after[f"{team}/grants/lost.yaml"] |= {"revoked": "compromised"}
    made.before[f"{team}/grants/gone.yaml"] = _grant(product=name, component="gone")
    made.before[f"commerce/products/closed-{number}.yaml"] = _product(f"Closed {number}", apis=[f"closed-api-{number}"])
    made.foreign[f"subscriptions/stranger-{number}"] = {
        "scope": f"/products/{name}",
        "displayName": f"Stranger {number}",
        "state": "active",
    }


def _ends(number: int) -> set[str]:
    """A product with its links, an API's place on another, keys; a key that moves is made anew."""
    team = f"subscriptions/team-{number}"
    keys = [f"{team}--{name} {key}" for name in ("lost", "moved") for key in ("primaryKey", "secondaryKey")]
    active = [f"{each} is active" for each in (f"{team}--gone", f"{team}--lost", f"{team}--moved")]
    return {
        f"products/closed-{number}",
        f"products/closed-{number}/apis/closed-api-{number}",
        f"products/closed-{number}/groups/administrators",
        f"products/old-{number}/apis/old-api-{number}",
        f"{team}--moved",
        *keys,
        *active,
        f"subscriptions/stranger-{number} is active",
    }


def _product(title: str, **more: Any) -> dict[str, Any]:
    return {"manage": "product", "display_name": title, "environments": ["prod"], **more}


def _grant(**more: Any) -> dict[str, Any]:
    return {"environments": ["prod"], "key": True, "reason": "Because", "expires": "2027-06-30", **more}
