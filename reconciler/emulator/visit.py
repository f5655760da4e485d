"""One request at one service in, what its handler asks of it out: the body, If-Match against an ETag."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from reconciler.emulator.errors import if_match_required, invalid, stale
from reconciler.emulator.service import Entity, Service
from reconciler.emulator.wire import Answer, Call

_NOT_AN_OBJECT = "Request payload must contain JSON object."  # pulumi-azure-native #1602


@dataclass(frozen=True, slots=True)
class Visit:
    """A request whose path has been understood: at which service, and which names stand in the path."""

    call: Call
    service: Service
    names: tuple[str, ...] = ()

    def properties(self) -> dict[str, Any]:
        """Read `properties` of the body."""
        try:
            body = json.loads(self.call.body or b"null")
        except ValueError as error:
            raise invalid(_NOT_AN_OBJECT) from error
        properties = body.get("properties", {}) if isinstance(body, dict) else None
        if not isinstance(properties, dict):
            raise invalid(_NOT_AN_OBJECT)
        return properties

    def refuse_null_body(self) -> None:
        """Refuse the JSON null as body of an action, which Azure does; no body at all is fine."""
        if self.call.body.strip() == b"null":
            raise invalid(_NOT_AN_OBJECT)

    def match(self, entity: Entity | None, *, demanded: bool) -> None:
        """Hold If-Match against what is stored.

        A missing header is tolerated (recorded: az product update; apiops sends none) unless `strict`. `*` on a missing
        entity creates it (recorded: az product create); that another value is stale there is unverified.
        """
        wanted = self.call.headers.get("if-match", "")
        if not wanted:
            if demanded and entity is not None and self.service.settings.strict:
                raise if_match_required()
            return
        if wanted != "*" and (entity is None or wanted.removeprefix("W/") != entity.etag):
            raise stale()


Handler = Callable[[Visit], Answer]
