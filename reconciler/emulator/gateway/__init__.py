"""API Management's gateway, as far as access rules need it: keys, tokens, limits, filters, and an echo behind them.

`https://localhost:PORT/gateway/API-PATH` where one service is known, and for each of several the host, or the header
Host, NAME.azure-api.localhost; `https://NAME.azure-api.net` in process. Policies run from all scopes. What is
not known here is named, with 500 and under `/_admin/gateway`: a policy, an attribute, an expression, an authority.

Left out: real backends, workspaces, caches, and the token buckets and regions of Azure's own counters.
"""
