"""What every test file may import: the helpers that stand beside it."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
