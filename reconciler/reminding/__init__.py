"""Declarations, and what `drift` and `plan` found, in; what each team should look at, as one issue a team, out."""

from reconciler.reminding.reminders import DONE, LABEL, Reminder, is_reminder, marker, reminders, unseen
from reconciler.reminding.told import Told, told

__all__ = ["DONE", "LABEL", "Reminder", "Told", "is_reminder", "marker", "reminders", "told", "unseen"]
