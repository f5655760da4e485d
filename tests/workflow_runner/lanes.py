"""Runs that arrive and end, with their concurrency groups, in; what starts, waits and is cancelled out."""

from dataclasses import dataclass, field


@dataclass
class Lanes:
    """GitHub's rule: in a group one runs and one waits; who waited is cancelled when another comes to wait."""

    running: dict[str, str] = field(default_factory=dict)
    waiting: dict[str, str] = field(default_factory=dict)
    cancelled: list[str] = field(default_factory=list)

    def arrives(self, group: str, run: str, *, cancel_in_progress: bool = False) -> None:
        """Let a run begin or wait. A run without a group always begins."""
        if cancel_in_progress and group in self.running:
            self.cancelled.append(self.running.pop(group))
        if group and group in self.running:
            if group in self.waiting:
                self.cancelled.append(self.waiting[group])
            self.waiting[group] = run
        else:
            self.running[group or run] = run

    def ends(self, group: str) -> None:
        """End what runs in a group; who waits begins."""
        del self.running[group]
        if group in self.waiting:
            self.running[group] = self.waiting.pop(group)
