"""A Plan and its Outcomes in, the JSON document for machines out; its models are the published schema."""

from collections.abc import Iterable
from dataclasses import asdict
from datetime import date
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, FailFast, Field

from reconciler.access import Access, who
from reconciler.apply import Outcome
from reconciler.budget import budget
from reconciler.diff import Change
from reconciler.effect import Effect
from reconciler.keylike import without_keys
from reconciler.plan import Plan
from reconciler.resource import Resource

T = TypeVar("T")
Listed = Annotated[list[T], FailFast()]
"""One mistake is enough to refuse a list: a million of them would fill the memory."""


class Document(BaseModel):
    """JSON is written by us and read by anybody."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class AccessDocument(Document):
    """Somebody may use a product or an API."""

    who: str = Field(description="A team; of what no declaration names, the group or subscription.")
    product: str | None = None
    api: str | None = Field(default=None, description="Around products: one API, or `*` for every one.")
    how: str = Field(description="`key`; `token`; `portal`: may see the product and subscribe there; `open`: no key.")
    tier: str | None = None
    until: date | None = None
    unreviewed: bool = Field(default=False, description="It ends on that day because nobody answered a review.")
    emergency: str | None = Field(default=None, description="Granted in an emergency: who reviews it when it is over.")


class ChangeDocument(Document):
    """One resource that changes."""

    action: str = Field(description="create, update, replace or delete")
    kind: str
    name: list[str]
    writes: int = Field(description="Requests of Azure's write bucket.")
    before: dict[str, Any] | None = Field(description="The properties that change, as they are.")
    after: dict[str, Any] | None = Field(description="The properties that change, as they will be.")
    why: str | None = Field(default=None, description="Of a removal: withdrawn, expired, revoked, undeclared, cut off.")
    declared_in: str | None = None
    cascades: list[str] = Field(default_factory=list, description="What Azure removes along with it.")
    scope: str | None = Field(default=None, description="Of a subscription: what its keys open.")
    who: str | None = Field(default=None, description="Of a subscription: whose it is, in the words of `gained`.")
    result: str | None = Field(default=None, description="After apply: done, failed, blocked or not tried.")
    because: str | None = None


class BudgetDocument(Document):
    """What applying costs of Azure's limits; second tries and polling come on top."""

    reads: int
    writes: int
    deletes: int
    seconds: int = Field(description="The shortest time that Azure's limits allow.")


class EffectDocument(Document):
    """Changes, and who gains and loses access by them."""

    changes: Listed[ChangeDocument]
    gained: Listed[AccessDocument]
    lost: Listed[AccessDocument]
    kept: Listed[AccessDocument] = Field(description="Access to the same things that stays as it is.")
    writes: int
    budget: BudgetDocument


class WayAroundDocument(Document):
    """A way to a product's APIs on which its rules do not run."""

    product: str
    name: str = Field(description="What `accepts:` of the product calls it.")
    why: str
    accepted: bool


class PlanDocument(Document):
    """A plan for one environment."""

    format: int = Field(default=1, description="Grows when a field changes its meaning.")
    environment: str
    service: str
    day: date
    fingerprint: str
    written: EffectDocument
    observed: EffectDocument = Field(description="What observe mode shows and does not write.")
    waiting: dict[str, str] = Field(description="What cannot be made yet, and what it waits for.")
    held: dict[str, list[str]] = Field(description="What stays, and the undeclared things that would go along.")
    unmanaged: dict[str, int]
    scoped: bool = Field(description="Planned for what differs in git (`--since`), and for nothing else.")
    ending: Listed[AccessDocument] = Field(description="Grants that end soon.")
    grace: int = Field(default=30, description="Days after which a suspended key is deleted.")
    withheld: Listed[AccessDocument] = Field(description="What the files would open if it were not cut off by hand.")
    around: Listed[WayAroundDocument] = Field(description="Ways around the rules of products.")
    warnings: list[str] = Field(
        description="What the rules in guardrails.yaml warn of, and what Entra knows of new ids, at `file:line:column`."
    )


class FailedDocument(Document):
    """An environment for which there is no plan, or whose plan was refused."""

    environment: str
    service: str
    exit_code: int
    why: list[str]


class PlansDocument(Document):
    """What `plan --format json` and `apply --format json` print."""

    plans: Listed[PlanDocument]
    failed: list[FailedDocument] = Field(
        default_factory=list, description="Of several environments, those in which something went wrong."
    )


def document(plan: Plan, outcomes: Iterable[Outcome] = ()) -> PlanDocument:
    """Give the document of a plan, with the outcome of each change where it was applied."""
    results = {outcome.change.address: outcome for outcome in outcomes}

    def effect(effect: Effect) -> EffectDocument:
        return EffectDocument(
            changes=[_change(plan, change, results.get(change.address)) for change in effect.changes],
            gained=[_access(each) for each in effect.gained],
            lost=[_access(each) for each in effect.lost],
            kept=[_access(each) for each in effect.kept],
            writes=effect.writes,
            budget=_budget(effect),
        )

    return PlanDocument(
        environment=plan.target.environment,
        service=plan.target.service,
        day=plan.day,
        fingerprint=plan.fingerprint,
        written=effect(plan.written),
        observed=effect(plan.observed),
        waiting={str(each.resource.address): str(each.missing) for each in plan.waiting},
        held={str(each.resource.address): [str(address) for address in each.because] for each in plan.held},
        unmanaged=dict(plan.unmanaged),
        scoped=plan.scoped,
        ending=[_access(each) for each in plan.ending],
        grace=plan.grace,
        withheld=[_access(each) for each in plan.withheld],
        around=[WayAroundDocument(**asdict(each)) for each in plan.around],
        warnings=list(plan.warnings),
    )


def _budget(effect: Effect) -> BudgetDocument:
    needed = budget(effect.changes)
    return BudgetDocument(reads=needed.reads, writes=needed.writes, deletes=needed.deletes, seconds=needed.seconds)


def _access(access: Access) -> AccessDocument:
    name = access.to.name[0]
    return AccessDocument(
        who=access.who,
        product=name if access.to.kind == "product" else None,
        api=name if access.to.kind == "api" else None,
        how=access.how,
        tier=access.tier,
        until=access.until,
        unreviewed=access.unreviewed,
        emergency=access.emergency,
    )


def _change(plan: Plan, change: Change, outcome: Outcome | None) -> ChangeDocument:
    names = change.differs or tuple(change.sent())
    before, after = change.before, change.after
    origin = change.resource.origin
    return ChangeDocument(
        action=change.action,
        kind=change.address.kind,
        name=list(change.address.name),
        writes=change.writes,
        before={name: _shown(before, name) for name in names or before.properties} if before else None,
        after={name: _shown(after, name) for name in names} if after else None,
        why=plan.why.get(change.address),
        declared_in=origin.path if origin else None,
        cascades=[str(resource.address) for resource in change.cascades],
        **(_of_subscription(change) if change.address.kind == "subscription" else {}),
        result=outcome.result if outcome else None,
        because=outcome.because or None if outcome else None,
    )


def _shown(resource: Resource, name: str) -> Any:
    """Give a property; a policy may hold a key that somebody wrote there, which no artifact should keep."""
    value = resource.properties.get(name)
    return without_keys(value) if resource.address.kind == "fragment" and isinstance(value, str) else value


def _of_subscription(change: Change) -> dict[str, str | None]:
    resource = change.before or change.resource
    return {"scope": resource.properties.get("scope"), "who": who(resource)}
