"""A repository on GitHub in; what is said there out, and what this tool says there. Nothing else talks to GitHub."""

from reconciler.github.repository import Repository
from reconciler.github.values import Issue, PullRequest, Said

__all__ = ["Issue", "PullRequest", "Repository", "Said"]
