"""Belts as processes of one Linux host: the place that `runtime: process` means.

Every effect on the host is one request to `python -m belts`. Its rooms, each of which imports only those
below it:

    host        the place as the gate is given it
    command     the command line, over `verbs` and `status`
    guards      refuse before anything is touched: ports, memory, changes of a belt that is needed, removals
    parts       bring up and take down, one module a part
    seed        the way to an indexer's first row: its code, its sources, and what was seeded
    database    the roles, logins and passwords in a belt's Postgres, and which belt owns it
    supervise   the programs of a belt, and what keeps them up
    confine     what a belt may take of the host, and what its indexer may reach, enforced by the kernel
    wire        what was requested of the host
    files       where the files of a belt are, its secrets, and the lock for changing it
    lease_files who still needs a belt, stored with the belt
"""
