"""Texts with a form of their own: kept pages, catalogs, the comment on a pull request, answers in a form, limits."""

import json
import tempfile
import time
from pathlib import Path

from assisted import COMPANY
from hypothesis import strategies as st
from organisations import SERVICE, TODAY, files, organisation

from fuzzing.mutating import texts
from fuzzing.target import Target, reader, repeated
from reconciler.asking import NotAskable, ask, read_form
from reconciler.assist.catalog import entries
from reconciler.azure.kept import KeptPages
from reconciler.errors import DeclarationError
from reconciler.limits import quota, rate, words
from reconciler.report.markdown import LIMIT
from reconciler.report.parts import join, parts

_PAGES = [time.time(), ["products {}", {"value": [{"name": "orders"}], "count": 1}]]
_CATALOG = b"""---
apiVersion: backstage.io/v1alpha1
kind: API
metadata:
  name: orders
  annotations: {apim-reconciler/api: orders, apim-reconciler/environment: prod}
  links: [{url: "https://x", title: Endpoint}]
spec: {type: openapi, definition: {$text: ./definitions/orders.json}}
---
kind: Component
"""
_FORM = (
    "### Team\n\ncheckout\n\n### Product\n\norders\n\n### Environments\n\n- [x] prod\n- [ ] dev\n\n"
    "### What you need\n\n"
    "- [X] Key: calls go through\n- [ ] Portal\n\n### Reason\n\nShow orders\n\n### Last day\n\n2026-12-01\n\n"
    "### Component\n\n_No response_\n"
)
_COMMENT = join({"plan-prod": "### Plan\n\n<details>\n\nx\n\n</details>\n\n```\ny\n```", "approvals": "none"}, None)


def _kept_pages(content: bytes) -> bool:
    with tempfile.TemporaryDirectory() as place:
        with KeptPages(SERVICE, folder=Path(place)):
            pass
        with KeptPages(SERVICE, folder=Path(place)) as pages:
            pages.keep("x", {"value": []})
            (file,) = Path(place).iterdir()
        file.write_bytes(content)
        with KeptPages(SERVICE, folder=Path(place)) as pages:
            found = len(pages)
            page = pages.take("products {}")
            assert page is None or isinstance(page, dict)
    return bool(found)


def _comment(text: str) -> None:
    body = join({"plan-prod": text}, text)
    assert len(body) <= LIMIT
    again = join({}, body)
    assert parts(again) == parts(body)


def _form(text: str) -> None:
    ask(read_form(text, author="octocat"), files(organisation(**COMPANY)), TODAY)


def _limit(text: str) -> None:
    for read in (rate, quota):
        try:
            assert read(words(read(text))) == read(text)
        except ValueError as error:
            assert len(str(error)) < 300 + len(text)  # noqa: PT017


TEXTS = (
    Target(
        "kept pages",
        _kept_pages,
        texts(
            [b"\n".join(json.dumps(page).encode() for page in _PAGES)],
            ("1e999", "NaN", "[", "[1,", '["a"]', '"x"\n', "{}\n"),
        ),
        (),
        {
            "lists": repeated("["),
            "lines": repeated("[]\n", before=f"{time.time()}\n"),
            "pages": repeated('["a{n}",{}]\n', before=f"{time.time()}\n"),
        },
    ),
    Target(
        "catalog",
        reader(lambda text: entries("apis.yaml", text.encode(errors="surrogateescape")), DeclarationError),
        texts([_CATALOG], ("---\n", "kind: API\n", "metadata: ", "[", "{", "spec: x\n", "$text: ", "'", "- ")),
        (_CATALOG,),
        {
            "documents": repeated("---\n"),
            "documents with a word": repeated("---\nkind: x\n"),
            "entities": repeated("---\nkind: API\nmetadata: {name: a{n}}\nspec: {type: openapi}\n"),
            "a mistake in each": repeated("---\nkind: API\n"),
        },
    ),
    Target(
        "comment",
        reader(_comment),
        texts(
            [_COMMENT.encode()],
            (
                "<!-- part: a -->\n",
                "\n<!-- end: a -->",
                "<!--",
                "-->",
                "```",
                "<details>",
                "</details>",
                "\n\n",
                "|",
                "# ",
            ),
        ),
        (_COMMENT.encode(),),
        {
            "parts that begin": repeated("<!-- part: a -->\n"),
            "parts that begin and end": repeated("<!-- part: a{n} -->\nx\n<!-- end: a{n} -->\n"),
            "parts of other names": repeated("<!-- part: a{n} -->\n"),
            "part, and a long name": repeated("a.", before="<!-- part: ", after="!"),
            "details": repeated("<details>\n"),
            "details that are closed": repeated("<details>\n", closing="</details>\n"),
            "fences": repeated("```\n"),
            "lines": repeated("\n"),
            "comments": repeated("<!--"),
        },
    ),
    Target(
        "form",
        reader(_form, NotAskable, DeclarationError),
        texts(
            [_FORM.encode()],
            (
                "### ",
                "### Team\n",
                "- [x] ",
                "- [ ] ",
                "prod",
                ",",
                "2026-",
                "'",
                '"',
                ": ",
                "#",
                "$(letter)",
                "_No response_",
            ),
        ),
        (_FORM.encode(),),
        {
            "labels": repeated("### Team\n", before=_FORM),
            "ticks": repeated("- [x] a{n}\n", before=_FORM.partition("- [x]")[0], after=_FORM.partition("- [ ]")[2]),
            "words": repeated(
                "p{n},", before=_FORM.partition("- [x]")[0], after="\n\n### What" + _FORM.partition("### What")[2]
            ),
            "a long reason": repeated(
                "x ", before=_FORM.partition("Show")[0], after=_FORM.partition("orders\n\n### Last")[2]
            ),
            "a long team": repeated("t", before="### Team\n\n", after=_FORM.partition("checkout")[2]),
        },
    ),
    Target(
        "limit",
        reader(_limit),
        texts(
            [b"100 per minute", b"1000 per 30 days", b"5 per 10 seconds"],
            (" per ", "per", "minutes", "days", "9", "0", "1 per 1 week", "\u0661", "month", "s"),
        )
        | st.from_regex(r"[0-9]{1,40} per ([0-9]{1,40} )?[a-z]{1,10}", fullmatch=True).map(str.encode),
        (b"100 per minute",),
        {
            "digits": repeated("9", after=" per minute"),
            "digits of a time": repeated("9", before="1 per ", after=" days"),
            "pers": repeated("1 per "),
        },
    ),
)
