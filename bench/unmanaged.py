"""A service with what is declared in; people, and what they did by hand over the years, that nobody declares, out."""

from collections.abc import Iterator
from itertools import accumulate
from random import Random
from typing import Any

from bench.company import Company
from bench.names import person, portal_id, title, zipf
from bench.service import Entities
from bench.sizes import Size
from reconciler.compile import Compiled
from reconciler.resource import Address

OF_A_NEW_SERVICE = 3  # subscriptions that Azure delivers along: `master` and one for each of its two products
_STATES = {"active": 84, "suspended": 8, "expired": 4, "submitted": 2, "cancelled": 2}
_CALLERS = ("Call centre", "Old ERP", "piet test", "Mobile app", "Partner portal", "BI export", "Monitoring", "2019")


def unmanaged(rng: Random, size: Size, company: Company, desired: Compiled, entities: Entities) -> Entities:
    """Draw what nobody declared. In enforce only what such a product lets stand, so that nothing of it is planned."""
    ours = sorted(path.partition("/")[2] for path in entities if path.startswith("groups/") and path.count("/") == 1)
    found = _people(rng, size.users) | _groups(rng, size, ours) | _clicked(rng, size)
    present = sum(path.startswith("subscriptions/") for path in entities)
    rows = _keys(rng, company, desired, entities | found)
    for _ in range(size.subscriptions - present - OF_A_NEW_SERVICE):
        name, subscription = next(rows)
        found[f"subscriptions/{name}"] = subscription
    return found


def _people(rng: Random, count: int) -> Entities:
    found: Entities = {}
    for index in range(count):
        first, last = person(rng)
        name = f"user-{index:05d}"
        state = rng.choices(("active", "blocked", "pending"), (90, 7, 3))[0]
        email = f"{name}@contoso.example"
        found[f"users/{name}"] = {"firstName": first, "lastName": last, "email": email, "state": state}
        found[f"groups/developers/users/{name}"] = {}
    return found


def _groups(rng: Random, size: Size, ours: list[str]) -> Entities:
    """Groups from before there were declarations, and who is in which."""
    old = [f"legacy-{index}" for index in range(2 + size.teams // 10)]
    found: Entities = {f"groups/{name}": {"displayName": f"{title(name)} (old)"} for name in old}
    every = [*ours, *old]
    return found | {f"groups/{rng.choice(every)}/users/user-{index:05d}": {} for index in range(0, size.users, 2)}


def _clicked(rng: Random, size: Size) -> Entities:
    """APIs and products of other pipelines, one for every twenty of ours."""
    found: Entities = {}
    for index in range(1 + size.apis // 20):
        found[f"apis/other-{index}"] = {"displayName": f"Other {index}", "path": f"other/{index}"}
    for index in range(1 + size.products // 20):
        name = f"other-product-{index}"
        found[f"products/{name}"] = {"displayName": title(name), "state": rng.choice(("published", "notPublished"))}
        found[f"products/{name}/apis/other-{rng.randrange(1 + size.apis // 20)}"] = {}
        found[f"products/{name}/groups/administrators"] = {}
        if rng.random() < 0.4:
            found[f"products/{name}/groups/legacy-{rng.randrange(2 + size.teams // 10)}"] = {}
    return found


def _keys(rng: Random, company: Company, desired: Compiled, entities: Entities) -> Iterator[tuple[str, dict[str, Any]]]:
    """Draw subscriptions without end: most for a product, the popular ones first, some for an API or for all."""
    products = [each.name for each in company.products if f"products/{each.name}" in entities]
    products += [
        path.partition("/")[2] for path in entities if path.startswith("products/other-") and path.count("/") == 1
    ]
    weights = list(accumulate(zipf(len(products), flat=1, power=1.05)))
    apis = [path for path in entities if path.startswith("apis/") and path.count("/") == 1]
    users = [path for path in entities if path.startswith("users/")]
    while True:
        product = rng.choices(products, cum_weights=weights)[0] if products else ""
        owned = rng.random() < 0.4
        scope = rng.choices((f"/products/{product}", f"/{rng.choice(apis)}", "/apis"), (86, 12, 2))[0]
        if scope.startswith("/products/") and _enforced(desired, product):
            if Address("product-group", (product, "developers")) not in desired.state:
                continue
            owned = True  # a developer made it in the portal, which the declared link allows
        about = title(scope.rpartition("/")[2])
        row = {
            "scope": scope,
            "displayName": f"{about} - {rng.choice(_CALLERS)}"[:99] + (" " if rng.random() < 0.05 else ""),
            "state": rng.choices(list(_STATES), list(_STATES.values()))[0],
            "createdDate": _some_day(rng),
        }
        yield portal_id(rng), row | ({"ownerId": f"/{rng.choice(users)}"} if owned else {})


def _enforced(desired: Compiled, product: str) -> bool:
    governed = desired.products.get(product)
    return governed is not None and governed.mode == "enforce"


def _some_day(rng: Random) -> str:
    day = f"20{rng.randint(16, 25)}-{rng.randint(1, 12):02d}-{rng.randint(1, 28):02d}"
    return f"{day}T{rng.randint(6, 19):02d}:{rng.randint(0, 59):02d}:00.0000000Z"
