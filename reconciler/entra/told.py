"""What Microsoft Graph said of some ids, as values: what it knows under each, or why it said nothing."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Silence:
    """Why nothing is known: the permission that this identity lacks, or what went wrong, perhaps only this time."""

    needs: str = ""
    trouble: str = ""
    passes: bool = False


@dataclass(frozen=True, slots=True)
class Application:
    """An application as a tenant knows it. A disabled one gets no tokens (AADSTS7000112)."""

    title: str
    enabled: bool


@dataclass(frozen=True, slots=True)
class Told:
    """The title of each group and each application by id; what is not there, Entra does not know."""

    groups: Mapping[str, str] | Silence
    applications: Mapping[str, Application] | Silence
