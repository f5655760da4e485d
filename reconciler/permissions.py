"""The kinds in, the least Azure role that reading or applying needs out, as `az role definition create` takes it."""

import re
from collections.abc import Iterable, Iterator
from typing import Any, Literal

from reconciler.kinds import KINDS, Kind

Verb = Literal["plan", "apply", "keys", "probe", "backstage", "usage"]
_SERVICE = "Microsoft.ApiManagement/service"
_OF_KEYS = ("read", "listSecrets/action", "regeneratePrimaryKey/action", "regenerateSecondaryKey/action")
_KEYS = {f"{_SERVICE}/namedValues/read", *(f"{_SERVICE}/subscriptions/{each}" for each in _OF_KEYS)}
_PROBING = {
    f"{_SERVICE}/{each}"
    for each in (
        *("read", "apis/read", "apis/operations/read", "apis/products/read", "apiVersionSets/read"),
        *("namedValues/read", "products/apis/read", "subscriptions/read", "subscriptions/listSecrets/action"),
    )
}
_SHOWING = {  # optional: what is cut off by hand, and who wrote since; the log is of the Azure subscription
    *(f"{_SERVICE}/{each}" for each in ("read", "apis/read", "apis/schemas/read", "apiVersionSets/read")),
    *(f"{_SERVICE}/{each}" for each in ("namedValues/read", "products/read")),
    "Microsoft.Insights/eventtypes/values/Read",
}
_COUNTING = {f"{_SERVICE}/{each}" for each in ("read", "subscriptions/read", "reports/read")}
_REMEMBERING = {f"{_SERVICE}/namedValues/read", f"{_SERVICE}/namedValues/write"}  # what was applied last


def role(verb: Verb, services: Iterable[str], *, marks: Iterable[str]) -> dict[str, Any]:
    """Define the role for a verb on some services. Kinds that only `marks` use are left out where they are not used.

    What delivers keys needs a role on vaults besides, what asks a log one on its workspace: Azure has both ready-made.
    """
    if verb == "keys":
        return _defined(
            verb, "`reconciler deliver` and `rotate` need of the service, and nothing else", _KEYS, services
        )
    if verb == "probe":
        return _defined(verb, "`reconciler probe` needs, and nothing else", _PROBING, services)
    if verb == "usage":
        return _defined(verb, "`reconciler usage` needs of the service, and nothing else", _COUNTING, services)
    if verb == "backstage":
        return _defined(verb, "`reconciler backstage` needs, and nothing else", _SHOWING, services)
    wanted = {"tag": {"tag", "api-tag"}, "contact": {"api-contact"}}
    unused = set().union(*(kinds for mark, kinds in wanted.items() if mark not in set(marks)))
    kinds = [kind for kind in KINDS if kind.name not in unused]
    actions = {action for kind in kinds for action in _reading(kind)}
    if verb == "apply":
        actions |= {action for kind in kinds for action in _writing(kind)} | _REMEMBERING
    needs = f"`reconciler {verb}` needs, and nothing else; derived from the kinds it knows"
    return _defined(verb, needs, actions, services)


def _defined(verb: Verb, needs: str, actions: Iterable[str], services: Iterable[str]) -> dict[str, Any]:
    return {
        "Name": f"reconciler {verb}",
        "IsCustom": True,
        "Description": f"What {needs}.",
        "Actions": sorted(actions),
        "NotActions": [],
        "AssignableScopes": list(services),
    }


def _reading(kind: Kind) -> Iterator[str]:
    for listing in filter(None, (kind.listing, kind.index, *kind.listing_by_part)):
        yield f"{_action(listing)}/read"
    if kind.document:
        yield f"{_action(kind.path)}/read"


def _writing(kind: Kind) -> Iterator[str]:
    """A change is made and read back; what Azure makes along with a new thing is found and removed."""
    if not kind.writable:
        return
    yield f"{_action(kind.path)}/read"
    yield f"{_action(kind.path)}/write"
    if kind.removable:
        yield f"{_action(kind.path)}/delete"
    yield from (f"{_action(kind.path)}/{each}/action" for each in kind.posts)
    if kind.made_along:
        yield f"{_action(kind.made_along)}/read"


def _action(path: str) -> str:
    """Azure names an action after the path without the names in it."""
    plain = re.sub(r"/\{\}", "", path.partition("?")[0]).removesuffix(
        "/policy"
    )  # of which there is one, without a name
    return f"{_SERVICE}/{plain}"
