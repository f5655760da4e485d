"""Packs of evidence on disk: the one before a new one found, a new one put there, and several verified."""

import os
from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from pathlib import Path

from reconciler.cli.console import out
from reconciler.cli.run import WrongUsage
from reconciler.errors import Refused, printable
from reconciler.evidence import MANIFEST, Asked, Manifest, NoPack, manifest_of, verify
from reconciler.folder import write
from reconciler.words import count


def before(output: Path, previous: Path | None, asked: Asked, folder: str) -> Manifest | None:
    """Give the manifest of the pack that a new one follows, if there is one. Raises Refused where days lie between."""
    found = (_named(previous),) if previous else tuple(_beside(output))
    same = [
        each for each in found if (each[1].folder, each[1].product, each[1].team) == (folder, asked.product, asked.team)
    ]
    if previous and not same:
        raise Refused(f"{previous} is about something else: packs of one chain are about the same.")
    earlier = [each for each in same if each[1].last < asked.period.first or previous]
    if not earlier:
        return None
    place, manifest = max(earlier, key=lambda each: each[1].last)
    if wrong := verify({place.name: _read(place)}):
        raise Refused("\n".join((*wrong, f"{place} is not whole: no pack follows it.")))
    next_day = manifest.last + timedelta(days=1)
    if asked.period.first != next_day:
        raise Refused(
            f"{place} ends on {manifest.last}, so that the next pack begins on {next_day}: --from {next_day}. "
            "Or begin a new chain: --begin."
        )
    return manifest


def _named(place: Path) -> tuple[Path, Manifest]:
    pack = _read(place)
    if MANIFEST not in pack:
        raise NoPack(f"{place} is no pack of evidence: there is no {MANIFEST}.")
    try:
        return place, manifest_of(pack[MANIFEST])
    except NoPack as error:
        raise NoPack(f"{place}: {error}.") from error


def _beside(output: Path) -> Iterator[tuple[Path, Manifest]]:
    """Find the packs that lie beside a place; what is none, or of no use, is left alone."""
    for place in sorted(output.absolute().parent.glob(f"*/{MANIFEST}")):
        if place.parent != output.absolute():
            yield _named(place.parent)


def put(output: Path, files: Mapping[str, bytes], manifest: Manifest) -> None:
    """Write a pack, the manifest last. Nothing that is there is written over."""
    whole = {**files, MANIFEST: manifest.text.encode()}
    if output.exists() and not output.is_dir():
        raise WrongUsage(f"{output} is a file: name a new folder.")
    there = _read(output) if output.exists() else {}
    if there and there != whole:
        raise WrongUsage(f"{output} holds something else already, and evidence is not written over: name a new folder.")
    write(output, whole, tell=lambda _: None)


def checked(places: Iterable[Path]) -> None:
    """Verify packs, and say what is wrong. Raises NoPack where anything is."""
    found = dict.fromkeys(pack for place in places for pack in _packs(place))
    if wrong := verify({str(place): _read(place) for place in found}):
        raise NoPack("\n".join(map(printable, wrong)))
    manifests = sorted((manifest_of((place / MANIFEST).read_bytes()) for place in found), key=lambda each: each.first)
    first, last = manifests[0], manifests[-1]
    out().print(
        f"{count(len(found), 'pack')} whole: {first.first} to {last.last}, and no day is left out.", soft_wrap=True
    )
    out().print(f"Digest {last.digest}. Whoever kept it can tell that none of them was written anew.", soft_wrap=True)
    if first.before:
        said = f"It follows a pack of {first.before.first} to {first.before.last} with digest {first.before.digest}."
        out().print(f"{said} Verify that one, too.", soft_wrap=True)


def _packs(place: Path) -> Iterator[Path]:
    """Give the pack that a folder is, or those that are in it."""
    if not place.is_dir():
        raise WrongUsage(f"{place} is no folder: name that of a pack.")
    inside = sorted(each for each in place.iterdir() if each.is_dir())
    if not (place / MANIFEST).exists() and any((each / MANIFEST).exists() for each in inside):
        yield from inside
    else:
        yield place


def _read(place: Path) -> dict[str, bytes]:
    """Read every file below a folder, hidden ones too: what was added is not to be overlooked."""
    found = {}
    for folder, _, names in os.walk(place):
        for name in names:
            path = Path(folder, name)
            found[path.relative_to(place).as_posix()] = path.read_bytes()
    return found
