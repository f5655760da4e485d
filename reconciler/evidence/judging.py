"""An event, who reviewed, and who is in which team, in; who had to approve it, who did, and whether they might, out."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final, Literal

from reconciler.approvals import Brought, Need, approved_in, needed
from reconciler.lives import Event, Point, Told

Verdict = Literal[
    "approved",
    "approved by whom it is not known to be theirs",
    "approved by nobody who may",
    "own request",
    "came by no pull request",
    "not known",
    "nobody had to",
    "first files",
    "by its date",
]
Says = Literal["GitHub", "the commit", ""]
WRONG: Final[tuple[Verdict, ...]] = ("approved by nobody who may", "own request", "came by no pull request")


@dataclass(frozen=True, slots=True)
class Reviews:
    """What GitHub knows, where it was asked: how each commit came, and who is in each of its teams."""

    commits: Mapping[str, Brought] = field(default_factory=dict)
    members: Mapping[str, frozenset[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Judged:
    """Who had to approve an event, who did by whose word, who of them might, and for which team.

    `number` is the pull request that brought it, as GitHub knows.
    """

    verdict: Verdict
    needs: tuple[Need, ...] = ()
    by: tuple[str, ...] = ()
    says: Says = ""
    entitled: tuple[tuple[str, str], ...] = ()
    number: int | None = None


class Judge:
    """Judges by what was declared before each commit, never by what it makes of it."""

    def __init__(self, told: Told, reviews: Reviews) -> None:
        self.reviews = reviews
        self.first = told.points[0] if told.points else None
        self.points: dict[str, Point] = {}
        for point in told.points:
            for revision in (point.revision, *point.touched.values()):
                self.points.setdefault(revision.commit, point)
        self.known: dict[str, tuple[Need, ...]] = {}

    def judged(self, event: Event, paths: Iterable[str]) -> Judged:
        """Judge an event by what had to be approved of these files."""
        found = self.reviews.commits.get(event.commit)
        return replace(self.told(event, paths, found), number=found.number if found else None)

    def told(self, event: Event, paths: Iterable[str], found: Brought | None) -> Judged:
        point = self.points.get(event.commit)
        if point is None or event.revision is None:
            return Judged("by its date")
        if point is self.first:
            return Judged("first files")
        where = {*paths, event.path}
        needs = tuple(each for each in self.needs(point) if each.path in where)
        if not needs:
            return Judged("nobody had to")
        if found is not None and found.number is None:
            return Judged("came by no pull request", needs, says="GitHub")
        by = found.approved if found else approved_in(event.revision.message)
        says: Says = "GitHub" if found else "the commit" if by else ""
        if not by:
            return Judged("approved by nobody who may" if found else "not known", needs, says=says)
        return self.weighed(event, point, Judged("approved", needs, by, says))

    def weighed(self, event: Event, point: Point, said: Judged) -> Judged:
        own = self.requesters(event, point)
        counts = [login for login in said.by if login.lower() not in own]
        pairs = ((login, team) for need in said.needs for team in need.teams for login in counts)
        entitled = tuple(dict.fromkeys(pair for pair in pairs if self.may(*pair, point)))
        teams = {team for _, team in entitled}
        open_needs = [need for need in said.needs if not teams & set(need.teams)]
        verdict: Verdict = said.verdict
        if not counts:
            verdict = "own request"
        elif any(self.hidden(team, point) for need in open_needs for team in need.teams):
            verdict = "approved by whom it is not known to be theirs"
        elif open_needs:
            verdict = "approved by nobody who may"
        return replace(said, verdict=verdict, entitled=entitled)

    def needs(self, point: Point) -> tuple[Need, ...]:
        commit = point.revision.commit
        if commit not in self.known:
            self.known[commit] = needed(point.before, point.after, day=point.revision.day)
        return self.known[commit]

    def requesters(self, event: Event, point: Point) -> set[str]:
        """Name whose request it is: who wrote it, and whom its file names."""
        asked = (grant.value.requested_by for grant in point.after.grants if grant.path == event.path)
        found = self.reviews.commits.get(event.commit)
        people = found.people if found else event.authors
        return {name.lower() for name in (*people, *asked) if name}

    def may(self, login: str, team: str, point: Point) -> bool:
        """Whether somebody reviewed for a team before the commit."""
        says = point.before.teams[team].value if team in point.before.teams else None
        if says is None:
            return False
        names = {*(says.reviewers or ()), *self.reviews.members.get(says.github or "", ())}
        return login.lower() in {name.lower() for name in names}

    def hidden(self, team: str, point: Point) -> bool:
        """Whether GitHub alone knows who is in a team, and was not asked."""
        says = point.before.teams[team].value if team in point.before.teams else None
        return bool(says and says.github and says.github not in self.reviews.members)
