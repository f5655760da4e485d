"""A company in; its service over TLS on loopback, its files in a repository, and runs of the tool as processes, out."""

import json
import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from organisations import SERVICE

from faults.company import Company, company
from faults.running import DAY, Ran
from faults.stage import Stage
from faults.watch import Side, Watch
from faults.zygote import Order, Zygote
from reconciler.emulator import Certificates, Running, serve

DEV = SERVICE.replace("apim-test", "apim-dev")
_DESIGNED = frozenset({0, 1, 2, 3, 4, 5, 10, 130})  # exit codes
_QUIET = 0.01  # seconds
_LONGEST = 300  # characters of what a run said


class Late:
    """A door that is opened before what is behind it is there: files name its port."""

    watch: Watch | None = None

    async def __call__(self, scope: object, receive: object, send: object) -> None:
        if self.watch is None:
            raise ConnectionError("nothing is there yet")
        await self.watch(scope, receive, send)  # type: ignore[arg-type]


@dataclass
class Served:
    """A stage whose runs are processes of their own."""

    stage: Stage
    first: Stage  # of the environment that a CI run comes to before
    zygote: Zygote
    running: Running
    folder: Path

    def order(self, *arguments: str, said: str | os.PathLike[str] | None = None, **environment: str) -> Order:
        own = {**self.running.environment, "RECONCILER_AS_OF": str(DAY), "XDG_CACHE_HOME": str(self.folder / "cache")}
        return Order(arguments, self.folder, own | environment, said or self.folder / "said")

    def apply(self, name: str = "prod") -> Order:
        return self.order("apply", "--environment", name, "--previous", "HEAD~1", "--yes")

    def ran(self, order: Order | None = None) -> Ran:
        """Run it to its end."""
        return self.told(self.zygote.run(order or self.apply()))

    def told(self, code: int) -> Ran:
        """Turn an exit code into what a run said."""
        self.rest()
        said = (self.folder / "said").read_text(errors="replace").strip()[-_LONGEST:]
        broken = (
            said
            if "Traceback" in said or "A mistake in reconciler itself" in said or (code not in _DESIGNED and code >= 0)
            else ""
        )
        return Ran(refused=f"exit code {code}: {said}" if code > 0 else "", broken=broken, killed=code < 0)

    def killed(self, at: int, side: Side, number: signal.Signals = signal.SIGKILL, order: Order | None = None) -> Ran:
        """Run until a request; there the process gets a signal, and after one that kills no answer."""
        watch = self.stage.watch

        def act() -> bool:
            self.zygote.kill(number)
            return number != signal.SIGKILL

        watch.at, watch.side, watch.act = at, side, act
        return self.told(self.zygote.run(order or self.apply()))

    def rest(self) -> None:
        """Wait until nothing that a run has sent is still under way."""
        watch, seen = self.stage.watch, -1
        while watch.running or watch.passed != seen:
            seen = watch.passed
            time.sleep(_QUIET)


@contextmanager
def served(changes: int, certified: Certificates) -> Iterator[Served]:
    """Begin. There must be no threads yet."""
    zygote, late = Zygote(), Late()
    with serve(certified=certified, app=late) as running, tempfile.TemporaryDirectory(prefix="faults-") as name:
        made = company(changes, endpoint=running.url, also=DEV)
        first = Stage(made, running.azure, DEV, "dev")
        stage = Stage(made, running.azure)
        late.watch = stage.watch
        yield Served(stage, first, zygote, running, _repository(Path(name), made))
        zygote.close()


def _repository(folder: Path, made: Company) -> Path:
    """Two commits: what was declared, and what is declared now."""
    _git(folder, "init", "--quiet", "--initial-branch=main")
    for files in (made.before, made.after):
        _git(folder, "rm", "-r", "--quiet", "--ignore-unmatch", "access")
        for path, value in files.items():
            place = folder / "access" / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(value if isinstance(value, str) else json.dumps(value))
        _git(folder, "add", "access")
        _git(folder, "commit", "--quiet", "--message", "What is declared")
    return folder


def _git(folder: Path, *arguments: str) -> None:
    who = ("-c", "user.name=a", "-c", "user.email=a@contoso.example", "-c", "commit.gpgsign=false")
    subprocess.run(["git", *who, *arguments], cwd=folder, check=True, capture_output=True)  # noqa: S603, S607
