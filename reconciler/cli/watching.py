"""Folders and an environment in; what they say and the service says out, read again where something has changed."""

import asyncio
import os
import threading
import time
from collections.abc import Coroutine, Iterator
from dataclasses import replace
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

from reconciler.assist.catalog import Catalog, Entry, entries
from reconciler.assist.definition import Definition, Operation, read
from reconciler.assist.live import Live, live_apis, operations
from reconciler.assist.world import World
from reconciler.azure.together import together
from reconciler.cli import run
from reconciler.cli.options import day
from reconciler.declarations import Declarations
from reconciler.errors import DeclarationError, NotFound, Problem, Unavailable
from reconciler.sources import Files

_LIVE_FOR, _PATIENCE = 300.0, 120.0  # seconds
_CLOSING = 0.25  # seconds that aiohttp asks for, to close what was given up over TLS
_KEPT = 64  # definitions that are taken apart
_LARGEST = 32 * 1024 * 1024
_APIS = "apis.yaml"
Stamp = tuple[tuple[str, int, int], ...]
T = TypeVar("T")


class Watched:
    """Gives the world as it is now. One at a time: tools ask from several threads."""

    def __init__(
        self,
        access: Path,
        catalog: Path | None = None,
        environment: str | None = None,
        as_of: datetime | None = None,
        *,
        live: bool = False,
        patience: float = _PATIENCE,
    ) -> None:
        self._access, self._catalog, self._environment = access, catalog, environment
        self._as_of, self._live, self._patience = as_of, live, patience
        self._lock = threading.Lock()
        self._known: tuple[object, World] | None = None
        self._read: tuple[float, Declarations, str, Live] | None = None

    def __call__(self) -> World:
        """Read what has changed. Raises DeclarationError where the files have mistakes."""
        with self._lock:
            today = day(self._as_of)
            seen = (today, _stamp(self._access), _stamp(self._catalog, _APIS) if self._catalog else ())
            if self._known is None or self._known[0] != seen:
                self._known = (seen, self._declared())
            world = self._known[1]
            if not self._live:
                return world
            name, live = self._service(world.declarations)
            if world.live.get(name) is not live:
                world = replace(world, live={name: live})
                self._known = (seen, world)
            return world

    def _declared(self) -> World:
        wanted = run.declared(self._access, day=day(self._as_of))
        files = Files(_shown(self._access), wanted.files.contents)
        catalog = catalog_of(self._catalog) if self._catalog else Catalog()
        return World(files, wanted.declarations, day(self._as_of), catalog)

    def _service(self, declarations: Declarations) -> tuple[str, Live]:
        now = time.monotonic()
        if self._read is None or self._read[0] + _LIVE_FOR < now or self._read[1] is not declarations:
            name = run.only(declarations, self._environment)
            self._read = (now, declarations, name, _within(self._patience, _live(declarations, name, self._patience)))
        return self._read[2], self._read[3]


def catalog_of(folder: Path) -> Catalog:
    """Read a catalog: its list at once, each definition when it is asked for."""
    try:
        content = (folder / _APIS).read_bytes()
    except OSError as error:
        hint = "`reconciler backstage -o` writes one"
        raise DeclarationError([Problem((folder / _APIS).as_posix(), 1, 1, "no catalog is here", hint)]) from error

    def text(entry: Entry) -> str:
        found = _below(folder, entry.path)
        return _text(found, *_age(found)) if found else ""

    def definition(entry: Entry) -> Definition | None:
        found = _below(folder, entry.path)
        return _taken_apart(found, entry.kind, *_age(found)) if found else None

    return Catalog(entries((folder / _APIS).as_posix(), content), definition, text)


def _below(folder: Path, path: str) -> Path | None:
    """Find a definition: what leads out of the folder is none."""
    top, found = folder.resolve(), (folder / path).resolve()
    return found if path and found.is_relative_to(top) and found.is_file() else None


def _age(path: Path) -> tuple[int, int]:
    about = path.stat()
    return about.st_mtime_ns, about.st_size


@lru_cache(maxsize=4096)
def _text(path: Path, _when: int, size: int) -> str:
    return path.read_bytes().decode(errors="replace") if size <= _LARGEST else ""


@lru_cache(maxsize=_KEPT)
def _taken_apart(path: Path, kind: str, when: int, size: int) -> Definition:
    return read(_text(path, when, size), kind)


def _stamp(folder: Path, name: str = "") -> Stamp:
    """Say when each file was written, so that one that changes is noticed; hidden ones do not count."""
    try:
        return tuple(sorted(_each(folder / name)))
    except OSError:
        return ()  # whoever reads it says what is wrong


def _each(path: Path) -> Iterator[tuple[str, int, int]]:
    if not path.is_dir():
        yield (str(path), *_age(path))
        return
    with os.scandir(path) as found:
        for each in found:
            if not each.name.startswith("."):
                yield from _each(Path(each.path))


def _shown(access: Path) -> str:
    """Name the folder as the repository does, as far as that can be seen: for patches and paths."""
    below = os.path.relpath(os.path.realpath(access))
    return access.resolve().name if below.startswith("..") else Path(below).as_posix()


async def _live(declarations: Declarations, name: str, patience: float) -> Live:
    async with run.connected(declarations, name) as session:
        doing = f"reading {declarations.environments[name].service_name}"
        service, apis, versions, withheld = await together(
            session.get("", doing), session.rows("apis"), session.rows("apiVersionSets"), run.withheld(session)
        )
    if service is None:
        raise NotFound(doing, status=404)

    @lru_cache(maxsize=_KEPT)
    def of(api: str) -> tuple[Operation, ...]:
        return _within(patience, _operations(declarations, name, api))

    return Live(live_apis(service.row, apis, versions), withheld, of)


async def _operations(declarations: Declarations, name: str, api: str) -> tuple[Operation, ...]:
    from reconciler.azure.session import path_of  # noqa: PLC0415  only where Azure is read

    async with run.connected(declarations, name) as session:
        return operations(await session.rows(path_of("apis/{}/operations", (api,))))


def _within(patience: float, reading: Coroutine[Any, Any, T]) -> T:
    """Read, and give up where an assistant would have long gone: whoever asks next waits for it."""

    async def read() -> T:
        try:
            async with asyncio.timeout(patience):
                return await reading
        except TimeoutError as error:
            await asyncio.sleep(_CLOSING)
            detail = f"no whole answer within {patience:g} seconds"
            raise Unavailable("reading the service", detail=detail) from error

    return asyncio.run(read())
