"""A catalog in; the templates by which people ask for access in Backstage, and the contents they fill in, out.

Each opens a pull request that adds, changes or deletes one file. What a form cannot know, such as in which environments
a product is, the check on the pull request says.
"""

import json
from collections.abc import Mapping, Sequence
from importlib.resources import files
from typing import Any, Final

from reconciler.backstage.catalog import Catalog
from reconciler.backstage.entity import Entity
from reconciler.backstage.forms import Field, Forms, day, name, page, text
from reconciler.backstage.proposals import (
    LOGIN,
    Step,
    annotation,
    fetched,
    file,
    in_name,
    in_text,
    outcome,
    proposal,
    shown,
    team_of,
)
from reconciler.declarations import UNOWNED

Template = tuple[Entity, str | None]

_PRODUCT: Final = {"spec.type": "apim-product"}
_GRANT: Final = {"spec.type": "apim-grant"}
_DECLARED: Final = {"metadata.annotations.apim-reconciler/api": {"exists": True}}  # there may be others' APIs, too
_OF_GRANT: Final = 'replace("..", "-") | replace("/", "/grants/")'


def templates(catalog: Catalog) -> Mapping[str, tuple[Entity, Mapping[str, bytes]]]:
    """Make them, by their folders, each with the other files that it has; none where no repository is known."""
    if catalog.estate.declarations.backstage.repository is None:
        return {}
    maker = _Maker(catalog)
    made = (maker.request(), maker.renew(), maker.give_back(), maker.publish(), maker.take_ownership())
    return {
        f"templates/{entity['metadata']['name']}": (
            entity,
            {f"content/{content}": _content(content)} if content else {},
        )
        for entity, content in made
    }


def _content(content: str) -> bytes:
    return (files("reconciler.backstage") / "templates" / "content" / content).read_bytes()


class _Maker:
    def __init__(self, catalog: Catalog) -> None:
        self.catalog, self.forms = catalog, Forms(catalog)
        self.settings = catalog.estate.declarations.backstage
        self.team = team_of(self.forms.teams())

    def request(self) -> Template:
        """Ask for a product: in a file of its own, so that what the team has of it elsewhere stays as it is.

        What it has there already is for the other templates: the check would refuse a second grant for one caller.
        """
        product, component = annotation("product", "product"), self.component()
        caller = in_name(f'{component} | lower | replace("_", "-")')
        plain = f'{in_name(product)} ~ ("-" ~ ({caller}) if {component} else "")'
        granted = "steps.product.output.entity.spec.granted"
        dated = f'{plain} ~ "-" ~ ({in_name("parameters.expires")})'
        file_name = f'(({dated}) if {granted}.files[{self.team} ~ "/" ~ {plain}] else ({plain}))'
        has = [
            f'({granted}.callers[{self.team} ~ "/" ~ {plain}][{each}] and {each} in parameters.environments)'
            for each in map(json.dumps, self.catalog.estate.declarations.environments)
        ]
        new = f'not ({" or ".join(has)} or {granted}.files[{self.team} ~ "/" ~ {file_name}])'
        need = {
            "title": "What you need",
            "type": "string",
            "enum": ["key", "portal", "key and portal"],
            "enumNames": ["A key: calls with it go through", "To see it in the developer portal", "Both"],
            "default": "key",
            "ui:widget": "radio",
        }
        fields = {
            "product": self.forms.entity("Product", "Resource", **_PRODUCT),
            "team": self.forms.team(),
            "environments": self.forms.environments(),
            "need": need,
            **self.forms.tier(),
            "reason": self.forms.reason(),
            "expires": day("Last day"),
            "component": self.forms.component(),
        }
        answers = ("environments", "need", "tier", "reason", "expires")
        values = {
            **{answer: f"parameters.{answer}" for answer in answers if answer in fields},
            "product": product,
            "name": file_name,
            "component": component,
            "login": LOGIN,
        }
        title = f'{self.team} ~ " asks for " ~ {product} ~ " in " ~ (parameters.environments | join(", "))'
        body = f"> {shown('parameters.reason | dump')}\n\n{self.owner('product')} owns it and decides."
        steps = [
            fetched("product", "Find the product", "${{ parameters.product }}"),
            self.stop("Make sure that it is a product", "this-is-no-product", unless=product),
            self.stop("Make sure that it is new", "your-team-has-it-already-renew-it", unless=new),
            file("grant.yaml", f"${{{{ {self.team} }}}}/grants/${{{{ {file_name} }}}}.yaml", values),
            proposal(self.settings, f"request-${{{{ {self.team} }}}}-${{{{ {file_name} }}}}", title, body),
        ]
        required = ["product", "team", "environments", "need", "reason", "expires"]
        about = "A key for a product, or its place in the developer portal. Its owner decides."
        form = page("What for", required, fields)
        return self.template(("access-request", "Request access", about), form, steps, "grant.yaml")

    def renew(self) -> Template:
        """Write the file again with another day in it."""
        grant = annotation("grant", "grant")
        fields = {"grant": self.forms.own("What goes on", "Resource", **_GRANT), "expires": day("Last day")}
        renewal = "steps.grant.output.entity.spec.renewal"
        values = {"head": f"{renewal}.head", "day": in_text("parameters.expires"), "tail": f"{renewal}.tail"}
        title = f'({grant} | replace("/", " renews ")) ~ " until " ~ parameters.expires'
        body = f"It was asked for because of {shown('steps.grant.output.entity.metadata.description | dump')}."
        steps = [
            fetched("grant", "Find what goes on", "${{ parameters.grant }}"),
            self.stop("Make sure that it ends on one day", "its-file-names-no-day-or-more-than-one", unless=renewal),
            file("renewed.yaml", f"${{{{ {grant} | {_OF_GRANT} }}}}.yaml", values),
            proposal(self.settings, f"request-${{{{ {in_name(grant)} }}}}", title, body),
        ]
        about = "What ends soon goes on, until another day. The owner of the product decides."
        form = page("What goes on", fields, fields)
        return self.template(("access-renew", "Renew access", about), form, steps, "renewed.yaml")

    def give_back(self) -> Template:
        """Delete the file."""
        grant = annotation("grant", "grant")
        fields = {"grant": self.forms.own("What nobody needs any more", "Resource", **_GRANT)}
        body = "Its key opens nothing once this is merged, and it is not seen in the portal any more."
        path = f"${{{{ {grant} | {_OF_GRANT} }}}}.yaml"
        steps = [
            fetched("grant", "Find what is given back", "${{ parameters.grant }}"),
            self.stop("Make sure that it is access", "this-is-no-access", unless=grant),
            proposal(
                self.settings,
                f"request-${{{{ {in_name(grant)} }}}}",
                f'({grant} | replace("/", " gives ")) ~ " back"',
                body,
                deleted=path,
            ),
        ]
        about, form = "What nobody needs any more goes.", page("What goes", fields, fields)
        return self.template(("access-give-back", "Give access back", about), form, steps, None)

    def publish(self) -> Template:
        """Publish a product under a name that is free."""
        fields = {
            "team": self.forms.team(),
            "name": name("Name", "Of its file, and its id in API Management: small letters, digits and dashes."),
            "display_name": {
                "title": "What people call it",
                "description": "Where others make the product, they say it.",
                **text(300, least=1),
            },
            "description": {"title": "What it is for", **text(1000, least=1), "ui:widget": "textarea"},
            "environments": self.forms.environments(),
            "apis": self.forms.entities("APIs", "API", **_DECLARED),
            "manage": {
                "title": "Who creates the product",
                "type": "string",
                "enum": ["product", "access"],
                "enumNames": ["This makes it", "Others make it: this decides who may use it"],
                "default": "product",
                "ui:widget": "radio",
            },
            "longest": {
                "title": "The longest that access may last",
                "description": "Such as 365 days. Nothing: as long as everybody's rules allow.",
                **text(10, pattern="^[1-9][0-9]{0,4} days?$"),
            },
        }
        answers = ("manage", "display_name", "description", "environments", "longest")
        values = {answer: f"parameters.{answer}" for answer in answers} | {"apis": "steps.apis.output.entities"}
        called = in_name("parameters.name")
        taken = json.dumps(sorted(product.name for product in self.catalog.estate.declarations.products))
        title = f'{self.team} ~ " publishes " ~ parameters.name'
        steps = [
            self.stop("Make sure that the name is free", "this-name-is-taken", unless=f"not (({called}) in {taken})"),
            {**fetched("apis", "Find the APIs", ""), "input": {"entityRefs": "${{ parameters.apis }}"}},
            file("product.yaml", f"${{{{ {self.team} }}}}/products/${{{{ {called} }}}}.yaml", values),
            proposal(
                self.settings,
                f"product-${{{{ {self.team} }}}}-${{{{ {called} }}}}",
                title,
                f"> {shown('parameters.description | dump')}",
            ),
        ]
        required = [each for each in fields if each != "longest"]
        about = "APIs, under one name, that others can ask for."
        form = page("The product", required, fields)
        return self.template(("access-publish-product", "Publish a product", about), form, steps, "product.yaml")

    def take_ownership(self) -> Template:
        """Say whose an API is that nobody owned."""
        unowned = self.catalog.owners.reference(UNOWNED)
        declared = "steps.api.output.entity.spec.declared"
        fields = {
            "api": self.forms.entity("API", "API", **_DECLARED, **{"relations.ownedBy": unowned}),
            "team": self.forms.team(),
            "lifecycle": {"title": "Lifecycle", "type": "string", "enum": ["experimental", "production", "deprecated"]},
            "system": {
                "title": "System",
                "description": "What it is part of.",
                **text(63, pattern="^[A-Za-z0-9]+([-_.][A-Za-z0-9]+)*$"),
            },
        }
        values = {"declared": declared, "lifecycle": "parameters.lifecycle", "system": "parameters.system"}
        called = in_name(f"{declared}.file")
        title = f'{self.team} ~ " owns API " ~ {declared}.api'
        body = "Nobody owned it. Whoever answers for everybody's rules decides."
        steps = [
            fetched("api", "Find the API", "${{ parameters.api }}"),
            self.stop("Make sure that nobody owns it", "this-api-has-an-owner", unless=f"{declared}.file"),
            file("api.yaml", f"${{{{ {self.team} }}}}/apis/${{{{ {called} }}}}.yaml", values),
            proposal(self.settings, f"api-${{{{ {self.team} }}}}-${{{{ {called} }}}}", title, body),
        ]
        about = "An API that nobody owns becomes your team's."
        form = page("The API", ["api", "team"], fields)
        return self.template(("access-take-ownership", "Take ownership of an API", about), form, steps, "api.yaml")

    def stop(self, name: str, why: str, *, unless: str) -> Step:
        """Go no further. Backstage has no step that only fails: one that looks for what cannot be there does."""
        looked = fetched(why, name, f"resource:{self.settings.namespace}/{why}")
        return {**looked, "if": f"${{{{ not ({unless}) }}}}"}

    def component(self) -> str:
        """Give who calls, by name."""
        if self.settings.components == "ours":
            return "parameters.component"
        return '((parameters.component | parseEntityRef | pick("name")) if parameters.component else "")'

    def owner(self, step: str) -> str:
        """Show who owns what was found."""
        return shown(f'steps.{step}.output.entity.spec.owner | parseEntityRef | pick("name")')

    def template(
        self, about: tuple[str, str, str], form: Field, steps: Sequence[Step], content: str | None
    ) -> Template:
        """Put one together, of its name, title and description, what is asked and what is done."""
        platform = self.catalog.estate.declarations.guardrails.platform_team
        name, title, description = about
        spec: dict[str, Any] = {
            "type": "access",
            "owner": self.catalog.owners.reference(platform) if platform else None,
            "parameters": [form, *self.forms.as_whom()],
            "steps": list(steps),
            "output": outcome(),
        }
        made = self.catalog.entities.entity("Template", name, spec, title=title, description=description)
        return {**made, "apiVersion": "scaffolder.backstage.io/v1beta3"}, content
