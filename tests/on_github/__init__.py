"""A GitHub of this machine: a real bare repository, people who act on it, and the REST API over it on loopback."""

from on_github.people import Account
from on_github.serving import github
from on_github.site import Site

__all__ = ["Account", "Site", "github"]
