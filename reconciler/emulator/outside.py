"""What a service of API Management reaches outside itself: the directory of its tenant."""

from dataclasses import dataclass, field

from reconciler.emulator.graph.directory import Directory


@dataclass(frozen=True, slots=True)
class Outside:
    """One for all services of a local Azure."""

    directory: Directory = field(default_factory=Directory)
