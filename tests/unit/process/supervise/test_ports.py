"""A port that a supervisor keeps for a program is nobody else's, whether the program runs or not."""

import itertools
import os
import socket
import stat
from collections.abc import Iterator
from types import SimpleNamespace

import pytest

from belts.runtimes.process.supervise import ports
from belts.runtimes.process.supervise.ports import Address, Lender, Loan

OPTIONS = (socket.SO_REUSEADDR, socket.SO_REUSEPORT)
WAYS = [chosen for number in range(3) for chosen in itertools.combinations(OPTIONS, number)]
PLACES = ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET, "0.0.0.0"), (socket.AF_INET6, "::"))


@pytest.fixture
def address(monkeypatch: pytest.MonkeyPatch) -> Iterator[Address]:
    monkeypatch.setattr(ports, "_OPEN", {})
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        found = free.getsockname()
    yield found
    ports.close_but(())


def grabbed(port: int) -> list[str]:
    """In which ways somebody can come to listen there."""
    found = []
    for (family, host), options in itertools.product(PLACES, WAYS):
        with socket.socket(family) as other:
            for option in options:
                other.setsockopt(socket.SOL_SOCKET, option, 1)
            if family == socket.AF_INET6:
                other.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
            try:
                other.bind((host, port))
                other.listen()
            except OSError:
                continue
            found.append(f"{host} {options}")
    return found


def answers(address: Address) -> bool:
    with socket.socket() as client:
        return client.connect_ex(address) == 0


def serves(listening: socket.socket) -> bool:
    """Whether what a client says arrives."""
    with socket.create_connection(listening.getsockname()) as client:
        client.sendall(b"asked")
        accepted, _ = listening.accept()
        with accepted:
            return accepted.recv(5) == b"asked"


def lent(address: Address) -> Loan:
    return Lender(SimpleNamespace(addr=lambda: address)).get_socket()


def test_a_port_whose_program_does_not_run(address: Address) -> None:
    """It is taken, and refuses at once as a free one does."""
    lent(address)
    assert not answers(address)
    assert grabbed(address[1]) == []


def test_a_program_that_ends_and_comes_back(address: Address) -> None:
    """Each finds the port open; what one has left behind answers nobody."""
    for _ in range(3):
        loan = lent(address)
        with socket.socket(fileno=os.dup(loan.fileno())) as inherited:
            inherited.listen()
            assert serves(inherited)
        assert grabbed(address[1]) == []
        del loan
        assert not answers(address)
        assert grabbed(address[1]) == []


def test_a_program_that_stops_listening_by_itself(address: Address) -> None:
    """As an engine does that was told to end: what comes after it is served as well."""
    for _ in range(2):
        loan = lent(address)
        with socket.socket(fileno=os.dup(loan.fileno())) as inherited:
            inherited.listen()
            assert serves(inherited)
            inherited.shutdown(socket.SHUT_RD)
        del loan
        assert grabbed(address[1]) == []


def test_a_program_that_is_changed(address: Address) -> None:
    """Only what the settings name no more is given back."""
    lent(address)
    ports.close_but([address])
    assert grabbed(address[1]) == []
    ports.close_but([])
    assert grabbed(address[1]) != []


def test_a_port_that_somebody_has(address: Address) -> None:
    """The program is started, and finds nothing; as soon as the port is free, it is kept."""
    with socket.create_server(address):
        loan = lent(address)
        assert not stat.S_ISSOCK(os.fstat(loan.fileno()).st_mode)
    assert stat.S_ISSOCK(os.fstat(lent(address).fileno()).st_mode)
    assert grabbed(address[1]) == []
