"""An Audit in, one HTML file to send around out: nothing is loaded from elsewhere, and nothing in it is executed."""

from collections.abc import Iterable
from itertools import groupby
from typing import Final

from reconciler.audit.look import Audit
from reconciler.findings import Finding, Rule
from reconciler.html import pages
from reconciler.reach import AROUND, WAYS

_TEMPLATES: Final = pages("reconciler.audit")
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
