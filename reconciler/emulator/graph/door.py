"""A request under `/v1.0` in, Graph's answer out: token and app role first, then the directory or a registration.

Any client may read, as everyone is let in by default here; one that was given app roles for Graph may what they say.
"""

import re
import uuid
from functools import partial

from reconciler.emulator.applications import Applications
from reconciler.emulator.audiences import GRAPH, at_graph
from reconciler.emulator.azure import Azure
from reconciler.emulator.graph.directory import Directory, Kind, Member, is_object_id
from reconciler.emulator.graph.errors import GraphError, absent, bad_request, denied, unauthorized
from reconciler.emulator.graph.queries import listed, members_listed, one, refuse_unserved
from reconciler.emulator.planes import Handler, Reply
from reconciler.emulator.tokens import Principal, TokenRefused
from reconciler.emulator.wire import Answer, Call

_REFUSALS = {  # texts unverified
    "missing": "Access token is empty.",
    "invalid": "IDX14100: JWT is not well formed, there are no dots (.).",
    "expired": "Lifetime validation failed, the token is expired.",
}
_EVERYTHING = frozenset({"Directory.Read.All", "Directory.ReadWrite.All"})
_NEEDED = {  # the least and the greater ones, of Microsoft's pages "List groups", "List group members", "Get a user",
    # "List servicePrincipals"
    "groups": _EVERYTHING | {"GroupMember.Read.All", "Group.Read.All", "Group.ReadWrite.All"},
    "users": _EVERYTHING | {"User.Read.All", "User.ReadWrite.All"},
    "serviceprincipals": _EVERYTHING | {"Application.Read.All", "Application.ReadWrite.All"},
    "applications": {"Application.Read.All", "Application.ReadWrite.All"},  # "List federatedIdentityCredentials"
}
_APPLICATION = re.compile(r"applications\(appId='([^']+)'\)", re.IGNORECASE)


def find(call: Call, azure: Azure) -> Handler | None:
    return partial(_answered, call, azure) if call.segments[:1] == ("v1.0",) else None


def _answered(call: Call, azure: Azure) -> Reply:
    client = ""
    try:
        who = _who_asks(call, azure)
        client = who.client_id
        _check_roles(call, azure, who)
        return client, _registered(call, azure.applications) or _routed(call, azure.directory)
    except GraphError as error:
        return client, error.answer(azure.settings.clock())


def _who_asks(call: Call, azure: Azure) -> Principal:
    try:
        who = azure.tokens.principal(call.headers.get("authorization", ""))
    except TokenRefused as refused:
        raise unauthorized(_REFUSALS[refused.reason]) from refused
    if not at_graph(who.audience, call.base_url):
        raise unauthorized("Access token validation failure. Invalid audience.")
    return who


def _check_roles(call: Call, azure: Azure, who: Principal) -> None:
    """Go by the token, as Graph does: a role that was given later is in the next one."""
    given = azure.applications.of(who.client_id).roles.get(GRAPH)
    needed = _NEEDED.get(call.segments[1].lower().partition("(")[0] if len(call.segments) > 1 else "")
    if given is not None and needed is not None and not needed & set(who.roles):
        raise denied()


def _routed(call: Call, directory: Directory) -> Answer:
    path = call.segments[1:]
    if call.method != "GET":
        raise GraphError(405, "Request_BadRequest", "The local Azure serves Graph read only.")
    match tuple(segment.lower() for segment in path):
        case ("groups",):
            return listed(call, "group", directory.all("group"))
        case ("users",):
            return listed(call, "user", directory.all("user"))
        case ("serviceprincipals",):
            return listed(call, "servicePrincipal", directory.all("servicePrincipal"))
        case ("groups", _, "members"):
            return members_listed(call, directory.members(_demanded(directory, "group", path[1])))
        case ("groups", _):
            refuse_unserved(call)
            return one(call, _demanded(directory, "group", path[1]))
        case ("users", _):
            refuse_unserved(call)
            return one(call, _demanded(directory, "user", path[1]))
    raise GraphError(400, "BadRequest", f"Resource not found for the segment '{path[-1] if path else ''}'.")


def _registered(call: Call, applications: Applications) -> Answer | None:
    """List the federated credentials of an application that was registered here; by client id only."""
    match call.method, call.segments:
        case "GET", (_, segment, "federatedIdentityCredentials") if found := _APPLICATION.fullmatch(segment):
            named = found[1]
        case _:
            return None
    refuse_unserved(call)
    application = applications.of(named)
    if not application.is_bound:
        raise absent(named)
    rows = [
        {
            "id": str(uuid.uuid5(uuid.NAMESPACE_URL, f"{named} {each.issuer} {each.subject}")),
            "name": f"credential-{index}",
            "issuer": each.issuer,
            "subject": each.subject,
            "description": None,
            "audiences": [each.audience],
        }
        for index, each in enumerate(application.federated)
    ]
    context = f"{call.base_url}/v1.0/$metadata#applications('{named}')/federatedIdentityCredentials"
    return Answer(200, {"@odata.context": context, "value": rows})


def _demanded(directory: Directory, kind: Kind, identifier: str) -> Member:
    """Find an object; that an id of a group must be a GUID is Graph's, the text unverified."""
    if kind == "group" and not is_object_id(identifier):
        raise bad_request(f"Invalid object identifier '{identifier}'.")
    found = directory.find(kind, identifier)
    if found is None:
        raise absent(identifier)
    return found
