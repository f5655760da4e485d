"""A grant, and how it is used in each environment, in; whether it should go on, end sooner or end, and why, out."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Final, Literal

from reconciler.compile import compile as meaning
from reconciler.declarations import Declarations, Declared, Grant, at
from reconciler.usage import Seen, Usage, seen, together

What = Literal["keep", "shorten", "end"]
_SOON: Final = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class Advice:
    """What to do, and why. `until` is the end that is proposed where it should be sooner."""

    what: What
    why: str
    until: date | None = None


@dataclass(frozen=True, slots=True)
class Uses:
    """How each grant is used, by its file and environment; `given` is when each file came, where git tells."""

    seen: Mapping[tuple[str, str], Seen] = field(default_factory=dict)
    given: Mapping[str, date] = field(default_factory=dict)

    @classmethod
    def of(cls, declarations: Declarations, usages: Mapping[str, Usage], given: Mapping[str, date]) -> "Uses":
        """Put together what was seen of each grant's key and applications."""
        found: dict[tuple[str, str], Seen] = {}
        for environment in declarations.environments:
            several: dict[str, list[Seen]] = {}
            for resource in meaning(declarations, environment, day=None).state.values():
                path = resource.origin.path if resource.origin else ""
                use = seen(usages.get(environment), resource.address, given.get(path))
                if use is not None:
                    several.setdefault(path, []).append(use)
            found |= {(path, environment): together(each) for path, each in several.items()}
        return cls(found, given)

    def everywhere(self, grant: Declared[Grant]) -> Seen:
        """Say how a grant is used in all of its environments together."""
        return together(
            self.seen.get((grant.path, environment), Seen("not known")) for environment in grant.value.environments
        )


def advise(grant: Declared[Grant], day: date, uses: Uses) -> Advice:
    """Advise. What nobody knows, or is new, goes on: only what is known speaks against it."""
    value, use = grant.value, uses.everywhere(grant)
    says = [at(value, value.in_, environment) for environment in value.environments]
    if all(each.get("suspended") or each.get("revoked") for each in says):
        return Advice("end", "it is suspended everywhere")
    if all(each.get("portal") and not each.get("key") and not each.get("clients") for each in says):
        return Advice("keep", "it only shows the product in the portal")
    if use.standing == "unused":
        return Advice("end", f"nobody has used it for {use.days} days")
    if use.standing == "not known" and use.since is not None and _outlasts(says, day):
        return Advice("shorten", f"no call since {use.since}, and nothing is known from before", day + _SOON)
    if use.standing == "used":
        idle = [name for name in value.environments if _unused(uses, grant, name)]
        return Advice("keep", f"it is used, but not in {', '.join(idle)}" if idle else "it is used")
    return Advice("keep", "it is new" if use.standing == "new" else "nobody knows whether it is used")


def _outlasts(says: Iterable[Mapping[str, object]], day: date) -> bool:
    ends = (each.get("expires") for each in says)
    return any(end is None or (isinstance(end, date) and end > day + _SOON) for end in ends)


def _unused(uses: Uses, grant: Declared[Grant], environment: str) -> bool:
    use = uses.seen.get((grant.path, environment))
    return use is not None and use.standing == "unused"
