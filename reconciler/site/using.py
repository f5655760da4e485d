"""What services told of their callers in; how a grant is used, for whoever asks with what it gives, out."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date

from reconciler.questions import Can
from reconciler.usage import Seen, Usage, seen, together

Use = Callable[[str, Sequence[Can]], Seen | None]
"""Says of what a grant gives in an environment how it is used; None of what nobody calls with."""


def use_of(usages: Mapping[str, Usage], given: Mapping[str, date]) -> Use:
    """Tell it by what was told of each environment, and by when each file came: what is young is new."""

    def use(environment: str, cans: Sequence[Can]) -> Seen | None:
        found = (seen(usages.get(environment), each.by, given.get(each.path)) for each in cans)
        known = [each for each in found if each is not None]
        return together(known) if known else None

    return use
