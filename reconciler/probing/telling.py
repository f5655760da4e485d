"""Answers in; lines for people and a record for machines out. No key is in either."""

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

from reconciler.probing.places import Gateway
from reconciler.probing.probe import Answer
from reconciler.words import count


def lines(answers: Iterable[Answer], gateways: Iterable[Gateway]) -> Iterator[tuple[bool, str]]:
    """Give each line, and whether somebody has to look at it."""
    told = tuple(answers)
    for answer in told:
        yield from _line(answer)
    found = Counter("wrong" if each.wrong else each.verdict for each in told)
    places = ", ".join(each.location for each in gateways) or "no gateway"
    counted = ", ".join(f"{number} {what}" for what, number in sorted(found.items()))
    yield False, f"{count(len(told), 'answer')} from {places}{f': {counted}' if counted else ''}."


def record(environment: str, service: str, answers: Iterable[Answer], gateways: Iterable[Gateway]) -> dict[str, Any]:
    """Give the evidence as JSON's values."""
    return {
        "environment": environment,
        "service": service,
        "when": datetime.now(UTC).isoformat(timespec="seconds"),
        "gateways": [{"location": each.location, "url": each.url} for each in gateways],
        "answers": [_row(each) for each in answers],
    }


def _line(answer: Answer) -> Iterator[tuple[bool, str]]:
    question = answer.question
    where = f"{question.api} in {answer.gateway.location}"
    said = f"{answer.status or ''} {answer.because}".strip()
    why = f" ({said})" if said else ""
    if answer.wrong:
        yield (
            True,
            f"! {where}: {question.who} is {answer.verdict}, and must be {question.must}: {question.because}{why}",
        )
    elif answer.verdict in ("let in", "refused"):
        yield False, f"  {where}: {question.who} is {answer.verdict}{why}"
    else:
        yield True, f"! {where}: {question.who}: {answer.verdict}{why}"


def _row(answer: Answer) -> dict[str, Any]:
    question, key, spot = answer.question, answer.question.key, answer.spot
    return {
        "api": question.api,
        "location": answer.gateway.location,
        "method": spot.method if spot else "",
        "path": spot.path if spot else "",
        "who": question.who,
        "subscription": key.subscription if key else "",
        "must": question.must,
        "because": question.because,
        "verdict": answer.verdict,
        "as_declared": None if not question.must or answer.verdict not in ("let in", "refused") else not answer.wrong,
        "status": answer.status,
        "message": answer.because,
        "when": answer.when,
        "tries": answer.tries,
    }
