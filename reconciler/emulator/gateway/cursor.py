"""The text of an expression in, its tokens one by one out, for a reader that knows what may come next."""

from reconciler.emulator.gateway.lexing import Kind, Token, tokens_of
from reconciler.emulator.gateway.refusals import NotKnown


class Cursor:
    """A place in the tokens. `source` is the whole expression, for who is told what is not known of it."""

    def __init__(self, source: str, code: str) -> None:
        self.source, self._tokens, self._at = source, tokens_of(code), 0

    @property
    def now(self) -> Token:
        return self._tokens[self._at]

    def peek(self, ahead: int) -> Token:
        return self._tokens[min(self._at + ahead, len(self._tokens) - 1)]

    def next(self) -> Token:
        token = self.now
        self._at = min(self._at + 1, len(self._tokens) - 1)
        return token

    def takes(self, kind: Kind, text: str) -> bool:
        if (self.now.kind, self.now.text) != (kind, text):
            return False
        self.next()
        return True

    def needs(self, sign: str) -> None:
        if not self.takes("sign", sign):
            raise self.unknown()

    def name(self) -> str:
        if self.now.kind != "name":
            raise self.unknown()
        return self.next().text

    def end(self) -> None:
        if self.now.kind != "end":
            raise self.unknown()

    def unknown(self) -> NotKnown:
        return NotKnown(f"the expression {self.source!r} at {self.now.text or 'its end'!r}")
