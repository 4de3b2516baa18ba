"""The authority of a host, which certifies its outlets: one for all belts, so that readers follow a move.

Its key never leaves the host. Certificates are for one name, and are made anew at half of their time.
"""

import ipaddress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from belts.files import private_dir, write_private
from belts.locks import locked

if TYPE_CHECKING:
    from cryptography import x509

FOLDER = ".authority"
CERTIFICATE, KEY = "ca.pem", "ca-key.pem"
LASTS, LEAF_LASTS = timedelta(days=3650), timedelta(days=730)
EARLIER = timedelta(hours=1)
"""Clocks of readers may be behind."""


def certificate(root: Path) -> str:
    """Its own certificate, as PEM; it is made when somebody first asks."""
    return _pem(_own(root)[0]).decode()


def certify(root: Path, name: str, file: Path, now: datetime | None = None) -> bool:
    """Whether a certificate for this name was made, with its key; one that still lasts is kept."""
    moment = now or datetime.now(UTC)
    own, key = _own(root)
    if _lasts(file, own, name, moment):
        return False
    fresh = _new_key()
    made = (
        _builder(_named(name), own.subject, fresh.public_key(), moment, LEAF_LASTS)
        .add_extension(_x509().BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_x509().SubjectAlternativeName([_alternative(name)]), critical=False)
        .add_extension(
            _x509().ExtendedKeyUsage([_x509().oid.ExtendedKeyUsageOID.SERVER_AUTH]), critical=False
        )
        .add_extension(
            _x509().AuthorityKeyIdentifier.from_issuer_public_key(key.public_key()), critical=False
        )
        .sign(key, _sha256())
    )
    write_private(file, (_key_pem(fresh) + _pem(made)).decode())
    return True


def _own(root: Path) -> tuple["x509.Certificate", Any]:
    folder = private_dir(root / FOLDER)
    with locked(folder / "lock"):
        file = folder / KEY
        if not file.exists():
            key, now = _new_key(), datetime.now(UTC)
            called = _named("Belts readers")
            made = (
                _builder(called, called, key.public_key(), now, LASTS)
                .add_extension(_x509().BasicConstraints(ca=True, path_length=0), critical=True)
                .add_extension(_x509().SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
                .add_extension(_usage(), critical=True)
                .sign(key, _sha256())
            )
            write_private(folder / CERTIFICATE, _pem(made).decode())
            write_private(file, _key_pem(key).decode())
        from cryptography.hazmat.primitives.serialization import load_pem_private_key  # noqa: PLC0415

        found = _x509().load_pem_x509_certificate((folder / CERTIFICATE).read_bytes())
        return found, load_pem_private_key(file.read_bytes(), password=None)


def _lasts(file: Path, own: "x509.Certificate", name: str, now: datetime) -> bool:
    """Whether what is there is of this authority, for this name, and not beyond half of its time."""
    try:
        found = _x509().load_pem_x509_certificate(file.read_bytes())
        found.verify_directly_issued_by(own)
        names = found.extensions.get_extension_for_class(_x509().SubjectAlternativeName).value
    except Exception:  # noqa: BLE001 -- whatever is wrong with it, a new one is made
        return False
    half = found.not_valid_before_utc + (found.not_valid_after_utc - found.not_valid_before_utc) / 2
    return list(names) == [_alternative(name)] and now < half


def _builder(subject: Any, issuer: Any, key: Any, now: datetime, lasts: timedelta) -> Any:
    x509 = _x509()
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - EARLIER)
        .not_valid_after(now + lasts)
    )


def _alternative(name: str) -> Any:
    try:
        return _x509().IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return _x509().DNSName(name)


def _named(text: str) -> Any:
    x509 = _x509()
    return x509.Name([x509.NameAttribute(x509.oid.NameOID.COMMON_NAME, text[:64])])


def _usage() -> Any:
    used = ("key_cert_sign", "crl_sign")
    unused = ("digital_signature", "content_commitment", "key_encipherment", "data_encipherment")
    rest = ("key_agreement", "encipher_only", "decipher_only")
    return _x509().KeyUsage(**dict.fromkeys(used, True), **dict.fromkeys((*unused, *rest), False))


def _new_key() -> Any:
    from cryptography.hazmat.primitives.asymmetric import ec  # noqa: PLC0415 -- most applies do without

    return ec.generate_private_key(ec.SECP256R1())


def _pem(made: "x509.Certificate") -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding  # noqa: PLC0415

    return made.public_bytes(Encoding.PEM)


def _key_pem(key: Any) -> bytes:
    from cryptography.hazmat.primitives import serialization as kinds  # noqa: PLC0415

    return bytes(key.private_bytes(kinds.Encoding.PEM, kinds.PrivateFormat.PKCS8, kinds.NoEncryption()))


def _sha256() -> Any:
    from cryptography.hazmat.primitives.hashes import SHA256  # noqa: PLC0415

    return SHA256()


def _x509() -> Any:
    from cryptography import x509  # noqa: PLC0415 -- most applies do without

    return x509
