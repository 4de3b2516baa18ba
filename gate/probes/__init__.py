"""The probes, in the order in which they are started; all of them run at once."""

from gate.probes.probe import Probe

PROBES: tuple[Probe, ...] = ()
