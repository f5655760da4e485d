"""Living services are adopted: everything that gives access gets a name, nothing changes, and nothing is written."""

import asyncio
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import get_args

import pytest
from cloud import Cloud
from organisations import ENDPOINT, TODAY
from ruamel.yaml import YAML
from samples import FOLDER, NAMES, PRESENT, entities, sample

from reconciler.adopt import Adoption, Live, adopt
from reconciler.azure.reading import fragment_texts, read
from reconciler.check import check
from reconciler.declarations import Declarations, Guardrails, Mode, OwnerMap
from reconciler.declarations.modes import in_mode
from reconciler.load import load
from reconciler.sources import Files

MODES: tuple[Mode, ...] = get_args(Mode)
NOTHING = Declarations({}, Guardrails(), OwnerMap(), {})
SAMPLES = [
    pytest.param(name, marks=pytest.mark.skipif(not PRESENT, reason=f"{FOLDER.name}/{name} is absent"))
    for name in NAMES
]


def adopted(
    cloud: Cloud, contents: Mapping[str, bytes] | None = None, environment: str = "prod"
) -> tuple[Adoption, dict[str, bytes]]:
    """Adopt a service into a folder, and give the folder as it is then."""
    there = dict(contents or {})
    visible = {path: content for path, content in there.items() if path[0] != "."}
    declarations = load(Files("access", visible)).declarations if visible else NOTHING

    async def run() -> Live:
        async with cloud.session() as session:
            state = await read(session)
            names = [each.name[0] for each in state if each.kind == "fragment"]
            return Live(environment, cloud.service, state, await fragment_texts(session, names), endpoint=ENDPOINT)

    adoption = adopt(declarations, there, asyncio.run(run()), day=TODAY)
    merged = {**there, **adoption.files}
    return adoption, {path: content for path, content in sorted(merged.items()) if content is not None}


def valid(contents: Mapping[str, bytes]) -> Declarations:
    files = Files("access", {path: content for path, content in contents.items() if path[0] != "."})
    loaded = load(files)
    assert [str(problem) for problem in (*loaded.problems, *check(loaded, files, TODAY))] == []
    return loaded.declarations


def nothing_changes(cloud: Cloud, contents: Mapping[str, bytes], environment: str = "prod") -> None:
    """Plan in each mode: no change is written, none is shown, nothing waits or is held."""
    cloud = replace(cloud, environment=environment)
    for mode in MODES:
        plan = cloud.plan(in_mode(valid(contents), environment, mode))
        assert (plan.written.changes, plan.observed.changes, plan.waiting, plan.held) == ((), (), (), ()), mode
        assert cloud.apply(plan) == ()


def named(contents: Mapping[str, bytes], environment: str = "prod") -> Counter[str]:
    """Count what the files name, by reading YAML and nothing of ours."""
    found: Counter[str] = Counter()
    for path, content in contents.items():
        if not path.endswith(".yaml") or "/" not in path:
            found["fragments"] += path.endswith(".xml")
            continue
        document = YAML(typ="safe", pure=True).load(content)
        if path.endswith("/apis.yaml"):
            found["apis"] += len(document)
        elif environment in document.get("environments", ()):
            says = {**document, **document.get("in", {}).get(environment, {})}
            found["products"] += "/products/" in path
            found["api links"] += len(says.get("apis", ())) if "/products/" in path else 0
            found["group links"] += len(says.get("visible_to", ())) + bool(says.get("portal"))
            found["keys"] += "subscription" in says
    return found


def living(cloud: Cloud) -> Counter[str]:
    """Count what the service has that gives access, Azure's own left out."""
    found: Counter[str] = Counter()
    for path in cloud.state():
        match path.split("/"):
            case ["products", _]:
                found["products"] += 1
            case ["products", _, "apis", _]:
                found["api links"] += 1
            case ["products", _, "groups", group] if group != "administrators":
                found["group links"] += 1
            case ["subscriptions", name] if name != "master":
                found["keys"] += 1
            case ["apis", _]:
                found["apis"] += 1
            case ["policyFragments", _]:
                found["fragments"] += 1
            case _:
                pass
    return found


@pytest.fixture
def cloud() -> Iterator[Cloud]:
    """Give a service whose reader may read, and nobody write."""
    cloud = Cloud(client="reader")
    cloud.azure.grant("reader", "Reader")
    yield cloud
    assert cloud.writes() == 0


@pytest.mark.parametrize("name", SAMPLES)
def test_every_sample_is_adopted_whole_and_no_mode_changes_anything(cloud: Cloud, name: str) -> None:
    cloud.azure.seed(cloud.service, entities(sample(name)), fresh=True)
    before = cloud.state()
    adoption, contents = adopted(cloud)
    assert adoption.left == ()
    assert named(contents) == living(cloud)
    nothing_changes(cloud, contents)
    assert cloud.state() == before


@pytest.mark.parametrize("name", SAMPLES)
def test_adopting_again_finds_nothing_new(cloud: Cloud, name: str) -> None:
    cloud.azure.seed(cloud.service, entities(sample(name)), fresh=True)
    _, contents = adopted(cloud)
    adoption, again = adopted(cloud, contents)
    assert adoption.files == {}
    assert again == contents
