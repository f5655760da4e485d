"""An API in; what it is, where it is called, whose it is, who uses it and how to get access to it, out."""

from typing import Final, Literal

from pydantic import Field

from reconciler.assist.definition import Definition, Operation, detail
from reconciler.assist.finding import about
from reconciler.assist.parts import Offer, Reached, Use, note_of_mode, offer, reached, uses
from reconciler.assist.question import NoAnswer, Shown, instead, paged, said
from reconciler.assist.text import LONG, Answer, Others, inert, listed, others, passage, plain
from reconciler.assist.world import KnownApi, World

Part = Literal["overview", "operations", "definition"]
_USES, _OFFERS, _OPERATIONS = 30, 10, 40
_NO_DEFINITION: Final = (
    "No definition is at hand. Whoever runs this server gets them by `reconciler backstage -e ENVIRONMENT -o catalog/` "
    "and starts it with --catalog catalog/; or with --live, which shows the operations."
)
_NO_ENDPOINT: Final = "not known: start the server with --live -e {0}, or with --catalog of a catalog for {0}"


class Place(Answer):
    """An API in one environment."""

    environment: str
    id: str = Field(description="Its id in the service, as a plain word.")
    id_as_written: Others | None = Field(default=None, description="Where the id is not a plain word.")
    endpoints: list[Others] = Field(default_factory=list, description="Where the gateway is called.")
    endpoints_from: str


class Row(Answer):
    """One operation."""

    name: str
    method: str
    path: Others | None = None
    summary: Others | None = None


class AboutApi(Answer):
    """An API, or the part of it that was asked for."""

    name: str
    display_name: Others | None = None
    description: Others | None = None
    owner: Reached | None = Field(default=None, description="None where nobody declared it.")
    system: Others | None = None
    lifecycle: Others | None = None
    classification: str | None = None
    places: list[Place] = Field(default_factory=list)
    used_by: list[Use] = Field(default_factory=list)
    used_by_shown: Shown | None = None
    get_access: list[Offer] = Field(default_factory=list, description="The products it is on, and how to ask.")
    operations: list[Row] = Field(default_factory=list)
    operations_shown: Shown | None = None
    operation: Others | None = Field(default=None, description="All that is said of the one that was asked for.")
    definition: Others | None = Field(default=None, description="A page of its text.")
    definition_shown: Shown | None = None
    notes: list[str] = Field(default_factory=list)


def describe(
    world: World, name: str, environment: str | None, *, part: Part, operation: str | None, page: int
) -> AboutApi:
    """Describe an API: all about it but its definition, or its operations, or a page of the text, or one operation."""
    api = world.api(name)
    if environment is not None:
        (only,) = world.environment(environment)
        if only not in api.ids:
            raise NoAnswer(f"`{api.name}` is not in {only}: it is in {', '.join(api.ids)}.")
        api = KnownApi(api.name, {only: api.ids[only]}, api.declared)
    if operation is not None:
        return _one(world, api, operation)
    if part == "operations":
        return _operations(world, api, page)
    return _text(world, api, page) if part == "definition" else _overview(world, api, page)


def _overview(world: World, api: KnownApi, page: int) -> AboutApi:
    title, description = about(world, api)
    declared = api.declared
    found = [use for name, identity in api.ids.items() for use in uses(world, name, world.opens(name, identity))]
    users, shown = paged(found, page, _USES)
    on = [
        (environment, world.products[product])
        for environment, identity in api.ids.items()
        for product in (world.product_named(environment, each) for each in world.holding(environment, identity))
        if product in world.products
    ]
    modes = dict.fromkeys(filter(None, (note_of_mode(world, product, environment) for environment, product in on)))
    return AboutApi(
        name=api.name,
        display_name=others(title),
        description=others(description),
        owner=reached(world.declarations, declared.team) if declared and declared.team in world.teams else None,
        system=others(declared.value.system) if declared else None,
        lifecycle=others(declared.value.lifecycle) if declared else None,
        classification=declared.value.classification if declared else None,
        places=[_place(world, api, environment) for environment in api.ids],
        used_by=list(users),
        used_by_shown=shown,
        get_access=[offer(world, product, environment) for environment, product in on[:_OFFERS]],
        notes=[*_notes(world, api, on=len(on)), *modes],
    )


def _notes(world: World, api: KnownApi, *, on: int) -> list[str]:
    notes = ["Operations and definition: ask again with part=operations, part=definition or operation=NAME."]
    if api.declared is None:
        notes.append("No file declares it: nobody is known to own it.")
    if not on:
        notes.append("It is on no product: its owner has to put it on one before anybody can ask for access.")
    if on > _OFFERS:
        notes.append(f"It is on products in {on} places: {_OFFERS} are shown. Ask for one environment.")
    if not world.live:
        notes.append("What is cut off by hand, and who uses it besides what is declared, is not known without --live.")
    return notes


def _place(world: World, api: KnownApi, environment: str) -> Place:
    identity = api.ids[environment]
    endpoints, source = _endpoints(world, api, environment)
    return Place(
        environment=environment,
        id=plain(identity),
        id_as_written=others(identity) if plain(identity) != identity else None,
        endpoints=listed(endpoints),
        endpoints_from=source,
    )


def _endpoints(world: World, api: KnownApi, environment: str) -> tuple[tuple[str, ...], str]:
    if environment in world.live:
        seen = world.live[environment].apis.get(api.ids[environment])
        return (seen.endpoints, "the service") if seen else ((), "the service does not have this API")
    entry = world.catalog.of({environment: api.ids[environment]})
    if entry is not None and entry.environment == environment:
        definition = world.catalog.definition(entry)
        if found := entry.endpoints or (definition.servers if definition else ()):
            return found, "the catalog"
    return (), _NO_ENDPOINT.format(environment)


def _defined(world: World, api: KnownApi) -> Definition | None:
    entry = world.catalog.of(api.ids)
    return world.catalog.definition(entry) if entry else None


def _known_operations(world: World, api: KnownApi) -> tuple[tuple[Operation, ...], Definition | None, str]:
    """Give the operations, the definition they stand in, and why there are none."""
    definition = _defined(world, api)
    if definition is not None and definition.operations:
        return definition.operations, definition, ""
    for environment, identity in api.ids.items():
        if environment in world.live and identity in world.live[environment].apis:
            return world.live[environment].operations(identity), None, ""
    why = f"The definition is there, and {definition.trouble or 'has no operation'}." if definition else _NO_DEFINITION
    return (), definition, why


def _operations(world: World, api: KnownApi, page: int) -> AboutApi:
    found, _, why = _known_operations(world, api)
    rows, shown = paged(found, page, _OPERATIONS)
    return AboutApi(
        name=api.name,
        operations=[_row(each) for each in rows],
        operations_shown=shown,
        notes=[why] if why else ["One in full: operation=NAME."],
    )


def _row(each: Operation) -> Row:
    method = each.method if each.method.isalpha() and each.method.isascii() else plain(each.method)
    return Row(name=plain(each.name), method=method, path=others(each.path), summary=others(each.summary))


def _one(world: World, api: KnownApi, name: str) -> AboutApi:
    found, definition, why = _known_operations(world, api)
    for each in found:
        if name.strip().lower() in (each.name.lower(), plain(each.name).lower()):
            text = detail(definition or Definition(""), each)
            notes = ["It is cut: the rest is in part=definition."] if len(text) > LONG else []
            return AboutApi(name=api.name, operations=[_row(each)], operation=passage(text), notes=notes)
    hint = why or instead(name, [each.name for each in found])
    raise NoAnswer(f"`{api.name}` has no operation `{said(name)}`. {hint}")


def _text(world: World, api: KnownApi, page: int) -> AboutApi:
    definition = _defined(world, api)
    if definition is None:
        return AboutApi(name=api.name, notes=[_NO_DEFINITION])
    text = inert(definition.text, lines=True)  # first whole: a key must not be cut in two
    starts, shown = paged(range(0, len(text), LONG), page, 1)
    part = Others(text_from_others=text[starts[0] : starts[0] + LONG]) if starts else None
    return AboutApi(name=api.name, definition=part, definition_shown=shown)
