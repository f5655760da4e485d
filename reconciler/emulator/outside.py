"""What a service of API Management reaches outside itself: the directory of its tenant, Key Vaults and blobs."""

from dataclasses import dataclass, field

from reconciler.emulator.definitions.shelf import Shelf
from reconciler.emulator.graph.directory import Directory
from reconciler.emulator.vault.store import Vaults


@dataclass(frozen=True, slots=True)
class Outside:
    """One for all services of a local Azure."""

    directory: Directory = field(default_factory=Directory)
    vaults: Vaults = field(default_factory=Vaults)
    shelf: Shelf = field(default_factory=Shelf)
