"""A service with one API in, calls through its gateway out: what the tests of the gateway share."""

from dataclasses import dataclass, field
from typing import Any
from xml.sax.saxutils import escape, quoteattr

import jwt
from caller import SERVICE, Arm, Reply

from reconciler.emulator.tokens import Order

TENANT = "7c9e0000-0000-0000-0000-000000000000"
OPENID = f"https://login.microsoftonline.com/{TENANT}/v2.0/.well-known/openid-configuration"
AUDIENCE = "api://orders"
BEGIN = 1_800_000_000.0  # 2027-01-15T08:00:00Z
SECTIONS = ("inbound", "backend", "outbound", "on-error")


def policy(inbound: str = "<base />", **others: str) -> str:
    """Give a document whose other sections only inherit; `on_error` is `on-error`."""
    held = {"inbound": inbound, **{name.replace("_", "-"): text for name, text in others.items()}}
    sections = (f"<{name}>{held.get(name, '<base />')}</{name}>" for name in SECTIONS)
    return f"<policies>{''.join(sections)}</policies>"


def header(name: str, value: str) -> str:
    """Give a policy that sets a header, to a value or an expression."""
    return f"<set-header name={quoteattr(name)} exists-action='append'><value>{escape(value)}</value></set-header>"


def when(condition: str, then: str, otherwise: str = "") -> str:
    branch = f"<otherwise>{otherwise}</otherwise>" if otherwise else ""
    return f"<choose><when condition={quoteattr(condition)}>{then}</when>{branch}</choose>"


def answering(status: int, body: str = "") -> str:
    text = f"<set-body>{escape(body)}</set-body>" if body else ""
    return f'<return-response><set-status code="{status}" reason="R" />{text}</return-response>'


@dataclass
class Gate:
    """The API `orders` on the product `gold`, a subscription `s` for it, and a clock that stands still."""

    arm: Arm = field(default_factory=Arm)
    now: float = BEGIN

    def __post_init__(self) -> None:
        self.arm.azure.settings.clock = lambda: self.now
        self.arm.azure.seed(
            SERVICE,
            {
                "policies/policy": {"value": policy("", backend="<forward-request />", outbound="", on_error="")},
                "apis/orders": {"displayName": "Orders", "path": "shop/orders", "serviceUrl": "https://backend"},
                "products/gold": {"displayName": "Gold"},
                "products/gold/apis/orders": {},
                "users/ann": {"firstName": "Ann", "lastName": "Lee"},
                "subscriptions/s": {"displayName": "S", "scope": "/products/gold", "ownerId": "/users/ann"},
            },
            fresh=False,
        )

    def seed(self, entities: dict[str, Any]) -> None:
        self.arm.azure.seed(SERVICE, entities)

    def put(self, scope: str, inbound: str = "<base />", **others: str) -> None:
        """Set the policy of a scope, such as `products/gold`; empty is all APIs."""
        self.seed({f"{scope}/policies/policy".strip("/"): {"value": policy(inbound, **others)}})

    def key(self, subscription: str = "s", slot: str = "primary") -> str:
        return str(self.arm.azure.secrets(SERVICE, f"subscriptions/{subscription}")[f"{slot}Key"])

    def __call__(
        self,
        key: str | None = "",
        path: str = "shop/orders/42",
        *,
        method: str = "GET",
        query: str = "",
        body: bytes = b"",
        token: str = "",
        headers: dict[str, str] | None = None,
    ) -> Reply:
        """Call with the key of `s`, with another, or with None for no key."""
        sent = {"host": "localhost:8443", "authorization": f"Bearer {token}" if token else ""}
        if key is not None:
            sent["ocp-apim-subscription-key"] = key or self.key()
        sent = {name: value for name, value in {**sent, **(headers or {})}.items() if value}
        if "authorization" not in sent:
            sent["authorization"] = ""
        return self.arm(method, f"/gateway/{path}", version="", query=query, body=body, headers=sent)

    def seen(self, name: str, **call: Any) -> str:
        """Give a header as the backend got it, empty where it got none."""
        reply = self(**call)
        assert reply.status == 200, reply.body
        return str(reply.json["headers"].get(name, ""))

    @property
    def journal(self) -> dict[str, Any]:
        found: dict[str, Any] = self.arm("GET", "/_admin/gateway", version="").json
        return found

    def order(self, client: str = "app-1", *, version: int = 2, audience: str = AUDIENCE, roles: Any = ()) -> Order:
        issuer = f"https://localhost:8443/{TENANT}/v2.0" if version == 2 else ""
        return Order(client, TENANT, audience, roles, version_2_issuer=issuer)

    def token(self, client: str = "app-1", **more: Any) -> str:
        """Give a token of the local authority that anyone can check."""
        return self.arm.azure.tokens.issue(self.order(client, **more))

    def signed(self, **claims: Any) -> str:
        """Give a token of the local authority with other claims than it would issue; None leaves one out."""
        issued = jwt.decode(self.token(), options={"verify_signature": False})
        held = {name: value for name, value in {**issued, **claims}.items() if value is not None}
        return self.arm.azure.tokens.signer.sign(held, published=True)


def validate(*, more: str = "", attributes: str = "", audience: str = AUDIENCE, openid: str = OPENID) -> str:
    """Give a `validate-jwt` as access fragments have it."""
    return (
        f'<validate-jwt header-name="Authorization" require-scheme="Bearer" output-token-variable-name="jwt"'
        f' {attributes}><openid-config url="{openid}" />'
        f"<audiences><audience>{audience}</audience></audiences>{more}</validate-jwt>"
    )
