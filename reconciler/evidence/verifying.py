"""Packs of evidence, as they lie there, in; what is wrong with any of them, or between them, in words, out."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from itertools import pairwise
from typing import Any, Final

from reconciler.evidence.manifest import MANIFEST, Manifest, NoPack, manifest_of, seal
from reconciler.json_text import from_json

Pack = Mapping[str, bytes]
_A_DAY: Final = timedelta(days=1)


def verify(packs: Mapping[str, Pack]) -> tuple[str, ...]:
    """Look at each pack, then at the chain that they make, by the names they lie under."""
    wrong: list[str] = []
    manifests: dict[str, Manifest] = {}
    for name, pack in packs.items():
        try:
            manifests[name] = _manifest(pack)
        except NoPack as error:
            wrong.append(f"{name}: {error}")
            continue
        wrong += [f"{name}: {text}" for text in (*_files(manifests[name], pack), *_days(manifests[name], pack))]
    chain = sorted(manifests.items(), key=lambda each: (each[1].first, each[1].last, each[0]))
    return (*wrong, *_chain(chain))


def _manifest(pack: Pack) -> Manifest:
    if MANIFEST not in pack:
        raise NoPack(f"there is no {MANIFEST}")
    return manifest_of(pack[MANIFEST])


def _files(manifest: Manifest, pack: Pack) -> Iterator[str]:
    for name, said in manifest.files.items():
        if name not in pack:
            yield f"{name} is missing"
        elif seal(pack[name]) != said:
            yield f"{name} was changed: its digest does not fit"
    yield from (
        f"{name} was added: the manifest does not know it"
        for name in sorted(pack.keys() - manifest.files.keys() - {MANIFEST})
    )


def _days(manifest: Manifest, pack: Pack) -> Iterator[str]:
    """Look whether every day is told, once and in order, and tells of as many grants as are listed for it."""
    try:
        whole: dict[str, Any] = from_json(pack.get("evidence.json", b""))
        days = [(date.fromisoformat(row["day"]), row["in_force"]) for row in whole["days"]]
        grants = [(str(row["since"]), str(row["ended"] or "9999")) for row in whole["grants"]]
    except (ValueError, KeyError, TypeError):
        if "evidence.json" in pack:
            yield "evidence.json is none that this tool wrote"
        return
    wanted = [manifest.first + each * _A_DAY for each in range((manifest.last - manifest.first).days + 1)]
    told = [day for day, _ in days]
    if left_out := sorted(set(wanted) - set(told)):
        yield f"{_listed(left_out)} left out"
    elif told != wanted:
        yield "its days are not those of its period, each once and in order"
    for day, number in days:
        there = sum(since <= str(day) < ended for since, ended in grants)
        if there != number:
            yield f"{day} tells of {number} grants in force, and {there} are listed"


def _listed(days: Sequence[date]) -> str:
    return f"{days[0]} is" if len(days) == 1 else f"{len(days)} days, the first of them {days[0]}, are"


def _chain(chain: Sequence[tuple[str, Manifest]]) -> Iterator[str]:
    for (earlier, was), (name, now) in pairwise(chain):
        if (was.product, was.team, was.folder) != (now.product, now.team, now.folder):
            yield f"{name} is not about the same as {earlier}: they are no chain"
        elif now.first <= was.last:
            yield f"{name} begins on {now.first}, and {earlier} ends on {was.last}: they tell of the same days"
        elif now.first > was.last + _A_DAY:
            gap = [was.last + (each + 1) * _A_DAY for each in range((now.first - was.last).days - 1)]
            yield f"between {earlier} and {name} {_listed(gap)} left out"
        elif now.before is None:
            yield f"{name} is not chained to {earlier}: it names no pack before it"
        elif now.before.digest != was.digest:
            yield f"{name} is chained to another pack than {earlier}: one of them was made anew"
