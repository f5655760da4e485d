"""A scene in, Problems of reviews out: days that cannot be, and access that nobody looked at in time."""

from collections.abc import Iterator
from dataclasses import replace

from reconciler.check.scene import Scene
from reconciler.declarations import Declared, Review
from reconciler.errors import Problem
from reconciler.lasting import Lasting
from reconciler.load import REVIEWS


def problems(scene: Scene) -> Iterator[Problem]:
    """A campaign ends after it begins, nobody has looked at anything tomorrow, and where it says so a miss is told."""
    for grant in scene.declarations.grants:
        reviewed = grant.value.reviewed
        if reviewed is not None and reviewed.on > scene.day:
            yield scene.problem(grant, ("reviewed", "on"), f"{reviewed.on} is yet to come", "write the day it was done")
    review = scene.declarations.review
    if review is not None:
        yield from _campaign(scene, review)


def _campaign(scene: Scene, review: Review) -> Iterator[Problem]:
    if review.due < review.opened:
        here = Declared("", "", review, REVIEWS)
        yield scene.problem(here, ("due",), f"it is due on {review.due}, before it is opened", "write a later day")
    if scene.day <= review.due:
        return
    lasting = Lasting(scene.declarations)
    for grant in scene.declarations.grants:
        names = [name for name in grant.value.environments if lasting.missed(grant, name) == "warn"]
        if names and lasting.unanswered(grant):
            message = f"nobody reviewed it by {review.due} ({', '.join(names)})"
            hint = "`reconciler review --status` says who should"
            yield replace(scene.problem(grant, (), message, hint), level="warning")
