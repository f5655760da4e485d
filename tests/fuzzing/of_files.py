"""Declarations: one file for the YAML loader, and whole folders for all that is made of them before Azure is asked."""

import json
from pathlib import Path
from typing import Any

from hypothesis import strategies as st
from organisations import TODAY, environment, organisation

from fuzzing.mutating import texts
from fuzzing.target import REFUSED, TAKEN, Target, repeated, step
from reconciler.access import access
from reconciler.approvals import needed
from reconciler.asked import asked
from reconciler.check import check, ended
from reconciler.codeowners import codeowners
from reconciler.document import DEEPEST, MOST_PROBLEMS, parse, positions
from reconciler.errors import DeclarationError, Problem, errors
from reconciler.load import load
from reconciler.plan import Target as Place
from reconciler.plan import plan_for, settings_of
from reconciler.report.markdown import render
from reconciler.report.story import tell
from reconciler.sources import Files

_ROOT = Path(__file__).parents[2]
_SAMPLE = sorted((_ROOT / "access").rglob("*.yaml"))
_TOKENS = (
    *(
        "- ",
        ": ",
        "? ",
        "[",
        "]",
        "{",
        "}",
        ",",
        "&a ",
        "*a",
        "!x ",
        "!!int ",
        "<<: *a",
        "|",
        ">",
        "|2-",
        "'",
        '"',
        "#",
    ),
    *(
        "---\n",
        "...\n",
        "%YAML 1.2\n",
        "%TAG ! x\n",
        "a:\n ",
        "a: b\n",
        '"\\x',
        '"\\ud800"',
        "null",
        "0x",
        "1e9",
        ".inf",
    ),
    *("$(letter)", "in:\n  prod: ", "environments: [prod]\n", "expires: 2027-06-30\n", "rate: 1 per minute\n"),
    *("100 per minute", "90 days", "0 days", "0001-01-01", "9999-12-31", "999999999999 per 9999999 weeks", "unlimited"),
)


def yaml(content: bytes) -> bool:
    """Whatever is wrong stands somewhere in the file, and what is right is known by its place."""
    lines = content.count(b"\n") + content.count(b"\r") + 1
    try:
        parse("f.yaml", content)
    except DeclarationError as error:
        _placed(error.problems, lines)
        return REFUSED
    step()
    for keys, place in positions(content).items():
        assert len(keys) <= DEEPEST + 1
        assert 1 <= place.value[0] <= lines
    return TAKEN


def folder(content: bytes) -> bool:
    """From the bytes of every file to a plan for an empty service, or Problems that have their place."""
    files = _files(content)
    loaded = load(files)
    step()
    problems = [*loaded.problems, *check(loaded, files, TODAY), *ended(loaded, files, TODAY)]
    for problem in problems:
        assert problem.line >= 1
        assert problem.column >= 1
        assert "\n" not in str(problem)
    if errors(problems):
        return REFUSED
    declarations = loaded.declarations
    codeowners(declarations, "access")
    for name in declarations.environments:
        step()
        try:
            asks = asked(declarations, declarations, name, day=TODAY, scoped=False)
            made = plan_for(asks, Place(name, "service"), {}, day=TODAY, settings=settings_of(declarations.guardrails))
        except DeclarationError:
            continue
        access(asks.desired.state)
        render(tell(made))
    step()
    needed(declarations, declarations, day=TODAY)
    return TAKEN


def _placed(problems: tuple[Problem, ...], lines: int) -> None:
    assert 1 <= len(problems) <= MOST_PROBLEMS + 1
    for problem in problems:
        assert 1 <= problem.line <= lines
        assert problem.column >= 1
        assert problem.message
        assert str(problem).isprintable()


def _files(content: bytes) -> Files:
    try:
        found = json.loads(content)
    except (ValueError, RecursionError):
        found = {}
    return Files(
        "access", {str(path): str(text).encode(errors="surrogateescape") for path, text in sorted(found.items())}
    )


def _company(**more: Any) -> dict[str, str]:
    found = organisation(
        **{
            "environments.yaml": {
                "dev": environment(variables={"letter": "d"}),
                "prod": environment(
                    service=environment()["service"] + "2", variables={"letter": "p"}, marks=["tag", "contact"]
                ),
            },
            "guardrails.yaml": {
                "platform_team": "commerce",
                "max_duration": "400 days",
                "rules": [
                    {"level": "error", "when": {"tier": "x"}, "say": "no"},
                    {"level": "approval", "by": "commerce", "when": {"environment": "prod"}},
                    {"level": "warning", "when": {"grants_per_team": 40}},
                ],
            },
            "commerce/products/orders.yaml": {
                "manage": "product",
                "display_name": "Orders",
                "environments": ["dev", "prod"],
                "apis": ["orders-$(letter)"],
                "credentials": "key or token",
                "oauth": {"audience": "api://orders", "roles": ["Read"]},
                "tiers": {"standard": {"rate": "10 per minute", "quota": "1000 per 30 days"}},
                "include": ["cors"],
                "max_duration": "300 days",
                "in": {"dev": {"mode": "observe"}},
            },
            "commerce/apis.yaml": [{"api": "orders-$(letter)"}, {"api": "refunds"}],
            "commerce/fragments/cors.xml": "<fragment><trace /></fragment>",
            "checkout/grants/orders.yaml": {
                "environments": ["prod"],
                "key": True,
                "tier": "standard",
                "clients": ["1a2b0000-0000-0000-0000-000000000000"],
                "reason": "Show the order history",
                "expires": "2027-06-30",
                "in": {"prod": {"portal": True}},
            },
            **more,
        }
    )
    return {path: text if isinstance(text, str) else json.dumps(text, indent=1) for path, text in found.items()}


@st.composite
def _folders(draw: st.DrawFn) -> bytes:
    """One file of a company, or two, with mistakes; or of the same words in another place."""
    found = dict(draw(st.sampled_from(_COMPANIES)))
    for _ in range(draw(st.integers(1, 2))):
        path = draw(st.sampled_from(sorted(found)))
        text = draw(texts([found[path].encode(errors="surrogateescape")], _TOKENS)).decode(errors="surrogateescape")
        found[draw(st.sampled_from((path, path, path, *_PLACES)))] = text
    return json.dumps(found).encode()


_PLACES = (
    *(
        "adoption.yaml",
        "backstage.yaml",
        "guardrails.yaml",
        "checkout/apis/x.yaml",
        "checkout/team.yml",
        "x.yaml",
        "a/b/c",
    ),
    *(
        "unowned/apis.yaml",
        "checkout/grants/x.yaml",
        "checkout/products/orders.yaml",
        "Checkout/team.yaml",
        "a b/team.yaml",
    ),
)
_SAMPLE_FOLDER = {path.relative_to(_ROOT / "access").as_posix(): path.read_text() for path in _SAMPLE}
_COMPANIES = (_company(), _company(), _SAMPLE_FOLDER)


def _with(path: str, piece: str, *, before: str = "", after: str = "") -> Any:
    """Put something large into one file of a company."""
    inside = repeated(piece, before=before, after=after)

    def write(size: int) -> bytes:
        found = _company()
        found[path] = inside(max(100, size)).decode()
        return json.dumps(found).encode()

    return write


def _many_files(path: str, text: str) -> Any:
    def write(size: int) -> bytes:
        found = _company()
        for number in range(size // (len(path) + len(text) + 8)):
            found[path.replace("{n}", str(number))] = text.replace("{n}", str(number))
        return json.dumps(found).encode()

    return write


def _nearly(size: int) -> bytes:
    """Write APIs, and a product with as many that are misspelt."""
    found = _company()
    names = [f"order-thing-{number}" for number in range(size // 48)]
    found["checkout/apis.yaml"] = "".join(f"- {{api: {name}}}\n" for name in names)
    found["commerce/products/orders.yaml"] = f"environments: [prod]\napis: [{'y, '.join(names)}]\n"
    return json.dumps(found).encode()


_GRANT = "environments: [prod]\nkey: true\nreason: r\nexpires: 2027-06-30\n"
YAML = Target(
    "yaml",
    yaml,
    texts([path.read_bytes() for path in _SAMPLE], _TOKENS),
    tuple(path.read_bytes() for path in _SAMPLE[:8]),
    {
        "many [": repeated("["),
        "many {": repeated("{"),
        "many [ that are closed": repeated("[", closing="]"),
        "many ? ": repeated("? "),
        "many - ": repeated("- "),
        "many lists, each deeper": repeated("-\n "),
        "many !": repeated("!"),
        "many &": repeated("&a "),
        "many *": repeated("*a "),
        "anchors": repeated("k{n}: &a{n} x\n"),
        "aliases": repeated("k{n}: *a\n"),
        "tags": repeated("k{n}: !t x\n"),
        "quotes": repeated("'"),
        "double quotes": repeated('"'),
        "one long key": repeated("k", after=": x\n"),
        "one long text": repeated("x ", before="k: "),
        "one long quoted text": repeated("\\\\", before='k: "', after='"'),
        "one long block": repeated("x\n ", before="k: |\n "),
        "a fold of empty lines": repeated("\n", before="k: x", after=" y"),
        "a comment": repeated("#"),
        "comments": repeated("# x\n"),
        "many keys": repeated("k{n}: x\n"),
        "the same key": repeated("k: x\n"),
        "the same key, in one line": repeated("k: x, ", before="{", after="}"),
        "a long list": repeated("- x\n"),
        "a long list in one line": repeated("x, ", before="[", after="]"),
        "mappings": repeated("- {a: x, b: [y]}\n"),
        "documents": repeated("---\n"),
        "directives": repeated("%YAML 1.2\n"),
        "numbers": repeated("- 1{n}\n"),
        "one long number": repeated("1"),
        "one long floating number": repeated("1", before="1."),
        "a number of zeros": repeated("0", before="- "),
        "no end of a comma": repeated(","),
        "commas in a list": repeated(",", before="["),
        "colons": repeated(":"),
        "colons in a mapping": repeated(": ", before="{"),
        "bars": repeated("|"),
        "percents": repeated("%"),
        "spaces": repeated(" "),
        "tabs": repeated("\t"),
        "carriage returns": repeated("\r"),
        "NULs": repeated("\0"),
        "what cannot be seen": repeated("\u202e"),
        "bytes that are not UTF-8": lambda size: b"k: " + b"\xff" * size,
        "a list that a bracket ends": repeated("[a, b]\n"),
        "JSON that editors take": repeated('"k{n}": "http://x", ', before="{", after='"z": [1]}'),
        "JSON with escapes": repeated('"\\/{n}", ', before="[", after='"x"]'),
        "half characters": repeated('"\\ud83d\\ude00", ', before="[", after='"x"]'),
    },
    weight=4,
)
FOLDER = Target(
    "folder",
    folder,
    _folders(),
    tuple(json.dumps(company).encode() for company in (_COMPANIES[0], _SAMPLE_FOLDER)),
    {
        "unknown keys": _with("checkout/grants/orders.yaml", "k{n}: x\n", before=_GRANT),
        "unknown keys in a list": _with("commerce/apis.yaml", "- {api: a{n}, apy: x}\n"),
        "wrong values in a list": _with("commerce/apis.yaml", "- {api: [x], lifecycle: 1}\n"),
        "wrong environments": _with("environments.yaml", "e{n}: {}\n"),
        "many environments": _with(
            "environments.yaml", "e{n}: {service: x, tenant: x}\n", before=json.dumps({"a": environment()})[1:-1] + "\n"
        ),
        "many APIs": _with(
            "commerce/apis.yaml", "- {api: orders{n}}\n", before='- {api: "orders-$(letter)"}\n- {api: refunds}\n'
        ),
        "the same API": _with("commerce/apis.yaml", "- {api: orders}\n"),
        "APIs that are not there": _with(
            "commerce/products/orders.yaml",
            '"refundz{n}", ',
            before="environments: [prod]\napis: [",
            after="refunds]\n",
        ),
        "APIs that are nearly there": _nearly,
        "one API many times": _with(
            "commerce/products/orders.yaml", "refunds, ", before="environments: [prod]\napis: [", after="refunds]\n"
        ),
        "environments that are not there": _with(
            "checkout/grants/orders.yaml", "prod{n}, ", before="key: true\nreason: r\nenvironments: [", after="prod]\n"
        ),
        "clients": _with("checkout/grants/orders.yaml", "client-{n}, ", before=_GRANT + "clients: [", after="x]\n"),
        "tiers": _with(
            "commerce/products/orders.yaml", " t{n}: {rate: 1 per minute}\n", before="environments: [prod]\ntiers:\n"
        ),
        "wrong tiers": _with(
            "commerce/products/orders.yaml", " t{n}: {rate: 1 per month}\n", before="environments: [prod]\ntiers:\n"
        ),
        "includes": _with(
            "commerce/products/orders.yaml", "cors{n}, ", before="environments: [prod]\ninclude: [", after="cors]\n"
        ),
        "rules": _with("guardrails.yaml", " - {level: error, when: {tier: t{n}}, say: x}\n", before="rules:\n"),
        "wrong rules": _with("guardrails.yaml", " - {level: x{n}}\n", before="rules:\n"),
        "rules of stars": _with(
            "guardrails.yaml", "*a", before="rules:\n - {level: error, when: {team: 'a", after="b'}, say: x}\n"
        ),
        "what is protected": _with("guardrails.yaml", "g{n}, ", before="protect: {groups: [", after="x]}\n"),
        "owners by map": _with("adoption.yaml", " - {api: 'x{n}*', team: checkout}\n", before="owners:\n"),
        "variables": _with("checkout/apis.yaml", "- {api: 'x-$(letter)-{n}'}\n"),
        "a long name with variables": _with("checkout/apis.yaml", "$(", before="- {api: '", after="'}\n"),
        "files that nobody reads": _many_files("checkout/x{n}.yaml", ""),
        "teams": _many_files("t{n}/team.yaml", "display_name: T{n}"),
        "teams without a word": _many_files("t{n}/grants/orders.yaml", "x: y"),
        "grants": _many_files("checkout/grants/o{n}.yaml", "product: orders\n" + _GRANT),
        "grants of what is not there": _many_files("checkout/grants/o{n}.yaml", _GRANT),
        "products": _many_files("commerce/products/o{n}.yaml", "environments: [prod]\napis: [refunds]\n"),
        "fragments": _many_files("commerce/fragments/f{n}.xml", "<fragment>"),
    },
    weight=4,
)
