"""A team or a product in; what a team owns and reaches, or what a product gives to whom, out."""

from datetime import date
from typing import Final, Literal

from pydantic import Field

from reconciler.access import Access
from reconciler.assist.parts import Offer, Reached, Use, note_of_mode, offer, reached, uses
from reconciler.assist.question import Shown, paged
from reconciler.assist.text import Answer, Others, listed, others, plain
from reconciler.assist.world import World

_MOST: Final = 40
_USES: Final = 30
_PORTAL: Final = "`portal` is to see a product in the developer portal and to subscribe there; a call needs more."


class ProductThere(Answer):
    """A product in one environment."""

    environment: str
    id: str = Field(description="Its id in the service.")
    apis: list[str]
    mode: str
    access: Offer
    accepted_tokens_for: list[Others] = Field(default_factory=list, description="Audiences of tokens.")


class AboutProduct(Answer):
    """A product."""

    name: str
    display_name: Others | None = None
    description: Others | None = None
    owner: Reached
    classification: str | None = None
    places: list[ProductThere]
    used_by: list[Use]
    used_by_shown: Shown
    file: str
    notes: list[str] = Field(default_factory=list)


class Reach(Answer):
    """What a team may use, and which APIs that opens."""

    environment: str
    how: Literal["key", "token", "portal", "open"]
    product: str | None = None
    apis: list[str] = Field(default_factory=list, description="`*` stands for every API.")
    tier: str | None = None
    until: date | None = Field(default=None, description="The last day. Without one it does not end.")
    files: list[str] = Field(default_factory=list)


class AboutTeam(Answer):
    """A team: what it owns, and what it reaches by what is declared."""

    team: Reached
    description: Others | None = None
    owns_apis: list[str]
    owns_products: list[str]
    reaches: list[Reach]
    reaches_shown: Shown
    open_to_everybody: list[Reach] = Field(default_factory=list, description="Anybody may call these.")
    notes: list[str] = Field(default_factory=list)


def about_product(world: World, name: str, environment: str | None, page: int) -> AboutProduct:
    """Describe a product: its APIs, who uses it, and how to get access to it."""
    product = world.product(name)
    value = product.value
    there = [each for each in world.environment(environment) if each in value.environments]
    ids = {each: world.declarations.product_id(product, each) for each in there}
    found = [
        use
        for each in there
        for use in uses(world, each, (one for one in world.access[each] if _is_of(one, ids[each])))
    ]
    users, shown = paged(found, page, _USES)
    notes = [] if there else [f"It is not there: it is in {', '.join(value.environments)}."]
    return AboutProduct(
        name=product.name,
        display_name=others(value.display_name),
        description=others(value.description),
        owner=reached(world.declarations, product.team),
        classification=value.classification,
        places=[_there(world, product.name, each, ids[each]) for each in there],
        used_by=list(users),
        used_by_shown=shown,
        file=world.files.shown(product.path),
        notes=[*notes, *filter(None, (note_of_mode(world, product, each) for each in there)), _PORTAL],
    )


def about_team(world: World, name: str, environment: str | None, page: int) -> AboutTeam:
    """Describe a team."""
    team = world.team(name)
    there = world.environment(environment)
    found = [_reach(world, each, use) for each in there for use in _of(world, each, team)]
    everybody = [_reach(world, each, use) for each in there for use in _of(world, each, "everybody")]
    reaches, shown = paged(found, page, _MOST)
    return AboutTeam(
        team=reached(world.declarations, team),
        description=others(world.declarations.teams[team].value.description),
        owns_apis=[api.name for api in world.apis if api.declared and api.declared.team == team],
        owns_products=[product.name for product in world.declarations.products if product.team == team],
        reaches=list(reaches),
        reaches_shown=shown,
        open_to_everybody=everybody[:_MOST],
        notes=[_PORTAL, "Only what files declare: keys that nobody declared are in `reconciler audit`."],
    )


def _there(world: World, name: str, environment: str, identity: str) -> ProductThere:
    product = world.products[name]
    says = world.says(product, environment)
    oauth = says.get("oauth")
    return ProductThere(
        environment=environment,
        id=plain(identity),
        apis=[world.named(environment, api) for api in world.held(environment, identity)],
        mode=says.get("mode") or world.declarations.environments[environment].mode,
        access=offer(world, product, environment),
        accepted_tokens_for=listed(oauth.audience) if oauth else [],
    )


def _is_of(each: Access, identity: str) -> bool:
    return each.to.kind == "product" and each.to.name[0] == identity


def _of(world: World, environment: str, who: str) -> list[Access]:
    return [each for each in world.access[environment] if each.who == who]


def _reach(world: World, environment: str, each: Access) -> Reach:
    (use,) = uses(world, environment, [each])
    if each.to.kind == "product":
        apis = [world.named(environment, api) for api in world.held(environment, each.to.name[0])]
    else:
        apis = [use.api or "*"]
    return Reach(
        environment=environment,
        how=each.how,
        product=use.product,
        apis=apis,
        tier=each.tier,
        until=each.until,
        files=use.files,
    )
