"""Runs the parts of belts on this machine.

Every effect on a host is one request to `python -m belts.host`.
"""
