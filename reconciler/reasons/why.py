"""Who can use what, and the life of each grant, in; why a team can use something, or why not and how to ask, out."""

from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Final

from reconciler.access import EVERY_API, EVERYBODY
from reconciler.approvals import Need, approved_in, needed
from reconciler.declarations import Declared, Grant, Product
from reconciler.lives import Event, Life, Told
from reconciler.places import Keys
from reconciler.questions import Can, who_can
from reconciler.reasons.lacking import BOTH, Scene, how_to_ask, lacking
from reconciler.there import There

_WRITTEN: Final = {"subscription": "key", "client": "clients", "product-group": "portal"}


@dataclass(frozen=True, slots=True)
class Step:
    """Something that happened to a grant, and who had to approve it; `first`: it came with the very first files."""

    event: Event
    needs: tuple[Need, ...] = ()
    first: bool = False

    @property
    def approved_by(self) -> tuple[str, ...]:
        """Name who approved it by the commit's own words: whoever writes them decides what they say."""
        return approved_in(self.event.revision.message) if self.event.revision else ()


@dataclass(frozen=True, slots=True)
class Reason:
    """One thing by which a team can use something: where that stands, and how it came there, as far as git tells."""

    can: Can
    line: int
    life: Life | None = None
    steps: tuple[Step, ...] = ()


@dataclass(frozen=True, slots=True)
class Why:
    """The answer for one environment: whether a call goes through; by what, or why not and what can be done."""

    environment: str
    calls: bool
    reasons: tuple[Reason, ...]
    lacks: tuple[str, ...] = ()
    ask: tuple[str, ...] = ()


def why(scene: Scene, environment: str, answers: Iterable[Can], team: str, ids: AbstractSet[str]) -> Why:
    """Say why a team can use a product or an API, by its ids there. What is open to everybody is open to it, too."""
    mine = tuple(each for each in who_can(answers, ids) if each.access.who in {team, EVERYBODY})
    there = There(scene.declarations, environment)
    halves = tuple(_halves(there, [each for each in mine if not each.calls]))
    calls = any(each.calls for each in mine)
    reasons = tuple(_reason(scene, environment, each) for each in mine)
    lacks = tuple(text for _, text in halves)
    if calls:
        return Why(environment, calls, reasons, lacks)
    lives = _lives(scene.told, environment, team, ids)
    lacks += tuple(lacking(scene, mine, lives))
    return Why(environment, calls, reasons, lacks, tuple(how_to_ask(scene, there, team, ids)))


def _halves(there: There, mine: Sequence[Can]) -> Iterator[tuple[str, str]]:
    """Find products that ask for a key and a token, of which the team has one."""
    for product, says in there.products:
        name = there.ids[product.name]
        has = {each.access.how for each in mine if each.access.to.kind == "product" and each.access.to.name[0] == name}
        if says.get("credentials") == BOTH and len(has & {"key", "token"}) == 1:
            missing = "token: its grant names no `clients:`" if "key" in has else "key: its grant has no `key: true`"
            yield name, f"{name} asks for a key and a token, and there is no {missing}"


def _reason(scene: Scene, environment: str, can: Can) -> Reason:
    item = scene.declarations.files.get(can.path)
    keys = tuple(_keys(can, item, environment)) if item is not None else ()
    line = scene.places.find(can.path, keys)[0] if can.path else 0
    going = (each for each in (scene.told.lives if scene.told else ()) if each.ended is None)
    life = next((each for each in going if (each.path, each.environment) == (can.path, environment)), None)
    steps = tuple(_step(scene.told, event) for event in life.events) if life and scene.told else ()
    return Reason(can, line, life, steps)


def _keys(can: Can, item: "Declared[Grant] | Declared[Product]", environment: str) -> Keys:
    """Say under which keys of its file it is given."""
    name = _WRITTEN.get(can.by.kind, "")
    if not isinstance(item.value, Grant):
        return ("visible_to",) if can.by.kind == "product-group" else ("credentials",)
    overlay = item.value.in_.get(environment)
    apart = overlay is not None and name in overlay.model_fields_set
    keys: tuple[str | int, ...] = ("in", environment, name) if apart else (name,)
    clients = (overlay.clients if apart and overlay else item.value.clients) or []
    return (*keys, clients.index(can.by.name[-1])) if name == "clients" and can.by.name[-1] in clients else keys


def _step(told: Told, event: Event) -> Step:
    point = told.point_of(event)
    if point is None or point is told.points[0]:
        return Step(event, first=point is not None)
    needs = needed(point.before, point.after, day=point.revision.day)
    return Step(event, tuple(each for each in needs if each.path == event.path))


def _lives(told: Told | None, environment: str, team: str, ids: AbstractSet[str]) -> tuple[Life, ...]:
    """Give the lives by which the team could use it once, the last one first."""
    lives = (each for each in (told.lives if told else ()) if (each.team, each.environment) == (team, environment))
    found = [each for each in lives if each.to == EVERY_API or ids & {each.to.name[0], *each.apis}]
    return tuple(sorted(found, key=lambda each: (each.ended is not None, each.ended and -each.ended.toordinal())))
