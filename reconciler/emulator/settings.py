"""What a test or a command line may switch: how strict, how slow, how late a failure, and whose clock."""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(slots=True)
class Settings:
    """Switches that may be turned while the emulator runs; the defaults are what Azure was seen to do."""

    tier: str = "Premium"  # of services that say nothing else; see tiers.py
    locations: tuple[str, ...] = ()  # besides West Europe, with a gateway each
    gateways: str = ""  # what a service's resource names instead of Azure's hosts; `{}` is the service's name
    # Rules that nobody verified, or whose details nobody did, can be turned off.
    unique_emails: bool = True
    unique_paths: bool = True
    known_named_values: bool = True  # a policy may name only what is there
    held_backends: bool = True  # a backend stays while a policy names it
    one_open_product: bool = True  # an API is on one open product at most
    ignored_keys: bool = False  # the gateway ignores keys where none is needed; see gateway/admission.py
    inline_exports: bool = True  # definitions without a link, which nothing publishes
    export_shape: str = "properties"  # or `published`, or `link`; see definitions/exporting.py
    exports: str = ""  # where links to exported definitions lead instead of to this server
    strict: bool = False  # demand If-Match where the spec does; recorded updates went without it
    slow_polls: int = 0  # how often an operation still says InProgress
    slow_retry_after: int = 1  # seconds, told only while an operation is slow
    late_failures: list[re.Pattern[str]] = field(default_factory=list)  # of entity paths such as `namedValues/x`
    throttle: bool = False
    latency: float = 0.0  # seconds added to every ARM request
    clock: Callable[[], float] = time.time

    def fails_late(self, path: str) -> bool:
        return any(pattern.search(path) for pattern in self.late_failures)
