"""What is heavy to read or to plan is done in a process of its own, which is ended when it takes too much.

    jobs       what it is asked, and what it answers: values that are sent as they are
    desk       does one job
    process    the engine's end: starts it, gives it jobs in turn, ends it
    __main__   the process

It has nothing but what it is told: no database, no port, no credential. It runs with less right to a
processor than the engine, so that those whose requests are light go on being answered.
"""
