"""What somebody asks for, in answers, in; the one grant file that says so, valid by the rules of the folder, out."""

from reconciler.asking.answers import Answers, NotAskable
from reconciler.asking.form import read_form
from reconciler.asking.grant import Asked, ask, grants_for
from reconciler.asking.words import MARKER, description, receipt, refusal

__all__ = [
    "MARKER",
    "Answers",
    "Asked",
    "NotAskable",
    "ask",
    "description",
    "grants_for",
    "read_form",
    "receipt",
    "refusal",
]
