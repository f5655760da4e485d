"""A local Azure: the access layer of API Management in, as rude as the real one, over ASGI or TLS on loopback out.

    azure = Azure()                                  # Azure(Settings(strict=True, slow_polls=2, throttle=True))
    app = create_app(azure)                          # ASGI; any well-formed service path is a new instance
    azure.seed(path, {"groups/g": {}, "products/p": {"displayName": "P"}, "products/p/groups/g": {}})
    azure.snapshot(path)                             # {"products/p": {...properties}, "products/p/groups/g": {}, ...}
    difference(then, azure.snapshot(path))           # .added, .removed, .changed: {"products/p": {"state": (old, new)}}
    azure.seed(path, {}, tier="Developer")           # whose limits then hold; or in Settings(tier=...), else Premium
    azure.used(path, subscription="s", api="a", calls=3, when="2026-01-31")    # what reports/bySubscription counts
    azure.log_to(path, workspace_id)                 # and Log Analytics is asked at /v1/workspaces/ID/query
    azure.token(client_id)                           # a bearer token without the round trip
    azure.grant(client_id, "Reader", scope=path)     # or {"actions": [...]}, or several; others are Contributor
    azure.app_role(client_id, "api://orders", "Orders.Read")     # in tokens asked for with api://orders/.default
    azure.directory.add_group("Checkout", object_id, members=[azure.directory.add_user("Ann")])    # what Graph shows
    azure.directory.add_application("web-shop", client_id, accountEnabled=False)    # as a service principal
    azure.vault("kv").set("name", "value"), azure.vault("kv").value("name"), azure.vault_id("kv")    # Key Vault
    azure.expose(api_client_id, "api://orders", token_version=1)    # which version the API accepts; 2 otherwise
    azure.federate(client_id, issuer, subject), azure.client_secret(client_id, secret)    # and others are refused
    azure.fault(method="PUT", path="/products/", nth=2, times=1, status=429, headers={"Retry-After": "1"})
    azure.fault(cut="before")                        # or cut="after", truncate=20, delay=0.5; ConnectionCut in process
    azure.fault(path="/products$", shift=1)          # a wrong page; or repeat=True; or stale=True
    azure.storm(seed=7, share=0.1)                   # faults that pass, drawn by a seed; azure.faults.clear() ends it
    azure.fail_late("namedValues/x")                 # the operation ends in failure and reverts
    azure.log.writes, .reads (counts), .entries, .token_requests, .at("graph"), .at("vault") (lists), .clear()
    azure.secrets(path, "subscriptions/s"), azure.etag(path, "products/p"), azure.settings.slow_polls = 3

    azure.journal.calls, .events, .unknown            # what came through the gateway, at /gateway/API-PATH
    azure.settings.clock = lambda: now                # by which tokens end, and rates and quotas go on

    with serve(azure) as running:                    # TLS on loopback: .url, .environment, .certificate_authority
        running.workflow("repo:o/r:environment:prod")                  # a GitHub workflow's ACTIONS_ID_TOKEN_*
        # over HTTP, from this machine alone: POST /_admin/faults and more, see admin.py
    run(port=8443, seed=None, state=None, env=None, throttle=False, latency_ms=0, log=False)  # behind `emulate`

It shares no code with the client side: it is a second opinion about Azure, with the source of each rule in a comment.
"""

from reconciler.emulator.app import create_app
from reconciler.emulator.azure import DEFAULT_CLIENT, DEFAULT_TENANT, Azure
from reconciler.emulator.command import run
from reconciler.emulator.faults import ConnectionCut, Fault
from reconciler.emulator.log import AccessLog, Entry
from reconciler.emulator.seed import SeedError
from reconciler.emulator.server import Running, serve
from reconciler.emulator.settings import Settings
from reconciler.emulator.snapshot import Difference, difference
from reconciler.emulator.tls import Certificates, certificates

__all__ = [
    "DEFAULT_CLIENT",
    "DEFAULT_TENANT",
    "AccessLog",
    "Azure",
    "Certificates",
    "ConnectionCut",
    "Difference",
    "Entry",
    "Fault",
    "Running",
    "SeedError",
    "Settings",
    "certificates",
    "create_app",
    "difference",
    "run",
    "serve",
]
