"""A value of a C# expression and the name of a member in, the member or what a call of it gives out.

Only what Microsoft's page on policy expressions allows, and of that what access policies need; the rest is named.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import jwt as pyjwt

from reconciler.emulator.gateway.refusals import EvaluationFailed, NotKnown

NULL: Final = "Object reference not set to an instance of an object."
_TYPES: Final = {"string": str, "String": str, "bool": bool, "int": int, "long": int, "double": float}
_DEFAULTS: Final = {"bool": False, "int": 0, "long": 0, "double": 0.0}
_MISSING: Final = "The given key was not present in the dictionary."


@dataclass(frozen=True, slots=True)
class Thing:
    """An object with named members, such as `context.Subscription`."""

    kind: str
    members: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Lookup:
    """A dictionary. Of headers, claims and queries the values are lists, which `GetValueOrDefault` joins by commas."""

    kind: str
    rows: Mapping[str, Any]
    lists: bool = True
    folded: bool = False  # headers: names without regard to case

    def find(self, key: str) -> Any:
        if not self.folded:
            return self.rows.get(key)
        return next((value for name, value in self.rows.items() if name.lower() == key.lower()), None)


@dataclass(frozen=True, slots=True)
class Jwt:
    """A token that was read; only `validate-jwt` says whether it is true."""

    header: Mapping[str, Any]
    claims: Mapping[str, list[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Static:
    """The name of a type, for its static members."""

    name: str


def member(target: Any, name: str) -> Any:
    """Read a property."""
    match target:
        case None:
            raise EvaluationFailed(NULL)
        case Thing() if name in target.members:
            return target.members[name]
        case Jwt() if name in _OF_TOKENS:
            return _OF_TOKENS[name](target)
        case str() | list() if name == "Length":
            return len(target)
        case Static("StringComparison") if name in {"Ordinal", "OrdinalIgnoreCase", "InvariantCultureIgnoreCase"}:
            return Thing("StringComparison", {"folded": name.endswith("IgnoreCase")})
        case Static("string" | "String") if name == "Empty":
            return ""
    raise NotKnown(f"{kind_of(target)}.{name}")


def called(target: Any, name: str, arguments: Sequence[Any], generic: str = "") -> Any:
    """Call a method."""
    if target is None:
        raise EvaluationFailed(NULL)
    if name == "ToString" and not arguments:
        return text_of(target)
    if isinstance(target, Lookup) and name in {"GetValueOrDefault", "ContainsKey"}:
        return _looked_up(target, name, arguments, generic)
    table = _METHODS.get(type(target), {}) if not isinstance(target, Static) else _STATIC.get(target.name, {})
    method = table.get((name, len(arguments)))
    if method is None or generic:
        raise NotKnown(f"{kind_of(target)}.{name} with {len(arguments)} arguments")
    try:
        return method(target, *arguments)
    except (TypeError, AttributeError) as error:
        raise EvaluationFailed(f"{name}: an argument has the wrong type") from error


def indexed(target: Any, key: Any) -> Any:
    match target, key:
        case None, _:
            raise EvaluationFailed(NULL)
        case Lookup(), str():
            found = target.find(key)
            if found is None and key not in target.rows:
                raise EvaluationFailed(_MISSING)
            return found
        case list(), int():
            if not 0 <= key < len(target):
                raise EvaluationFailed("Index was outside the bounds of the array.")
            return target[key]
    raise NotKnown(f"{kind_of(target)}[{kind_of(key)}]")


def cast(value: Any, to: str) -> Any:
    """Cast as C# does: null stays null, another type is an error."""
    if to in {"object", "var"}:
        return value
    wanted = Jwt if to == "Jwt" else _TYPES.get(to)
    if wanted is None:
        raise NotKnown(f"a cast to {to}")
    is_it = isinstance(value, wanted) and not (wanted is int and isinstance(value, bool))
    if not (is_it or (value is None and to not in _DEFAULTS)):
        raise EvaluationFailed(f"Unable to cast object of type '{kind_of(value)}' to type '{to}'.")
    return value


def text_of(value: Any) -> str:
    """Give the text of a value as C#'s ToString does; null is empty."""
    match value:
        case None:
            return ""
        case bool():
            return "True" if value else "False"
        case str() | int() | float():
            return str(value)
    raise NotKnown(f"the text of {kind_of(value)}")


def kind_of(value: Any) -> str:
    match value:
        case Thing() | Lookup():
            return value.kind
        case Static():
            return value.name
        case None:
            return "null"
    return {str: "string", bool: "bool", int: "int", float: "double", list: "array"}.get(
        type(value), type(value).__name__
    )


def read_token(text: str) -> Jwt | None:
    """Read a token without any check, with or without a scheme before it; None for what is no token."""
    try:
        whole = pyjwt.decode_complete(text.strip().rpartition(" ")[2], options={"verify_signature": False})
    except pyjwt.InvalidTokenError:
        return None
    return Jwt(whole["header"], claims_of(whole["payload"]))


def claims_of(payload: Mapping[str, Any]) -> dict[str, list[str]]:
    """Give every claim as a list of texts, as `Jwt.Claims` has them; the text of an object is unverified."""
    return {
        name: [_claim(each) for each in value] if isinstance(value, list) else [_claim(value)]
        for name, value in payload.items()
    }


def _claim(value: Any) -> str:
    return ("true" if value else "false") if isinstance(value, bool) else str(value)


def _looked_up(target: Lookup, name: str, arguments: Sequence[Any], generic: str) -> Any:
    key, *rest = arguments or (None,)
    if not isinstance(key, str) or len(rest) > (name == "GetValueOrDefault"):
        raise NotKnown(f"{target.kind}.{name} with {len(arguments)} arguments")
    found = target.find(key)
    if name == "ContainsKey":
        return found is not None or key in target.rows
    if found is None:
        return rest[0] if rest else _DEFAULTS.get(generic)
    if target.lists:
        return ",".join(found)
    return cast(found, generic) if generic else found


def _same(text: str, other: str | None, how: Thing | None = None) -> bool:
    folded = how is not None and how.members["folded"]
    return other is not None and (text.casefold() == other.casefold() if folded else text == other)


def _first(rows: list[Any]) -> Any:
    if not rows:
        raise EvaluationFailed("Sequence contains no elements")
    return rows[0]


def _last(rows: list[Any]) -> Any:
    return _first(rows[::-1])


def _part(text: str, start: int, length: int | None = None) -> str:
    end = len(text) if length is None else start + length
    if not 0 <= start <= end <= len(text):
        raise EvaluationFailed("startIndex cannot be larger than length of string.")
    return text[start:end]


_OF_TOKENS: Final[Mapping[str, Callable[[Jwt], Any]]] = {
    "Subject": lambda token: next(iter(token.claims.get("sub", [])), None),
    "Issuer": lambda token: next(iter(token.claims.get("iss", [])), None),
    "Id": lambda token: next(iter(token.claims.get("jti", [])), None),
    "Audiences": lambda token: token.claims.get("aud", []),
    "Algorithm": lambda token: token.header.get("alg"),
    "Type": lambda token: token.header.get("typ"),
    "Claims": lambda token: Lookup("Claims", token.claims),
}
_METHODS: Final[Mapping[type, Mapping[tuple[str, int], Callable[..., Any]]]] = {
    str: {
        ("AsJwt", 0): read_token,
        ("Contains", 1): lambda text, part: part in text,
        ("StartsWith", 1): str.startswith,
        ("EndsWith", 1): str.endswith,
        ("ToLower", 0): str.lower,
        ("ToLowerInvariant", 0): str.lower,
        ("ToUpper", 0): str.upper,
        ("ToUpperInvariant", 0): str.upper,
        ("Trim", 0): str.strip,
        ("Split", 1): lambda text, sign: text.split(sign),
        ("Replace", 2): str.replace,
        ("Substring", 1): _part,
        ("Substring", 2): _part,
        ("IndexOf", 1): str.find,
        ("Equals", 1): _same,
        ("Equals", 2): _same,
    },
    list: {
        ("Contains", 1): lambda rows, value: value in rows,
        ("First", 0): _first,
        ("FirstOrDefault", 0): lambda rows: rows[0] if rows else None,
        ("Last", 0): _last,
        ("LastOrDefault", 0): lambda rows: rows[-1] if rows else None,
        ("Any", 0): bool,
        ("Count", 0): len,
    },
}
_TEXT: Final[Mapping[tuple[str, int], Callable[..., Any]]] = {
    ("IsNullOrEmpty", 1): lambda _, text: not text,
    ("IsNullOrWhiteSpace", 1): lambda _, text: not text or not text.strip(),
    ("Join", 2): lambda _, sign, rows: sign.join(map(text_of, rows)),
}
_STATIC: Final[Mapping[str, Mapping[tuple[str, int], Callable[..., Any]]]] = {"string": _TEXT, "String": _TEXT}
STATICS: Final = frozenset({"string", "String", "StringComparison"})
