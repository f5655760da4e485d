"""A living service in; who reaches what by which way, what is wrong with that, and what adopting would give, out."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from reconciler.adopt.owners import Owners
from reconciler.declarations import UNOWNED, Declarations, OwnerMap
from reconciler.findings import Finding, Service, findings
from reconciler.naming import fill_in
from reconciler.reach import AROUND, WAYS, Reach, Way, reach
from reconciler.resource import State
from reconciler.usage import Usage


@dataclass(frozen=True, slots=True)
class Audit:
    """What one look at a service shows. Whether Azure told how often products and keys are used, is said beside it."""

    service: str
    day: date
    reaches: tuple[Reach, ...]
    found: tuple[Finding, ...]
    counted: Mapping[str, int]
    calls_known: bool
    keys_known: bool = False

    def by_way(self) -> dict[Way, int]:
        """Count, for each way, who has it to what: a key for all APIs counts once for each API."""
        numbers = Counter(each.way for each in self.reaches)
        return {way: numbers[way] for way in WAYS}

    def around(self) -> int:
        """Count the APIs that somebody reaches past every product."""
        return len({each.api for each in self.reaches if each.way in AROUND})

    def apis(self) -> list[tuple[str, dict[Way, int]]]:
        """Give each API with how many have each way to it; most first."""
        numbers: dict[str, Counter[Way]] = {}
        for each in self.reaches:
            numbers.setdefault(each.api, Counter())[each.way] += 1
        ordered = sorted(numbers.items(), key=lambda each: (-each[1].total(), each[0]))
        return [(api, {way: counter[way] for way in WAYS}) for api, counter in ordered]

    def callers(self) -> list[tuple[str, int]]:
        """Give who reaches the most APIs, keys and groups alike."""
        apis: dict[str, set[str]] = {}
        for each in self.reaches:
            apis.setdefault(each.who, set()).add(each.api)
        return sorted(((who, len(reached)) for who, reached in apis.items()), key=lambda each: (-each[1], each[0]))


def audit(
    name: str,
    state: State,
    day: date,
    *,
    policies: Mapping[str, str],
    calls: Mapping[str, int] | None,
    usage: Usage | None = None,
    declarations: Declarations | None = None,
    environment: str = "",
) -> Audit:
    """Look at a service; where declarations are given, who owns an API is what they say."""
    owned = _told(state) if declarations is None else _declared(declarations, environment)
    kinds = Counter(address.kind for address in state)
    return Audit(
        service=name,
        day=day,
        reaches=reach(state),
        found=findings(Service(state, day, owned, policies, calls, usage)),
        counted={kind: kinds[kind] for kind in ("api", "product", "subscription", "group")},
        calls_known=calls is not None,
        keys_known=usage is not None and usage.since is not None and usage.since <= usage.begin,
    )


def _told(state: State) -> frozenset[str]:
    """Without declarations an API has an owner where a tag, a contact or a name tells one."""
    owners = Owners(state, OwnerMap(), {}, frozenset())
    names = (address.name[0] for address in state if address.kind == "api")
    return frozenset(name for name in names if owners.api(name).team != UNOWNED)


def _declared(declarations: Declarations, environment: str) -> frozenset[str]:
    variables = declarations.variables(environment)
    return frozenset(fill_in(api.value.api, variables) for api in declarations.apis if api.team != UNOWNED)
