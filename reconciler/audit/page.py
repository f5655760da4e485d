"""An Audit in, one HTML file to send around out: nothing is loaded from elsewhere, and nothing in it is executed."""

from collections.abc import Iterable
from itertools import groupby
from typing import Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined

from reconciler.audit.look import Audit
from reconciler.errors import printable
from reconciler.findings import Finding, Rule
from reconciler.reach import AROUND, WAYS


def _shown(value: Any) -> Any:
    """Escape what turns text around or is not seen, too: a name must not look like another one."""
    return printable(value) if isinstance(value, str) and not hasattr(value, "__html__") else value


_TEMPLATES: Final = Environment(
    loader=PackageLoader("reconciler.audit"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    finalize=_shown,
)
_MOST = 200  # rows of one table: a page that nobody can scroll is read by nobody


def page(audit: Audit) -> str:
    """Render the page; every name that came from Azure is escaped."""
    apis = audit.apis()
    callers = audit.callers()
    return _TEMPLATES.get_template("audit.html").render(
        audit=audit,
        ways=WAYS,
        around=AROUND,
        by_way=audit.by_way(),
        apis=apis[:_MOST],
        more_apis=max(0, len(apis) - _MOST),
        callers=callers[:20],
        rules=list(by_rule(audit.found)),
        widest=max([sum(ways.values()) for _, ways in apis] or [1]),
        reached=max([number for _, number in callers] or [1]),
        most=_MOST,
    )


def by_rule(found: Iterable[Finding]) -> Iterable[tuple[Rule, list[Finding]]]:
    """Gather findings under their rule, in the order of the rules."""
    for rule, each in groupby(found, key=lambda finding: finding.rule):
        yield rule, list(each)
