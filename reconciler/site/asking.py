"""A product in; how to ask for it, in words, as a command and as a file, out."""

import shlex

from markupsafe import Markup

from reconciler.errors import printable
from reconciler.site.company import Company, SoldProduct


def decides(company: Company, product: SoldProduct) -> str:
    """Say who decides."""
    value = product.declared.value
    owner = _name(company, product.declared.team)
    if value.approval == "automatic":
        return f"Within the guardrails a request for it needs no approval. {owner} owns it."
    others = [_name(company, team) for team in value.approvers or ()]
    either = f"{owner}, or {' or '.join(others)}," if others else owner
    return f"{either} decides: one approval of the pull request."


def command(product: SoldProduct) -> Markup:
    """Give the command that writes the file."""
    where = " ".join(f"-e {shlex.quote(name)}" for name in product.declared.value.environments)
    what = " --key" if product.takes_keys else ""
    return _lines(
        f"reconciler request --team YOUR-TEAM --product {shlex.quote(product.name)} {where}{what} "
        '--reason "Why, in a sentence"'
    )


def snippet(product: SoldProduct) -> Markup:
    """Give the file."""
    value = product.declared.value
    lines = [f"environments: [{', '.join(value.environments)}]"]
    if product.takes_keys:
        lines.append("key: true")
    if product.takes_tokens:
        clients = "clients: [00000000-0000-0000-0000-000000000000]"
        lines.append(f"{clients}    # ids of your applications{', instead of or besides a key' * product.takes_keys}")
    if len(product.tiers) > 1:
        lines.append(f"tier: {product.tiers[0]}    # or {', '.join(product.tiers[1:])}")
    lines.append("reason: Why, in a sentence that the owner understands")
    if product.until:
        lines.append(f"expires: {product.until}    # or earlier: the longest that is allowed")
    return _lines(*lines)


def _name(company: Company, team: str) -> str:
    return company.teams[team].value.display_name if team in company.teams else team


def _lines(*lines: str) -> Markup:
    """Join lines that are each escaped: what a name holds makes no line of its own."""
    return Markup("\n").join(printable(line) for line in lines)
