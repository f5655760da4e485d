"""A company in; its service before the run, anew for each case, and what an undisturbed run makes of it, out."""

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from cloud import Cloud
from organisations import SERVICE, declared

from faults.company import Company
from faults.doors import Facts, bare, made_unasked
from faults.running import DAY, Ran, run
from faults.watch import Watch
from reconciler.cli.wanted import Wanted
from reconciler.emulator import Azure, Settings
from reconciler.emulator.operations import Operations

_DATES = re.compile(r"\d{4}-\d{2}-\d{2}")
_KEYS = ("primaryKey", "secondaryKey")

Abstract = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class Undisturbed:
    """What an undisturbed run asks, takes away and leaves behind."""

    asked: tuple[tuple[str, str], ...]
    gone: frozenset[str]
    left: Abstract


class Stage:
    """One emulated service with the company in it, before its change is applied."""

    def __init__(
        self, company: Company, azure: Azure | None = None, service: str = SERVICE, environment: str = "prod"
    ) -> None:
        self.company, self.service, self.environment = company, service, environment
        self.azure = azure or Azure(Settings())
        self.wanted = Wanted(declared(company.after, DAY), declared(company.before, DAY))
        self._prepare()
        self._first = self.azure.service(service).copy()
        self._keys = self._secrets()
        self._created = self._dates()
        self.watch = Watch(self.azure, service)
        self.undisturbed = self._plausible(self.reference())

    def _prepare(self) -> None:
        cloud = Cloud(self.azure, service=self.service, environment=self.environment).seed(self.company.living)
        cloud.converge(self.wanted.previous or {}, day=DAY)
        cloud.seed(self.company.foreign)

    def reset(self) -> "Stage":
        """Make everything as it was before the run."""
        fresh = self._first.copy()
        fresh.operations = Operations()  # a copy shares them
        self.azure.services["/".join(self.service.strip("/").split("/")).lower()] = fresh
        self.azure.earlier.clear()  # or a stale read would see what the case before has left
        self.calm()
        self.watch.begin()
        return self

    def calm(self) -> None:
        """End every fault."""
        self.azure.faults.clear()
        settings = self.azure.settings
        settings.late_failures.clear()
        settings.slow_polls, settings.slow_retry_after, settings.clock = 0, 1, time.time
        self.watch.at = 0

    def run(self) -> Ran:
        return run(self.watch, self.wanted, self.service, self.environment)

    def reference(self, act: Callable[["Stage"], None] = lambda _: None) -> Undisturbed:
        """Let a run go undisturbed, after what another hand did."""
        self.reset()
        act(self)
        self.watch.begin()
        ran = self.run()
        if not ran.whole:
            raise AssertionError(f"an undisturbed run fails: {ran.said}")
        self.watch.look()
        gone = frozenset(bare(each) for each in self.watch.gone)
        return Undisturbed(tuple(self.watch.asked), gone, self.abstract())

    def _plausible(self, found: Undisturbed) -> Undisturbed:
        """Hold an undisturbed run against what is written down: a tool that is wrong without a fault is no measure."""
        if found.gone != self.company.ends:
            raise AssertionError(f"an undisturbed run takes away {sorted(found.gone ^ self.company.ends)}")
        before = self._first.collections[("subscriptions",)].keys()
        names = {path.partition("/")[2] for path in found.left if path.startswith("subscriptions/")}
        if unasked := {name for name in names - before if made_unasked(f"subscriptions/{name}")}:
            raise AssertionError(f"an undisturbed run leaves the keys that Azure made: {unasked}")
        self.watch.begin()
        if (again := self.run()).outcomes:
            raise AssertionError(f"after an undisturbed run there is still to do: {again.outcomes[0].change.address}")
        return found

    def facts(self) -> Facts:
        return self.watch.facts()

    def abstract(self) -> Abstract:
        """Say what is there, with words for what no two runs have alike.

        A key is `kept` or `made anew`, by what it was before; so is the day of a subscription's creation. A day in a
        comment is `DAY`. Nothing else is left out: not the ids that Azure makes, not the order of what has one.
        """
        return {path: self._worded(path, each) for path, each in self.azure.snapshot(self.service).items()}

    def _worded(self, path: str, properties: Mapping[str, Any]) -> Mapping[str, Any]:
        said = dict(properties)
        if path.startswith("subscriptions/"):
            held = self.azure.secrets(self.service, path)
            said |= {name: _kept(held.get(name), self._keys.get((path, name))) for name in _KEYS}
            said["createdDate"] = _kept(properties.get("createdDate"), self._created.get(path))
        if comment := said.get("stateComment"):
            said["stateComment"] = _DATES.sub("DAY", comment)
        return said

    def _secrets(self) -> dict[tuple[str, str], Any]:
        return {
            (path, name): self.azure.secrets(self.service, path).get(name)
            for path in self.azure.snapshot(self.service)
            if path.startswith("subscriptions/")
            for name in _KEYS
        }

    def _dates(self) -> dict[str, Any]:
        return {path: each.get("createdDate") for path, each in self.azure.snapshot(self.service).items()}


def _kept(now: Any, before: Any) -> str:
    if not now:
        return "missing"
    return "kept" if now == before else "made anew"
