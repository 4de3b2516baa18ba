"""The steps in order. The reorganisation comes last: a release that misses it has wrong rows afterwards."""

from belts.runtimes.process.verify.steps import (
    changing,
    config_keys,
    first_start,
    killing,
    past_states,
    reorganising,
    restarting,
    stopping,
)

STEPS = (
    config_keys.STEP,
    first_start.STEP,
    stopping.STEP,
    restarting.STEP,
    past_states.STEP,
    changing.STEP,
    killing.STEP,
    reorganising.STEP,
)
