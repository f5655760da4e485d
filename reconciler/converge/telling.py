"""A convergence in; what became of each merge, for a terminal, for GitHub's pages and for machines, out."""

from collections.abc import Iterator
from typing import Any

from reconciler.converge.outcome import LEFT_OUT, Convergence, Done
from reconciler.report.markdown import inert
from reconciler.report.story import tell
from reconciler.words import count

_WAY_OUT = {
    "not approved": "Whoever must approve still can: {review}; or revert it and ask again.",
    "built on others": "It changes what reached the branch without approval: have that approved or taken back first.",
    "not valid": "Mend it by another pull request.",
    "moved": "Whoever approves it as it is now says so: {review} --body {fingerprint}; or revert it and ask again.",
    "failed": "The next run goes on from here.",
    "waits": "The daily run makes it as soon as what it waits for is there.",
    "cut off": "`reconciler cut --lift` gives it back.",
}
_ICONS = {
    "applied": ":white_check_mark:",
    "already so": ":white_check_mark:",
    "cut off": ":no_entry:",
    "waits": ":hourglass:",
}


def lines(convergence: Convergence) -> Iterator[tuple[bool, str]]:
    """Give each sentence, and whether it needs somebody's attention."""
    place = f"{convergence.target.environment}: {convergence.target.service.rsplit('/', 1)[-1]}"
    yield False, f"{place}, from {convergence.start[:12]} to {convergence.tip[:12]}"
    for done in convergence.done:
        yield done.result in _WAY_OUT, f"  {title(done)}"
        yield from ((done.result in _WAY_OUT, f"    {each}") for each in done.why)
        if done.plan is not None:
            yield from ((False, f"    {each.sign} {each.text}") for each in tell(done.plan).access)
        if done.result in _WAY_OUT:
            yield True, f"    {way_out(done)}"
    if not convergence.done:
        yield False, "  Nothing that matters was merged since the last apply."
    if convergence.withheld:
        yield True, f"  {_held(convergence)}"


def title(done: Done) -> str:
    """Say in a line what became of a merge."""
    name = done.merge.name if done.merge else "everything, as of today"
    number = sum(each.result == "done" for each in done.outcomes)
    made = f": {number} of {count(len(done.outcomes), 'change')}" if done.outcomes else ""
    return f"{name} {done.result}{made}"


def way_out(done: Done) -> str:
    """Say what somebody can do about it; of a plan that moved, with the fingerprint that stands for it now."""
    fingerprint = done.plan.fingerprint if done.plan else "FINGERPRINT"
    if done.merge is None and done.result == "moved":
        return f"Look at it, and run `reconciler converge --full --allow {fingerprint}` if it is meant."
    if done.merge is not None and done.merge.number is None and done.result == "not approved":
        return "Revert it, and ask again by a pull request."
    number = done.merge.number if done.merge else None
    # GitHub's pages offer no review after a merge; its API takes one (cli/cli #5038).
    return _WAY_OUT.get(done.result, "").format(review=f"gh pr review {number} --approve", fingerprint=fingerprint)


def markdown(convergence: Convergence) -> str:
    """Tell it for a job's summary."""
    head = f"### {inert(convergence.target.environment)}: {inert(convergence.target.service.rsplit('/', 1)[-1])}\n\n"
    parts = [_part(convergence, done) for done in convergence.done]
    held = f"\n:no_entry: {inert(_held(convergence))}\n" if convergence.withheld else ""
    return head + ("\n".join(parts) or "Nothing that matters was merged since the last apply.\n") + held


def comment(convergence: Convergence, done: Done) -> tuple[str, str]:
    """Give the marker and the text of the comment on a merge's pull request."""
    marker = f"<!-- reconciler: outcome in {convergence.target.environment} -->"
    return marker, f"{marker}\n**{inert(convergence.target.environment)}**: {_part(convergence, done)}"


def record(convergence: Convergence) -> dict[str, Any]:
    """Give the outcome record: what was applied, by which requests, and what is left out and why."""
    return {
        "format": 1,
        "environment": convergence.target.environment,
        "service": convergence.target.service,
        "from": convergence.start,
        "to": convergence.tip,
        "withheld": list(convergence.withheld),
        "merges": [_row(done) for done in convergence.done],
        "left_out": [
            {
                "commit": done.merge.after if done.merge else convergence.tip,
                "pull_request": done.merge.number if done.merge else None,
                "why": "; ".join(done.why),
                "paths": sorted(done.merge.edits) if done.merge else [],
            }
            for done in convergence.left_out
        ],
    }


def _held(convergence: Convergence) -> str:
    return f"Cut off by hand, until `reconciler cut --lift` gives it back: {', '.join(convergence.withheld)}"


def _part(convergence: Convergence, done: Done) -> str:
    icon = _ICONS.get(done.result, ":x:" if done.result in (*LEFT_OUT, "failed") else "")
    rows = [f"{icon} {inert(title(done))}"]
    rows += [f"- {inert(each)}" for each in done.why]
    if done.plan is not None:
        rows += [f"- `{each.sign}` {inert(each.text)}" for each in tell(done.plan).access]
    if done.result in _WAY_OUT:
        rows += ["", f"{inert(way_out(done))}"]
    if done.plan is not None:
        requests = [request for each in done.outcomes for request in each.requests]
        asked = (
            f"; Azure's correlation ids: {', '.join(f'`{inert(each)}`' for each in requests[:10])}" if requests else ""
        )
        more = f" and {len(requests) - 10} more" if len(requests) > 10 else ""  # noqa: PLR2004  a line's worth
        rows += ["", f"Commit `{convergence.tip[:12]}`, fingerprint `{done.plan.fingerprint}`{asked}{more}"]
    return "\n".join(rows) + "\n"


def _row(done: Done) -> dict[str, Any]:
    return {
        "commits": list(done.merge.commits) if done.merge else [],
        "pull_request": done.merge.number if done.merge else None,
        "result": done.result,
        "why": list(done.why),
        "fingerprint": done.plan.fingerprint if done.plan else None,
        "changes": [
            {
                "address": str(each.change.address),
                "action": each.change.action,
                "result": each.result,
                "because": each.because,
                "requests": list(each.requests),
            }
            for each in done.outcomes
        ],
    }
