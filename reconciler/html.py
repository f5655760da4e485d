"""A package with templates in; Jinja's environment for pages that strangers' words stand on, out.

Every word is escaped. What turns text around, or is not seen, is written as its escape: a name must not look like
another one.
"""

from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from reconciler.errors import printable


def pages(package: str) -> Environment:
    """Load templates of a package; a name that nobody gave is a mistake, and nothing is an empty text."""
    return Environment(
        loader=PackageLoader(package),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_shown,
    )


def _shown(value: Any) -> Any:
    """Escape unseen characters, but of what a template has made itself."""
    if value is None:
        return ""
    return printable(value) if isinstance(value, str) and not hasattr(value, "__html__") else value
