"""A session and a subscription in; one of its two keys out, held so that nothing shows it, or made anew."""

from pydantic import SecretStr

from reconciler.azure.session import Session, path_of
from reconciler.errors import AzureError, Unavailable
from reconciler.rotation import Slot


async def read_key(session: Session, subscription: str, slot: Slot) -> SecretStr:
    """Read one key. Azure counts that as a write: nobody calls this to look whether something is as it should be."""
    doing = f"reading the key of {subscription}"
    failed: AzureError | None = None
    try:
        answer = await session.post(path_of("subscriptions/{}/listSecrets", (subscription,)), doing)
    except AzureError as error:
        failed = bare(error)
    if failed is not None:
        raise failed
    key = answer.get(f"{slot}Key")
    if not isinstance(key, str) or not key:
        raise Unavailable(doing, detail=f"the answer holds no {slot} key")
    return SecretStr(key)


async def make_anew(session: Session, subscription: str, slot: Slot) -> str:
    """Let Azure make one key anew: the old one opens nothing from then on. Gives Azure's correlation id."""
    path = path_of(f"subscriptions/{{}}/regenerate{slot.capitalize()}Key", (subscription,))
    return await session.act(path, f"making the {slot} key of {subscription} anew")


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
