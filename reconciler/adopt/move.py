"""An adoption's work in; what had no owner and has one now out: moved from `unowned/` into the owner's folder."""

from collections.abc import Iterator
from typing import Any, Final

from reconciler.adopt.work import Work
from reconciler.declarations import UNOWNED, Declared
from reconciler.naming import fill_in
from reconciler.resource import Address

_UNOWNED_APIS: Final = f"{UNOWNED}/apis.yaml"


def give_up(work: Work) -> None:
    """Take out of what has no owner what a team's own files name, in each environment by itself."""
    counted = {api.path for api in work.declarations.apis}
    for path in [each for each in work.draft.paths(f"{UNOWNED}/apis/") if each not in counted]:
        work.draft.remove(path)
    if _UNOWNED_APIS not in work.draft:
        return
    left = {each.keys[0]: each.value for each in work.declarations.apis if each.path == _UNOWNED_APIS and each.keys}
    for index, item in reversed(tuple(enumerate(work.draft.read(_UNOWNED_APIS)))):
        if index not in left:
            del work.draft.edit(_UNOWNED_APIS)[index]
        elif (names := left[index].environments) and names != item.get("environments"):
            work.draft.edit(_UNOWNED_APIS)[index]["environments"] = names


def adopt_owners(work: Work) -> None:
    """Move files as they are; an API is a line of a list. A file that the owner has already stays where it is."""
    _apis(work)
    for path, owner in _files(work):
        if owner != UNOWNED and (to := f"{owner}/{path.partition('/')[2]}") not in work.draft:
            work.draft.move(path, to)


def _apis(work: Work) -> None:
    for api in [each for each in work.declarations.apis if each.team == UNOWNED]:
        owner = work.owners.api(fill_in(api.value.api, work.variables)).team
        if owner == UNOWNED:
            continue
        if api.path != _UNOWNED_APIS:
            to = f"{owner}/{api.path.partition('/')[2]}"
            if to not in work.draft:
                work.draft.move(api.path, to)
            continue
        listed = work.draft.edit(_UNOWNED_APIS)
        index = next(number for number, item in enumerate(listed) if item["api"] == api.value.api)
        item = listed.pop(index)
        if f"{owner}/apis.yaml" in work.draft:
            work.draft.edit(f"{owner}/apis.yaml").append(item)
        else:
            work.draft.new(f"{owner}/apis.yaml", [item])


def _files(work: Work) -> Iterator[tuple[str, str]]:
    """Give each file in `unowned/` of something that lives in this environment, with its owner."""
    declarations, owners = work.declarations, work.owners
    for product in filter(_nobodys, declarations.products):
        yield product.path, owners.product(declarations.product_id(product, work.environment)).team
    for fragment in filter(_nobodys, declarations.fragments):
        yield fragment.path, owners.fragment(fragment.name).team
    slots = {(each.team, each.value.product or each.name, each.value.component) for each in declarations.grants}
    for grant in filter(_nobodys, declarations.grants):
        identifier = fill_in(work.says(grant).get("subscription") or "", work.variables)
        living = work.state.get(Address("subscription", (identifier,)))
        owner = owners.subscription(living).team if living else UNOWNED
        if (owner, grant.value.product or grant.name, grant.value.component) not in slots:
            yield grant.path, owner


def _nobodys(item: Declared[Any]) -> bool:
    return item.team == UNOWNED
