"""Patterns of ids that several types of the spec have in common; none of its own rules."""

import re

NO_SIGNS = re.compile(r"^[^*#&+:<>?]+$")
FRAGMENT_ID = re.compile(r"(^[\w]+$)|(^[\w][\w\-]+[\w]$)")
NAMED_VALUE = re.compile(r"^[A-Za-z0-9-._]+$")
