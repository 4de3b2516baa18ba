"""Starts it with another project on existing data, once for each kind of change."""

from belts.envio.verify.sample_project import Sample, changes
from belts.runtimes.process.seed import seeding
from belts.runtimes.process.verify.running import content, running
from belts.runtimes.process.verify.stage import OTHER, Stage
from belts.runtimes.process.verify.steps.step import Step, Told, rows_as
from belts.runtimes.process.verify.waiting import Unseen


def look(stage: Stage) -> Told:
    with running(stage) as indexer:
        indexer.wait_until_caught_up()
    for kind, sample in changes(stage.sample, OTHER).items():
        yield f"change.{kind}", _started_with(stage, sample)
    with running(stage) as indexer:
        indexer.wait_until_caught_up()
        yield from rows_as("change.content", content(stage))


def _started_with(stage: Stage, sample: Sample) -> str:
    before = seeding.chains_in(stage.connection)
    with running(stage, sample) as indexer:
        try:
            indexer.wait_until_it_speaks()
        except Unseen:
            if indexer.code is None:
                return "it stands still"
        if indexer.code is None and indexer.moves_on():
            missing = set(sample.chains) - set(seeding.chains_in(stage.connection) or ())
            words = "it goes on" if not missing else "it goes on without the new chain"
        else:
            words = "it ends" if indexer.code is not None else "it stands still"
    now = seeding.chains_in(stage.connection)
    lost = set(before or ()) - set(now or ())
    return f"{words}, and {len(lost)} chains are gone" if lost else words


STEP = Step(name="change", says="a start with another project", look=look)
