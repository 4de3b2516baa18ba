"""The certificate of an outlet, as its files are now: who replaces them restarts nothing."""

import ssl
import sys
from dataclasses import dataclass, field
from pathlib import Path

Mark = tuple[tuple[int, int, int], ...]


@dataclass(slots=True)
class Certified:
    """The context of the next handshake."""

    certificate: Path
    key: Path
    _mark: Mark | None = field(default=None, init=False)
    _context: ssl.SSLContext | None = field(default=None, init=False)

    def context(self) -> ssl.SSLContext:
        """The files as they are; half replaced ones leave what was. Raises where there never were any."""
        try:
            mark = tuple(_mark(each) for each in (self.certificate, self.key))
            if self._context is None or mark != self._mark:
                self._context = _loaded(self.certificate, self.key)
                self._mark = mark
        except (OSError, ssl.SSLError) as fault:
            if self._context is None:
                raise
            sys.stderr.write(f"belts.outlet: the certificate stays as it was: {type(fault).__name__}\n")
        return self._context


def _mark(file: Path) -> tuple[int, int, int]:
    seen = file.stat()
    return seen.st_ino, seen.st_mtime_ns, seen.st_size


def _loaded(certificate: Path, key: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(certificate, key)
    return context
