"""What is declared and what was applied last, as one value that the verbs hand on."""

from dataclasses import dataclass, field

from reconciler.declarations import Declarations
from reconciler.errors import Problem
from reconciler.sources import Files


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is declared now, and what was when it was applied last."""

    declarations: Declarations
    previous: Declarations | None = None
    root: str = "access"
    scoped: bool = False
    warnings: tuple[Problem, ...] = ()
    files: Files = field(default_factory=lambda: Files("access", {}))  # for where something stands

    @property
    def trusted(self) -> Declarations:
        """Say whose word counts on where a service is and how much may be removed: of a change, that before it."""
        return self.previous if self.scoped and self.previous is not None else self.declarations
