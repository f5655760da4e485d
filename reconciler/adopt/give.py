"""An adoption's work in; a grant for each key and each group that sees a product, in the folder of who has it, out."""

from collections import defaultdict
from datetime import timedelta
from typing import Any

from reconciler.access import EVERY_API as ALL
from reconciler.access import opens
from reconciler.adopt.owners import Owner
from reconciler.adopt.publish import SHOWN_TO
from reconciler.adopt.slugs import component_of, free, grant_name, slug
from reconciler.adopt.values import join, put
from reconciler.adopt.work import Work
from reconciler.declarations import EVERY_API
from reconciler.resource import Address, Resource

_Slot = tuple[str, str, str]  # team, product or API, component
_LONGEST_REASON = 1000
_NOT_IN_A_TEXT = frozenset("*#&+:<>?/")


def adopt_grants(work: Work) -> None:
    """Write groups first: a key that says of nobody who calls joins the file of the group."""
    grants = _Grants(work)
    for link in work.all("product-group"):
        _portal(work, grants, link.address)
    for subscription in work.all("subscription"):
        _key(work, grants, subscription)


def _portal(work: Work, grants: "_Grants", link: Address) -> None:
    product, group = link.name
    if group in SHOWN_TO or product not in work.products:
        return  # its product's file names it, or it was said why not
    team = work.owners.of_group.get(group)
    if team is None:
        work.leave(link, "its group is not on the service's list")
        return
    grants.ask((team, work.products[product], ""), {"portal": True}, "Sees it in the developer portal (adopted)")
    work.take(link, Owner(team, "its group"))


def _key(work: Work, grants: "_Grants", subscription: Resource) -> None:
    identifier, to = subscription.address.name[0], opens(subscription)
    if to is None:
        work.leave(subscription.address, "it opens nothing that can be named")
    elif to.kind == "product" and to.name[0] not in work.products:
        work.leave(subscription.address, "its product is in no file")
    elif to.kind == "api" and to != ALL and to.name[0] not in work.apis:
        work.leave(subscription.address, "its API is in no file")
    elif set(identifier) & _NOT_IN_A_TEXT or not identifier.isprintable() or "$(" in identifier:
        work.leave(subscription.address, "its id cannot be written in a file")
    else:
        _named(work, grants, subscription, to)


def _named(work: Work, grants: "_Grants", subscription: Resource, to: Address) -> None:
    identifier, title = subscription.address.name[0], (subscription.properties.get("displayName") or "").strip()
    title = "" if title == identifier else title
    owner, thing = work.owners.subscription(subscription), _thing(work, to)
    known = work.state.get(to)
    called = (known.properties.get("displayName") if known else None) or ""
    words = (thing, to.name[0], called, owner.team, work.environment, *work.variables.values())
    values: dict[str, Any] = {"key": True, "subscription": identifier}
    if to.kind == "api":
        values["api"] = EVERY_API if to == ALL else work.apis[to.name[0]]
    if subscription.properties.get("state") != "active":
        values["suspended"] = True
    title = "".join(character if character.isprintable() else " " for character in title)
    reason = f"{title} (adopted)" if title else "Adopted; nobody gave it a name"
    slot = grants.free_slot((owner.team, thing, component_of(title, without=words)), identifier)
    grants.ask(slot, values, reason[:_LONGEST_REASON])
    work.take(subscription.address, owner)


def _thing(work: Work, to: Address) -> str:
    if to.kind == "product":
        return work.products[to.name[0]]
    return "every-api" if to == ALL else slug(f"api {to.name[0]}")


class _Grants:
    """The grants that are written, by who asks for what and for whom."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._paths: dict[_Slot, str] = {}
        self._names: dict[str, set[str]] = defaultdict(set)
        self._keys: set[_Slot] = set()
        for grant in work.declarations.grants:
            thing = grant.value.product or grant.name
            if grant.value.api:
                thing = "every-api" if grant.value.api == EVERY_API else slug(f"api {grant.value.api}")
            slot = grant.team, thing, grant.value.component or ""
            self._paths[slot] = grant.path
            self._names[grant.team].add(grant.name)
            if work.environment in grant.value.environments and work.says(grant).get("key"):
                self._keys.add(slot)
        self._longest = {product.name: work.says(product).get("max_duration") for product in work.declarations.products}

    def free_slot(self, slot: _Slot, identifier: str) -> _Slot:
        """Tell two keys of one team for one thing apart: by who calls, and where that is the same, by their ids."""
        team, thing, component = slot
        number = 8
        while slot in self._keys:
            slot = team, thing, slug(f"{component} {identifier[-number:]}"[-63:]) or f"key-{number}"
            number += 1
        return slot

    def ask(self, slot: _Slot, values: dict[str, Any], reason: str) -> None:
        """Write into the file that asks for the same already, here or in another environment, or into a new one."""
        team, thing, component = slot
        draft, environment = self._work.draft, self._work.environment
        if "key" in values:
            self._keys.add(slot)
        if path := self._paths.get(slot):
            document = draft.edit(path)
            if environment in document["environments"]:
                put(document, environment, {key: value for key, value in values.items() if key != "api"})
            else:
                join(document, {**values, **self._end(thing)}, environment=environment)
            return
        name = free(grant_name(thing, component), self._names[team])
        named = {} if "api" in values or name == thing else {"product": thing}
        written = {"environments": [environment], **named}
        written |= {key: values[key] for key in ("api", "portal", "key", "subscription", "suspended") if key in values}
        written |= {"reason": reason} | ({"component": component} if component else {}) | self._end(thing)
        self._paths[slot] = f"{team}/grants/{name}.yaml"
        self._names[team].add(name)
        draft.new(self._paths[slot], written)

    def _end(self, thing: str) -> dict[str, str]:
        """Where the house limits how long a grant may run, an adopted one runs as long as that."""
        longest = self._longest.get(thing) or self._work.declarations.guardrails.max_duration
        return {} if isinstance(longest, str) else {"expires": str(self._work.day + timedelta(days=longest))}
