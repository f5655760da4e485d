"""What GitHub and Azure are set to in; what is wrong with it, and how to mend each, out."""

from reconciler.doctor.examination import examine
from reconciler.doctor.facts import Credential, Facts, Service
from reconciler.doctor.finding import Finding

__all__ = ["Credential", "Facts", "Finding", "Service", "examine"]
