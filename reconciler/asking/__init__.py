"""What somebody asks for, in answers, in; the one grant file that says so, valid by the rules of the folder, out."""

from reconciler.asking.answers import Answers, NotAskable
from reconciler.asking.form import read_form
from reconciler.asking.grant import Asked, ask, grants_for

__all__ = ["Answers", "Asked", "NotAskable", "ask", "grants_for", "read_form"]
