"""What is written for one environment in; for an id that lives in another, the text that is right for both, out."""

from collections.abc import Iterable

from reconciler.adopt.variables import Variables, one_text, readings
from reconciler.naming import fill_in


class Counterparts:
    """The texts of one environment, found by what they or their readings with variables are in another."""

    def __init__(self, texts: Iterable[str], there: Variables, here: Variables) -> None:
        self._there, self._here = there, here
        self._here_is: dict[str, str] = {}
        self._there_is: dict[str, str] = {}
        for text in texts:
            before = fill_in(text, there)
            self._there_is.setdefault(before, text)
            for each in (text, *readings(before, there)):
                self._here_is.setdefault(fill_in(each, here), text)

    def of(self, living: str) -> tuple[str, str] | None:
        """Give the text that is written, and the one that gives both ids; None where nothing corresponds."""
        written = self._here_is.get(living)
        for each in readings(living, self._here):
            written = written or self._there_is.get(fill_in(each, self._there))
        text = one_text(written, self._there, living, self._here) if written is not None else None
        return (written, text) if written is not None and text is not None else None
