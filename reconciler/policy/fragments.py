"""A policy document in; what Azure refuses of a fragment, or the fragments it includes, out."""

from typing import Literal

from reconciler.policy.scan import scan
from reconciler.policy.tokens import PolicyError, place

LARGEST_FRAGMENT = 512 * 1024  # bytes: Microsoft's page on policy fragments, 2026-02
LARGEST_POLICY = 256 * 1024  # bytes: Microsoft's service limits; 16 KiB in the Consumption tier
SECTIONS = ("inbound", "backend", "outbound", "on-error")


def check_fragment(text: str) -> None:
    """Raise PolicyError for what Azure refuses as a policy fragment."""
    check_size(text, "fragment")
    depth = 0
    for token in scan(text).tokens:
        depth += (token.kind == "open") - (token.kind == "close")
        if token.kind != "open":
            continue
        wrong = ""
        if depth == 1 and token.name != "fragment":
            wrong = f"the root of a fragment is <fragment>, not <{token.name}>"
        elif depth == 2 and token.name in SECTIONS:  # noqa: PLR2004
            wrong = f"a fragment has no sections: put what is in <{token.name}> directly into <fragment>"
        elif token.name == "base":
            wrong = "a fragment cannot hold <base/>: it stands beside the include, in the policy"
        elif token.name == "include-fragment":
            wrong = "a fragment cannot include another: the policy includes both"
        if wrong:
            raise PolicyError(wrong, *place(text, token.start))


def fragment_references(text: str) -> list[str]:
    """Give the ids of the fragments that the document includes, in its order."""
    ids = []
    for token in scan(text).tokens:
        if token.kind == "open" and token.name == "include-fragment":
            value = dict(token.attributes).get("fragment-id", ())
            if len(value) != 1 or not isinstance(value[0], str) or not value[0]:
                raise PolicyError("an include-fragment names no fragment-id", *place(text, token.start))
            ids.append(value[0])
    return ids


def check_size(text: str, what: Literal["fragment", "policy"]) -> None:
    """Raise PolicyError for a document that Azure would find too long."""
    most = LARGEST_FRAGMENT if what == "fragment" else LARGEST_POLICY
    if (size := size_of(text)) > most:
        raise PolicyError(f"{size:,} bytes are too many: a {what} has at most {most:,} ({most // 1024} KB)", 1, 1)


def size_of(text: str) -> int:
    """Count the bytes that are sent."""
    return len(text.encode(errors="surrogatepass"))
