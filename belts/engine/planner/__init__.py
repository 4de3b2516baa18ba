"""Heavy reading and planning, in a process of its own, which is killed if it takes too much.

    jobs       its jobs and answers: values that are sent as they are
    desk       does one job
    process    the engine's end: starts it, gives it jobs in turn, ends it
    __main__   the process

It has only what it is sent: no database, no port, no credential. It runs at a lower priority than the engine,
so that light requests continue to be answered.
"""
