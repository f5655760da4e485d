"""Files as people wrote them, day after day, in; what a gateway must answer to a call out, by the documents alone.

The rules are those of docs/authors.md, docs/platform.md, and Microsoft's page "Subscriptions in Azure API Management".
Nothing of `reconciler` is used here: neither what compiles declarations nor what answers in Azure's place.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import PurePosixPath
from typing import Any

GRACE = 30  # days; guardrails.yaml says nothing else


@dataclass(frozen=True)
class Call:
    """A call for an API: which keys it shows in the header and in the query. A key is (subscription, its making)."""

    api: str
    header: "Shown | None" = None
    query: "Shown | None" = None


Shown = tuple[str, int]
NONSENSE: Shown = ("", 0)


@dataclass(frozen=True)
class Answer:
    """A status, and the product in whose context the call runs."""

    status: int
    product: str = ""


REFUSED = Answer(401)


@dataclass
class Key:
    """A pair of keys: what it is for, how often it was made, and since when nobody wants it."""

    scope: str
    made: int = 1
    opens: bool = True
    there: bool = True
    since: date | None = None


@dataclass
class Oracle:
    """What must be true of one service after each step."""

    keys: dict[str, Key] = field(default_factory=dict)
    asking: dict[str, bool] = field(default_factory=dict)  # APIs, and whether they ask for a key
    holds: dict[str, set[str]] = field(default_factory=dict)  # products and their APIs
    clicked: dict[str, set[str]] = field(default_factory=dict)  # of them what nobody declared
    opened: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, living: Mapping[str, Mapping[str, Any]]) -> "Oracle":
        """Begin with what lives before anything is declared."""
        oracle = cls()
        for path, said in living.items():
            collection, name, *link = path.split("/")
            if collection == "apis":
                oracle.asking[name] = said["subscriptionRequired"]
            elif collection == "subscriptions":
                oracle.keys[name] = Key(said["scope"].strip("/"), opens=said["state"] == "active")
            elif link:
                oracle.clicked.setdefault(name, set()).add(link[-1])
        return oracle

    def step(self, contents: Mapping[str, Any], withheld: tuple[str, ...], day: date) -> None:
        """Learn what is declared. Observe writes nothing, so that everything stays in force as it is."""
        mode = contents["environments.yaml"]["prod"]["mode"]
        if mode == "observe":
            return
        named = {PurePosixPath(path): says for path, says in contents.items()}
        products = {path.stem: says for path, says in named.items() if path.parent.name == "products"}
        self.clicked = {} if mode == "enforce" else self.clicked
        self.holds = {name: {*says["apis"], *self.clicked.get(name, ())} for name, says in products.items()}
        self.opened = {name for name, says in products.items() if says.get("subscription_required") is False}
        grants = {path: says for path, says in named.items() if path.parent.name == "grants"}
        wanted = {f"{path.parts[0]}--{path.stem}": (path, says) for path, says in grants.items()}
        for name, (path, says) in wanted.items():
            if _given(path, says, name, withheld, day):
                self._give(name, _scope(path, says), opens=not says.get("suspended"))
        for name, key in self.keys.items():
            if name in wanted:
                path, says = wanted[name]
                if not _given(path, says, name, withheld, day):
                    self._take(key, day, cut=_cut(path, name, withheld))
            elif _withdrawn(name) or (mode == "enforce" and _undeclared(key, name, contents)):
                self._take(key, day)

    def _give(self, name: str, scope: str, *, opens: bool) -> None:
        """A grant that comes back in time has the keys it had; too late, it has others."""
        key = self.keys.setdefault(name, Key(scope, made=0, there=False))
        if not key.there:
            key.made, key.there = key.made + 1, True
        key.scope, key.opens, key.since = scope, opens, None

    def _take(self, key: Key, day: date, *, cut: bool = False) -> None:
        """What ends opens nothing at once, and is gone after the grace. What is cut off stays."""
        if not key.there:
            return
        key.opens = False
        if not cut:
            key.since = key.since or day
            key.there = (day - key.since).days < GRACE

    def answer(self, call: Call, *, ignored: bool) -> Answer:
        """Answer as Microsoft's page on subscriptions says; with `ignored`, as its newer edition does."""
        free = next((Answer(200, name) for name in sorted(self.opened) if call.api in self.holds[name]), None)
        without = free or (REFUSED if self.asking[call.api] else Answer(200))
        shown = call.header or call.query
        if shown is None or (ignored and not self.asking[call.api]):
            return without
        opened = self._by(shown, call.api)
        return opened or (without if ignored and free else REFUSED)

    def _by(self, shown: Shown, api: str) -> Answer | None:
        """Say what a key opens. The service's own opens everything."""
        name, made = shown
        if name == "master":
            return Answer(200)
        key = self.keys.get(name)
        if key is None or not (key.there and key.opens and key.made == made):
            return None
        collection, _, thing = key.scope.partition("/")
        if collection == "products":
            return Answer(200, thing) if api in self.holds.get(thing, ()) else None
        return Answer(200) if thing in ("", api) else None


def _given(path: PurePosixPath, says: Mapping[str, Any], name: str, withheld: tuple[str, ...], day: date) -> bool:
    ended = day > date.fromisoformat(says["expires"])
    return says["key"] and not ended and not _cut(path, name, withheld)


def _cut(path: PurePosixPath, name: str, withheld: tuple[str, ...]) -> bool:
    return f"grant {path.parts[0]}/{path.stem}" in withheld or f"subscription {name}" in withheld


def _scope(path: PurePosixPath, says: Mapping[str, Any]) -> str:
    api = says.get("api")
    return f"products/{path.stem}" if api is None else "apis" if api == "*" else f"apis/{api}"


def _withdrawn(name: str) -> bool:
    """A key that no file names any more, and one did: team and grant are in its id."""
    return "--" in name


def _undeclared(key: Key, name: str, contents: Mapping[str, Any]) -> bool:
    """Of a product's keys enforce leaves those that are protected; keys for APIs belong to no product."""
    return key.scope.startswith("products/") and name not in contents["guardrails.yaml"]["protect"]["subscriptions"]
