"""Random numbers in; policy documents of products, and policy fragments, of the shapes that real services hold, out."""

from random import Random

from bench.names import title

_BASE = """\
<policies>
    <inbound>
        <base />{inbound}
    </inbound>
    <backend>
        <base />
    </backend>
    <outbound>
        <base />{outbound}
    </outbound>
    <on-error>
        <base />
    </on-error>
</policies>
"""
_ONLY_BASE = 0.85  # 93 of 109 product policies of one large estate say nothing but <base />


def product_policy(rng: Random, name: str, fragments: list[str]) -> str:
    """Write the policy of a product, expressions not escaped."""
    if rng.random() < _ONLY_BASE:
        return _BASE.format(inbound="", outbound="")
    inbound = [_limits(rng), _members_only(name), _partners(rng), _marked(name)]
    if fragments:
        inbound.append(
            "".join(f'\n        <include-fragment fragment-id="{each}" />' for each in _some(rng, fragments))
        )
    chosen = rng.sample(inbound, rng.randint(1, 3))
    return _BASE.format(inbound="".join(chosen), outbound=rng.choice(("", _TRIMMED, _WITHOUT_VERSIONS)))


def fragment(rng: Random, name: str) -> str:
    """Write a fragment as its owner would."""
    return rng.choice((_CORRELATED, _BY_CALLER, _CROSS_ORIGIN, _COUNTED)).replace("NAME", name)


def _some(rng: Random, fragments: list[str]) -> list[str]:
    return sorted(rng.sample(fragments, rng.randint(1, min(2, len(fragments)))))


def _limits(rng: Random) -> str:
    calls = rng.choice((20, 100, 300, 1_000))
    return f"""
        <rate-limit calls="{calls}" renewal-period="60" />
        <quota calls="{calls * 500}" renewal-period="604800" />"""


def _members_only(name: str) -> str:
    return f"""
        <choose>
            <when condition="@(context.User == null || !context.User.Groups.Any(g => g.Name == "{title(name)}"))">
                <return-response>
                    <set-status code="403" reason="Not a member" />
                </return-response>
            </when>
        </choose>"""


def _partners(rng: Random) -> str:
    network = f"10.{rng.randint(0, 200)}.{rng.randint(0, 200)}"
    return f"""
        <ip-filter action="allow">
            <address-range from="{network}.1" to="{network}.254" />
        </ip-filter>"""


def _marked(name: str) -> str:
    return f"""
        <set-header name="x-product" exists-action="override">
            <value>@{{
                var id = context.Product?.Id ?? "{name}";
                return id.Length < 40 && id != "" ? id : id.Substring(0, 40);
            }}</value>
        </set-header>"""


_TRIMMED = """
        <choose>
            <when condition="@(context.Response.StatusCode >= 200 && context.Response.StatusCode < 300)">
                <set-body>@{
                    var body = context.Response.Body.As<JObject>(preserveContent: true);
                    foreach (var name in new [] {"internalId", "cost"}) { body.Property(name)?.Remove(); }
                    return body.ToString();
                }</set-body>
            </when>
        </choose>"""
_WITHOUT_VERSIONS = """
        <set-header name="X-Powered-By" exists-action="delete" />"""
_CORRELATED = """\
<fragment>
    <set-header name="x-correlation-id" exists-action="skip">
        <value>@(context.RequestId.ToString("N"))</value>
    </set-header>
    <set-variable name="NAME" value="@(context.Timestamp.AddMinutes(-5) < DateTime.UtcNow)" />
</fragment>
"""
_BY_CALLER = """\
<fragment>
    <!-- A caller is its subscription, or its address where there is none. -->
    <rate-limit-by-key calls="120" renewal-period="60"
        counter-key="@(context.Subscription?.Id ?? context.Request.IpAddress + "|NAME")" />
</fragment>
"""
_CROSS_ORIGIN = """\
<fragment>
    <cors allow-credentials="false">
        <allowed-origins>
            <origin>https://NAME.contoso.example</origin>
        </allowed-origins>
        <allowed-methods>
            <method>GET</method>
            <method>POST</method>
        </allowed-methods>
    </cors>
</fragment>
"""
_COUNTED = """\
<fragment>
    <choose>
        <when condition="@(context.Variables.GetValueOrDefault<int>("NAME", 0) > 3 && context.LastError != null)">
            <emit-metric name="refused" namespace="NAME">
                <dimension name="Product" value="@(context.Product?.Name ?? "none")" />
            </emit-metric>
        </when>
    </choose>
</fragment>
"""
