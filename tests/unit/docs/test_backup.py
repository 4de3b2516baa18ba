"""What the page of backups says to pack is what a gateway has on its host, and comes back by what it says."""

import subprocess
from pathlib import Path

from belts.runtimes.process.files import secrets
from belts.runtimes.process.files.layout import Layout
from belts.spec.gateway import alias_of

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "backup.md").read_text()


def _commands(heading: str, program: str) -> list[str]:
    block = PAGE.partition(f"## {heading}")[2].split("```")[1]
    return [line for line in block.splitlines() if line.startswith((program, "mkdir", "umask"))]


def _run(lines: list[str], place: Path) -> None:
    subprocess.run(["/bin/sh", "-ec", "\n".join(lines)], cwd=place, check=True)


def test_the_gateways_files(tmp_path: Path) -> None:
    """Secrets and alias, by the product's own paths, with the rights that they had."""
    old, new = tmp_path / "old", tmp_path / "new"
    new.mkdir()
    root = old / ".belts" / "hosts"
    layout = Layout(root=root, belt="gateway")
    layout.home.mkdir(parents=True)
    held = secrets.keep(layout, "seal", "word")
    alias = alias_of(layout.home)
    (alias / "1").mkdir(parents=True)
    (alias / "1" / "served.json").write_text("{}")
    (alias / "now").symlink_to("1")
    (layout.home / "postgres").mkdir()
    _run(_commands("To keep them", "tar"), old)
    (old / "gateway.tar.gz").rename(new / "gateway.tar.gz")
    assert (new / "gateway.tar.gz").stat().st_mode & 0o077 == 0
    _run(_commands("To restore a gateway", "tar"), new)
    back = Layout(root=new / ".belts" / "hosts", belt="gateway")
    assert dict(secrets.known(back)) == dict(held)
    assert back.secrets.stat().st_mode & 0o077 == 0
    assert (alias_of(back.home) / "now").readlink() == Path("1")
    assert (alias_of(back.home) / "now" / "served.json").read_text() == "{}"
    assert not (back.home / "postgres").exists()
