"""Files as people wrote them, day after day, in; what a gateway must answer to a call out, by the documents alone.

The rules are those of docs/authors.md, docs/platform.md, docs/policies.md, and Microsoft's page "Subscriptions in Azure
API Management".
Nothing of `reconciler` is used here: neither what compiles declarations nor what answers in Azure's place.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import PurePosixPath
from typing import Any

from gateway_truth.rules import Rules, Token, has_rules

GRACE = 30  # days; guardrails.yaml says nothing else


Shown = tuple[str, int, int]
"""A key: of which subscription, of which of its makings, and which of the two."""

NONSENSE: Shown = ("", 0, 0)


@dataclass(frozen=True)
class Call:
    """A call for an API: which keys it shows in the header and in the query, and whose token."""

    api: str
    header: Shown | None = None
    query: Shown | None = None
    token: Token | None = None


@dataclass(frozen=True)
class Answer:
    """A status, and the product in whose context the call runs."""

    status: int
    product: str = ""


@dataclass(frozen=True)
class Entered:
    """Who passed the check of keys: in the context of which product, and with which subscription."""

    product: str = ""
    subscription: str = ""


@dataclass
class Key:
    """A pair of keys: what it is for, how often it was made, since when nobody wants it, and whether others have it."""

    scope: str
    made: int = 1
    opens: bool = True
    there: bool = True
    since: date | None = None
    known: bool = False


@dataclass
class Oracle:
    """What must be true of one service after each step."""

    keys: dict[str, Key] = field(default_factory=dict)
    asking: dict[str, bool] = field(default_factory=dict)  # APIs, and whether they ask for a key
    holds: dict[str, set[str]] = field(default_factory=dict)  # products and their APIs
    clicked: dict[str, set[str]] = field(default_factory=dict)  # of them what nobody declared
    opened: set[str] = field(default_factory=set)
    rules: dict[str, Rules] = field(default_factory=dict)

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
        self.opened = {name for name, says in products.items() if _is_open(says)}
        grants = {path: says for path, says in named.items() if path.parent.name == "grants"}
        wanted = {f"{path.parts[0]}--{path.stem}": (path, says) for path, says in grants.items()}
        self.rules = {name: Rules.of(says) for name, says in products.items() if has_rules(says)}
        for name, (path, says) in wanted.items():
            if path.stem in self.rules and _lasts(path, says, withheld, day) and not _held_back(says):
                self.rules[path.stem].admit(says, name)
            if says.get("key") and _given(path, says, name, withheld, day):
                self._give(name, _scope(path, says), says)
        for name, key in self.keys.items():
            if name in wanted and wanted[name][1].get("key"):
                path, says = wanted[name]
                if not _given(path, says, name, withheld, day):
                    self._take(key, day, cut=_cut(path, name, withheld))
            elif _withdrawn(name) or (mode == "enforce" and _undeclared(key, name, contents)):
                self._take(key, day)

    def _give(self, name: str, scope: str, says: Mapping[str, Any]) -> None:
        """A grant that comes back in time has the keys it had; too late, or compromised meanwhile, it has others."""
        known = says.get("revoked") == "compromised"
        key = self.keys.setdefault(name, Key(scope, made=0, there=False))
        if not key.there:
            key.made, key.there = key.made + 1, True
        elif known and not key.known:
            key.made += 1
        key.scope, key.opens, key.since, key.known = scope, not _held_back(says), None, known

    def _take(self, key: Key, day: date, *, cut: bool = False) -> None:
        """What ends opens nothing at once, and is gone after the grace. What is cut off stays."""
        if not key.there:
            return
        key.opens = False
        if not cut:
            key.since, key.known = key.since or day, False
            key.there = (day - key.since).days < GRACE

    def answers(self, calls: Iterable[Call], *, ignored: bool) -> Iterator[Answer]:
        """Answer calls of one moment, one after the other; with `ignored` as the newer edition of the page does."""
        counts: Counter[str] = Counter()
        for call in calls:
            entered = self._entered(call, ignored=ignored)
            if entered is None:
                yield Answer(401)
                continue
            rules = self._rules(entered, call.api)
            status = rules.status(entered.subscription, call.token, counts) if rules else 200
            yield Answer(status, entered.product)

    def _rules(self, entered: Entered, api: str) -> Rules | None:
        """Find the rules that a call meets: its product's, or those that stand at the API."""
        at_product = self.rules.get(entered.product)
        if at_product and not at_product.at_api:
            return at_product
        return next((each for each in self.rules.values() if each.at_api and api in each.apis), None)

    def _entered(self, call: Call, *, ignored: bool) -> Entered | None:
        """Let in as Microsoft's page on subscriptions says."""
        free = next((Entered(name) for name in sorted(self.opened) if call.api in self.holds[name]), None)
        without = free or (None if self.asking[call.api] else Entered())
        shown = call.header or call.query
        if shown is None or (ignored and not self.asking[call.api]):
            return without
        return self._by(shown, call.api) or (without if ignored and free else None)

    def _by(self, shown: Shown, api: str) -> Entered | None:
        """Say what a key opens. The service's own opens everything."""
        name, made, _ = shown
        if name == "master":
            return Entered("", name)
        key = self.keys.get(name)
        if key is None or not (key.there and key.opens and key.made == made):
            return None
        collection, _, thing = key.scope.partition("/")
        if collection == "products":
            return Entered(thing, name) if api in self.holds.get(thing, ()) else None
        return Entered("", name) if thing in ("", api) else None


def _given(path: PurePosixPath, says: Mapping[str, Any], name: str, withheld: tuple[str, ...], day: date) -> bool:
    return _lasts(path, says, withheld, day) and f"subscription {name}" not in withheld


def _lasts(path: PurePosixPath, says: Mapping[str, Any], withheld: tuple[str, ...], day: date) -> bool:
    """To the end of its day, and while it is not cut off."""
    return day <= date.fromisoformat(says["expires"]) and f"grant {path.parts[0]}/{path.stem}" not in withheld


def _held_back(says: Mapping[str, Any]) -> bool:
    return bool(says.get("suspended") or says.get("revoked"))


def _cut(path: PurePosixPath, name: str, withheld: tuple[str, ...]) -> bool:
    return f"grant {path.parts[0]}/{path.stem}" in withheld or f"subscription {name}" in withheld


def _is_open(says: Mapping[str, Any]) -> bool:
    """As it says; or because a token alone must do, and its rules stand at the product."""
    alone = says.get("credentials") in ("token", "key or token") and says.get("enforce_at") != "api"
    return says.get("subscription_required", not alone) is False


def _scope(path: PurePosixPath, says: Mapping[str, Any]) -> str:
    api = says.get("api")
    return f"products/{path.stem}" if api is None else "apis" if api == "*" else f"apis/{api}"


def _withdrawn(name: str) -> bool:
    """A key that no file names any more, and one did: team and grant are in its id."""
    return "--" in name


def _undeclared(key: Key, name: str, contents: Mapping[str, Any]) -> bool:
    """Of a product's keys enforce leaves those that are protected; keys for APIs belong to no product."""
    return key.scope.startswith("products/") and name not in contents["guardrails.yaml"]["protect"]["subscriptions"]
