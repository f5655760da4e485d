"""Names from anywhere in; a name that Backstage takes for each of them, no two alike, out."""

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Final

_LONGEST: Final = 63
# catalog-model's KubernetesValidatorFunctions.isValidObjectName: runs of letters and digits joined by one of `-_.`.
_NAME: Final = re.compile(r"[A-Za-z0-9]+(?:[-_.][A-Za-z0-9]+)*")
_STRANGE: Final = re.compile(r"[^A-Za-z0-9]+")


def names(texts: Iterable[str], *, taken: Iterable[str] = ()) -> Mapping[str, str]:
    """Name each text, so that no two names are alike but for their case: Backstage looks at none.

    A text that is a name stays as it is. Any other, and one that differs from another, or from a name that is taken, in
    case at most, ends in a digest of itself: what else there is changes no name, but for those.
    """
    texts = tuple(dict.fromkeys(texts))
    alike = Counter(text.lower() for text in (*texts, *taken))
    return {text: text if is_name(text) and alike[text.lower()] == 1 else _digested(text) for text in texts}


def is_name(text: str) -> bool:
    """Whether Backstage takes a text for a name."""
    return len(text) <= _LONGEST and _NAME.fullmatch(text) is not None


def _digested(text: str) -> str:
    digest = hashlib.sha256(text.encode()).hexdigest()[:8]
    begin = _STRANGE.sub("-", text)[: _LONGEST - 9].strip("-")
    return f"{begin}-{digest}".lstrip("-")
