"""Declarations, an environment and a day in; what they mean in API Management out. The meaning stands here only."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from reconciler.declarations import Api, Declarations, Declared, Grant, Mode, Product
from reconciler.declarations.gate import asks_for_no_key, has_gate
from reconciler.gating import Caller, Gating, gating
from reconciler.kinds.subscription import compromised
from reconciler.naming import display_name, owner_tag, subscription_id
from reconciler.resource import Address, Origin, Resource, Secret, State, state
from reconciler.there import There
from reconciler.withheld import NOTHING, Withheld

_PRODUCT_PROPERTIES = {
    "display_name": "displayName",
    "description": "description",
    "terms": "terms",
    "approval_required": "approvalRequired",
    "subscriptions_limit": "subscriptionsLimit",
}
_ONLY_WITH_KEYS = frozenset({"approval_required", "subscriptions_limit"})


@dataclass(frozen=True, slots=True)
class Governed:
    """What a declaration decides about one product of the service."""

    owner: str
    mode: Mode
    exact_apis: bool = False
    accepts: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Compiled:
    """What declarations mean for one service: the desired state and, beside it, how it may be reached.

    `products` is by id in the service. `living` are subscriptions that must exist already; `formerly` gives for an
    address the one that the same thing had before its file was renamed. `withheld` is what is cut off by hand, and
    `cut_off` what is declared and not desired for that reason.
    """

    environment: str
    mode: Mode
    state: State = field(default_factory=dict)
    products: Mapping[str, Governed] = field(default_factory=dict)
    living: frozenset[Address] = frozenset()
    formerly: Mapping[Address, Address] = field(default_factory=dict)
    withheld: Withheld = NOTHING
    cut_off: frozenset[Address] = frozenset()


def compile(  # noqa: A001  the verb
    declarations: Declarations, environment: str, *, day: date | None, withheld: Withheld = NOTHING
) -> Compiled:
    """Compile for one environment as of `day`; without a day, as if nothing ever expired."""
    return _compiled(_Meaning(declarations, environment, withheld, day))


def _compiled(meaning: "_Meaning") -> Compiled:
    day = meaning.day
    lasting = [each for each in meaning.grants if day is None or _until(each[1]) >= day]
    lasting.sort(key=lambda each: _until(each[1]))  # where two of them make one link, the longer one gives its end
    grants = [(grant, meaning.left_of(grant, says)) for grant, says in lasting]
    return Compiled(
        environment=meaning.environment,
        mode=meaning.settings.mode,
        state=state(
            *meaning.groups(lasting),  # a group outlives what it cannot see: its members would be lost with it
            *(resource for product, says in meaning.products for resource in meaning.product(product, says)),
            *(resource for grant, says in grants for resource in meaning.grant(grant, says)),
            *meaning.gates(lasting),
            *meaning.marks(),
            *meaning.fragments(),
        ),
        products={meaning.ids[product.name]: meaning.governed(product, says) for product, says in meaning.products},
        living=frozenset(
            meaning.subscription(grant, says) for grant, says in grants if says.get("key") and says.get("subscription")
        ),
        formerly=dict(meaning.renames(lasting)),
        withheld=meaning.withheld,
    )


def as_of(
    declarations: Declarations, environment: str, day: date, withheld: Withheld = NOTHING
) -> tuple[Compiled, Compiled]:
    """Compile as of a day, and as if nothing ever expired or was cut off: one value where both mean the same."""
    meaning = _Meaning(declarations, environment, withheld, day)
    desired = _compiled(meaning)
    if not withheld and all(_until(says) >= day and not says.get("revoked") for _, says in meaning.grants):
        return desired, desired
    return desired, compile(declarations, environment, day=None)


def held_back(
    declarations: Declarations, environment: str, withheld: Withheld
) -> Iterator[tuple[Declared[Grant], dict[str, Any], dict[str, Any]]]:
    """Find the grants that are cut off, with what each says there and what is left of it."""
    meaning = _Meaning(declarations, environment, withheld)
    found = ((grant, says, meaning.left_of(grant, says)) for grant, says in meaning.grants)
    yield from (each for each in found if each[1] != each[2])


class _Meaning(There):
    """What the declarations mean in one environment, as of a day and without what is cut off."""

    def __init__(
        self, declarations: Declarations, environment: str, withheld: Withheld, day: date | None = None
    ) -> None:
        super().__init__(declarations, environment)
        self.withheld, self.day = withheld, day
        self.by_name = {product.name: product for product in declarations.products}

    def left_of(self, grant: Declared[Grant], says: dict[str, Any]) -> dict[str, Any]:
        """Leave of a grant what is not cut off."""
        if not self.withheld:
            return says
        product = None if grant.value.api is not None else self.product_of(grant)
        if self.withheld.grant(grant.team, (grant.name, grant.value.formerly), product):
            return {**says, "key": None, "portal": None, "clients": None}
        if any(map(self.withheld.client, says.get("clients") or ())):
            says = {**says, "clients": [each for each in says["clients"] if not self.withheld.client(each)]}
        names = {self.subscription(grant, says).name[0], subscription_id(grant.team, grant.value.formerly or "")}
        return {**says, "key": None} if self.withheld.key(*names) else says

    def governed(self, product: Declared[Product], says: dict[str, Any]) -> Governed:
        mode = says.get("mode") or self.settings.mode
        exact = says.get("manage") == "product" and mode == "enforce" and says.get("apis") is not None
        accepts = frozenset(map(self.fill_in, says.get("accepts") or ()))
        return Governed(owner=product.team, mode=mode, exact_apis=exact, accepts=accepts)

    def groups(self, grants: list[tuple[Declared[Grant], dict[str, Any]]]) -> Iterator[Resource]:
        """A team has a group where something links it."""
        for name in sorted({grant.team for grant, says in grants if says.get("portal")}):
            team = self.declarations.teams[name]
            says = self.of_team(team)
            properties: dict[str, Any] = {"displayName": says["display_name"]}
            if team.value.description is not None:
                properties["description"] = team.value.description
            if entra_group := says.get("entra_group"):
                # azurerm #19981: members only came with the tenant's id, not with its name.
                entra = f"aad://{self.settings.tenant}/groups/{entra_group}"
                properties |= {"type": "external", "externalId": entra}
            elif not says.get("group"):
                properties["type"] = "custom"
            yield Resource(self.group(team), properties, Origin(name, team.path))

    def product(self, product: Declared[Product], says: dict[str, Any]) -> Iterator[Resource]:
        name = self.ids[product.name]
        origin = Origin(product.team, product.path)
        if says.get("manage") == "product":
            yield Resource(Address("product", (name,)), _properties(says), origin)
        for api in says.get("apis") or ():
            yield Resource(Address("product-api", (name, self.fill_in(api))), {}, origin)
        for fragment in says.get("include") or ():
            yield Resource(Address("product-include", (name, fragment)), {}, origin)
        for group in () if self.withheld.product(name) else says.get("visible_to") or ():
            yield Resource(Address("product-group", (name, group)), {}, Origin(group, product.path, ("visible_to",)))

    def grant(self, grant: Declared[Grant], says: dict[str, Any]) -> Iterator[Resource]:
        team = self.declarations.teams[grant.team]
        if says.get("portal"):
            product = self.product_of(grant)
            yield Resource(Address("product-group", (product, self.group(team).name[0])), {}, self.origin(grant, says))
        if says.get("key"):
            state = "suspended" if _held_back(says) else "active"
            comment = compromised(self.day or date.min) if says.get("revoked") else ""
            properties = {"scope": self.scope(grant), "state": state, "stateComment": comment}
            if not says.get("subscription"):
                properties["displayName"] = display_name(f"{team.value.display_name}: {grant.name}")
            origin = self.origin(grant, says, self.secret(grant))
            yield Resource(self.subscription(grant, says), properties, origin)

    def gates(self, grants: list[tuple[Declared[Grant], dict[str, Any]]]) -> Iterator[Resource]:
        """Give the rules of products: who is let through, and where that stands.

        The tier of a key that is cut off stays: it lets nobody in, and is right when the key is given back.
        """
        gated = [(product, says) for product, says in self.products if has_gate(says)]
        callers: dict[str, list[Caller]] = {product.name: [] for product, _ in gated}
        for grant, says in grants if gated else ():
            product = grant.value.product or grant.name
            if grant.value.api is None and product in callers and not _held_back(says):
                left = {**says, "clients": self.left_of(grant, says).get("clients")}
                callers[product].append(self.caller(grant, left))
        for each, says in gated:
            yield from gating(self.gating(each, says), says, callers[each.name])

    def gating(self, product: Declared[Product], says: dict[str, Any]) -> Gating:
        owner = self.declarations.teams[product.team].value
        return Gating(
            product=self.ids[product.name],
            apis=tuple(map(self.fill_in, says.get("apis") or ())),
            ask=self.declarations.guardrails.ask or owner.email or owner.display_name,
            authority=f"{self.settings.authority.rstrip('/')}/{self.settings.tenant}",
            variables=self.variables,
            origin=Origin(product.team, product.path),
        )

    def caller(self, grant: Declared[Grant], says: dict[str, Any]) -> Caller:
        key = self.subscription(grant, says).name[0] if says.get("key") else ""
        return Caller(tuple(says.get("clients") or ()), key, says.get("tier") or "", self.origin(grant, says))

    def origin(self, grant: Declared[Grant], says: dict[str, Any], secret: Secret | None = None) -> Origin:
        emergency = self.reviewer(grant) if grant.value.emergency else None
        unreviewed = self.lasting.ends_by_review(grant, self.environment)
        until = says.get("expires")
        return Origin(grant.team, grant.path, until=until, emergency=emergency, secret=secret, unreviewed=unreviewed)

    def reviewer(self, grant: Declared[Grant]) -> str:
        """Name who reviews an emergency: the owner of what is granted; where nobody else owns it, the platform team."""
        if grant.value.api is None:
            owners = [self.by_name[grant.value.product or grant.name].team]
        else:
            owners = [api.team for api in self.declarations.apis if api.value.api == grant.value.api]
        others = (team for team in owners if team != grant.team)
        return next(others, self.declarations.guardrails.platform_team or "the platform team")

    def marks(self) -> Iterator[Resource]:
        for api in self.declarations.apis:
            if api.value.environments is None or self.environment in api.value.environments:
                yield from self.marks_of(api)

    def marks_of(self, api: Declared[Api]) -> Iterator[Resource]:
        origin = Origin(api.team, api.path, api.keys)
        name, tag = self.fill_in(api.value.api), owner_tag(api.team)
        if "tag" in self.settings.marks:
            yield Resource(Address("tag", (tag,)), {"displayName": tag}, Origin(api.team, api.path))
            yield Resource(Address("api-tag", (name, tag)), {}, origin)
        if "contact" in self.settings.marks:
            team = self.declarations.teams[api.team].value
            contact = {"name": team.display_name} | ({"email": team.email} if team.email else {})
            yield Resource(Address("api-contact", (name,)), contact, origin)

    def fragments(self) -> Iterator[Resource]:
        for fragment in self.declarations.fragments:
            origin = Origin(fragment.team, fragment.path)
            yield Resource(Address("fragment", (fragment.name,)), {"value": fragment.value.text}, origin)

    def renames(self, grants: list[tuple[Declared[Grant], dict[str, Any]]]) -> Iterator[tuple[Address, Address]]:
        for product, says in self.products:
            if product.value.formerly and not says.get("id"):
                yield Address("product", (product.name,)), Address("product", (product.value.formerly,))
        for grant, says in grants:
            if grant.value.formerly and says.get("key") and not says.get("subscription"):
                before = subscription_id(grant.team, grant.value.formerly)
                yield self.subscription(grant, says), Address("subscription", (before,))


def _held_back(says: Mapping[str, Any]) -> bool:
    """Whether key and clients are kept and open nothing."""
    return bool(says.get("suspended") or says.get("revoked"))


def _until(says: Mapping[str, Any]) -> date:
    return says.get("expires") or date.max


def _properties(says: Mapping[str, Any]) -> dict[str, Any]:
    """Give Azure's properties for what a product declares.

    Azure drops a limit and an approval where no subscription is required (azurerm #13217): planning them would never
    come to rest.
    """
    open_to_all = asks_for_no_key(says)
    properties = {
        azure: says[ours]
        for ours, azure in _PRODUCT_PROPERTIES.items()
        if says.get(ours) is not None and not (open_to_all and ours in _ONLY_WITH_KEYS)
    }
    if open_to_all is not None:
        properties["subscriptionRequired"] = not open_to_all
    if says.get("published") is not None:
        properties["state"] = "published" if says["published"] else "notPublished"
    return properties
