"""What a team has of something that it cannot use in; why it cannot, and how to ask for it, in words, out."""

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any, Final

from reconciler.declarations import Declarations
from reconciler.lives import Life, Told
from reconciler.places import Places
from reconciler.questions import Can
from reconciler.there import There

_MOST: Final = 3
BOTH: Final = "key and token"


@dataclass(frozen=True, slots=True)
class Scene:
    """What is declared, where it stands, and what git tells of it; nothing where there is no git."""

    declarations: Declarations
    places: Places
    told: Told | None
    root: str


def lacking(scene: Scene, mine: Sequence[Can], lives: Sequence[Life]) -> Iterator[str]:
    """Say why not, by what there was of it; the lives come with the last one first."""
    if any(each.access.how == "portal" for each in mine):
        yield "To see it in the portal is no access: a call needs what its product asks for"
    for each in mine:
        if not each.calls and each.access.how != "portal":
            yield f"Its {each.access.how} for {each.access.thing} alone opens nothing here: rules ask for more"
    for life in lives[:_MOST]:
        where = f"{scene.root}/{life.path}"
        if life.ended is not None:
            yield f"{_ended(life)} ({where}, since {life.since})"
        elif held := next((name for name in ("revoked", "suspended") if life.says.get(name)), None):
            yield f"{where} says `{held}`: the grant is kept and opens nothing"
        elif not any(each.path == life.path for each in mine):
            yield f"{where} is there, and nothing of it opens this"
    if not lives and scene.told is None:
        yield "Nothing here asks for it, and there is no git history to tell whether anything did"
    elif not lives and scene.told:
        since = f" since {scene.told.points[0].revision.day}" if scene.told.points else ""
        more = ", and this clone is shallow: it holds no more" if scene.told.shallow else ""
        yield f"Nothing on this branch asked for it{since}{more}"


def _ended(life: Life) -> str:
    event = life.events[-1]
    said = "; ".join(event.said)
    if life.ended_by == "date":
        return f"It ended: {said}"
    number = f", #{event.number}" if event.number else ""
    return f"It ended on {event.day}: {said}, by {', '.join(event.authors)} in {event.commit[:12]}{number}"


def how_to_ask(scene: Scene, there: There, team: str, ids: AbstractSet[str]) -> Iterator[str]:
    """Say how to ask, and who decides."""
    found = [(each, says) for each, says in there.products if ids & {there.ids[each.name], *_apis(there, says)}]
    for product, says in found:
        judges = " or ".join(dict.fromkeys((product.team, *(product.value.approvers or ()))))
        decides = "nobody has to approve it" if product.value.approval == "automatic" else f"{judges} decides"
        if says.get("credentials") in ("token", BOTH):
            path = f"{scene.root}/{team}/grants/{product.name}.yaml"
            yield f"Ask for {product.name} by `clients:` in {path}: {decides}"
        else:
            options = f"--team {team} --product {product.name} --environment {there.environment} --key"
            yield f"Ask by `reconciler request {options}`: {decides}"
    if not found:
        owners = sorted({api.team for api in scene.declarations.apis if there.fill_in(api.value.api) in ids})
        if owners:
            yield f"No product in {there.environment} holds it: ask {', '.join(owners)}, who owns it, to publish one"


def _apis(there: There, says: Mapping[str, Any]) -> Iterator[str]:
    return map(there.fill_in, says.get("apis") or ())
