"""What certificates are held against is read for https alone, and nothing that is not trusted is believed."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path

import httpx
import pytest
import pytest_asyncio
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from gate.claims import Claim
from gate.connections import certified, client_options, no_authority
from gate.looking import observe
from gate.observations import Cause, Unobserved
from gate.probes.http import get
from gate.probes.probe import Probe
from gate.probes.world import World
from gate.secret import Address
from tests.unit.gate.core.builders import endpoints, policy

ANSWER = b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\nhi"


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    writer.write(ANSWER)
    await writer.drain()
    writer.close()


@pytest_asyncio.fixture
async def plain() -> AsyncIterator[str]:
    """A server without encryption."""
    async with await asyncio.start_server(_answer, "127.0.0.1", 0) as server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"


@pytest_asyncio.fixture
async def encrypted(certificate: Path) -> AsyncIterator[str]:
    """A server with a certificate that it has signed itself."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    async with await asyncio.start_server(_answer, "127.0.0.1", 0, ssl=context) as server:
        yield f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}/"


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A certificate of 127.0.0.1 and its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "belt")])
    now = datetime.now(UTC) - timedelta(minutes=1)
    own = x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))])
    signed = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(own, critical=False)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path / "belt.pem"
    path.write_bytes(
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        + signed.public_bytes(Encoding.PEM)
    )
    return path


def _broken() -> ssl.SSLContext:
    raise FileNotFoundError("no authorities on this machine")


async def test_plain(plain: str) -> None:
    """Nobody reads authorities for a server that shows no certificate."""
    async with httpx.AsyncClient(**client_options(_broken)) as client:
        assert (await client.get(plain)).text == "hi"


async def test_a_certificate_that_is_trusted(encrypted: str, certificate: Path) -> None:
    """Https works, and the authorities are read once for all that is asked."""
    read = []

    def trust() -> ssl.SSLContext:
        read.append(1)
        return ssl.create_default_context(cafile=certificate)

    async with httpx.AsyncClient(**client_options(trust)) as client:
        assert [(await client.get(encrypted)).text for _ in range(3)] == ["hi"] * 3
    assert len(read) == 1


async def test_a_certificate_that_nobody_vouches_for(encrypted: str) -> None:
    """It is refused."""
    async with httpx.AsyncClient(**client_options()) as client:
        with pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
            await client.get(encrypted)


async def test_what_is_not_https_trusts_nobody(encrypted: str) -> None:
    """Should an encrypted connection ever be opened on a plain way, no certificate holds there."""
    async with httpx.AsyncClient(verify=no_authority()) as client:
        with pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
            await client.get(encrypted)


async def test_a_server_beside_another(plain: str, encrypted: str, certificate: Path) -> None:
    """Each has a way of its own: one is asked as before after the other, and after one that is not there."""
    trusting = client_options(lambda: ssl.create_default_context(cafile=certificate))
    async with httpx.AsyncClient(**trusting) as client:
        assert (await client.get(plain)).text == "hi"
        with pytest.raises(httpx.ConnectError):
            await client.get("http://127.0.0.1:1/")
        assert (await client.get(encrypted)).text == "hi"
        assert (await client.get(plain)).text == "hi"
        with pytest.raises(httpx.RemoteProtocolError):
            await client.get(encrypted.replace("https", "http"))


def test_the_authorities_are_read_once() -> None:
    """All clients of one process share them."""
    assert certified() is certified()
    assert certified().verify_mode is ssl.CERT_REQUIRED


async def test_authorities_that_cannot_be_read(encrypted: str) -> None:
    """What would have been seen is unobserved, in words: it is never a pass."""

    async def look(world: World) -> object:
        return await get(world, Address(encrypted))

    async with httpx.AsyncClient(**client_options(_broken)) as http:
        world = World(
            endpoints=endpoints(),
            policy=policy(),
            http=http,
            seed=1,
            began=datetime.now(UTC),
            ends=asyncio.get_running_loop().time() + 60,
        )
        seen = await observe(world, [Probe(field="counts", claims=frozenset({Claim.DISTINCT}), look=look)])
    assert seen.counts == Unobserved(
        reason="FileNotFoundError: no authorities on this machine", cause=Cause.CRASHED
    )
