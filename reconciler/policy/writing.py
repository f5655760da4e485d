"""A gate in, the XML of its fragment `access-<product>` out; or ValueError, PolicyError where Azure could not hold it.

The document is XML and raw XML at once: attributes with C# stand in single quotes, and no C# here needs `<` or `&`.
Every decision is refused until something allows it: `access-verdict` begins with a refusal.
"""

import json
from collections.abc import Iterable, Iterator, Mapping

from reconciler.limits import Limit
from reconciler.policy.fragments import check_size
from reconciler.policy.gate import DEFAULT_CLAIMS, Gate, OAuth, Tier
from reconciler.policy.spelling import literal, word

COMMENT = "Made by reconciler from declarations. What is changed here by hand is found, and put back."
GRANTED, NO_KEY, NOT_GRANTED = "granted", "no key", "not granted"
CHECKED = '((Jwt)context.Variables["access-token"]).Claims'
FROM_HEADER = 'context.Request.Headers.GetValueOrDefault("Authorization", "").AsJwt()?.Claims'

Lines = Iterator[str]


def write(gate: Gate) -> str:
    """Make the fragment. Its size is checked, in bytes as Azure keeps it: with two for a line's end."""
    lines = ["<fragment>", *_within(_content(gate)), "</fragment>"]
    check_size("\r\n".join(lines), "fragment")
    return "\n".join(lines)


def _content(gate: Gate) -> Lines:
    yield f"<!-- {COMMENT} -->"
    yield _set("enforcement", literal(gate.enforcement))
    yield _set("tier", literal(""))
    if gate.credentials != "token":
        yield _set("key", 'context.Subscription?.Id ?? ""')
    if gate.by_token:
        yield _set("client", literal(""))
    yield from _checks(gate)
    yield from _decision(gate)


def _checks(gate: Gate) -> Lines:
    has_key = f'{_variable("key")} != ""'
    if gate.credentials == "key":
        yield _set("verdict", literal(NO_KEY))
        yield from _choose({has_key: _key(gate)})
    elif gate.credentials == "token":
        yield _set("verdict", literal(NOT_GRANTED))
        yield from _token(gate)
    elif gate.credentials == "key or token":
        yield _set("verdict", literal(NOT_GRANTED))
        yield from _choose({has_key: _key(gate)}, _token(gate))
    else:
        yield _set("verdict", literal(NO_KEY))
        yield from _choose({has_key: (_set("verdict", literal(NOT_GRANTED)), *_token(gate))})


def _key(gate: Gate) -> Lines:
    yield _set("verdict", literal(GRANTED))
    yield from _choose({_one_of(ids, "key"): [_set("tier", literal(tier))] for tier, ids in _by_tier(gate.keys)})


def _token(gate: Gate) -> Lines:
    oauth = gate.oauth
    if oauth is None:
        raise ValueError("a gate that looks at tokens has `oauth`")
    report = {_is("enforcement", "report"): [_set("client", _client(oauth, f"({FROM_HEADER}", ' ?? "")'))]}
    yield from _choose(report, (*_validated(gate, oauth), _set("client", _client(oauth, CHECKED))))
    granted = {
        _one_of(ids, "client"): [_set("verdict", literal(GRANTED)), _set("tier", literal(tier))]
        for tier, ids in _by_tier(gate.clients)
    }
    yield from _choose(granted)


def _client(oauth: OAuth, claims: str, end: str = "") -> str:
    first, *others = [
        f'{claims}.GetValueOrDefault({literal(name)}, ""){end}'
        for name in ([oauth.claim] if oauth.claim else DEFAULT_CLAIMS)
    ]
    return f'{first} != "" ? {first} : {others[0]}' if others else first


def _validated(gate: Gate, oauth: OAuth) -> Lines:
    scopes, roles = _claim("scp", oauth.scopes, ' separator=" "'), _claim("roles", oauth.roles)
    if not (oauth.scopes and oauth.roles):
        yield from _validate_jwt(gate, oauth, (*scopes, *roles))
        return
    yield from _validate_jwt(gate, oauth, ())
    for_a_user = f'{CHECKED}.GetValueOrDefault("scp", "") != ""'
    yield from _choose({for_a_user: _validate_jwt(gate, oauth, scopes)}, _validate_jwt(gate, oauth, roles))


def _validate_jwt(gate: Gate, oauth: OAuth, claims: Iterable[str]) -> Lines:
    message = f"This call needs a valid token for {gate.product}. Ask for access: {gate.ask}"
    # Whether API Management escapes it for its JSON is unverified: only what would break JSON is escaped here, too.
    escaped = json.dumps(message, ensure_ascii=False)[1:-1]
    yield (
        '<validate-jwt header-name="Authorization" require-scheme="Bearer" require-expiration-time="true" '
        'require-signed-tokens="true" output-token-variable-name="access-token" failed-validation-httpcode="401" '
        f"failed-validation-error-message='@({literal(escaped)})'>"
    )
    yield f'\t<openid-config url="{word(oauth.configuration)}" />'
    for names, name, values in (("audiences", "audience", oauth.audiences), ("issuers", "issuer", oauth.issuers)):
        if values:
            yield from _within(_element(names, (f"<{name}>{word(value)}</{name}>" for value in sorted(values))))
    if claims := list(claims):
        yield from _within(_element("required-claims", claims))
    yield "</validate-jwt>"


def _claim(name: str, values: Iterable[str], more: str = "") -> tuple[str, ...]:
    if not values:
        return ()
    return (
        f'<claim name="{name}" match="any"{more}>',
        *(f"\t<value>{word(value)}</value>" for value in sorted(values)),
        "</claim>",
    )


def _decision(gate: Gate) -> Lines:
    table: dict[str, Iterable[str]] = {
        _is("enforcement", "report"): _choose({f"{_variable('verdict')} != {literal(GRANTED)}": _trace(gate)}),
    }
    if gate.credentials in ("key", "key and token"):
        table[_is("verdict", NO_KEY)] = _refuse(
            gate, 401, "Unauthorized", f"This call needs a subscription key for {gate.product}."
        )
    table[f"{_variable('verdict')} != {literal(GRANTED)}"] = _refuse(
        gate, 403, "Forbidden", f"This application has no access to {gate.product}."
    )
    for name, tier in sorted(gate.tiers.items()):
        default = f" || {_is('tier', '')}" if name == gate.default else ""
        table[_is("tier", name) + default] = _limits(gate, name, tier)
    yield from _choose(table)


def _trace(gate: Gate) -> Lines:
    """Tell of a call that would be refused.

    `trace` is in every pricing tier, and is not sampled. A metric could not tell who calls: its series are limited in
    number, and an unchecked token may name anybody. As an error, so that no setting of a diagnostic leaves it out.
    """
    yield '<trace source="access" severity="error">'
    yield "\t<message>would be refused</message>"
    yield f"\t<metadata name=\"product\" value='@({literal(gate.product)})' />"
    for name in ("verdict", *["key"] * (gate.credentials != "token"), *["client"] * gate.by_token):
        yield f"\t<metadata name=\"{name}\" value='@({_variable(name)})' />"
    yield "</trace>"


def _refuse(gate: Gate, code: int, reason: str, message: str) -> Lines:
    says = {"message": message, "product": gate.product, "ask": gate.ask}
    body = ", ".join(f"{json.dumps(key)}: {literal(value)}" for key, value in says.items())
    yield "<return-response>"
    yield f'\t<set-status code="{code}" reason="{reason}" />'
    yield '\t<set-header name="Content-Type" exists-action="override">'
    yield "\t\t<value>application/json</value>"
    yield "\t</set-header>"
    yield f'\t<set-body>{{"statusCode": {code}, {body}}}</set-body>'
    yield "</return-response>"


def _limits(gate: Gate, name: str, tier: Tier) -> Lines:
    """Count each consumer by itself. A counter is API Management's, not the fragment's: the product is in its key."""
    if tier == Tier():
        yield _set("tier", literal(name))  # a `when` must not be empty
    if tier.rate:
        yield _by_key("rate-limit", tier.rate, _counter(gate, "rate"))
    if tier.quota:
        yield _by_key("quota", tier.quota, _counter(gate, "quota"))


def _by_key(policy: str, limit: Limit, counter: str) -> str:
    return f'<{policy}-by-key calls="{limit.calls}" renewal-period="{limit.seconds}" counter-key=\'@({counter})\' />'


def _counter(gate: Gate, what: str) -> str:
    """No id of a product or subscription holds a colon. Of `key or token` one of the two is empty."""
    if gate.credentials == "key or token":
        return f'{literal(f"{what}:{gate.product}:")} + {_variable("key")} + ":" + {_variable("client")}'
    return f"{literal(f'{what}:{gate.product}:')} + {_variable('key' if gate.by_key else 'client')}"


def _by_tier(consumers: Mapping[str, str]) -> Iterator[tuple[str, list[str]]]:
    for tier in sorted(set(consumers.values())):
        yield tier, sorted(one for one, its in consumers.items() if its == tier)


def _one_of(ids: list[str], variable: str) -> str:
    each = ",\n".join(f"\t{literal(one)}" for one in ids)
    return f"new [] {{\n{each}\n}}.Contains({_variable(variable)})"


def _is(variable: str, value: str) -> str:
    return f"{_variable(variable)} == {literal(value)}"


def _variable(name: str) -> str:
    return f'(string)context.Variables["access-{name}"]'


def _set(name: str, code: str) -> str:
    return f"<set-variable name=\"access-{name}\" value='@({code})' />"


def _choose(cases: Mapping[str, Iterable[str]], otherwise: Iterable[str] = ()) -> Lines:
    """Azure refuses a `choose` without a `when`: without cases there is none."""
    whens = [f"<when condition='@({condition})'>" for condition in cases]
    if not whens:
        yield from otherwise
        return
    yield "<choose>"
    for when, content in zip(whens, cases.values(), strict=True):
        yield from _within((*when.split("\n"), *_within(content), "</when>"))
    if rest := list(otherwise):
        yield from _within(_element("otherwise", rest))
    yield "</choose>"


def _element(name: str, content: Iterable[str]) -> Lines:
    yield f"<{name}>"
    yield from _within(content)
    yield f"</{name}>"


def _within(lines: Iterable[str]) -> Lines:
    return (f"\t{line}" for line in lines)
