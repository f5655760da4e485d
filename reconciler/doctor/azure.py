"""Facts in; whether each service is reached and remembers, and whom Azure takes a workflow's token for, out."""

import json
from collections.abc import Iterator

from reconciler.doctor.facts import AUDIENCE, CLIENT, ISSUER, PLAN, Credential, Facts, Service
from reconciler.doctor.finding import Finding, judged
from reconciler.github.governing import Unseen


def azure(facts: Facts) -> Iterator[Finding]:
    """Look at what was asked of Azure; nothing where it was not."""
    if not facts.services:
        return
    yield from _federated(facts, PLAN)
    for place, name in facts.places.items():
        service = facts.services[name]
        mend = "az login, or a role for whoever runs this: reconciler permissions plan"
        yield judged(f"{name} service", "it answers", wrong=service.trouble, mend=mend)
        if not service.trouble:
            yield _memory(name, service)
        yield from _federated(facts, place)
        yield _role(facts, place, name)


def _memory(name: str, service: Service) -> Finding:
    mend = f"reconciler memory --begin HEAD -e {name}, where everything up to HEAD is applied"
    return judged(f"{name} memory", "it knows what was applied last", wrong=service.memory, mend=mend)


def _federated(facts: Facts, place: str) -> Iterator[Finding]:
    client = _client(facts, place)
    if not client:
        return  # said already
    wanted = Credential(ISSUER, f"repo:{facts.repository}:environment:{place}", (AUDIENCE,))
    check, found = f"{place} federation", facts.credentials.get(client, Unseen("Application.Read.All"))
    described = {
        "name": place,
        "issuer": wanted.issuer,
        "subject": wanted.subject,
        "audiences": list(wanted.audiences),
    }
    mend = f"az ad app federated-credential create --id {client} --parameters '{json.dumps(described)}'"
    if isinstance(found, Unseen):
        needs = f"needs Microsoft Graph's `{found.needs}`, and no managed identity; if it is missing: {mend}"
        yield Finding(check, "unknown", f"whether {client} takes {wanted.subject} was not seen", needs)
        return
    wrong = "" if wanted in found else f"{client} does not take {wanted.subject}"
    yield judged(check, f"{client} takes {wanted.subject}", wrong=wrong, mend=mend)


def _role(facts: Facts, place: str, name: str) -> Finding:
    service = facts.declarations.environments[name].service
    commands = (
        f"reconciler permissions apply -e {name} > apply.json"
        " && az role definition create --role-definition @apply.json"
        f" && az role assignment create --role 'reconciler apply' --assignee {_client(facts, place) or 'CLIENT'}"
        f" --scope {service}"
    )
    return Finding(f"{name} role", "unknown", "what the identity may do in Azure is not looked at", commands)


def _client(facts: Facts, place: str) -> str:
    places = facts.settings.places
    found = None if isinstance(places, Unseen) else places.get(place)
    return "" if found is None or isinstance(found.variables, Unseen) else found.variables.get(CLIENT, "")
