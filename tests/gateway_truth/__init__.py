"""A situation in; what a gateway must answer to every key that anybody ever had, and what it does answer, out."""

from gateway_truth.company import FATES, FEW, SITUATIONS, WORDS, Situation, fates
from gateway_truth.table import Row, held

__all__ = ["FATES", "FEW", "SITUATIONS", "WORDS", "Row", "Situation", "fates", "held"]
