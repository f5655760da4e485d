"""Facts in; whether each service is reached and remembers, and whom Azure takes a workflow's token for, out."""

import json
from collections.abc import Iterator

from reconciler.doctor.facts import AUDIENCE, CLIENT, ISSUER, PLAN, Credential, Facts, Service
from reconciler.doctor.finding import Finding, judged, unseen
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
    client, check, subject = _client(facts, place), f"{place} federation", facts.settings.subject
    if not client:
        return  # said already
    if isinstance(subject, Unseen):
        yield unseen(check, subject)
        return
    if subject.claims:
        says = f"the subject of a token is made of {', '.join(subject.claims)} here: compare it with that of {client}"
        mend = f"or go back: gh api -X PUT repos/{facts.repository}/actions/oidc/customization/sub -F use_default=true"
        yield Finding(check, "unknown", says, mend)
        return
    wanted = Credential(ISSUER, f"{subject.prefix}:environment:{place}", (AUDIENCE,))
    found = facts.credentials.get(client, Unseen("Application.Read.All"))
    if isinstance(found, Unseen):
        needs = f"needs Microsoft Graph's `{found.needs}`, and no managed identity; if it is missing: "
        says = f"whether {client} takes {wanted.subject} was not seen"
        yield Finding(check, "unknown", says, needs + _make(client, place, wanted))
        return
    wrong = "" if wanted in found else f"{client} does not take {wanted.subject}"
    yield judged(check, f"{client} takes {wanted.subject}", wrong=wrong, mend=_make(client, place, wanted))


def _make(client: str, place: str, wanted: Credential) -> str:
    described = {
        "name": place,
        "issuer": wanted.issuer,
        "subject": wanted.subject,
        "audiences": list(wanted.audiences),
    }
    return f"az ad app federated-credential create --id {client} --parameters '{json.dumps(described)}'"


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
