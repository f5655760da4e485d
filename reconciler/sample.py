"""Nothing in, the folder of the sample company out: beside the package in a checkout, inside it when installed."""

from pathlib import Path


def sample_folder() -> Path:
    """Find the sample's declarations."""
    package = Path(__file__).parent
    inside = package / "sample" / "access"
    return inside if inside.is_dir() else package.parent / "access"
