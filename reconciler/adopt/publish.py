"""An adoption's work in; APIs, products with their links, and policy fragments, each in its owner's folder, out."""

import re
from collections.abc import Iterator
from typing import Any

from reconciler.adopt.owners import Owner, fits
from reconciler.adopt.slugs import free, name_of
from reconciler.adopt.values import PROPERTIES, differs, join, product_values, put
from reconciler.adopt.work import ANOTHER_ENVIRONMENT, Work
from reconciler.declarations import Declared, Product, at
from reconciler.declarations.adoption import UNOWNED
from reconciler.declarations.fields import FRAGMENT_NAME
from reconciler.keylike import holds_key
from reconciler.naming import fill_in
from reconciler.policy.fragments import check_fragment
from reconciler.policy.tokens import PolicyError
from reconciler.resource import Address, Resource

SHOWN_TO = ("developers", "guests")
_VARIABLE = re.compile(r"\$\([^)]*\)")
_NOT_IN_A_TEXT = frozenset('*#&+:<>?/;$"')


def adopt_apis(work: Work) -> None:
    """List each API that nobody lists: in every environment under one text where one gives its ids."""
    texts = [api.value.api for api in work.declarations.apis]
    others = [work.counterparts(texts, name) for name in work.declarations.environments if name != work.environment]
    for api in work.all("api"):
        name = api.address.name[0]
        if set(name) & _NOT_IN_A_TEXT or not name.isprintable():
            work.leave(api.address, "its id cannot be written in a file")
            continue
        same = next((found for each in others if (found := each.of(name))), None)
        if same is not None and work.is_known_everywhere(same[1]):
            _rename(work, *same)
            work.apis[name] = same[1]
            work.take(api.address, Owner(UNOWNED, ANOTHER_ENVIRONMENT))
            continue
        owner = work.owners.api(name)
        _append(work, f"{owner.team}/apis.yaml", work.shared(name))
        work.apis[name] = work.shared(name)
        work.take(api.address, owner)


def adopt_products(work: Work) -> None:
    """Write each product with its APIs and whom the portal shows it to."""
    taken = {product.name for product in work.declarations.products}
    elsewhere = [each for each in work.declarations.products if work.environment not in each.value.environments]
    paths = {product.name: product.path for product in work.declarations.products}
    found = _Elsewhere(work, elsewhere)
    for product in work.all("product"):
        name = product.address.name[0]
        if "$(" in name:
            work.leave(product.address, "its id cannot be written in a file")
            continue
        if same := found.of(name):
            declared, text = same
            _join(work, product, declared, text)
            ours, owner = declared.name, Owner(declared.team, ANOTHER_ENVIRONMENT)
        else:
            text, owner = work.shared(name), work.owners.product(name)
            ours = free(name_of(_VARIABLE.sub("", text), product.properties.get("displayName")), taken)
            values = _values(work, product)
            path = f"{owner.team}/products/{ours}.yaml"
            work.draft.new(path, values if ours == text else {"id": text, **values})
            taken.add(ours)
        work.products[name] = ours
        work.take(product.address, owner)
        for link in _links(work, name):
            work.take(link, owner)
    _new_links(work, paths)


def adopt_fragments(work: Work) -> None:
    """Keep each fragment's text as its author wrote it."""
    for fragment in work.all("fragment"):
        name = fragment.address.name[0]
        text = work.live.fragments.get(name) or fragment.properties.get("value") or ""
        if not FRAGMENT_NAME.fullmatch(name):
            work.leave(fragment.address, "its name cannot be a file's")
            continue
        try:
            check_fragment(text)
        except PolicyError as error:
            work.leave(fragment.address, f"it is broken in line {error.line}, column {error.column}: {error.message}")
            continue
        if holds_key(text):  # whoever reads the repository would have it, for ever
            work.leave(fragment.address, "it looks as if it holds a key: put that into a secret named value first")
            continue
        owner = work.owners.fragment(name)
        work.draft.text(f"{owner.team}/fragments/{name}.xml", text.replace("\r\n", "\n"))
        work.take(fragment.address, owner)


class _Elsewhere:
    """Products of other environments, to be found by the id that they have in this one."""

    def __init__(self, work: Work, products: list[Declared[Product]]) -> None:
        self._work = work
        self._found = []
        for environment in work.declarations.environments:
            of = {
                at(each.value, each.value.in_, environment).get("id") or each.name: each
                for each in products
                if environment in each.value.environments
            }
            self._found.append((of, work.counterparts(list(of), environment)))
        self._joined: set[str] = set()

    def of(self, name: str) -> tuple[Declared[Product], str] | None:
        for products, counterparts in self._found:
            same = counterparts.of(name)
            if same and products[same[0]].name not in self._joined:
                self._joined.add(products[same[0]].name)
                return products[same[0]], same[1]
        return None


def _values(work: Work, product: Resource) -> dict[str, Any]:
    name = product.address.name[0]
    created_elsewhere = fits(work.mapping.created_elsewhere, name, product.properties.get("displayName"))
    of_terraform = product.address in work.live.terraform
    groups = work.links[name, "product-group"]
    values = product_values(
        product,
        environment=work.environment,
        apis=[work.apis[api] for api in work.links[name, "product-api"] if api in work.apis],
        shown_to=[group for group in SHOWN_TO if group in groups],
        manage="access" if created_elsewhere or of_terraform else "product",
    )
    if of_terraform:
        values["deployed_by"] = "terraform"
    return values if work.settings.mode == "observe" else {**values, "mode": "observe"}


def _links(work: Work, product: str) -> Iterator[Address]:
    """Give the links that a product's own file names."""
    for api in work.links[product, "product-api"]:
        if api in work.apis:
            yield Address("product-api", (product, api))
        else:
            work.leave(Address("product-api", (product, api)), "its API is in no file")
    for group in work.links[product, "product-group"]:
        if group in SHOWN_TO:
            yield Address("product-group", (product, group))


def _join(work: Work, product: Resource, declared: Declared[Product], text: str) -> None:
    """Let a product of another environment be in this one, too."""
    document, values = work.draft.edit(declared.path), _values(work, product)
    if declared.value.manage == "access":
        values = {key: value for key, value in values.items() if key not in (*PROPERTIES, *_SETTINGS)}
    listed = document.get("apis") or ()
    if {fill_in(api, work.variables) for api in listed} == set(work.links[product.address.name[0], "product-api"]):
        values = {key: value for key, value in values.items() if key != "apis"} | {"apis": listed}
    before = document.get("id") or declared.name
    agree = all(
        fill_in(text, work.variables_of(each)) == fill_in(before, work.variables_of(each))
        for each in declared.value.environments
    )
    join(document, values, environment=work.environment)
    if text != before and agree:
        document.insert(0, "id", text)
    elif text != before:
        differs(document, work.environment, {"id": text})


def _new_links(work: Work, paths: dict[str, str]) -> None:
    """Add to products that were in the files before what was linked to them since."""
    for link in (each.address for kind in ("product-api", "product-group") for each in work.all(kind)):
        product, other = link.name
        shown = link.kind == "product-group"
        if product not in work.products:
            work.leave(link, "its product is in no file")
            continue
        if other not in (SHOWN_TO if shown else work.apis):
            if not shown:
                work.leave(link, "its API is in no file")
            continue  # a team's group has a grant
        path = paths[work.products[product]]
        document = work.draft.edit(path)
        _extend(document, work.environment, *(("visible_to", other) if shown else ("apis", work.apis[other])))
        if shown and not document.get("approval_required") and document.get("subscription_required") is not False:
            put(document, work.environment, {"self_service": True})
        work.take(link, Owner(path.partition("/")[0], "its product"))


def _extend(document: Any, environment: str, key: str, item: str) -> None:
    inside = (document.get("in") or {}).get(environment, {})
    holder = inside if key in inside else document
    if key in holder and (holder is inside or list(document["environments"]) == [environment]):
        holder[key].append(item)
    else:
        put(document, environment, {key: [*(document.get(key) or ()), item]})


def _rename(work: Work, written: str, text: str) -> None:
    """Write an API's id with its variable wherever it was written for one environment."""
    if written == text:
        return
    for path in list(work.draft.paths("")):
        if path.endswith("/apis.yaml"):
            for item in work.draft.read(path):
                if item["api"] == written:
                    work.draft.edit(path)
                    item["api"] = text
        elif path.endswith(".yaml") and any(f"/{part}/" in path for part in ("apis", "products", "grants")):
            _rename_in(work, path, written, text)


def _rename_in(work: Work, path: str, written: str, text: str) -> None:
    document = work.draft.read(path)
    if document.get("api") == written:
        work.draft.edit(path)["api"] = text
    for part in (document, *(document.get("in") or {}).values()):
        for index, api in enumerate(part.get("apis") or ()):
            if api == written:
                work.draft.edit(path)
                part["apis"][index] = text


def _append(work: Work, path: str, api: str) -> None:
    if path in work.draft:
        work.draft.edit(path).append({"api": api})
    else:
        work.draft.new(path, [{"api": api}])


_SETTINGS = ("published", "subscription_required", "approval_required", "subscriptions_limit")
