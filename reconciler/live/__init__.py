"""A catalog that Backstage asks for over HTTP: read from Azure when it has grown old, and kept in between.

fresh = Fresh(make, seconds=300)                 # make() gives Made.of(files, entities)
app = create_app(fresh, token)                   # for reconciler.serving
"""

from reconciler.live.app import create_app
from reconciler.live.fresh import Fresh, Made

__all__ = ["Fresh", "Made", "create_app"]
