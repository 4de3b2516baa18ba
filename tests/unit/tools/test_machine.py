"""Machines that the toolchain is made for."""

import pytest

from tools.failure import MachineUnsupported
from tools.machine import this_machine


@pytest.mark.parametrize(
    ("processor", "key", "release"),
    [("x86_64", "linux-amd64", "linux-x64"), ("aarch64", "linux-arm64", "linux-arm64")],
)
def test_a_linux_machine_has_a_name_for_each_publisher(processor: str, key: str, release: str) -> None:
    machine = this_machine("Linux", processor)
    assert (machine.key, machine.release) == (key, release)


@pytest.mark.parametrize(
    ("system", "processor"), [("Darwin", "arm64"), ("Windows", "AMD64"), ("Linux", "riscv64")]
)
def test_another_machine_is_refused_in_words(system: str, processor: str) -> None:
    """What was expected, what was seen, what to do."""
    with pytest.raises(
        MachineUnsupported,
        match=rf"expected: Linux on x86_64 or arm64\n  seen:     this is {system} on {processor}",
    ):
        this_machine(system, processor)
