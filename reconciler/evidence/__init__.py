"""What git, reviews and outcome records tell of a period in; a pack of evidence that proves itself whole, out.

Evidence outlives the grant: what was removed since is in it. What is not known is named, and nothing is guessed.
"""

from reconciler.evidence.asked import Asked, Period
from reconciler.evidence.gathering import Sources, gather
from reconciler.evidence.manifest import MANIFEST, Manifest, NoPack, manifest_of, sealed
from reconciler.evidence.verifying import verify
from reconciler.evidence.writing import written

__all__ = [
    "MANIFEST",
    "Asked",
    "Manifest",
    "NoPack",
    "Period",
    "Sources",
    "gather",
    "manifest_of",
    "sealed",
    "verify",
    "written",
]
