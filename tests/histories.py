"""A seed and a length in; a git repository whose every grant's life is known, and those lives, out.

It is written by `git fast-import`. Whoever draws the history says of each step what it means for whom; nothing of the
code under test is asked. `line` gives what git would, of folders that are written down.
"""

import json
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from organisations import environment

from reconciler.revisions import Left, Line, Revision

FIRST = date(2026, 1, 5)
ENVIRONMENTS = ("dev", "prod")
_WORDS = ("search", "billing", "shop", "mobile", "stock", "press", "risk", "travel")


@dataclass
class Known:
    """A life as it happened: `events` are kinds with their days, and the numbers of their commits."""

    team: str
    grant: str
    environment: str
    to: str
    until: date | None
    events: list[tuple[str, date, int | None]]
    ended: date | None = None

    def as_told(self) -> tuple[Any, ...]:
        return self.team, self.grant, self.environment, self.to, self.until, tuple(self.events), self.ended


@dataclass
class Written:
    """A commit to write: the files as they are then, and how it came."""

    when: datetime
    files: dict[str, bytes]
    message: str
    author: str
    merges: bool = False


@dataclass
class History:
    """Everything that was drawn."""

    written: list[Written] = field(default_factory=list)
    over: list[Known] = field(default_factory=list)
    going: dict[tuple[str, str, str], Known] = field(default_factory=dict)
    skipped: list[int] = field(default_factory=list)
    days: list[date] = field(default_factory=list)
    names: list[str] = field(default_factory=list)

    def lives(self, day: date) -> list[Known]:
        """Give them as of a day, those included that ended by their date."""
        for known in list(self.going.values()):
            _lapse(known, day)
        return [*self.over, *self.going.values()]

    def write(self, folder: Path) -> None:
        """Write the repository, and learn the names of its commits."""
        run = ["git", "-c", "init.defaultBranch=main"]
        subprocess.run([*run, "init", "--quiet", folder], check=True)  # noqa: S603
        marks = folder / ".git/marks"
        importing = [*run, "fast-import", "--quiet", f"--export-marks={marks}"]
        subprocess.run(importing, cwd=folder, input=b"".join(self._stream()), check=True)  # noqa: S603
        known = dict(line.split() for line in marks.read_text().splitlines())
        self.names = [known[f":{2 * number + 2}"] for number in range(len(self.written))]
        subprocess.run([*run, "reset", "--quiet", "--hard", "main"], cwd=folder, check=True)  # noqa: S603

    def _stream(self) -> Any:
        before: dict[str, bytes] = {}
        for number, each in enumerate(self.written):
            parent, branch, mark = 2 * number, 2 * number + 1, 2 * number + 2
            changes = b"".join(_changes(before, each.files))
            if each.merges:
                yield _commit("refs/heads/side", branch, each, author=each.author, message="Ask\n", parents=[parent])
                yield changes
            author, parents = ("Merger", [parent, branch]) if each.merges else (each.author, [parent] if number else [])
            yield _commit("refs/heads/main", mark, each, author=author, message=each.message, parents=parents)
            yield changes
            before = each.files


def _commit(ref: str, mark: int, each: Written, *, author: str, message: str, parents: list[int]) -> bytes:
    who = f"{author} <{author.lower()}@contoso.example> {int(each.when.timestamp())} +0000"
    said = message.encode()
    lines = [f"commit {ref}", f"mark :{mark}", f"author {who}", f"committer {who}", f"data {len(said)}"]
    joins = [f"{word} :{parent}" for word, parent in zip(("from", "merge"), parents, strict=False)]
    return "\n".join(lines).encode() + b"\n" + said + b"\n" + "".join(f"{each}\n" for each in joins).encode()


def _changes(before: dict[str, bytes], after: dict[str, bytes]) -> Any:
    for path in before.keys() - after.keys():
        yield f"D {path}\n".encode()
    for path in sorted(after):
        if before.get(path) != after[path]:
            yield f"M 100644 inline {path}\ndata {len(after[path])}\n".encode() + after[path] + b"\n"


def _lapse(known: Known, day: date) -> bool:
    """End what is over by its date at the end of a day."""
    if known.ended is None and known.until is not None and known.until < day:
        known.ended = known.until + timedelta(days=1)
        known.events.append(("ended", known.ended, None))
    return known.ended is not None


def drawn(seed: int, length: int) -> History:
    """Draw one. Some clocks go wrong, and some commits cannot be read until a later one mends them."""
    random = Random(seed)  # noqa: S311  drawn to be repeated
    return _Drawing(random, length).history


class _Drawing:
    def __init__(self, random: Random, length: int) -> None:
        self.random, self.history = random, History()
        self.files: dict[str, Any] = {"environments.yaml": {name: environment() for name in ENVIRONMENTS}}
        self.grants: dict[tuple[str, str], dict[str, Any]] = {}
        self.products: list[str] = []
        self.used: set[str] = set()
        self.other = 0
        for name in ("owners", *_WORDS[:4]):
            self.files[f"{name}/team.yaml"] = {"display_name": name.title()}
        self.teams = list(_WORDS[:4])
        self.files["owners/apis.yaml"] = [{"api": f"api-{number}"} for number in range(4)]
        for number in range(4):
            self.publish(f"product-{number}", f"api-{number}")
        self.dates = self.draw_dates(length)
        self.days = self.history.days = self.count_from(self.dates)
        self.commit(0, "Begin")
        self.number = 1
        while self.number < length:
            self.draw(length)

    def publish(self, name: str, api: str, **more: Any) -> None:
        tiers = {"standard": {"rate": "10 per minute"}, "partner": {"rate": "90 per minute"}}
        product = {"environments": [*ENVIRONMENTS], "apis": [api], "manage": "access", "tiers": tiers}
        self.files[f"owners/products/{name}.yaml"] = {**product, "default_tier": "standard", **more}
        self.products.append(name)

    def draw_dates(self, length: int) -> list[datetime]:
        found, now = [], datetime(FIRST.year, FIRST.month, FIRST.day, 9, tzinfo=UTC)
        for _ in range(length):
            now += timedelta(hours=self.random.choice([0, 1, 5, 20, 30, 70]))
            wrong = timedelta(days=self.random.choice([-9, -2, 3, 8])) if self.random.random() < 0.05 else timedelta()
            found.append(now + wrong)
        return found

    @staticmethod
    def count_from(dates: list[datetime]) -> list[date]:
        """A commit counts from the first day on at whose end it or a later one is there."""
        return [min(each.date() for each in dates[number:]) for number in range(len(dates))]

    def commit(self, number: int, message: str, broken: str = "") -> None:
        files = {f"access/{path}": _text(value) for path, value in self.files.items()}
        files |= {f"access/{team}/grants/{name}.yaml": _text(says) for (team, name), says in self.grants.items()}
        files |= {f"access/{broken}": b"key: [\n"} if broken else {}
        files["README.md"] = f"{self.other}\n".encode()
        merges = number > 0 and self.random.random() < 0.4
        kind = self.random.choice(["", f" (#{number})"])
        said = f"Merge pull request #{number} from x/y\n\n{message}\n" if merges else f"{message}{kind}\n"
        author = self.random.choice(["Ada", "Ben", "Chloé"])
        self.history.written.append(Written(self.dates[number], files, said, author, merges))

    def draw(self, length: int) -> None:
        """Draw a commit; or three, of which the first cannot be read, and the last mends it."""
        number = self.number
        if self.random.random() < 0.04 and number + 3 <= length:
            self.commit(number, "Break", broken="search/grants/broken.yaml")
            self.steps(number + 1, self.days[number + 2])
            self.commit(number + 1, "Ask", broken="search/grants/broken.yaml")
            self.commit(number + 2, "Mend")
            files = [each.files for each in self.history.written[number - 1 :]]
            self.history.skipped += [number + each for each in (0, 1) if files[each] != files[each + 1]]
            self.number += 3
            return
        if self.random.random() < 0.08:
            self.other += 1
        else:
            self.steps(number, self.days[number])
        self.commit(number, "Ask")
        self.number += 1

    def steps(self, number: int, day: date) -> None:
        """Do something, or several things, each to another team, so that none of them looks like another."""
        if self.random.random() < 0.08:
            self.random.choice([self.rename_product, self.rename_team])(number, day)
            return
        for team in self.random.sample(self.teams, self.random.choice([1, 1, 1, 2, 3])):
            known = sorted(key for key in self.grants if key[0] == team)
            if not known or self.random.random() < 0.25:
                self.request(team, number, day)
            else:
                self.random.choice(self.ways())(self.random.choice(known), number, day)

    def ways(self) -> list[Callable[[tuple[str, str], int, date], None]]:
        lasting = [self.tier, self.extend, self.extend, self.shorten, self.rename, self.rename_saying_so, self.comment]
        return [*lasting, self.end, self.end_by_date, self.give_up_one, self.ask_for_one, self.repoint]

    def fresh(self) -> str:
        name = f"g{len(self.used)}"
        self.used.add(name)
        return name

    def last_day(self, day: date) -> str:
        return str(day + timedelta(days=self.random.choice([0, 1, 5, 20, 60])))

    def request(self, team: str, number: int, day: date) -> None:
        name = self.fresh()
        where = self.random.choice([["dev"], ["prod"], ["dev", "prod"]])
        says: dict[str, Any] = {"environments": where, "product": self.random.choice(self.products), "reason": "r"}
        says |= self.random.choice([{"key": True}, {"portal": True}, {"key": True, "portal": True}])
        if self.random.random() < 0.7:
            says["expires"] = self.last_day(day)
        self.grants[team, name] = says
        self.begin((team, name), where, number, day)

    def begin(self, key: tuple[str, str], where: list[str], number: int, day: date) -> None:
        says = self.grants[key]
        for name in where:
            until = _until(says)
            if until is None or until >= day:
                known = Known(*key, name, says["product"], until, [("requested", day, number)])
                self.history.going[*key, name] = known

    def close(self, key: tuple[str, str], where: list[str], number: int, day: date) -> None:
        for name in where:
            if known := self.history.going.pop((*key, name), None):
                if not _lapse(known, day):
                    known.ended = day
                    known.events.append(("ended", day, number))
                self.history.over.append(known)

    def happen(self, key: tuple[str, str], kind: str, number: int, day: date) -> None:
        """Something changed that is about every environment; what was over before begins anew, if it is not over."""
        says = self.grants[key]
        for name in says["environments"]:
            known = self.history.going.get((*key, name))
            if known is None or _lapse(known, day):
                self.close(key, [name], number, day)
                self.begin(key, [name], number, day)
            else:
                known.until = _until(says)
                known.events.append((kind, day, number))

    def tier(self, key: tuple[str, str], number: int, day: date) -> None:
        says = self.grants[key]
        says["tier"] = "partner" if says.get("tier") == "standard" else "standard"
        self.happen(key, "changed", number, day)

    def extend(self, key: tuple[str, str], number: int, day: date) -> None:
        says = self.grants[key]
        if "expires" in says:
            later = max(date.fromisoformat(says["expires"]), day) + timedelta(days=self.random.choice([1, 9, 30]))
            says["expires"] = str(later)
            self.happen(key, "renewed", number, day)

    def shorten(self, key: tuple[str, str], number: int, day: date) -> None:
        says = self.grants[key]
        if "expires" not in says or date.fromisoformat(says["expires"]) > day:
            says["expires"] = str(day)
            self.happen(key, "changed", number, day)

    def end_by_date(self, key: tuple[str, str], number: int, day: date) -> None:
        """Its last day is set to one that is over: this commit ends it."""
        says = self.grants[key]
        self.close(key, says["environments"], number, day)
        says["expires"] = str(day - timedelta(days=3))

    def comment(self, key: tuple[str, str], number: int, day: date) -> None:  # noqa: ARG002  nothing happens
        self.grants[key]["#"] = number

    def rename(self, key: tuple[str, str], number: int, day: date) -> None:
        self.move(key, (key[0], self.fresh()), number, day)

    def rename_saying_so(self, key: tuple[str, str], number: int, day: date) -> None:
        self.grants[key]["formerly"] = key[1]
        if self.random.random() < 0.5:
            self.grants[key]["reason"] = f"r{number}"
        self.move(key, (key[0], self.fresh()), number, day)

    def move(self, key: tuple[str, str], to: tuple[str, str], number: int, day: date) -> None:
        says = self.grants[to] = self.grants.pop(key)
        for name in says["environments"]:
            if known := self.history.going.pop((*key, name), None):
                if _lapse(known, day):
                    self.history.over.append(known)
                else:
                    known.team, known.grant = to
                    known.events.append(("renamed", day, number))
                    self.history.going[*to, name] = known

    def end(self, key: tuple[str, str], number: int, day: date) -> None:
        self.close(key, self.grants.pop(key)["environments"], number, day)

    def give_up_one(self, key: tuple[str, str], number: int, day: date) -> None:
        where = self.grants[key]["environments"]
        if len(where) > 1:
            self.close(key, where[:1], number, day)
            self.grants[key]["environments"] = where[1:]

    def ask_for_one(self, key: tuple[str, str], number: int, day: date) -> None:
        where = self.grants[key]["environments"]
        if more := [name for name in ENVIRONMENTS if name not in where]:
            self.grants[key]["environments"] = [*where, *more]
            self.begin(key, more, number, day)

    def repoint(self, key: tuple[str, str], number: int, day: date) -> None:
        says = self.grants[key]
        self.close(key, says["environments"], number, day)
        says["product"] = self.random.choice([each for each in self.products if each != says["product"]])
        self.begin(key, says["environments"], number, day)

    def rename_product(self, number: int, day: date) -> None:
        old = self.random.choice(self.products)
        new = f"{old}x"
        product = self.files.pop(f"owners/products/{old}.yaml")
        self.files[f"owners/products/{new}.yaml"] = {**product, "formerly": old}
        self.products[self.products.index(old)] = new
        for key, says in self.grants.items():
            if says["product"] == old:
                says["product"] = new
                for name in says["environments"]:
                    known = self.history.going.get((*key, name))
                    if known and not _lapse(known, day):
                        known.to = new
                        known.events.append(("renamed", day, number))

    def rename_team(self, number: int, day: date) -> None:
        old = self.random.choice(self.teams)
        new = f"{old}x"
        self.files[f"{new}/team.yaml"] = self.files.pop(f"{old}/team.yaml")
        self.teams[self.teams.index(old)] = new
        for key in sorted(key for key in self.grants if key[0] == old):
            self.move(key, (new, key[1]), number, day)


def _until(says: dict[str, Any]) -> date | None:
    return date.fromisoformat(says["expires"]) if "expires" in says else None


def _text(value: Any) -> bytes:
    """Write JSON, which is YAML; a comment goes below."""
    more = f"\n# {value['#']}" if isinstance(value, dict) and "#" in value else ""
    kept = {name: each for name, each in value.items() if name != "#"} if isinstance(value, dict) else value
    return f"{json.dumps(kept, indent=1)}{more}\n".encode()


def line(*steps: tuple[str, dict[str, Any]]) -> Line:
    """Make revisions of folders, each as it is from a day on."""
    found, before = [], dict[str, bytes]()
    for number, (day, contents) in enumerate(steps):
        after = {
            path: (each if isinstance(each, str) else json.dumps(each)).encode() for path, each in contents.items()
        }
        edits: dict[str, Left] = {
            path: after.get(path) for path in {*before, *after} if before.get(path) != after.get(path)
        }
        found.append(Revision(f"{number:040}", date.fromisoformat(day), ("Ada",), f"Step {number} (#{number})", edits))
        before = after
    return Line("access", found[-1].commit, tuple(found), shallow=False)
