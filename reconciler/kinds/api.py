"""APIs: referred to, and never written; whoever deploys them today goes on doing so."""

from reconciler.kinds.kind import Kind


class Api(Kind):
    """A current revision; others are not on the list."""

    name = "api"
    path = "apis/{}"
    listing = "apis"
    fields = ("displayName", "path", "subscriptionRequired")
    writable = False
    removable = False
