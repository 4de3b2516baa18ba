"""The keys allowed in a release's config, according to its own JSON schema."""

import json

from belts.envio.release import FORMS
from belts.envio.verify.release_facts import Value
from belts.runtimes.process.verify.stage import Stage
from belts.runtimes.process.verify.steps.step import Step, Told
from belts.runtimes.process.verify.waiting import Unseen

FILE = "evm.schema.json"
CHAIN = {FORMS[0]: "Chain", FORMS[1]: "Network"}


def look(stage: Stage) -> Told:
    file = stage.packages / "node_modules" / "envio" / FILE
    if not file.is_file():
        raise Unseen(f"its package has no {FILE}")
    schema = json.loads(file.read_text())
    form = next((form for form in FORMS if form in schema.get("properties", {})), None)
    if form is None:
        raise Unseen(f"its configs have their chains under none of {', '.join(FORMS)}")
    defined = schema["$defs"]
    found: dict[str, Value] = {"chains": form, "config": sorted(schema["properties"])}
    for key, name in (
        ("contract", "GlobalContract_for_ContractConfig"),
        ("event", "EventConfig"),
        ("chain", CHAIN[form]),
        ("chain_contract", f"{CHAIN[form]}Contract_for_ContractConfig"),
    ):
        found[key] = sorted(defined.get(name, {}).get("properties", {}))
    yield "package.keys", found


STEP = Step(name="package", says="the keys of its configs", look=look)
