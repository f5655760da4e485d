"""Azure Key Vault's secrets, versions 7.0 to 2026-04-01: as many vaults as are asked for, told by the host.

`https://NAME.vault.localhost:PORT` is the vault NAME over TLS, `https://NAME.vault.azure.net` in process, `/secrets` at
every other host, such as `https://localhost:PORT`, the vault `default`. Not every resolver knows `*.localhost`: glibc
alone does not, with systemd's nss-myhostname it does. Where it is not known the hosts file needs a line such as
`127.0.0.1 kv-apim-dev.vault.localhost`; or the client is given `https://localhost:PORT` with
`verify_challenge_resource=False`, for the challenge names `https://vault.localhost:PORT`.

Left out: throttling, backup and restore, access policies (roles decide), networks, and what is managed by certificates.
"""
