"""A catalog that Backstage asks for over HTTP: read from Azure when it has grown old, and kept in between.

fresh = Fresh(make, seconds=300)                 # make() gives Made.of(files, entities)
serve(create_app(fresh, token), "127.0.0.1", 8080)
"""

from reconciler.live.app import create_app
from reconciler.live.fresh import Fresh, Made
from reconciler.live.server import serve

__all__ = ["Fresh", "Made", "create_app", "serve"]
