"""Teams, products and access in; the parts that several answers are made of, out."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, Literal

from pydantic import Field

from reconciler.access import Access
from reconciler.assist.text import Answer, Others, listed, others, plain
from reconciler.assist.world import World
from reconciler.declarations import Declarations, Declared, Product, Team
from reconciler.declarations.gate import open_to_all
from reconciler.ends import last_day
from reconciler.lasting import Lasting
from reconciler.limits import words as in_words


class Reached(Answer):
    """A team, and how it is reached."""

    team: str
    display_name: Others | None = None
    email: Others | None = None
    reviewers: list[str] = Field(default_factory=list, description="On GitHub: who reviews for the team.")


class Judge(Answer):
    """A team that decides, and who reviews for it on GitHub."""

    team: str
    reviewers: list[str] = Field(default_factory=list)


class Use(Answer):
    """Somebody may use something. `portal` is to see it and to subscribe, which is no access by itself."""

    who: str = Field(description="A team, or `everybody`.")
    environment: str
    how: Literal["key", "token", "portal", "open"]
    product: str | None = None
    api: str | None = Field(default=None, description="A key for one API, or `*` for all: around products.")
    tier: str | None = None
    until: date | None = Field(default=None, description="The last day. Without one it does not end.")
    components: list[Others] = Field(default_factory=list, description="Who calls, as the team says.")
    files: list[str] = Field(default_factory=list, description="Where it is declared.")


class Offer(Answer):
    """How access to a product is got in one environment."""

    product: str
    environment: str
    credentials: str = Field(description="What a call must carry.")
    tiers: dict[str, str] = Field(default_factory=dict, description="How often each tier may call.")
    default_tier: str | None = None
    longest_days: int | None = Field(default=None, description="The longest a request may run.")
    decides: list[Judge] = Field(default_factory=list, description="Whose approval is needed: one of these.")
    how: str = Field(description="What to do.")


def reached(declarations: Declarations, team: str) -> Reached:
    """Say how a team is reached."""
    declared = declarations.teams.get(team)
    if declared is None:
        return Reached(team=team)
    value = declared.value
    return Reached(
        team=team,
        display_name=others(value.display_name),
        email=others(value.email),
        reviewers=_reviewers(value),
    )


def judge(declarations: Declarations, team: str) -> Judge:
    """Say who decides for a team."""
    declared = declarations.teams.get(team)
    return Judge(team=team, reviewers=_reviewers(declared.value) if declared else [])


def uses(world: World, environment: str, found: Iterable[Access]) -> list[Use]:
    """Put access into an answer, with the files that declare it."""
    return [_use(world, environment, each) for each in found]


def offer(world: World, product: Declared[Product], environment: str) -> Offer:
    """Say how access to a product is got."""
    says = world.says(product, environment)
    last = last_day(world.declarations, product, environment, world.day)
    tiers = says.get("tiers") or {}
    return Offer(
        product=product.name,
        environment=environment,
        credentials="none: it is open" if open_to_all(says) else says.get("credentials") or "key",
        tiers={name: _limits(tier) for name, tier in tiers.items()},
        default_tier=says.get("default_tier"),
        longest_days=(last - world.day).days if last else None,
        decides=[judge(world.declarations, team) for team in (product.team, *(product.value.approvers or ()))],
        how=_how(product, environment, says),
    )


def note_of_mode(world: World, product: Declared[Product], environment: str) -> str:
    """Say where what is declared is not made so yet."""
    mode = world.says(product, environment).get("mode") or world.declarations.environments[environment].mode
    return (
        f"{environment} only observes {product.name}: what is declared is not written yet." if mode == "observe" else ""
    )


def _use(world: World, environment: str, each: Access) -> Use:
    by_product = each.to.kind == "product"
    product = world.product_named(environment, each.to.name[0]) if by_product else None
    api = None if by_product else each.to.name[0]
    lasting = Lasting(world.declarations)
    grants = [
        grant for grant in world.grants(each.who, environment, product) if lasting.end(grant, environment) == each.until
    ]
    return Use(
        who=plain(each.who),
        environment=environment,
        how=each.how,
        product=product,
        api=api if api in (None, "*") else world.named(environment, api),
        tier=each.tier,
        until=each.until,
        components=listed(sorted({grant.value.component for grant in grants if grant.value.component})),
        files=sorted({world.files.shown(grant.path) for grant in grants}),
    )


def _reviewers(team: Team) -> list[str]:
    return [plain(login) for login in team.reviewers or ()] + ([team.github] if team.github else [])


def _limits(tier: Any) -> str:
    limits = [in_words(limit) for limit in (tier.rate, tier.quota) if limit]
    return ", ".join(limits) or "as often as it likes"


def _how(product: Declared[Product], environment: str, says: Mapping[str, Any]) -> str:
    if open_to_all(says):
        return "Call it: nothing is asked for."
    ways = []
    if says.get("self_service"):
        ways.append("Whoever sees it in the developer portal may subscribe there.")
    if says.get("credentials") in ("token", "key and token"):
        ways.append("A token needs `clients:`, the ids of your applications, in the grant's file.")
    decides = "Nobody needs to approve it." if product.value.approval == "automatic" else "The owner decides."
    ways.append(
        f"Ask by draft_request, or `reconciler request --team TEAM --product {product.name} -e {environment} --key "
        f"--reason WHY --open`. {decides}"
    )
    return " ".join(ways)
