"""A folder in; a throw-away certificate authority and a server certificate for loopback names in it out."""

import ssl
from dataclasses import dataclass
from pathlib import Path

import trustme

NAMES = ("localhost", "127.0.0.1", "*.vault.localhost", "*.azure-api.localhost")


@dataclass(frozen=True, slots=True)
class Certificates:
    """Where the authority to trust lies, and the server's own certificate with its key."""

    authority: Path
    server: Path

    def context(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.server)
        return context


def certificates(folder: Path) -> Certificates:
    """Make both anew. Nobody else can have the authority's key: it is never written."""
    authority = trustme.CA()
    found = Certificates(folder / "ca.pem", folder / "server.pem")
    authority.cert_pem.write_to_path(str(found.authority))
    found.server.touch(mode=0o600)
    authority.issue_cert(*NAMES).private_key_and_cert_chain_pem.write_to_path(str(found.server))
    return found
