"""A catalog in; the fields of its templates' forms, each with the schema that Backstage holds an answer to, out."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from reconciler.backstage.catalog import Catalog
from reconciler.declarations import UNOWNED
from reconciler.declarations.fields import NAME, at

Field = Mapping[str, Any]

_SHORTEST_REASON: Final = 10
_LONGEST_TEXT: Final = 1000
_ENTITY: Final = "[A-Za-z0-9]+([-_.][A-Za-z0-9]+)*"


class Forms:
    """Makes fields. A picker is a help, which the API of Backstage does not ask: the schema beside it is the rule."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._declarations = catalog.estate.declarations
        self._settings = catalog.estate.declarations.backstage

    def teams(self) -> Mapping[str, str]:
        """Give each group that may ask, and the team that it is."""
        names = (name for name in sorted(self._declarations.teams) if name != UNOWNED)
        return {self._catalog.owners.reference(name).lower(): name for name in names}

    def team(self) -> Field:
        """Ask for one of the asker's own groups."""
        return {
            "title": "Your team",
            "description": "One of your groups. It answers for what is asked for.",
            "type": "string",
            "enum": [*self.teams()],
            "ui:field": "MyGroupsPicker",
        }

    def entity(self, title: str, kind: str, **wanted: Any) -> Field:
        """Ask for an entity of this catalog."""
        return {"title": title, **self._reference(kind), **self._picker("EntityPicker", kind, wanted)}

    def own(self, title: str, kind: str, **wanted: Any) -> Field:
        """Ask for one that is the asker's, or that of one of their groups."""
        return {"title": title, **self._reference(kind), **self._picker("OwnedEntityPicker", kind, wanted)}

    def entities(self, title: str, kind: str, **wanted: Any) -> Field:
        """Ask for some."""
        listed = {"type": "array", "minItems": 1, "uniqueItems": True, "items": self._reference(kind)}
        return {"title": title, **listed, **self._picker("MultiEntityPicker", kind, wanted)}

    def environments(self) -> Field:
        """Ask where."""
        return {
            "title": "Environments",
            "type": "array",
            "minItems": 1,
            "uniqueItems": True,
            "items": {"type": "string", "enum": [*self._declarations.environments]},
            "default": [self._catalog.estate.environment],
            "ui:widget": "checkboxes",
        }

    def tier(self) -> Mapping[str, Field]:
        """Ask how often calls may come, if a product has a word for that."""
        said = (
            at(each.value, each.value.in_, self._catalog.estate.environment) for each in self._declarations.products
        )
        tiers = sorted({tier for says in said for tier in says.get("tiers") or ()})
        about = "How often calls may come: one of the tiers that the product has. Nothing: as the product says."
        return {"tier": {"title": "Tier", "description": about, "type": "string", "enum": tiers}} if tiers else {}

    def reason(self) -> Field:
        """Ask why."""
        asked = (rule.when.reason_shorter_than or 0 for rule in self._declarations.guardrails.rules)
        return {
            "title": "Reason",
            "description": "In a sentence that the owner understands.",
            "type": "string",
            "minLength": max((_SHORTEST_REASON, *asked)),
            "maxLength": _LONGEST_TEXT,
            "ui:widget": "textarea",
        }

    def component(self) -> Field:
        """Ask who calls: by name, or, where others make components, for one that is there."""
        about = "Who calls. Tells two callers of a team apart."
        if self._settings.components == "ours":
            return {"title": "Component", "description": about, **text(63, pattern=f"^{_ENTITY}$", least=1)}
        pattern = f"^component:[^/]+/{_ENTITY}$"
        picker = {"ui:field": "EntityPicker", "ui:options": _only({"kind": "Component"})}
        return {"title": "Component", "description": about, **text(200, pattern=pattern), **picker}

    def as_whom(self) -> tuple[Field, ...]:
        """Ask for the asker's own token, where pull requests are theirs."""
        if not self._settings.as_the_person:
            return ()
        organisation, _, name = str(self._settings.repository).partition("/")
        options = {
            "allowedHosts": [self._settings.host],
            "allowedOwners": [organisation],
            "allowedRepos": [name],
            "requestUserCredentials": {"secretsKey": "USER_OAUTH_TOKEN"},
        }
        repository = {
            "title": "Where it goes",
            "description": "The pull request is yours: your GitHub asks once whether Backstage may open it.",
            **text(300),
            "ui:field": "RepoUrlPicker",
            "ui:options": options,
        }
        return (page("Who asks", ["repository"], {"repository": repository}),)

    def _reference(self, kind: str) -> Field:
        namespace = self._settings.namespace.lower().replace(".", "[.]")
        return text(200, pattern=f"^{kind.lower()}:{namespace}/{_ENTITY}$")

    def _picker(self, name: str, kind: str, wanted: Mapping[str, Any]) -> Field:
        found = {"kind": kind, "metadata.namespace": self._settings.namespace, **wanted}
        return {"ui:field": name, "ui:options": _only(found)}


def page(title: str, required: Iterable[str], properties: Mapping[str, Field]) -> Field:
    """Put fields on a page of a form."""
    return {"title": title, "required": [*required], "properties": properties}


def text(most: int, *, pattern: str | None = None, least: int = 0) -> Field:
    """Take a text of so many characters."""
    limits = ({"minLength": least} if least else {}) | ({"pattern": pattern} if pattern else {})
    return {"type": "string", "maxLength": most, **limits}


def day(title: str) -> Field:
    """Ask for a day."""
    return {"title": title, **text(10, pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"), "ui:widget": "date"}


def name(title: str, description: str) -> Field:
    """Ask for a name of ours."""
    return {"title": title, "description": description, **text(60, pattern=f"^{NAME.pattern}$", least=1)}


def _only(found: Mapping[str, Any]) -> Field:
    return {"catalogFilter": [found], "allowArbitraryValues": False}
