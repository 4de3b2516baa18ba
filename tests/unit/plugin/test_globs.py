"""Which files a pattern finds."""

from pathlib import Path

import pytest

from tools.command_plugin.errors import OperationError
from tools.command_plugin.globs import assets, expression


@pytest.mark.parametrize(
    ("pattern", "path", "matches"),
    [
        ("*.js", "a.js", True),
        ("*.js", "src/a.js", False),
        ("**.js", "src/deep/a.js", True),
        ("src/**", "src/deep/a.js", True),
        ("src/**", "other/a.js", False),
        ("a?.js", "ab.js", True),
        ("a?b", "a/b", False),
        ("[a-c].js", "b.js", True),
        ("[!a-c].js", "b.js", False),
        ("{a,b}.{js,ts}", "b.ts", True),
        ("{a,b}.{js,ts}", "c.ts", False),
        ("a,b", "a,b", True),
        ("a\\*b", "a*b", True),
        ("a\\*b", "axb", False),
        ("a.js", "axjs", False),
    ],
)
def test_pattern(pattern: str, path: str, matches: bool) -> None:
    """One star stops at a slash, two do not."""
    assert bool(expression(pattern).fullmatch(path)) is matches


@pytest.mark.parametrize("pattern", ["{a", "a}", "[z-a]"])
def test_unreadable_pattern(pattern: str) -> None:
    """A pattern that cannot be read is refused in words."""
    with pytest.raises(OperationError, match="cannot be read"):
        expression(pattern)


def test_later_rules_win(tmp_path: Path) -> None:
    """What a rule takes out, a later one can bring back; directories are never found."""
    for name in ("a.js", "secret.js", "kept.secret.js"):
        (tmp_path / name).touch()
    (tmp_path / "directory.js").mkdir()
    assert set(assets(tmp_path, ["*.js", "!*secret*", "kept*"])) == {"a.js", "kept.secret.js"}
