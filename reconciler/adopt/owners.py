"""A living service, what is declared and the mapping in; whose each thing is, and how that was known, out."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from reconciler.adopt.slugs import free, name_of, slug
from reconciler.declarations.adoption import UNOWNED, OwnerMap
from reconciler.declarations.team import BUILT_IN_GROUPS
from reconciler.kinds import kind_of
from reconciler.naming import spoken
from reconciler.resource import Address, Resource, State

_TAG = re.compile(r"(?:owner|team|owned[-_ ]by)[-_:=/ ]+(?P<team>.+)", re.IGNORECASE)
_PARTS = re.compile(r"\s+(?:[-\u2013\u2014/|\u2192]|->|for|by|to|via)\s+|\s*:\s+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Owner:
    """A team, and how it was known; `unowned` by `nothing`."""

    team: str = UNOWNED
    by: str = "nothing"


NOBODY = Owner()


@dataclass(slots=True)
class Found:
    """A team that the service tells of, as its team.yaml will say it."""

    display_name: str
    email: str | None = None
    group: Resource | None = None


@dataclass(slots=True)
class Owners:
    """Whose what is. `teams` are those that are declared already, by the id of their group in this service."""

    state: State
    mapping: OwnerMap
    teams: dict[str, str]
    declared: frozenset[str]
    found: dict[str, Found] = field(default_factory=dict)
    of_group: dict[str, str] = field(default_factory=dict)
    _apis: dict[str, Owner] = field(default_factory=dict)
    _products: dict[str, Owner] = field(default_factory=dict)
    _tags: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))

    def __post_init__(self) -> None:
        self._groups()
        for address in self.state:
            if address.kind == "api-tag":
                self._tags[address.name[0]].append(address.name[1])
        self._apis = {each.address.name[0]: self._api(each) for each in self._all("api")}
        held: dict[str, list[str]] = defaultdict(list)
        for address in self.state:
            if address.kind == "product-api":
                held[address.name[0]].append(address.name[1])
        self._products = {
            each.address.name[0]: self._product(each, held[each.address.name[0]]) for each in self._all("product")
        }

    def api(self, name: str) -> Owner:
        return self._apis.get(name, NOBODY)

    def product(self, name: str) -> Owner:
        return self._products.get(name, NOBODY)

    def fragment(self, name: str) -> Owner:
        return self._mapped("fragments", name, None) or self._named(name, None)

    def subscription(self, subscription: Resource) -> Owner:
        """Whose a subscription is: as the mapping says, whose user holds it, whom its name names."""
        title = (subscription.properties.get("displayName") or "").strip()
        if mapped := self._mapped("subscriptions", subscription.address.name[0], title):
            return mapped
        holder = subscription.properties.get("ownerId")
        user = self.state.get(Address("user", (holder,))) if holder else None
        if holder:
            mail = user.properties.get("email") if user else None
            if mapped := self._mapped("users", holder, mail):
                return Owner(mapped.team, "the mapping's users")
        teams = {
            self.of_group[group] for group in (user.properties["groups"] if user else ()) if group in self.of_group
        }
        if len(teams) == 1:
            return Owner(teams.pop(), "its holder's group")
        parts = {slug(part) for part in _PARTS.split(title)} & self._known()
        return Owner(parts.pop(), "its name") if len(parts) == 1 else NOBODY

    def _groups(self) -> None:
        """Each linked group that is not built in is a team: who is in it may subscribe."""
        lively = {team for group, team in self.teams.items() if Address("group", (group,)) in self.state}
        linked = {address.name[1] for address in self.state if address.kind == "product-group"} - BUILT_IN_GROUPS
        for name in sorted(linked):
            group = self.state.get(Address("group", (name,)))
            if group is None or kind_of(group).built_in(group):
                continue
            title = group.properties.get("displayName") or name
            mapped = self._mapped("groups", name, title)
            team = self.teams.get(name) or (mapped.team if mapped and mapped.team not in self.of_group.values() else "")
            if not team:
                wanted = name_of(name, title)
                used = {*self.of_group.values(), *lively, UNOWNED, *BUILT_IN_GROUPS}
                team = free(wanted, used)
            self.of_group[name] = team
            self.found[team] = Found(title, group=group)

    def _api(self, api: Resource) -> Owner:
        name = api.address.name[0]
        if mapped := self._mapped("apis", name, api.properties.get("displayName")):
            return mapped
        tagged = {slug(match["team"]) for tag in self._tags[name] if (match := _TAG.fullmatch(self._title_of(tag)))}
        if len(tagged := tagged - {""}) == 1:
            return self._told(tagged.pop(), "its tag")
        contact = self.state.get(Address("api-contact", (name,)))
        if contact is not None and (said := contact.properties.get("name") or contact.properties.get("email")):
            title = said.partition("@")[0]
            if team := slug(title):
                return self._told(team, "its contact", title=title, email=contact.properties.get("email"))
        return self._named(name, api.properties.get("displayName"))

    def _product(self, product: Resource, apis: Iterable[str]) -> Owner:
        name, title = product.address.name[0], product.properties.get("displayName")
        if mapped := self._mapped("products", name, title):
            return mapped
        if (named := self._named(name, title)) is not NOBODY:
            return named
        teams = Counter(self.api(api).team for api in apis)
        if len(teams) == 1 and UNOWNED not in teams:
            return Owner(next(iter(teams)), "its APIs")
        return NOBODY

    def _told(self, team: str, by: str, *, title: str | None = None, email: str | None = None) -> Owner:
        """Take a team that somebody wrote into the service; that it has a folder of its own follows."""
        if team not in self.declared and team not in self.found:
            self.found[team] = Found(title or spoken(team), email if _is_mail(email) else None)
        return Owner(team, by)

    def _named(self, name: str, title: str | None) -> Owner:
        """Find a team whose name a thing's name begins with, the longest that does."""
        names = [f"{slug(text)}-" for text in (name, title or "") if text]
        teams = [team for team in self._known() if any(text.startswith(f"{team}-") for text in names)]
        return Owner(max(teams, key=len), "its name") if teams else NOBODY

    def _known(self) -> set[str]:
        return {*self.declared, *self.found, *(rule.team for rule in self.mapping.owners)} - {UNOWNED}

    def _mapped(self, what: str, name: str, title: str | None) -> Owner | None:
        for rule in self.mapping.owners:
            if fits(getattr(rule, what), name, title):
                if rule.team not in self.declared:
                    self.found.setdefault(rule.team, Found(spoken(rule.team)))
                return Owner(rule.team, "the mapping")
        return None

    def _title_of(self, tag: str) -> str:
        found = self.state.get(Address("tag", (tag,)))
        return (found.properties.get("displayName") if found else None) or tag

    def _all(self, kind: str) -> Iterable[Resource]:
        return (self.state[address] for address in sorted(self.state) if address.kind == kind)


def fits(patterns: Iterable[str], name: str, title: str | None) -> bool:
    """Whether a pattern fits an id or a display name, in any case."""
    texts = [text.strip().lower() for text in (name, title or "") if text]
    return any(fnmatchcase(text, pattern.lower()) for pattern in patterns for text in texts)


def _is_mail(text: str | None) -> bool:
    return bool(text and re.fullmatch(r"[^@\s]+@[^@\s]+", text))
