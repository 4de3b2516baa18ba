"""The authority of a host: one for all belts, and certificates that are made anew in time."""

import ssl
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from belts.outlet.certified import Certified
from belts.runtimes.process.files import authority

NOW = datetime.now(UTC)


def test_one_for_all_belts(tmp_path: Path) -> None:
    """Who trusts it trusts the next belt; its key is for nobody else."""
    first = authority.certificate(tmp_path)
    assert authority.certificate(tmp_path) == first
    assert "BEGIN CERTIFICATE" in first
    for file in (tmp_path / authority.FOLDER).glob("*.pem"):
        assert stat.S_IMODE(file.stat().st_mode) == 0o600


@pytest.mark.parametrize("name", ["db.example", "10.0.0.1", "fd00::1"])
def test_a_certificate(tmp_path: Path, name: str) -> None:
    """It is kept while it lasts, for this name and by this authority; then there is a new one."""
    file = tmp_path / "certificate.pem"
    assert authority.certify(tmp_path, name, file, NOW)
    kept = file.read_text()
    assert not authority.certify(tmp_path, name, file, NOW + authority.LEAF_LASTS / 2 - timedelta(days=1))
    assert file.read_text() == kept
    assert authority.certify(tmp_path, name, file, NOW + authority.LEAF_LASTS / 2)
    assert authority.certify(tmp_path, "other.example", file, NOW)
    (tmp_path / authority.FOLDER / authority.KEY).unlink()
    assert authority.certify(tmp_path, "other.example", file, NOW)
    file.write_text("half")
    assert authority.certify(tmp_path, "other.example", file, NOW)


def test_replaced_while_it_runs(tmp_path: Path) -> None:
    """The next handshake has the new one; what cannot be read leaves the one before."""
    file = tmp_path / "certificate.pem"
    authority.certify(tmp_path, "a.example", file)
    certified = Certified(file, file)
    first = certified.context()
    assert certified.context() is first
    authority.certify(tmp_path, "b.example", file)
    second = certified.context()
    assert second is not first
    file.write_text("half")
    assert certified.context() is second
    file.unlink()
    assert certified.context() is second


def test_none_at_all(tmp_path: Path) -> None:
    """Then nobody is let in."""
    with pytest.raises((OSError, ssl.SSLError)):
        Certified(tmp_path / "none.pem", tmp_path / "none.pem").context()
