"""A service, its repository and GitHub in; every approved merge since the last one applied, applied in its turn, out.

It always begins at what the service remembers, so that a run that was cancelled or replaced loses nothing, and what is
on the branch without approval is left out together with what was built on it.
"""

from collections import Counter
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import date

from reconciler.access import Access
from reconciler.apply import Outcome
from reconciler.approved import standing_on_others, with_edits
from reconciler.as_applied import as_applied
from reconciler.asked import asked
from reconciler.azure.remembering import Remembered, following, recall, remember
from reconciler.azure.scoped_reading import read_for
from reconciler.azure.session import Session
from reconciler.converge.cut_off import over
from reconciler.converge.expected import expected, surprises, unseen
from reconciler.converge.judging import GitHubSide, ruling
from reconciler.converge.merges import Merge, Place, merges
from reconciler.converge.outcome import LEFT_OUT, Convergence, Done, became
from reconciler.converge.standing import Standing, standing
from reconciler.converge.start import same_service, start
from reconciler.cutting.acting import Order, held
from reconciler.declarations import Declarations
from reconciler.errors import Conflict, DeclarationError, UnsafePlan
from reconciler.guard import gone_around, limit_removals
from reconciler.memory import Applied, Full
from reconciler.plan import Plan, Target, plan_for, settings_of
from reconciler.sources import from_revision
from reconciler.withheld import Withheld, selector, withheld

Write = Callable[[Plan], Awaitable[tuple[Outcome, ...]]]


async def converge(
    session: Session,
    place: Place,
    side: GitHubSide,
    environment: str,
    *,
    day: date,
    write: Write,
    full: bool = False,
    allow: str | None = None,
) -> Convergence:
    """Apply what is merged and approved; `full` looks at everything besides: drift, and what ended by its date.

    `allow` is the fingerprint of a full plan that removes more than the limits and is meant.

    Raises NotRemembered where the service does not say, or not reliably, what was applied: then nothing is written.
    """
    remembered = await recall(session)
    applied, commits = start(place, remembered, environment)
    walk = _Walk(session, place, side, environment, day, write, remembered, applied)
    found = merges(place, (each for each in commits if each not in applied.also), side.there.merged_by)
    for merge in found:
        await walk.take(merge)
    if commits:
        await walk.arrive()
    if full:
        await walk.look_at_everything(allow)
    return Convergence(
        Target(environment, session.service),
        applied.commit,
        place.tip,
        done=tuple(walk.done),
        remembered=tuple(walk.records),
        withheld=walk.applied.withheld,
    )


@dataclass(slots=True)
class _Walk:
    session: Session
    place: Place
    side: GitHubSide
    environment: str
    day: date
    write: Write
    remembered: Remembered
    applied: Applied
    done: list[Done] = field(default_factory=list)
    records: list[Applied] = field(default_factory=list)
    full: bool = False
    now: Standing = field(init=False)
    recorded: Standing = field(init=False)

    def __post_init__(self) -> None:
        contents = as_applied(self.place.repository, self.place.folder, self.applied)
        self.now = self.recorded = standing(self.place.folder, contents, self.day)
        same_service(self.now.declarations, self.applied, self.session.service)

    async def take(self, merge: Merge) -> None:
        """Apply a merge if it is approved, and remember it as long as nothing before it failed."""
        done, after = await self.judged(merge)
        left_out_before = any(each.result in LEFT_OUT for each in self.done) or bool(self.applied.also)
        self.done.append(done)
        if done.result in LEFT_OUT:
            return
        self.now = after
        if self.full or any(each.result == "failed" for each in self.done):
            return
        also = (*self.applied.also, *merge.commits) if left_out_before else ()
        try:
            await self.remember(commit=self.applied.commit if left_out_before else merge.after, also=also, done=done)
        except Full as error:  # the next run looks again at it and at what comes after it, and finds it made
            self.full = True
            self.done[-1] = replace(done, why=(*done.why, f"not remembered: {error}"))

    async def judged(self, merge: Merge) -> tuple[Done, Standing]:
        if merge.unfit:
            return Done(merge, "not valid", (merge.unfit,)), self.now
        if others := standing_on_others(self.now.contents, merge.edits):
            return Done(merge, "built on others", tuple(f"{each} was changed before it" for each in others)), self.now
        after = standing(self.place.folder, with_edits(self.now.contents, merge.edits), self.day)
        if wrong := sorted(after.problems - self.now.problems):
            return Done(merge, "not valid", tuple(map(str, wrong))), self.now
        rule = ruling(self.place, self.side, merge, self.now.declarations, after.declarations, day=self.day)
        if not rule.allowed:
            return Done(merge, "not approved", rule.why), self.now
        return await self.made(merge, after, rule.named), after

    async def made(self, merge: Merge, after: Standing, named: frozenset[str]) -> Done:
        """Apply what was approved: that plan, or one in which nobody gains or loses anything else."""
        was = self.now.declarations
        if self.environment not in after.declarations.environments:
            return Done(merge, "already so", (f"{self.environment} is no environment any more",))
        lapsed = over(self.withheld, was, after.declarations, self.environment, self.day)
        held = self.withheld.without(*lapsed)
        asks = asked(after.declarations, was, self.environment, day=self.day, scoped=True, withheld=held)
        target, settings = Target(self.environment, self.session.service), settings_of(after.declarations.guardrails)
        try:
            actual = await read_for(self.session, asks)
            plan = plan_for(asks, target, actual, day=self.day, settings=settings)
            approved = expected(asks, was, target, day=self.day, settings=settings)
        except DeclarationError as error:
            return Done(merge, "moved", tuple(map(str, error.problems)))
        if (around := gone_around(plan)) and plan.fingerprint not in named:
            return Done(merge, "moved", (around,), plan)
        if plan.fingerprint not in (approved.fingerprint, *named):
            gone = (f"{each} would go, and no file that was approved says so" for each in unseen(approved, plan))
            if new := (*map(_said, surprises(approved, plan)), *gone):
                return Done(merge, "moved", new, plan)
        outcomes = await self.written(plan, after.declarations)
        return became(merge, plan, outcomes, hoped_for=len(approved.written.changes), lapsed=lapsed)

    async def look_at_everything(self, allow: str | None) -> None:
        """Converge to what is approved, and to the day: removals that no date asked for are held to the limits."""
        if self.environment not in self.now.declarations.environments:
            return
        now, was = self.now.declarations, self.recorded.declarations
        asks = asked(now, was, self.environment, day=self.day, scoped=False, withheld=self.withheld)
        settings = settings_of(now.guardrails)
        actual = await read_for(self.session, asks)
        plan = plan_for(asks, Target(self.environment, self.session.service), actual, day=self.day, settings=settings)
        if allow != plan.fingerprint and (refused := self.refused(plan)):
            self.done.append(Done(None, "moved", (refused,), plan))
            return
        self.done.append(became(None, plan, await self.written(plan, now), hoped_for=0))

    @property
    def withheld(self) -> Withheld:
        return withheld(self.applied.withheld)

    async def written(self, plan: Plan, declarations: Declarations) -> tuple[Outcome, ...]:
        """Write, and look whether somebody has cut off meanwhile what this may have given back."""
        outcomes = await self.write(plan)
        if outcomes:
            await self.heed(declarations)
        return outcomes

    async def heed(self, declarations: Declarations) -> bool:
        """Learn what was cut off since this run began, and end it again. Gives whether anything was."""
        found = await recall(self.session)
        here = (self.applied.commit, self.applied.also)
        if found.applied is None or (found.applied.commit, found.applied.also) != here:
            return False
        new = set(found.applied.withheld) - set(self.applied.withheld)
        moved = found.etag != self.remembered.etag
        self.applied, self.remembered = found.applied, found
        for each in sorted(new):
            order = Order(selector(each), self.environment, self.day, "cut off while a run was under way", declarations)
            await held(self.session, order, self.write)
        return moved

    def refused(self, plan: Plan) -> str:
        limits = self.now.declarations.environments[self.environment].limits.removals
        try:
            limit_removals(plan, percent=limits.percent, at_least=limits.at_least)
        except UnsafePlan as error:
            return str(error)
        return ""

    async def arrive(self) -> None:
        """Where what is approved is what is on the branch, nothing is left out any more: say so in one word."""
        try:
            there = from_revision(self.place.repository, self.place.tip, self.place.folder).contents
        except DeclarationError:
            return
        if (self.done or self.applied.also) and there == self.recorded.contents:
            await self.remember(commit=self.place.tip, also=(), done=None)

    async def remember(self, *, commit: str, also: tuple[str, ...], done: Done | None) -> None:
        if (commit, also) == (self.applied.commit, self.applied.also):
            return
        outcomes = done.outcomes if done else ()
        told = {"fingerprint": done.plan.fingerprint, "outcomes": _counted(outcomes)} if done and done.plan else {}
        requests = tuple(request for each in outcomes for request in each.requests)
        more = {**told, **({"requests": requests} if requests else {})}
        for last in (False, True):
            left = self.withheld.without(*(done.lapsed if done else ())).selectors
            after = following(self.applied, commit=commit, also=also, withheld=tuple(sorted(map(str, left))), **more)
            try:
                self.remembered = await remember(self.session, after, self.remembered)
                break
            except Conflict:
                if last or not await self.heed(self.now.declarations):
                    raise
        self.applied = after
        self.records.append(self.applied)
        self.recorded = self.now


def _counted(outcomes: Iterable[Outcome]) -> dict[str, int]:
    return dict(Counter(each.result for each in outcomes))


def _said(access: Access) -> str:
    return f"{access.who}: {access.thing}, {access.how}"
