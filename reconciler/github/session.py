"""What is asked of GitHub in; its answer out, or after a bounded number of tries a GitHubError with a way out."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, TypeAlias, TypeVar

import httpx
from githubkit import GitHub
from githubkit.exception import GitHubException, RateLimitExceeded, RequestError, RequestFailed
from githubkit.retry import RetryOption
from githubkit_schemas.core import RestVersionSwitcher
from pydantic import BaseModel

from reconciler.errors import GitHubError, printable
from reconciler.keylike import without_keys

Rest: TypeAlias = RestVersionSwitcher
Shape = TypeVar("Shape", bound=BaseModel)

_WAITS = (0.5, 2.0, 5.0)  # seconds before each further try of a read
_PATIENCE = timedelta(seconds=60)  # longer than this nobody waits for a limit to end
_PAGE = 100  # the most that GitHub gives at once
_BROKEN = 500
_SHORTEST = 8  # characters of what may be a token, and no word
UNKNOWN, UNPROCESSABLE = 404, 422


class Session:
    """One repository, seen with one token."""

    def __init__(self, name: str, token: str, *, api: str, transport: httpx.BaseTransport | None = None) -> None:
        self.name = name
        owner, _, repository = name.partition("/")
        self.where = (owner, repository)
        self.named = {"owner": owner, "repo": repository}
        self._token = token
        # No cache: what is decided on is read now.
        self._github = GitHub(token, base_url=api, auto_retry=retry, http_cache=False, transport=transport)

    @contextmanager
    def asking(self, doing: str, *, needs: str) -> Iterator[Rest]:
        """Open a connection for what is done; `needs` is the right of the token that it takes."""
        try:
            with self._github:
                yield self._github.rest
        except RateLimitExceeded as error:
            wait = f"{max(1, round(error.retry_after.total_seconds() / 60))} minutes"
            raise GitHubError(f"GitHub, {doing}: it limits requests of this token. Run again in {wait}.") from error
        except RequestFailed as error:
            raise GitHubError(f"GitHub, {doing}: {self._bare(_words(error))}. {_advice(error, needs)}") from error
        except GitHubException as error:
            cause = error.exc if isinstance(error, RequestError) else error
            why = self._bare(printable(str(cause))) or type(cause).__name__
            raise GitHubError(f"GitHub, {doing}: {why}") from error
        except (ValueError, RecursionError) as error:  # no JSON, JSON of another form, or without an end
            raise GitHubError(f"GitHub, {doing}: the answer is not of the form that GitHub publishes.") from error

    def _bare(self, text: str) -> str:
        """Leave out the token, which whoever answers may repeat."""
        return without_keys(text.replace(self._token, "(hidden)") if len(self._token) >= _SHORTEST else text)

    def pages(self, shape: type[Shape], method: Callable[..., Any], **arguments: Any) -> list[Shape]:
        """Read a list whole, page after page."""
        rows = self._github.rest.paginate(method, rows_of, per_page=_PAGE, **arguments)
        return [shape.model_validate(row) for row in rows]


def rows_of(response: Any, key: str | None = None) -> list[Any]:
    """Give the rows of a page, which some lists have under a key."""
    body = response.json()
    rows = body.get(key) if key is not None and isinstance(body, dict) else body
    if not isinstance(rows, list):
        raise ValueError("no rows")  # noqa: TRY004  it is GitHub's form that is wrong
    return rows


def retry(error: GitHubException, tried: int) -> RetryOption:
    """Say whether to try again: a read that failed, and anything that GitHub did not look at because of its limits."""
    if tried >= len(_WAITS):
        return RetryOption(do_retry=False)
    if isinstance(error, RateLimitExceeded):
        return RetryOption(do_retry=error.retry_after <= _PATIENCE, retry_after=error.retry_after)
    reading = isinstance(error, RequestError) and _method(error) == "GET"
    broken = not isinstance(error, RequestFailed) or error.response.status_code >= _BROKEN
    return RetryOption(do_retry=reading and broken, retry_after=timedelta(seconds=_WAITS[tried]))


def _method(error: RequestError[Any]) -> str:
    try:
        return str(error.exc.request.method)
    except (AttributeError, RuntimeError):  # httpx says so where no request was made
        return ""


def _words(error: RequestFailed) -> str:
    """Give the status, and GitHub's own words."""
    try:
        body = error.response.json()
        details = [each["message"] if isinstance(each, dict) else str(each) for each in body.get("errors") or ()]
        said = ": ".join([str(body["message"]), *map(str, details)])
    except (ValueError, LookupError, AttributeError, TypeError, RecursionError):
        said = ""
    return " ".join(filter(None, [str(error.response.status_code), printable(said).rstrip(".")]))


def _advice(error: RequestFailed, needs: str) -> str:
    status = error.response.status_code
    if status >= _BROKEN:
        return "Nothing was decided on what was not read; run again."
    if status == UNPROCESSABLE:
        return "GitHub understood and does not want it."
    return f"See that GITHUB_TOKEN is of this repository, still valid, and has `{needs}`."
