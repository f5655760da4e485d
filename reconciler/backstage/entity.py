"""What is to be said of one thing in; an entity of Backstage, with nothing in it that is empty, out."""

from collections.abc import Mapping, Sequence
from typing import Any

from reconciler.declarations import Backstage

Entity = Mapping[str, Any]
Link = Mapping[str, str]


class Entities:
    """Makes entities of one namespace, whose declarations stand in one repository."""

    def __init__(self, settings: Backstage) -> None:
        self._settings = settings

    def entity(
        self,
        kind: str,
        name: str,
        spec: Mapping[str, Any],
        *,
        title: str = "",
        description: str | None = None,
        annotations: Mapping[str, str | None] | None = None,
        links: Sequence[Link] = (),
        path: str = "",
    ) -> Entity:
        """Make an entity. `path` is the file that declares it: Backstage offers to view and to edit it."""
        said = {key: value for key, value in {**self._stands_in(path), **(annotations or {})}.items() if value}
        metadata = {
            "namespace": self._settings.namespace,
            "name": name,
            "title": title if title != name else "",
            "description": description,
            "annotations": said,
            "links": list(links),
        }
        return {
            "apiVersion": "backstage.io/v1alpha1",
            "kind": kind,
            "metadata": _without_nothing(metadata),
            "spec": _without_nothing(spec),
        }

    def reference(self, kind: str, name: str) -> str:
        """Refer to an entity of ours: in full, for Backstage guesses what is left out."""
        return f"{kind.lower()}:{self._settings.namespace}/{name}"

    def _stands_in(self, path: str) -> Mapping[str, str]:
        settings = self._settings
        if not path or settings.repository is None:
            return {}
        begin, end = f"https://{settings.host}/{settings.repository}", f"{settings.branch}/{settings.folder}/{path}"
        return {"backstage.io/view-url": f"{begin}/blob/{end}", "backstage.io/edit-url": f"{begin}/edit/{end}"}


def _without_nothing(values: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in values.items() if value not in (None, "", {}) and (value or key == "children")}
