"""Values and pydantic's errors in; words for people, who never saw a model, out."""

from bisect import bisect
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from functools import lru_cache
from typing import Any

_TYPES = {
    "string_type": "text",
    "bool_type": "true or false",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "list_type": "a list",
    "dict_type": "a mapping of keys and values",
    "model_type": "a mapping of keys and values",
    "model_attributes_type": "a mapping of keys and values",
    "dataclass_type": "a mapping of keys and values",
}
_MANY, _BESIDE = 100, 6
_YAML_1_1 = frozenset({"yes", "no", "on", "off", "y", "n"})


def did_you_mean(word: str, candidates: Iterable[str]) -> str:
    """Give a hint that names what was probably meant, or nothing."""
    known = frozenset(candidates)
    close = get_close_matches(word, sorted(known) if len(known) <= _MANY else _neighbours(word, known), n=1, cutoff=0.6)
    return f"did you mean `{close[0]}`?" if close else ""


def _neighbours(word: str, known: frozenset[str]) -> list[str]:
    """Give those that begin or end most like it: to compare a thousand words with a thousand takes half a minute."""
    by_beginning, by_end = _ordered(known)
    return sorted({*_around(by_beginning, word), *(each[::-1] for each in _around(by_end, word[::-1]))})


def _around(words: list[str], word: str) -> list[str]:
    at = bisect(words, word)
    return words[max(0, at - _BESIDE) : at + _BESIDE]


@lru_cache(maxsize=16)
def _ordered(known: frozenset[str]) -> tuple[list[str], list[str]]:
    return sorted(known), sorted(each[::-1] for each in known)


def explain(error: Mapping[str, Any], known: Iterable[str]) -> tuple[str, str]:
    """Give message and hint for one of pydantic's errors. `known` are the keys that may stand there."""
    kind, value, context = error["type"], error.get("input"), error.get("ctx") or {}
    key = next((part for part in reversed(error["loc"]) if isinstance(part, str)), "")
    if kind == "extra_forbidden":
        known = sorted(known)
        return f"unknown key `{key}`", did_you_mean(key, known) or (f"known here: {', '.join(known)}" if known else "")
    if kind in _TYPES:
        return f"`{key}` must be {_TYPES[kind]}, not {shown(value)}", _yaml_hint(kind, value)
    if kind == "literal_error":
        return f"`{key}` must be {context.get('expected')}, not {shown(value)}", _literal_hint(value, context)
    if kind == "string_pattern_mismatch":
        form = _FORMS.get(key, f"it must match {context.get('pattern')}")
        return f"`{key}`: {shown(value)} does not have the form it needs", form
    sentence = _SENTENCES.get(kind, "`{key}`: {message}")
    return sentence.format(key=key, message=context.get("error", error["msg"]), most=context.get("max_length")), ""


_SENTENCES = {
    "missing": "`{key}` is missing",
    "string_too_short": "`{key}` must not be empty",
    "too_short": "`{key}` must not be empty",
    "string_too_long": "`{key}` is too long: at most {most} characters",
}

_FORMS = {
    "email": "write an address such as team@contoso.example",
    "github": "write organisation/team",
    "entra_group": "write the group's object id, in small letters, such as 5f0c0000-0000-0000-0000-000000000000",
    "tenant": "write the tenant's id, in small letters, such as 7c9e0000-0000-0000-0000-000000000000",
    "endpoint": "write an https:// address",
    "key_vault": "write an address such as https://kv-name.vault.azure.net",
    "log_analytics": "write the workspace's id, in small letters, such as 3a3a0000-0000-0000-0000-000000000000",
    "api": "an API's id has none of * # & + : < > ? / ;, and a variable is written $(name)",
    "subscription": "a subscription's id has none of * # & + : < > ? /",
    "group": "a group's id has no `/`",
}


def count(number: int, noun: str) -> str:
    """Write a number with its noun."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def shown(value: Any) -> str:
    """Show a value briefly."""
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    text = {True: "true", False: "false"}[value] if isinstance(value, bool) else repr(value)
    text = "nothing" if value is None else text
    return text if len(text) <= 60 else f"{text[:57]}..."  # noqa: PLR2004  a glance, not a measure


def _yaml_hint(kind: str, value: Any) -> str:
    if kind == "bool_type" and isinstance(value, str) and value.lower() in _YAML_1_1:
        return "YAML 1.2 reads this as text: write true or false"
    if kind == "string_type" and isinstance(value, (bool, int, float)):
        return f'put it in quotes: "{str(value).lower()}"'
    return ""


def _literal_hint(value: Any, context: Mapping[str, Any]) -> str:
    words = [word.strip("' ") for word in str(context.get("expected")).replace(" or ", ",").split(",")]
    return did_you_mean(value, words) if isinstance(value, str) else ""
