"""Tags: a word that resources are marked with."""

from reconciler.kinds.kind import Kind


class Tag(Kind):
    """A tag. Display names are unique in a service (Azure/apiops #855), so a living one is found by its own."""

    name = "tag"
    path = "tags/{}"
    listing = "tags"
    fields = ("displayName",)
    identified_by = "displayName"
