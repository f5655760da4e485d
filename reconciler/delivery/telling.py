"""What was looked at and what became of it in; lines for people and a record for machines out. No key is in either."""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from reconciler.delivery.doing import Done, Looked
from reconciler.delivery.steps import Step
from reconciler.words import count

_WORDS = {
    "deliver": ("+", "delivered to"),
    "enable": ("+", "enabled in"),
    "disable": ("-", "disabled in"),
    "wait": ("!", "not delivered to"),
    "refuse": ("!", "not delivered to"),
}


def lines(looked: Looked[Step], done: Iterable[Done[Step]], *, dry: bool) -> Iterator[tuple[bool, str]]:
    """Give each line, and whether somebody has to look at it."""
    failed = {each.step: each.because for each in done if each.result != "done"}
    for vault, error in sorted(looked.unread.items()):
        yield True, f"! nothing is known of {vault}: {error}"
    for step in looked.steps:
        if step.action != "leave":
            yield _line(step, failed.get(step, ""), dry=dry)
    yield False, _summary(looked, failed, dry=dry)


def record(environment: str, looked: Looked[Step], done: Iterable[Done[Step]]) -> dict[str, Any]:
    """Give the same as JSON's values."""
    became = {each.step: each for each in done}
    return {
        "environment": environment,
        "secrets": [_row(step, became.get(step)) for step in looked.steps],
        "unread": {vault: str(error) for vault, error in sorted(looked.unread.items())},
    }


def _line(step: Step, failed: str, *, dry: bool) -> tuple[bool, str]:
    sign, word = _WORDS[step.action]
    whose = f"{step.mark.team}: the key of {step.mark.grant}"
    why = f" ({step.why})" if step.why else ""
    if failed:
        return True, f"! {whose} was not {word} {step.secret}: {failed}"
    if step.observed:
        return False, f"· {whose} would be {word} {step.secret}{why}: only observed"
    would = "would be " if dry and step.writes else ""
    return sign == "!", f"{sign} {whose} {would or 'is '}{word} {step.secret}{why}"


def _summary(looked: Looked[Step], failed: Iterable[Step], *, dry: bool) -> str:
    lost = set(failed)
    counted: Counter[str] = Counter(each.action for each in looked.steps if each not in lost and not each.observed)
    parts = [
        f"{count(number, noun)} {words}"
        for action, noun, words in (
            ("deliver", "key", "delivered"),
            ("enable", "secret", "enabled"),
            ("disable", "secret", "disabled"),
            ("leave", "secret", "as it should be"),
        )
        if (number := counted[action])
    ]
    said = ", ".join(parts) or "Nothing to deliver"
    return f"Dry run: {said}." if dry else f"{said}."


def _row(step: Step, done: Done[Step] | None) -> dict[str, Any]:
    row = {
        "team": step.mark.team,
        "grant": step.mark.grant,
        "subscription": step.mark.subscription,
        "vault": step.secret.vault,
        "secret": step.secret.name,
        "action": step.action,
        "why": step.why,
        "observed": step.observed,
    }
    return row | ({"result": done.result, "because": done.because} if done else {})
