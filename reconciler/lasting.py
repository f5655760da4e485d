"""Declarations in; how long each grant lasts, to its own end or to that of a review which nobody answered, out."""

from datetime import date

from reconciler.declarations import Declarations, Declared, Grant, MissedReview, at, own_end


class Lasting:
    """When access ends: whoever asks whether a grant is in force asks here, so that all say the same.

    A grant of a campaign whose owner has not answered yet lasts to the campaign's last day where the guardrail is to
    revoke. An answer, also a late one, gives it its own end again.
    """

    def __init__(self, declarations: Declarations) -> None:
        self._guardrail = declarations.guardrails.missed_review
        self._products = {product.name: product.value for product in declarations.products}
        self._review = declarations.review
        named = self._review.grants.values() if self._review else ()
        self._asked = frozenset(name for names in named for name in names)

    def end(self, grant: Declared[Grant], environment: str) -> date | None:
        """Give the last day in an environment; None: it has no end."""
        own = own_end(grant.value, environment)
        if self.unanswered(grant) and self.missed(grant, environment) == "revoke" and self._review:
            return min(own or date.max, self._review.due)
        return own

    def ends_by_review(self, grant: Declared[Grant], environment: str) -> bool:
        """Whether that day is the campaign's, and not the grant's own."""
        return self.unanswered(grant) and self.end(grant, environment) != own_end(grant.value, environment)

    def unanswered(self, grant: Declared[Grant]) -> bool:
        """Whether a grant is in the campaign, by its name or the one it had, and was not looked at since it opened."""
        if self._review is None or self._asked.isdisjoint(names_of(grant)):
            return False
        reviewed = grant.value.reviewed
        return reviewed is None or reviewed.on < self._review.opened

    def missed(self, grant: Declared[Grant], environment: str) -> MissedReview:
        """Say what becomes of a grant that nobody looked at: as its product says there, or else everybody's rule."""
        product = None if grant.value.api is not None else self._products.get(grant.value.product or grant.name)
        says = at(product, product.in_, environment) if product else {}
        return says.get("missed_review") or self._guardrail


def names_of(grant: Declared[Grant]) -> tuple[str, ...]:
    """Give the name by which a campaign knows a grant, and the one that it had before its file was renamed."""
    names = (grant.name, grant.value.formerly)
    return tuple(f"{grant.team}/{name}" for name in names if name)
