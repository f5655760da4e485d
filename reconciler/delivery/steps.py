"""Wanted keys, living subscriptions and what vaults hold in; what to do to each secret, and why, out."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from reconciler.claim import mode_of
from reconciler.compile import Compiled
from reconciler.delivery.marks import Kept, Mark, ours
from reconciler.delivery.wanted import Wanted
from reconciler.kinds.subscription import ACTIVE
from reconciler.naming import secret_name
from reconciler.resource import Address, Secret, State

Action = Literal["deliver", "enable", "disable", "leave", "wait", "refuse"]
WRITES: Final = frozenset({"deliver", "enable", "disable"})


@dataclass(frozen=True, slots=True)
class Step:
    """What is to be done to one secret. Of what is only observed it is said, and never done."""

    action: Action
    secret: Secret
    mark: Mark
    why: str = ""
    observed: bool = False

    @property
    def writes(self) -> bool:
        """Whether a vault is written to."""
        return self.action in WRITES and not self.observed


@dataclass(frozen=True, slots=True)
class Scene:
    """One service, what is declared for it, and its subscriptions; `kept` is by vault, without those not read."""

    service: str
    declared: Compiled
    actual: State
    kept: Mapping[str, tuple[Kept, ...]] = field(default_factory=dict)


def steps(wants: Iterable[Wanted], scene: Scene) -> tuple[Step, ...]:
    """Decide. A secret that does not say it is ours is never touched; one that is and serves nobody is disabled."""
    wants = tuple(wants)
    found = {_key(each.secret): each for some in scene.kept.values() for each in some}
    made = [step for want in wants if want.secret.vault in scene.kept for step in _for(want, scene, found)]
    spoken_for = {_key(each.secret) for each in made} | {_key(each.formerly) for each in wants if each.formerly}
    moved = {_name(each.team, each.grant): each.secret for each in wants if not each.over}
    left = (each for name, each in found.items() if name not in spoken_for)
    return (*made, *(_unused(each, scene, moved) for each in left if _disables(each, scene)))


def _for(want: Wanted, scene: Scene, found: Mapping[tuple[str, str], Kept]) -> Iterator[Step]:
    alive = scene.actual.get(want.key)
    made = str(alive.properties.get("createdDate") or "")[:19] if alive else ""  # to the second, as lists tell it
    environment = scene.declared.environment
    mark = Mark(environment, want.team, want.grant, scene.service, want.key.name[0], made)
    kept, observed = found.get(_key(want.secret)), want.mode == "observe"
    if kept is not None and not mark.owns(kept):
        if not want.over:
            yield Step("refuse", want.secret, mark, "a secret of that name is there and not of this grant")
    elif want.over:
        if kept is not None and kept.enabled:
            yield Step("disable", want.secret, mark, want.over, observed)
    elif kept is not None and kept.enabled and mark.fits(kept):
        yield Step("leave", want.secret, mark)
    elif alive is None or alive.properties.get("state") != ACTIVE:
        why = "its subscription is not there yet" if alive is None else "its subscription is not active"
        yield Step("leave" if observed else "wait", want.secret, mark, why)
    elif kept is not None and mark.fits(kept):
        yield Step("enable", want.secret, mark, "in force again", observed)
    else:
        why = "" if kept is None else "its subscription was made anew"
        yield Step("deliver", want.secret, mark, why, observed)


def _disables(kept: Kept, scene: Scene) -> bool:
    """Somebody may have copied a secret with its tags: one of ours has the name that its tags give it."""
    environment, said = scene.declared.environment, kept.tags
    named = secret_name(environment, said.get("team", ""), said.get("grant", ""))
    return kept.enabled and ours(kept, environment, scene.service) and kept.secret.name.lower() == named


def _unused(kept: Kept, scene: Scene, moved: Mapping[str, Secret]) -> Step:
    """No grant wants it there. In which mode that is, its subscription says, where that still lives."""
    said = kept.tags
    team, grant, key = said.get("team", ""), said.get("grant", ""), said.get("subscription", "")
    alive = scene.actual.get(Address("subscription", (key,)))
    mode = mode_of(alive, scene.declared.products, scene.declared.mode) if alive else scene.declared.mode
    mark = Mark(scene.declared.environment, team, grant, scene.service, key, said.get("subscription-made", ""))
    elsewhere = moved.get(_name(team, grant))
    why = f"it is delivered to {elsewhere}" if elsewhere else "withdrawn"
    return Step("disable", kept.secret, mark, why, mode == "observe")


def _name(team: str, grant: str) -> str:
    return f"{team}/{grant}"


def _key(secret: Secret) -> tuple[str, str]:
    """Key Vault does not tell capitals apart."""
    return secret.vault, secret.name.lower()
