"""How it ends on SIGTERM."""

from belts.runtimes.process.supervise import readiness
from belts.runtimes.process.verify.running import left, running
from belts.runtimes.process.verify.stage import Stage
from belts.runtimes.process.verify.steps.step import Step, Told


def look(stage: Stage) -> Told:
    with running(stage) as indexer:
        indexer.wait_until_caught_up()
        code = indexer.end()
        yield (
            "stop.ends",
            "not in time" if code is None else f"with {code}" if code >= 0 else f"by signal {-code}",
        )
        found = [f"{len(still)} processes"] if (still := left(stage)) else []
        found += ["its port"] if readiness.listens(stage.port) else []
        yield "stop.leaves", " and ".join(found) or "nothing"


STEP = Step(name="stop", says="how it ends", look=look)
