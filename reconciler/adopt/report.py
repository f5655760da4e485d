"""An adoption in, ADOPTION.md out: what was named, how its owner was known, what is left and what to decide next."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby

from reconciler.adopt.adoption import Adoption
from reconciler.declarations import UNOWNED, Declarations, at
from reconciler.kinds import kind_of
from reconciler.plan import Plan
from reconciler.report.markdown import inert
from reconciler.words import count

FILE = "ADOPTION.md"
_MOST = 50  # lines of one list: the files themselves are complete
NOUNS = {
    "api": "API",
    "product": "product",
    "product-api": "API link",
    "product-group": "group link",
    "subscription": "key",
    "fragment": "policy fragment",
}


def report(adoption: Adoption, declarations: Declarations, plans: Mapping[str, Plan], environment: str) -> str:
    """Write the report of one environment; `plans` are for the modes `add` and `enforce`, had every product that."""
    return "\n".join(
        [
            f"# Adoption of {environment}",
            "",
            "Written by `reconciler adopt`, and anew each time it runs. Nothing was changed in Azure.",
            "",
            "## Named now",
            "",
            *_named(adoption),
            "",
            "## To decide",
            "",
            *_decide(adoption, declarations, environment),
            "",
            "## In no file",
            "",
            *_left(adoption),
            "",
            "## What each mode would do",
            "",
            *_modes(declarations, plans, environment),
            "",
        ]
    )


def _named(adoption: Adoption) -> Iterator[str]:
    numbers = Counter(address.kind for address in adoption.adopted)
    for kind, noun in NOUNS.items():
        if numbers[kind]:
            yield f"* {count(numbers[kind], noun)}"
    if not numbers:
        yield "Nothing: everything that gives access was in the files already."
        return
    known = Counter(owner.by for owner in adoption.adopted.values())
    yield ""
    yield "Owners were known by " + ", ".join(f"{by} ({number:,})" for by, number in known.most_common()) + "."


def _decide(adoption: Adoption, declarations: Declarations, environment: str) -> Iterator[str]:
    nobodys = Counter(address.kind for address, owner in adoption.adopted.items() if owner.team == UNOWNED)
    if nobodys:
        parts = ", ".join(count(nobodys[kind], noun) for kind, noun in NOUNS.items() if nobodys[kind])
        yield f"* **Whose is it?** {parts} stand in `{UNOWNED}/`. Say whose in `adoption.yaml`, and adopt again:"
        yield ""
        yield "      owners:"
        yield '        - {team: commerce, apis: ["order*"], products: [orders], subscriptions: ["* - Call Centre"]}'
        yield ""
    if declarations.guardrails.max_duration == "unlimited":
        yield "* **How long may access last?** `max_duration` in `guardrails.yaml` is `unlimited`."
    broad = [each for each in declarations.grants if each.value.api and environment in each.value.environments]
    if broad:
        keys = count(len(broad), "key")
        yield f"* **{keys} around products**: each opens an API, or all, past every product's rules:"
        yield from _capped(f"  * `{each.path}`" for each in broad)
    still = [
        each
        for each in declarations.grants
        if environment in each.value.environments and at(each.value, each.value.in_, environment).get("suspended")
    ]
    if still:
        keys = count(len(still), "key")
        yield f"* **{keys} opening nothing**: suspended, cancelled or never approved. Delete what nobody misses:"
        yield from _capped(f"  * `{each.path}`" for each in still)
    if adoption.taken_out:
        yield f"* **{len(adoption.taken_out)} taken out of the files** since they were adopted, and not put back:"
        yield from _capped(f"  * {inert(each)}" for each in adoption.taken_out)
    yield "* **Then** `mode: add`, later `enforce`, product by product; `reconciler adopt --status` keeps the score."


def _left(adoption: Adoption) -> Iterator[str]:
    if not adoption.left:
        yield "Nothing that gives access is left out."
    for reason, each in groupby(adoption.left, key=lambda left: left.reason):
        things = [left.what for left in each]
        yield f"* **{len(things)}** because {inert(reason)}:"
        yield from _capped(f"  * {inert(thing)}" for thing in things)


def _modes(declarations: Declarations, plans: Mapping[str, Plan], environment: str) -> Iterator[str]:
    changes = {mode: _by_product(plan) for mode, plan in plans.items()}
    yield "| product | owner | mode | " + " | ".join(f"`{mode}`" for mode in plans) + " |"
    yield "|---|---|---|" + "---|" * len(plans)
    default = declarations.environments[environment].mode
    for product in sorted(declarations.products, key=lambda each: (each.team, each.name)):
        if environment not in product.value.environments:
            continue
        says = at(product.value, product.value.in_, environment)
        would = " | ".join(_would(changes[mode].get(declarations.product_id(product, environment))) for mode in plans)
        yield f"| {inert(product.name)} | {inert(product.team)} | {says.get('mode') or default} | {would} |"


def _by_product(plan: Plan) -> dict[str, Counter[str]]:
    found: dict[str, Counter[str]] = {}
    for change in plan.written.changes:
        things = (change.address, *kind_of(change.resource).refers(change.resource))
        name = next((each.name[0] for each in things if each.kind == "product"), "")
        found.setdefault(name, Counter())[f"{change.action} {change.address.kind}"] += 1
    return found


def _would(changes: Counter[str] | None) -> str:
    return ", ".join(f"{what} x{number}" for what, number in changes.items()) if changes else "nothing"


def _capped(lines: Iterable[str]) -> Iterator[str]:
    every = list(lines)
    yield from every[:_MOST]
    if len(every) > _MOST:
        yield f"  * and {len(every) - _MOST:,} more"
