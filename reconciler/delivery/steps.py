"""Wanted keys, living subscriptions and what vaults hold in; what to do to each secret, and why, out."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final, Literal

from reconciler.claim import mode_of
from reconciler.compile import Compiled
from reconciler.delivery.marks import Kept, Mark, ours
from reconciler.delivery.wanted import Granted, Wanted
from reconciler.kinds.subscription import ACTIVE, times_made_anew
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
    found: Mapping[tuple[str, str], Kept] = field(init=False)

    def __post_init__(self) -> None:
        """Find secrets by name."""
        found = {_key(each.secret): each for some in self.kept.values() for each in some}
        object.__setattr__(self, "found", found)

    def holds(self, secret: Secret) -> Kept | None:
        """Give what a vault says of a secret."""
        return self.found.get(_key(secret))


def steps(wants: Iterable[Wanted], scene: Scene) -> tuple[Step, ...]:
    """Decide. A secret that does not say it is ours is never touched; one that is and serves nobody is disabled."""
    wants, found = tuple(wants), scene.found
    made = [step for want in wants if want.secret.vault in scene.kept and (step := step_for(want, scene))]
    spoken_for = {_key(each.secret) for each in made} | {_key(each.formerly) for each in wants if each.formerly}
    moved = {_name(each.team, each.grant): each.secret for each in wants if not each.over}
    left = (each for name, each in found.items() if name not in spoken_for)
    return (*made, *(_unused(each, scene, moved) for each in left if _disables(each, scene)))


def step_for(want: Wanted, scene: Scene) -> Step | None:
    """Decide about one; nothing where what is over has no open secret."""
    alive = scene.actual.get(want.key)
    mark, kept, observed = mark_of(want, scene), scene.holds(want.secret), want.mode == "observe"
    if kept is not None and not mark.owns(kept):
        why = "a secret of that name is there and not of this grant"
        return None if want.over else Step("refuse", want.secret, mark, why)
    if want.over:
        open_still = kept is not None and kept.enabled
        return Step("disable", want.secret, mark, want.over, observed) if open_still else None
    if kept is not None and kept.enabled and mark.fits(kept):
        return Step("leave", want.secret, mark)
    if alive is None or alive.properties.get("state") != ACTIVE:
        why = "its subscription is not there yet" if alive is None else "its subscription is not active"
        return Step("leave" if observed else "wait", want.secret, mark, why)
    if kept is not None and mark.fits(kept):
        return Step("enable", want.secret, mark, "in force again", observed)
    return Step("deliver", want.secret, mark, "" if kept is None else _other_keys(mark, kept), observed)


def mark_of(granted: Granted, scene: Scene) -> Mark:
    """Say whose key it is, and of which subscription."""
    alive, environment = scene.actual.get(granted.key), scene.declared.environment
    made = str(alive.properties.get("createdDate") or "")[:19] if alive else ""  # to the second, as lists tell it
    anew = times_made_anew(alive) if alive else 0
    return Mark(environment, granted.team, granted.grant, scene.service, granted.key.name[0], made, anew)


def _other_keys(mark: Mark, kept: Kept) -> str:
    same = replace(mark, anew=0).fits(Kept(kept.secret, kept.enabled, {**kept.tags, "keys-made-anew": ""}))
    return "its keys were made anew" if same else "its subscription was made anew"


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
