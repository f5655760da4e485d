"""A size, a seed and how much of it is in place in; an estate out: declarations and a service, as values or files."""

import argparse
import json
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from random import Random
from typing import Any, Literal, get_args

from bench.company import draw
from bench.drift import drift
from bench.folder import ENDPOINT, SERVICE, contents
from bench.service import Entities, before_anything, in_place, ordered
from bench.sizes import SIZES, Size
from bench.unmanaged import unmanaged
from reconciler.compile import compile as meaning
from reconciler.declarations import Declarations
from reconciler.load import load
from reconciler.sources import Files

InPlace = Literal["none", "most", "all"]
ENVIRONMENT = "prod"
DAY = date(2026, 11, 23)  # grants have dates, and one estate is to be the same next year


@dataclass(frozen=True, slots=True)
class Estate:
    """An estate. `differs` are the addresses that a plan names; None where nothing is in place and it names all."""

    files: Files
    declarations: Declarations
    service: str
    entities: Entities
    differs: tuple[str, ...] | None

    @property
    def seed(self) -> dict[str, Any]:
        """Give the seed for `reconciler emulate --seed`."""
        return {"services": {self.service: {"fresh": True, "entities": self.entities}}}


def estate(size: Size, *, seed: int, place: InPlace = "most", day: date = DAY) -> Estate:
    """Draw an estate. Raises ValueError if it would not load."""
    rng = Random(f"{size.name} {seed}")
    company = draw(rng, size, day)
    files = Files("access", contents(company))
    loaded = load(files)
    if loaded.problems:
        raise ValueError("\n".join(map(str, loaded.problems)))
    desired = meaning(loaded.declarations, ENVIRONMENT, day=day)
    differs: tuple[str, ...] | None = None
    if place == "none":
        entities = before_anything(company, desired)
    else:
        desired, entities = in_place(rng, company, desired)
        differs = drift(rng, desired, entities) if place == "most" else ()
    entities |= unmanaged(rng, size, company, desired, entities)
    return Estate(files, loaded.declarations, SERVICE, ordered(entities), differs)


def write(made: Estate, folder: Path) -> None:
    """Write `access/` and `seed.json` into a folder where neither is yet."""
    for path, content in made.files.contents.items():
        file = folder / "access" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    (folder / "seed.json").write_text(json.dumps(made.seed, indent=1, ensure_ascii=False) + "\n")


def main(arguments: list[str] | None = None) -> None:
    """Read the command line."""
    parser = _parser()
    asked = parser.parse_args(arguments)
    folder: Path = asked.out
    if (folder / "access").exists() or (folder / "seed.json").exists():
        parser.error(f"{folder} holds an estate already; name another --out, or remove that one")
    made = estate(SIZES[asked.size], seed=asked.seed, place=asked.in_place, day=asked.day)
    write(made, folder)
    _say(made, folder, asked.day)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m bench.estate",
        description="Make a company that never was: a folder of declarations, and the API Management service it meets, "
        "as a seed for the local Azure. The same size and seed give the same bytes, on every machine.",
        epilog="Then: run `reconciler emulate` with the seed, and `reconciler plan` against it; the exact commands are "
        "printed at the end.",
    )
    sizes = "; ".join(f"{size.name}: {_counts(size)}" for size in SIZES.values())
    parser.add_argument("size", choices=SIZES, help=sizes)
    parser.add_argument("--seed", type=int, default=7, help="another number, another company (default: 7)")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="access/ and seed.json go there")
    parser.add_argument(
        "--in-place",
        choices=get_args(InPlace),
        default="most",
        help="how much of what is declared is in the service: none of it, as before the first apply, and the plan "
        "makes everything; most, all but half a percent, as on any day; all, where the plan is empty (default: most)",
    )
    parser.add_argument(
        "--day", type=date.fromisoformat, default=DAY, help=f"the day on which the estate stands (default: {DAY})"
    )
    return parser


def _counts(size: Size) -> str:
    return (
        f"{size.teams:,} teams, {size.apis:,} APIs, {size.products:,} products, {size.grants:,} grants, "
        f"{size.subscriptions:,} subscriptions, {size.fragments:,} fragments"
    )


def _say(made: Estate, folder: Path, day: date) -> None:
    port = ENDPOINT.rpartition(":")[2]
    differs = "everything declared" if made.differs is None else f"{len(made.differs)} changes"
    print(f"""\
{len(made.files.contents):,} files in {folder}/access, {len(made.entities):,} entities in {folder}/seed.json.

Now, in one terminal, the service:

    reconciler emulate --port {port} --seed {folder}/seed.json --env {folder}/azure.env

and in another, when it has printed what to export, the tool. Its plan should name {differs}:

    set -a; . {folder}/azure.env; set +a
    reconciler validate --access {folder}/access --as-of {day}
    reconciler plan --access {folder}/access --environment {ENVIRONMENT} --as-of {day}""")


if __name__ == "__main__":
    main()
