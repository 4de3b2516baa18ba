"""Landlock: a process that names the files it needs, and from then on finds no others; nor do its children.

Read by `launch`, which imports nothing of ours but this and `view`: the standard library alone.
"""

import ctypes
import os
import stat
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

CREATE, ADD, RESTRICT = 444, 445, 446
"""The numbers of its system calls, the same on every machine."""
ASK_VERSION = 1
BENEATH = 1

EXECUTE, WRITE_FILE, READ_FILE, READ_DIR = (1 << bit for bit in range(4))
TRUNCATE, IOCTL_DEVICE, MEET = 1 << 14, 1 << 15, 1 << 16
"""To meet is to speak to a socket that another process has put there."""
SOCKETS_SINCE = 9
KNOWN = {1: (1 << 13) - 1, 2: 1 << 13, 3: TRUNCATE, 5: IOCTL_DEVICE, SOCKETS_SINCE: MEET}
"""What of files each version added to what can be denied."""
OF_A_FILE = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE | IOCTL_DEVICE
READ = EXECUTE | READ_FILE | READ_DIR | MEET
MAKES_DEVICES = (1 << 6) | (1 << 11)
WRITE = (READ | KNOWN[1] | KNOWN[2] | TRUNCATE) & ~MAKES_DEVICES
DEVICE = READ_FILE | WRITE_FILE | TRUNCATE | IOCTL_DEVICE
SCOPES_SINCE = 6
SCOPES = 0b11
"""Signals, and sockets without a file, reach nobody outside."""

SYSTEM = (
    *("/usr", "/bin", "/lib", "/lib32", "/lib64", "/sbin"),
    *("/etc/resolv.conf", "/etc/hosts", "/etc/nsswitch.conf", "/etc/host.conf", "/etc/gai.conf"),
    *("/etc/services", "/etc/protocols", "/etc/passwd", "/etc/group", "/etc/localtime", "/etc/os-release"),
    *("/run/systemd/resolve", "/run/resolvconf"),
    *("/etc/ssl", "/etc/pki", "/etc/ca-certificates", "/etc/ca-certificates.conf", "/etc/crypto-policies"),
    *("/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/ld.so.conf.d", "/etc/ld.so.preload", "/etc/alternatives"),
    *("/proc/self", "/proc/sys", "/proc/cpuinfo", "/proc/meminfo", "/proc/stat", "/proc/loadavg"),
    *("/proc/version", "/proc/uptime", "/proc/filesystems"),
    *("/sys/fs/cgroup", "/sys/devices/system/cpu", "/sys/devices/system/node", "/sys/kernel/mm"),
)
"""What of a host's own files a program needs that computes and asks the network: no home, nobody's data.

Landlock knows a file, not its name: one that is replaced later is another. So where `/etc/resolv.conf` leads
to one that is replaced whenever the network changes, the directory is allowed, too; but for that of
NetworkManager, which holds passwords of networks.
"""
DEVICES = tuple(f"/dev/{name}" for name in ("null", "zero", "full", "random", "urandom", "tty"))

Call = Callable[..., int]


class _Rules(ctypes.Structure):
    _fields_ = (("files", ctypes.c_uint64), ("network", ctypes.c_uint64), ("scopes", ctypes.c_uint64))


class _Rule(ctypes.Structure):
    _pack_ = 1
    _fields_ = (("allowed", ctypes.c_uint64), ("place", ctypes.c_int32))


@dataclass(frozen=True, slots=True)
class Kernel:
    """The system calls; a test brings its own."""

    call: Call
    failed: Callable[[], int] = ctypes.get_errno


def kernel() -> Kernel:
    return Kernel(ctypes.CDLL(None, use_errno=True).syscall)


def version(here: Kernel | None = None) -> int:
    """Which version this kernel has; 0 where it has none, or where it was not switched on."""
    return max(0, (here or kernel()).call(CREATE, None, ctypes.c_size_t(0), ctypes.c_uint32(ASK_VERSION)))


def restrict(*, read: Iterable[str], write: Iterable[str], here: Kernel | None = None) -> bool:
    """Leaves this process these files and those of the system; False where the kernel has no Landlock.

    Where it has, and it fails, that raises: nobody runs freer than was promised.
    """
    here = here or kernel()
    known = version(here)
    if known == 0:
        return False
    files = sum(added for since, added in KNOWN.items() if since <= known)
    rules = _Rules(files=files, network=0, scopes=SCOPES if known >= SCOPES_SINCE else 0)
    size = 24 if known >= SCOPES_SINCE else 8
    ruleset = _made(here, here.call(CREATE, ctypes.byref(rules), ctypes.c_size_t(size), ctypes.c_uint32(0)))
    try:
        for allowed, places in ((READ, (*SYSTEM, *read)), (DEVICE, DEVICES), (WRITE, tuple(write))):
            for place in places:
                _allow(here, ruleset, place, allowed & files)
        _made(here, here.call(RESTRICT, ctypes.c_int(ruleset), ctypes.c_uint32(0)))
    finally:
        os.close(ruleset)
    return True


def _allow(here: Kernel, ruleset: int, place: str, allowed: int) -> None:
    """What is not there need not be reached."""
    try:
        descriptor = os.open(place, os.O_PATH | os.O_CLOEXEC)
    except (FileNotFoundError, PermissionError, NotADirectoryError):
        return
    try:
        if not stat.S_ISDIR(os.fstat(descriptor).st_mode):
            allowed &= OF_A_FILE
        rule = _Rule(allowed=allowed, place=descriptor)
        _made(here, here.call(ADD, ctypes.c_int(ruleset), BENEATH, ctypes.byref(rule), ctypes.c_uint32(0)))
    finally:
        os.close(descriptor)


def _made(here: Kernel, result: int) -> int:
    if result < 0:
        raise OSError(here.failed(), "Landlock cannot be taken on")
    return result


def holds(pid: int) -> bool:
    """Whether a process that was to take it on has: `launch` goes on only when it succeeds.

    The kernel tells nobody who is held by Landlock, but who has given up to gain privileges.
    """
    try:
        told = (Path("/proc") / str(pid) / "status").read_text()
    except OSError:
        return False
    return version() > 0 and "NoNewPrivs:\t1" in told
