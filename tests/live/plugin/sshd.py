"""A real OpenSSH server of our own, on a free port of this machine, with keys of its own."""

import os
import pwd
import socket
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

import asyncssh
import psutil

from tests.live.plugin import kinds

PASSPHRASE = "the-secret-passphrase"


@dataclass(frozen=True, kw_only=True)
class Server:
    """A running server and what it takes to log in to it as ourselves."""

    process: subprocess.Popen[bytes]
    port: int
    user: str
    key: str
    locked_key: str
    host_key: str

    def children(self) -> list[psutil.Process]:
        """What the server has running for its clients."""
        return psutil.Process(self.process.pid).children(recursive=True)

    def stop(self) -> None:
        """End the server and everything it has running."""
        for process in self.children():
            process.kill()
        self.process.kill()
        self.process.wait()


def start(directory: Path, port: int) -> Server:
    """Start a server that accepts one key, and the variables ALLOWED and PULUMI_COMMAND_*."""
    key, host_key = (asyncssh.generate_private_key("ssh-ed25519") for _ in range(2))
    host_key.write_private_key(directory / "host")
    (directory / "host").chmod(0o600)
    key.write_public_key(directory / "authorized")
    config = directory / "config"
    config.write_text(f"""
Port {port}
ListenAddress 127.0.0.1
HostKey {directory}/host
AuthorizedKeysFile {directory}/authorized
PidFile none
StrictModes no
UsePAM no
PermitRootLogin yes
PasswordAuthentication no
KbdInteractiveAuthentication no
AcceptEnv ALLOWED PULUMI_COMMAND_*
""")
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(exist_ok=True)
    program = kinds.sshd()
    assert program, kinds.NO_SSHD
    with (directory / "log").open("wb") as log:
        process = subprocess.Popen(
            [program, "-D", "-e", "-f", str(config)], stdin=subprocess.DEVNULL, stderr=log
        )
    server = Server(
        process=process,
        port=port,
        user=pwd.getpwuid(os.geteuid()).pw_name,
        key=key.export_private_key().decode(),
        locked_key=key.export_private_key(passphrase=PASSPHRASE).decode(),
        host_key=host_key.export_public_key().decode().strip(),
    )
    _wait(server, directory / "log")
    return server


def _wait(server: Server, log: Path) -> None:
    deadline = time.monotonic() + 10
    while True:
        try:
            socket.create_connection(("127.0.0.1", server.port), 1).close()
        except OSError:
            assert server.process.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.05)
        else:
            return
