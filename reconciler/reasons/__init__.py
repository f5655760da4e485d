"""Who can use what, and the life of each grant, in; why a team can use something, or why not and how to ask, out."""

from reconciler.reasons.lacking import Scene
from reconciler.reasons.why import Reason, Step, Why, why

__all__ = ["Reason", "Scene", "Step", "Why", "why"]
