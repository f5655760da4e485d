"""The company is imported by name, wherever pytest began."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
