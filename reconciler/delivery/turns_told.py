"""Each key's move and what became of it in; lines for people and a record for machines out. No key is in either."""

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any, Final

from reconciler.delivery.doing import Done, Looked
from reconciler.delivery.turns import Ask, Turn, made_anew
from reconciler.words import count

SOON: Final = timedelta(days=7)


def lines(looked: Looked[Turn], done: Iterable[Done[Turn]], ask: Ask, *, dry: bool) -> Iterator[tuple[bool, str]]:
    """Give each line, and whether somebody has to look at it."""
    became = {each.step: each for each in done}
    for vault, error in sorted(looked.unread.items()):
        yield True, f"! nothing is known of {vault}: {error}"
    for turn in sorted(looked.steps, key=lambda each: (each.at or ask.now, each.mark.team, each.mark.grant)):
        yield from _lines(turn, became.get(turn), ask, dry=dry)
    yield False, _summary(looked, became, ask, dry=dry)


def record(environment: str, looked: Looked[Turn], done: Iterable[Done[Turn]]) -> dict[str, Any]:
    """Give the same as JSON's values."""
    became = {each.step: each for each in done}
    return {
        "environment": environment,
        "keys": [_row(turn, became.get(turn)) for turn in looked.steps],
        "unread": {vault: str(error) for vault, error in sorted(looked.unread.items())},
    }


def _lines(turn: Turn, done: Done[Turn] | None, ask: Ask, *, dry: bool) -> Iterator[tuple[bool, str]]:
    key = f"{turn.mark.team}: the key of {turn.mark.grant}"
    if turn.action in ("hold", "refuse", "unkept"):
        yield turn.action != "unkept", f"! {key} is not rotated: {turn.why}"
    elif turn.action == "wait":
        yield False, f"· {key}: the old one goes on until {_moment(turn.at)}"
    elif turn.action == "rest":
        if text := _rests(turn, ask):
            yield False, f"· {key} {text}"
    elif turn.observed:
        yield False, f"· {key} would be made anew: only observed"
    elif done is not None and done.result != "done":
        yield True, f"! {key} was not made anew: {done.because}; run it again"
    else:
        yield False, f"{'-' if turn.action == 'end' else '+'} {key}{_made(turn, dry=dry)}"
        if turn.secret is None:
            yield True, f"! {turn.mark.team} reads it with: {_how(turn)}"


def _made(turn: Turn, *, dry: bool) -> str:
    would = "would be" if dry else "is"
    if turn.action == "end":
        return f": the old one {would} made anew, and opens nothing any more"
    delivered = f" and delivered to {turn.secret}" if turn.secret else ""
    if turn.at_once:
        return f" {would} made anew{delivered}; neither of the old ones opens anything any more"
    return f" {would} made anew{delivered}; the old one goes on for {count(turn.overlap, 'day')}"


def _rests(turn: Turn, ask: Ask) -> str:
    if turn.why:
        return f"is not rotated: {turn.why}"
    soon = turn.at is not None and turn.at <= ask.now + SOON
    return f"will be made anew on {turn.at:%Y-%m-%d}" if soon or ask.named else ""


def _how(turn: Turn) -> str:
    path = f"{turn.mark.service}/subscriptions/{turn.mark.subscription}/listSecrets?api-version=2024-05-01"
    return f"az rest --method post --url {path}"


def _summary(looked: Looked[Turn], became: dict[Turn, Done[Turn]], ask: Ask, *, dry: bool) -> str:
    made = (each for each in looked.steps if not each.writes or dry or _is_done(became.get(each)))
    counted: Counter[str] = Counter(_sort(each, ask) for each in made if not (each.observed and each.action != "rest"))
    parts = [
        f"{count(counted[action], noun)} {words}"
        for action, noun, words in (
            ("renew", "key", "made anew"),
            ("end", "old key", "ended"),
            ("wait", "old key", "still beside a new one"),
            ("soon", "key", f"to be made anew within {count(SOON.days, 'day')}"),
        )
        if counted[action]
    ]
    said = ", ".join(parts) or "Nothing to rotate"
    return f"Dry run: {said}." if dry else f"{said}."


def _is_done(done: Done[Turn] | None) -> bool:
    return done is not None and done.result == "done"


def _sort(turn: Turn, ask: Ask) -> str:
    soon = turn.action == "rest" and turn.at is not None and turn.at <= ask.now + SOON
    return "soon" if soon else turn.action


def _moment(at: datetime | None) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC" if at else ""


def _row(turn: Turn, done: Done[Turn] | None) -> dict[str, Any]:
    row = {
        "team": turn.mark.team,
        "grant": turn.mark.grant,
        "subscription": turn.mark.subscription,
        "vault": turn.secret.vault if turn.secret else None,
        "secret": turn.secret.name if turn.secret else None,
        "action": turn.action,
        "makes_anew": list(made_anew(turn)) if turn.writes else [],
        "at": turn.at.isoformat(timespec="seconds") if turn.at else None,
        "why": turn.why,
        "observed": turn.observed,
    }
    return row | ({"result": done.result, "because": done.because, "requests": list(done.requests)} if done else {})
