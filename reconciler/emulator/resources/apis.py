"""APIs as stored data, revisions as `id;rev=n`: what is listed, and what a deleted one takes along."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar

from reconciler.emulator.errors import detail, incorrect, invalid
from reconciler.emulator.fields import FLAG, LIST, OBJECT, Choice, Field, Text
from reconciler.emulator.resources.patterns import NO_SIGNS
from reconciler.emulator.resources.resource_type import Change, Draft, ResourceType
from reconciler.emulator.resources.revisions import REVISION, base_of, copy_nested, make_current, revisions
from reconciler.emulator.resources.subscriptions import scoped_to
from reconciler.emulator.resources.unique import refuse_taken_path
from reconciler.emulator.resources.version_sets import embedded
from reconciler.emulator.service import Entity, Segments, Service

_ONLY_SENT = frozenset(
    {"sourceApiId", "format", "value", "wsdlSelector", "translateRequiredQueryParameters", "apiType"}
)
_KEY_NAMES = {"header": "Ocp-Apim-Subscription-Key", "query": "subscription-key"}


class Apis(ResourceType):
    noun = "API"
    parameter = "apiId"
    names = Text(minimum=1, maximum=256, pattern=NO_SIGNS)
    fields: ClassVar[Mapping[str, Field]] = {
        "displayName": Text(minimum=1, maximum=300),
        "path": Text(maximum=400),
        "description": Text(),
        "type": Choice(frozenset({"http", "soap", "websocket", "graphql", "odata", "grpc"})),
        "serviceUrl": Text(maximum=2000),
        "protocols": LIST,
        "subscriptionRequired": FLAG,
        "isCurrent": FLAG,
        "contact": OBJECT,
        "apiRevision": Text(minimum=1, maximum=100),
    }
    keeps_unknown = True
    required = ("path",)
    defaults: ClassVar[Mapping[str, Any]] = {
        "apiRevision": "1",
        "isCurrent": True,
        "subscriptionRequired": True,  # as on the echo API of a new service; for a PUT without it unverified
        "protocols": ["https"],
    }
    filterable = frozenset({"name", "displayName", "description", "serviceUrl", "path", "isCurrent"})
    slow_put = True
    slow_delete = True

    def name_of(self, service: Service, name: str) -> str:
        """`orders;rev=1` is `orders` while that is its current revision."""
        base, _, revision = name.partition(REVISION)
        current = service.find(("apis",), base) if revision else None
        return base if current is not None and current.properties.get("apiRevision") == revision else name

    def accept(self, change: Change) -> Draft:
        """A revision starts from the API it is made of."""
        base, _, revision = change.name.partition(REVISION)
        source = _source(change) if revision and change.before is None else None  # a clone has its own properties
        given = {name: value for name, value in change.given.items() if name not in _ONLY_SENT}
        if change.given.get("apiType"):  # of the two names, the one that is only sent (ApiCreateOrUpdateProperties)
            given.setdefault("type", change.given["apiType"])
        if source is not None:
            inherited = {**source.properties, "isCurrent": False, "apiRevision": revision}
            draft = Draft({**inherited, **{name: value for name, value in given.items() if value is not None}})
        else:
            draft = super().accept(replace(change, given=given))
            refuse_taken_path(change, draft.properties)
            draft.properties.setdefault("displayName", base)  # unverified: the spec demands only the path
            if revision:
                draft.properties["apiRevision"] = revision
        _check_version_set(change.service, draft.properties)
        return draft

    def stored(self, change: Change, entity: Entity) -> None:
        """A revision that says it is current becomes it: leaving `isCurrent` out can promote as well (apiops-cli)."""
        if change.before is None and (source := _source(change)) is not None:
            copy_nested(change.service, source.name, entity.name)
        if REVISION in entity.name and entity.properties.get("isCurrent") and not change.seeded:
            make_current(change.service, entity)

    def seed_defaults(self, name: str) -> Mapping[str, Any]:
        return {"displayName": name, "path": name}

    def refuse_delete(self, service: Service, entity: Entity, query: Mapping[str, str]) -> None:
        """Quoted in Azure/apiops-cli #142 and #260, where 202 came first and this at the poll."""
        others = len(revisions(service, entity.name)) > 1
        if REVISION not in entity.name and others and not _with_revisions(query):
            raise invalid("Cannot delete the current revision of an API.")

    def meant(self, service: Service, entity: Entity, query: Mapping[str, str]) -> Entity:
        """With deleteRevisions even a delete of `orders;rev=2` takes the whole API (Azure/apiops #709)."""
        current = service.find(("apis",), base_of(entity.name)) if _with_revisions(query) else None
        return current or entity

    def deleted(self, service: Service, entity: Entity) -> None:
        """Subscriptions scoped to the API go with it: unverified. So does a version set with its last version.

        The latter is told in MicrosoftDocs/azure-docs #81857.
        """
        service.links("apis/operations/tags").drop_below(entity.name)
        if REVISION in entity.name:
            return
        for revision in revisions(service, entity.name):
            service.remove(revision)
            self.deleted(service, revision)
        service.links("products/apis").drop_right(entity.name)
        service.links("apis/tags").drop_left(entity.name)
        for subscription in scoped_to(service, "apis", entity.name):
            service.remove(subscription)
        identifier = entity.properties.get("apiVersionSetId")
        version_set = service.find(("apiVersionSets",), str(identifier).rpartition("/")[2]) if identifier else None
        if version_set and not any(row.properties.get("apiVersionSetId") == identifier for row in service.rows("apis")):
            service.remove(version_set)

    def listed(self, service: Service, collection: Segments, query: Mapping[str, str]) -> Sequence[Entity]:
        """Current revisions only: so in every example of the spec, unverified otherwise."""
        rows = super().listed(service, collection, query)
        if all(row.properties.get("isCurrent") for row in rows):
            return rows
        return [row for row in rows if row.properties.get("isCurrent")]

    def show(self, service: Service, entity: Entity, query: Mapping[str, str]) -> Mapping[str, Any]:
        """Add what the server says of itself, protocols in order (spec examples of PUT and PATCH)."""
        properties = entity.properties
        shown = {
            "subscriptionKeyParameterNames": _KEY_NAMES,
            **properties,
            "protocols": sorted(properties.get("protocols", ())),
            "isOnline": True,
        }
        if settings := properties.get("authenticationSettings"):
            shown["authenticationSettings"] = _authentication(settings)
        identifier = properties.get("apiVersionSetId")
        if identifier and query.get("expandApiVersionSet", "").lower() == "true":
            shown["apiVersionSet"] = embedded(service, identifier)
        return shown

    def show_written(self, service: Service, change: Change, entity: Entity) -> Mapping[str, Any]:
        """The answer to a write holds the version set unasked (spec example of a new version)."""
        return self.show(service, entity, {**change.query, "expandApiVersionSet": "true"})


class WholeApis(Apis):
    """An API whichever of its revisions is named: a product holds all of them (Azure/azure-cli #18758)."""

    def name_of(self, service: Service, name: str) -> str:  # noqa: ARG002  a revision is no member of its own
        return base_of(name)


def _authentication(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Show one server also as a list of one, and the first of several, or of several providers, also alone.

    So in the spec's examples; one provider is not shown as a list there.
    """
    shown = dict(settings)
    if "oAuth2" in shown:
        shown.setdefault("oAuth2AuthenticationSettings", [shown["oAuth2"]])
    for one, several in (("oAuth2", "oAuth2AuthenticationSettings"), ("openid", "openidAuthenticationSettings")):
        if shown.get(several):
            shown.setdefault(one, shown[several][0])
    return shown


def _with_revisions(query: Mapping[str, str]) -> bool:
    return query.get("deleteRevisions", "").lower() == "true"


def _source(change: Change) -> Entity | None:
    """Find what a new revision or clone is made of: `sourceApiId`, else, of a revision, the current one."""
    base, mark, _ = change.name.partition(REVISION)
    said = change.given.get("sourceApiId")
    if change.seeded or not (mark or said):
        return None
    asked = str(said or base).rpartition("/")[2]
    return change.service.find(("apis",), asked) or change.service.find(("apis",), base)


def _check_version_set(service: Service, properties: dict[str, Any]) -> None:
    """Give the full id, as the spec's examples have it; that a missing set is refused, and how, is unverified."""
    asked = properties.get("apiVersionSetId")
    if not asked:
        return
    name = str(asked).rpartition("/")[2]
    if service.find(("apiVersionSets",), name) is None:
        raise incorrect(detail("apiVersionSetId", "ApiVersionSet not found"))
    properties["apiVersionSetId"] = service.id_of("apiVersionSets", name)
