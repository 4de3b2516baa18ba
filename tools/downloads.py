"""Where pip and npm keep downloads: in the cache that checkouts share, unless the environment differs."""

from collections.abc import Mapping
from pathlib import Path


def download_caches(cache: Path, environ: Mapping[str, str]) -> dict[str, str]:
    """Settings for pip and npm."""
    return {
        "PIP_CACHE_DIR": environ.get("PIP_CACHE_DIR") or str(cache / "pip"),
        "npm_config_cache": environ.get("npm_config_cache") or str(cache / "npm"),
    }
