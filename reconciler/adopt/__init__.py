"""A living service and a folder in; the folder with everything that gives access in it, and what is left, out."""

from reconciler.adopt.adoption import Adoption, adopt, ordered
from reconciler.adopt.work import Left, Live

__all__ = ["Adoption", "Left", "Live", "adopt", "ordered"]
