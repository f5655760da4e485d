"""Why Key Vault refuses in, the error that becomes its answer out; texts are literal where somebody quoted them."""

from collections.abc import Mapping
from typing import Any

from reconciler.emulator.wire import Answer


class VaultError(Exception):
    """A refusal of Key Vault: `{"error": {"code", "message", "innererror": {"code"}}}`, the last where there is one."""

    def __init__(
        self, status: int, code: str, message: str, *, inner: str = "", headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(f"{status} {code}: {message}")
        self.status, self.code, self.message = status, code, message
        self.inner, self.headers = inner, headers or {}

    def answer(self) -> Answer:
        error: dict[str, Any] = {"code": self.code, "message": self.message}
        if self.inner:
            error["innererror"] = {"code": self.inner}
        return Answer(self.status, {"error": error}, self.headers)


def absent(name: str) -> VaultError:
    """Quoted in azure-sdk-for-js #25489; of a version, what stands for the name is unverified."""
    return VaultError(
        404,
        "SecretNotFound",
        f"A secret with (name/id) {name} was not found in this key vault. If you recently deleted this secret you may"
        " be able to recover it using the correct recovery command. For help resolving this issue, please see"
        " https://go.microsoft.com/fwlink/?linkid=2125182",
    )


def not_deleted(name: str) -> VaultError:
    """Quoted in azure-sdk-for-net #26027."""
    return VaultError(404, "SecretNotFound", f"Deleted Secret not found: {name}")


def disabled() -> VaultError:
    """Quoted in azure-sdk-for-js #24756."""
    return VaultError(403, "Forbidden", "Operation get is not allowed on a disabled secret.", inner="SecretDisabled")


def deleted_but_recoverable(name: str) -> VaultError:
    """Quoted in powershell-universal #1990, the inner code in external-secrets #3519."""
    return VaultError(
        409,
        "Conflict",
        f"Secret {name} is currently in a deleted but recoverable state, and its name cannot be reused; in this state,"
        " the secret can only be recovered or purged.",
        inner="ObjectIsDeletedButRecoverable",
    )


def being_deleted(name: str) -> VaultError:
    """Quoted in azure-sdk-for-net #34322."""
    return VaultError(
        409,
        "Conflict",
        f"Secret {name} is currently being deleted and cannot be re-created; retry later.",
        inner="ObjectIsBeingDeleted",
    )


def purged_too_soon() -> VaultError:
    """The text is quoted in azurerm #10454; the inner code is unverified."""
    return VaultError(409, "Conflict", "Secret is currently being deleted.", inner="ObjectIsBeingDeleted")


def bad_parameter(message: str) -> VaultError:
    """The code is quoted in MicrosoftConfigurationBuilders #23; texts are unverified."""
    return VaultError(400, "BadParameter", message)
