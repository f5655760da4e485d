"""Numbers with units against what API Management counts in."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.limits import Limit, quota, rate, words

UNITS = st.sampled_from(["second", "minute", "hour", "day", "week"])


@pytest.mark.parametrize(
    ("text", "calls", "seconds"),
    [
        ("100 per minute", 100, 60),
        ("10 per 10 seconds", 10, 10),
        ("1 per second", 1, 1),
        ("5 per 1 seconds", 5, 1),
        ("7 per 5 minutes", 7, 300),
        ("2147483647 per 300 seconds", 2_147_483_647, 300),
    ],
)
def test_a_rate_is_read(text: str, calls: int, seconds: int) -> None:
    assert rate(text) == Limit(calls, seconds)


@pytest.mark.parametrize(
    ("text", "calls", "seconds"),
    [
        ("100000 per 30 days", 100_000, 2_592_000),
        ("1 per 300 seconds", 1, 300),
        ("9 per hour", 9, 3_600),
        ("9 per 1 day", 9, 86_400),
        ("9 per 2 weeks", 9, 1_209_600),
    ],
)
def test_a_quota_is_read(text: str, calls: int, seconds: int) -> None:
    assert quota(text) == Limit(calls, seconds)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("100 per 301 seconds", "at most 300 seconds (5 minutes); for longer times write a quota"),
        ("100 per hour", "write a quota"),
        ("0 per minute", "from 1 to 2147483647"),
        ("2147483648 per minute", "from 1 to 2147483647"),
        ("9" * 5_000 + " per minute", "from 1 to 2147483647"),
        ("1 per 0 seconds", "from 1 second"),
        ("1 per " + "9" * 5_000 + " days", "from 1 second"),
        ("1 per month", "no month has a fixed number; write `30 days`"),
        ("1 per 2 years", "no year has a fixed number"),
        ("1 per fortnight", "the units are second, minute, hour, day, week"),
        ("1 per minutes", "plurals after a number"),
        ("1 per minutess", "the units are"),
        ("100/minute", "such as `100 per minute`"),
        ("1,000 per minute", "such as"),
        ("1.5 per minute", "such as"),
        ("-1 per minute", "such as"),
        ("1 per minute\n", "such as"),
        (" 1 per minute", "such as"),
        ("1 per Minute", "such as"),
        ("١ per minute", "such as"),  # noqa: RUF001
        ("", "such as"),
        (100, "such as"),
        (None, "such as"),
        (True, "such as"),
    ],
)
def test_what_is_no_rate_is_said(text: object, said: str) -> None:
    with pytest.raises(ValueError, match=r"\w") as caught:
        rate(text)
    assert said in str(caught.value)


@pytest.mark.parametrize("text", ["100 per minute", "100 per 299 seconds", "1 per 4 minutes"])
def test_what_is_too_short_for_a_quota_is_said(text: str) -> None:
    with pytest.raises(ValueError, match="at least 300 seconds") as caught:
        quota(text)
    assert "write a rate" in str(caught.value)


@given(st.integers(1, 2**31 - 1), st.integers(1, 2**31 - 1))
def test_what_is_written_in_words_is_read_again(calls: int, seconds: int) -> None:
    read = quota if seconds >= 300 else rate
    assert read(words(Limit(calls, seconds))) == Limit(calls, seconds)


@given(st.integers(1, 10**6), st.integers(1, 300), UNITS)
def test_every_limit_is_a_rate_or_a_quota_or_both(calls: int, number: int, unit: str) -> None:
    text = f"{calls} per {number} {unit}s"
    limits = []
    for read in (rate, quota):
        try:
            limits.append(read(text))
        except ValueError:
            continue
    assert len(set(limits)) == 1
    assert (len(limits) == 2) == (limits[0].seconds == 300)
