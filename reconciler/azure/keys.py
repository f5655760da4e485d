"""A session and a subscription in; its primary key out, held so that nothing shows it: no text, log or exception."""

from pydantic import SecretStr

from reconciler.azure.session import Session, path_of
from reconciler.errors import AzureError, Unavailable


async def primary_key(session: Session, subscription: str) -> SecretStr:
    """Read one key. Azure counts that as a write: nobody calls this to look whether something is as it should be."""
    doing = f"reading the key of {subscription}"
    failed: AzureError | None = None
    try:
        answer = await session.post(path_of("subscriptions/{}/listSecrets", (subscription,)), doing)
    except AzureError as error:
        failed = bare(error)
    if failed is not None:
        raise failed
    key = answer.get("primaryKey")
    if not isinstance(key, str) or not key:
        raise Unavailable(doing, detail="the answer holds no primary key")
    return SecretStr(key)


def bare(error: AzureError, *, hiding: str = "") -> AzureError:
    """Give an error anew, without what it came from: that holds requests and answers, and so perhaps a key."""

    def clean(text: str) -> str:
        return text.replace(hiding, "(hidden)") if hiding else text

    again = type(error)(
        error.doing,
        status=error.status,
        code=clean(error.code),
        detail=clean(error.detail),
        request_id=clean(error.request_id),
    )
    error.__cause__ = error.__context__ = error.__traceback__ = None
    return again
