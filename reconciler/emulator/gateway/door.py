"""A request under `/gateway`, or at a gateway's host, in; what API Management's gateway answers, and its count, out."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final
from urllib.parse import urlencode

from reconciler.emulator.azure import Azure
from reconciler.emulator.gateway import pipeline
from reconciler.emulator.gateway.admission import Admitted, admit
from reconciler.emulator.gateway.apis import find_api
from reconciler.emulator.gateway.counters import Counters
from reconciler.emulator.gateway.exchange import Exchange
from reconciler.emulator.gateway.journal import Event, Passed
from reconciler.emulator.gateway.messages import Headers, Request, Response
from reconciler.emulator.gateway.refusals import NotKnown, Refused
from reconciler.emulator.metering import passed
from reconciler.emulator.planes import Handler, Reply
from reconciler.emulator.service import Service
from reconciler.emulator.wire import Answer, Call

PREFIX: Final = "gateway"
NAMED: Final = "gateways"
_HOST: Final = re.compile(
    r"(?:(?P<name>[^.:]+)|(?P<of_region>[^.:]+)-[a-z0-9]+-\d\d\.regional)\.azure-api\.(?:localhost|net)(?::\d+)?",
    re.IGNORECASE,
)
_LOOPBACK: Final = "127.0.0.1"  # where a request in process comes from


def find(call: Call, azure: Azure) -> Handler | None:
    """Take `/gateway/API-PATH` at any host, `/gateways/NAME/API-PATH`, and what `NAME.azure-api.localhost` is asked.

    A region has a host of its own, as the service's resource tells it; all answer alike here.
    """
    if call.segments[:1] == (NAMED,) and call.segments[1:]:
        return partial(_answered, call, azure, call.segments[2:], call.segments[1])
    named = _HOST.fullmatch(call.headers.get("host", ""))
    below = call.segments[1:] if call.segments[:1] == (PREFIX,) else call.segments
    if named is None and below is call.segments:
        return None
    return partial(_answered, call, azure, below, (named["name"] or named["of_region"]) if named else "")


def _answered(call: Call, azure: Azure, below: tuple[str, ...], name: str) -> Reply:
    chosen = _services(azure, name)
    if len(chosen) != 1:
        return "", _which_service(call, azure, chosen)
    return _Visit(azure, chosen[0], call, below).answered()


def _services(azure: Azure, name: str) -> Sequence[Service]:
    """Give the services of a name, which is one in Azure's whole world; without a name all."""
    return [service for service in azure.services.values() if not name or _name(service).lower() == name.lower()]


def _which_service(call: Call, azure: Azure, chosen: Sequence[Service]) -> Answer:
    """Say how to name one; not an answer of Azure's."""
    known = sorted({_name(service) for service in chosen or azure.services.values()})
    port = call.headers.get("host", "").partition(":")[2]
    host = f"{known[0] if known else 'NAME'}.azure-api.localhost{f':{port}' if port else ''}"
    message = f"Name one service by the header Host, such as {host}. Known here: {', '.join(known) or 'none yet'}."
    return Answer(404, {"statusCode": 404, "message": message})


def _name(service: Service) -> str:
    return service.path.rpartition("/")[2]


@dataclass(frozen=True, slots=True)
class _Visit:
    """One call at one service, from its path to the journal."""

    azure: Azure
    service: Service
    call: Call
    below: tuple[str, ...]

    def answered(self) -> Reply:
        try:
            asked = find_api(self.service, self.call, self.below)
        except Refused as refusal:
            return self._done(None, pipeline.told(refusal), refusal)
        try:
            exchange = self._exchange(admit(self.service, self.call, asked))
        except Refused as refusal:
            exchange = self._exchange(Admitted(asked))
            return self._guarded(exchange, refusal)
        return self._guarded(exchange, None)

    def _guarded(self, exchange: Exchange, refusal: Refused | None) -> Reply:
        """Answer 500 to what is not known here, and name it: a guess would prove nothing."""
        try:
            response = pipeline.refused(exchange, refusal) if refusal else pipeline.answer(exchange)
        except NotKnown as unknown:
            return self._unknown(exchange, unknown)
        except RecursionError:
            return self._unknown(exchange, NotKnown("what is nested so deep"))
        return self._done(exchange, response, exchange.error)

    def _unknown(self, exchange: Exchange, unknown: NotKnown) -> Reply:
        found = f"{_name(self.service)}: {unknown.place or exchange.section}: {unknown.what}"
        message = f"The gateway of this local Azure does not know {unknown.what}, in {unknown.place}."
        client = self._written(exchange, 500, None, found)
        return client, Answer(500, {"statusCode": 500, "message": message, "unknown": found})

    def _done(self, exchange: Exchange | None, response: Response, error: Refused | None) -> Reply:
        client = self._written(exchange, response.status, error, "", size=len(response.body))
        return client, Answer(response.status, response.body, dict(response.headers))

    def _written(
        self, exchange: Exchange | None, status: int, error: Refused | None, unknown: str, size: int = 0
    ) -> str:
        """Count the call for the reports and keep it in the journal; give the subscription it was made with."""
        admitted = exchange.admitted if exchange else None
        names = {
            "api": admitted.asked.whole if admitted else "",
            "product": admitted.product.name if admitted and admitted.product else "",
            "subscription": admitted.subscription.name if admitted and admitted.subscription else "",
        }
        events = exchange.events if exchange else []
        moment = passed(self.service, status, bandwidth=size, traces=[*_traces(events)], **names)
        self.azure.changes += 1
        line = Passed(
            when=moment,
            service=_name(self.service),
            method=self.call.method,
            path=f"/{'/'.join(self.below)}",
            status=status,
            **names,
            key=admitted.key if admitted else "",
            source=error.source if error else "",
            reason=error.reason if error else "",
            unknown=unknown,
            passed_over=tuple(exchange.passed_over) if exchange else (),
        )
        self.azure.journal.add(line, events)
        return names["subscription"]

    def _exchange(self, admitted: Admitted) -> Exchange:
        call = self.call
        query = f"?{urlencode(call.query)}" if call.query else ""
        request = Request(
            call.method,
            admitted.asked.below,
            f"{call.base_url}/{'/'.join(self.below)}{query}",
            dict(call.query),
            Headers(call.headers),
            call.body,
            call.client or _LOOPBACK,
        )
        counters = self.azure.counters.setdefault(self.service.path, Counters())
        return Exchange(
            self.service, request, self.azure.tokens.signer, counters, self.azure.settings.clock(), admitted
        )


def _traces(events: Sequence[Event]) -> Iterator[dict[str, Any]]:
    """Give what `trace` told as the gateway's log has it, in so far as that is known: see analytics/table.py."""
    for event in events:
        if event.kind == "trace":
            says = dict(event.dimensions)
            own = {name: says.pop(name, "") for name in ("severity", "message")}
            yield {"source": event.name, **own, "metadata": says}
