"""The files that an indexer runs, handed to the user of its belt: read-only, with one writable folder.

Judged code does not run with the rights of its judges. The code it runs belongs to root and cannot change
itself, so a process with root's rights never follows a link that it has made.
"""

import functools
import os
import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from belts.files import private_dir, remove_tree
from belts.runtimes.process import toolchain
from belts.runtimes.process.confine import cage, landlock, users, view
from belts.runtimes.process.confine.cage import Cage
from belts.runtimes.process.errors import Refused
from belts.runtimes.process.files import sockets
from belts.runtimes.process.files.layout import Layout
from belts.runtimes.process.seed.workspace import RUN, Workspace
from belts.runtimes.process.supervise import identity
from belts.runtimes.process.supervise.programs import launch_file
from belts.spec.indexer import Indexer

WORK = "work"
RESOLVERS = (Path("/run/systemd/resolve"), Path("/run/resolvconf"))
"""Directories to which `/etc/resolv.conf` may lead."""
FOR_GROUP, FOR_ALL, OTHERS_WRITE = 0o050, 0o005, 0o022


def hand(layout: Layout, request: Indexer, space: Workspace) -> Cage:
    """Gives the indexer's user read access to its files, and returns how it is confined."""
    work, scripts = space.home / WORK, launch_file().parent
    reads: tuple[Path, ...] = (space.home, space.packages, toolchain.node(), scripts)
    user = user_of(layout, request, reads)
    hidden: tuple[Path, ...] = ()
    if user is not None:
        for tools in (space.packages, scripts):
            _open(tools, FOR_ALL)
        if space.home.stat().st_gid != user:
            for theirs in (work, space.home / RUN):  # what another user has put there may lead root elsewhere
                remove_tree(theirs)
            _open(space.home, FOR_GROUP, group=user)
            os.chown(private_dir(work), user, user)
            os.chown(space.home, -1, user)  # last: by this it is known that all of it was handed over
        hidden = _hidden(layout, reads) if _views_are_allowed() else _let_pass(layout, user, reads)
    elif landlock.version() and identity.may_hide():  # Landlock alone lets it speak to all its user's sockets
        hidden = cage.outermost((layout.root.resolve(), *cage.MEETING_PLACES))
        reads = (*reads, *(place for place in RESOLVERS if place.is_dir()))
    private_dir(work)
    writes = (work, *([] if space.release.generates else [_own_copy(space, user)]))
    database = _database(layout, user)
    needed = user is None and os.geteuid() == 0 and not request.exposes_every_belt
    return Cage(user=user, hidden=hidden, read=(*reads, database), write=writes, needed=needed)


def _own_copy(space: Workspace, user: int | None) -> Path:
    """A copy of the project for a release that writes to it, made once for each version of the project.

    The user gets the copy only when it is complete: until then it has no access, and can place no link in it.
    """
    place = space.runs_in
    if not place.exists():
        draft = space.home / f".{place.name}"
        remove_tree(draft)
        private_dir(draft)
        shutil.copytree(space.project, draft / "all", symlinks=True)
        if user is not None:
            for path in reversed(list(_below(draft / "all"))):
                os.chown(path, user, user, follow_symlinks=False)
        (draft / "all").rename(place)
        remove_tree(draft)
    return place


def _database(layout: Layout, user: int | None) -> Path:
    """The folder of the database's socket, which the indexer's user may enter."""
    folder = sockets.for_indexer(layout)
    sockets.make(folder, group=user)
    return folder


def refuse_exposed(layout: Layout, request: Indexer) -> None:
    """Refuses to run project code as root, unless the operator accepts the cost by name."""
    if os.geteuid() != 0 or users.become_another() or landlock.version() or request.exposes_every_belt:
        return
    raise Refused(
        f"{layout.belt}: its indexer would run as root, with every secret of this host",
        expected="a user of its own for each belt, or Landlock in the kernel",
        seen="neither: this root may not become another user, and the kernel has no Landlock",
        now="run this as an ordinary user, let its container keep CAP_SETUID and CAP_SETGID, or give it up by"
        " name: `exposesEveryBelt: true` for the indexer",
    )


def user_of(layout: Layout, request: Indexer, reads: tuple[Path, ...]) -> int | None:
    """The indexer's own user; None if that user could not reach `reads` and Landlock is there instead."""
    refuse_exposed(layout, request)
    if not users.become_another():
        return None
    near = _views_are_allowed() or not cage.closed((layout.root, *reads[1:]))
    return users.take(layout.home) if near or not landlock.version() else None


@functools.cache
def _views_are_allowed() -> bool:
    return users.may(lambda: view.enter([], []))


def _hidden(layout: Layout, reads: tuple[Path, ...]) -> tuple[Path, ...]:
    """The root of all belts, and the closed directories on the way to what the indexer reads."""
    places = {layout.root.resolve(), *cage.closed(reads)}
    return tuple(sorted(place for place in places if not places & set(place.parents)))


def _let_pass(layout: Layout, user: int, reads: tuple[Path, ...]) -> tuple[Path, ...]:
    """If nothing can be hidden, lets the user pass through the directories of its belt."""
    layout.root.chmod(layout.root.stat().st_mode | 0o001)
    for place in (layout.home, layout.of_part("indexer")):
        os.chown(place, -1, user)
        place.chmod(place.stat().st_mode | 0o010)
    shut = cage.closed((layout.root / "any", *reads[1:]))
    if not shut:
        return ()
    raise Refused(
        f"{layout.belt}: the user of its own that its indexer runs as may not come near what it runs",
        expected="mount namespaces, or directories that every user may pass through",
        seen=f"mount namespaces are denied here, and these are closed: {', '.join(map(str, shut))}",
        now="let this have CAP_SYS_ADMIN, move belts or checkout, or open those directories (chmod o+x)",
    )


def _open(tree: Path, rights: int, *, group: int = -1) -> None:
    """Makes a tree readable for others, executable where its owner may execute, and writable for none."""
    for path in _below(tree):
        with suppress(FileNotFoundError):  # another belt's codegen is at work on the same packages
            seen = path.lstat()
            if group != -1 and path != tree:
                os.chown(path, -1, group, follow_symlinks=False)
            wanted = seen.st_mode & ~OTHERS_WRITE | (rights if seen.st_mode & 0o100 else rights & 0o044)
            if not path.is_symlink() and wanted != seen.st_mode:
                path.chmod(wanted & 0o7777)


def _below(tree: Path) -> Iterator[Path]:
    yield tree
    for folder, folders, files in os.walk(tree):
        for name in (*folders, *files):
            yield Path(folder) / name
