"""Questions and gateways in; what each gateway answered, asked again for a while where it was not as declared, out."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import product
from typing import Literal

from pydantic import SecretStr

from reconciler.azure.gateway import Call, Gateways, Said
from reconciler.azure.together import together
from reconciler.errors import AzureError
from reconciler.probing.looking import Seen
from reconciler.probing.places import Gateway, Spot
from reconciler.probing.questions import NONSENSE, Question

Verdict = Literal["let in", "refused", "unclear", "not reached", "not asked"]
_AT_ONCE, _CALLS_AT_ONCE = 8, 32
_WRONG_KEY = SecretStr("0" * 32)
_NOT_FOUND = 404


@dataclass(frozen=True, slots=True)
class Answer:
    """What one gateway said to one question, after so many tries; `because` is its own words, or why there are none."""

    question: Question
    gateway: Gateway
    verdict: Verdict
    spot: Spot | None = None
    status: int = 0
    because: str = ""
    when: str = ""
    tries: int = 0

    @property
    def wrong(self) -> bool:
        """Whether it is the contrary of what is declared."""
        return bool(self.question.must) and {self.verdict, self.question.must} == {"let in", "refused"}


@dataclass(frozen=True, slots=True)
class Patience:
    """For how many seconds a gateway may not have heard yet, and how long to wait in between."""

    seconds: float = 60
    pause: float = 5


async def probe(
    gateways: Gateways,
    seen: Seen,
    questions: Iterable[Question],
    *,
    read: Callable[[str], Awaitable[SecretStr]],
    patience: Patience,
    token: SecretStr | None = None,
) -> tuple[Answer, ...]:
    """Ask every gateway. `read` gives the key of a subscription: each once, held while it is asked with.

    `token` is shown for a grant of clients.
    """
    by_key: dict[str, list[Question]] = {}
    for question in questions:
        by_key.setdefault(question.key.subscription if question.key else "", []).append(question)
    until = asyncio.get_running_loop().time() + patience.seconds
    asking = _Asking(gateways, seen, patience, until, token, asyncio.Semaphore(_CALLS_AT_ONCE))
    room = asyncio.Semaphore(_AT_ONCE)

    async def of(subscription: str, mine: list[Question]) -> Iterable[Answer]:
        async with room:
            try:
                key = await read(subscription) if subscription else None
            except AzureError as error:
                return [Answer(each, to, "not asked", because=str(error)) for each, to in product(mine, seen.gateways)]
            return await together(*(asking.patiently(each, to, key) for each, to in product(mine, seen.gateways)))

    found = await together(*(of(name, mine) for name, mine in by_key.items()))
    return tuple(answer for answers in found for answer in answers)


@dataclass(frozen=True, slots=True)
class _Asking:
    """What is asked, and until when."""

    gateways: Gateways
    seen: Seen
    patience: Patience
    until: float
    token: SecretStr | None
    room: asyncio.Semaphore

    async def patiently(self, question: Question, gateway: Gateway, key: SecretStr | None) -> Answer:
        """Ask until it is as declared, or the time is over: a region learns of a change some seconds late."""
        spot = self.seen.spots.get(question.api)
        if spot is None:
            why = "it has no operation that only reads: name a path by --path"
            return Answer(question, gateway, "not asked", because=why)
        shown = _WRONG_KEY if question.who == NONSENSE else key
        secrets = [(spot.key_header, shown)] if shown is not None else []
        if question.key is not None and not question.key.subscription and self.token is not None:
            secrets.append(("Authorization", SecretStr(f"Bearer {self.token.get_secret_value()}")))
        call = Call(spot.method, f"{gateway.url.rstrip('/')}{spot.path}", spot.headers, tuple(secrets))
        answer = Answer(question, gateway, "not asked", spot)
        while True:
            answer = await self._once(call, answer)
            if not answer.wrong or asyncio.get_running_loop().time() + self.patience.pause > self.until:
                return answer
            await asyncio.sleep(self.patience.pause)

    async def _once(self, call: Call, before: Answer) -> Answer:
        when = datetime.now(UTC).isoformat(timespec="milliseconds")
        told = replace(before, when=when, tries=before.tries + 1)
        try:
            async with self.room:
                said = await self.gateways.ask(call)
        except AzureError as error:
            return replace(told, verdict="not reached", status=0, because=error.detail)
        verdict = _verdict(said, given=before.spot is not None and before.spot.given)
        return replace(told, verdict=verdict, status=said.status, because=said.message)


def _verdict(said: Said, *, given: bool) -> Verdict:
    """A refusal that is not of the key or of rules is another policy's or the backend's: it says nothing of the key."""
    if said.ours:
        return "refused"
    return "unclear" if said.refused or (said.status == _NOT_FOUND and given) else "let in"
