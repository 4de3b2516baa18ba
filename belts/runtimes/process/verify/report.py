"""The result of a run of the suite, as text."""

from belts.envio.verify.differences import Compared, Standing
from belts.envio.verify.recorded_facts import unseen

HEADS = {
    Standing.LIKE: "it behaves like Envio {nearest}",
    Standing.OTHER: "it behaves like no release that belts know",
    Standing.UNTOLD: "it could not be told whether it behaves like a known release",
}


def text(found: Compared) -> str:
    """The report: differences first, then what was not looked at, and where the release loses data."""
    facts, nearest = found.facts, found.nearest
    name = nearest.version if nearest else "none"
    lines = [f"Envio {facts.version}: {HEADS[found.standing].format(nearest=name)}"]
    if nearest is None:
        lines.append("  of no release are facts recorded here")
    elif found.differences:
        lines.append(f"  what it does otherwise than {name}, the nearest known release:")
    lines += [f"    {each}" for each in found.differences]
    if found.unknown:
        lines.append(f"  what was never seen of {name}, so that there is nothing to compare it with:")
        lines += [f"    {each}" for each in found.unknown]
    if facts.unlooked:
        lines.append("  what could not be looked at:")
        lines += [f"    {name}: {why}" for name, why in facts.unlooked.items()]
    if facts.wrong:
        lines.append("  what it gets wrong by itself, whatever it is like:")
        lines += [
            f"    {each.says}: {facts.measured.get(each.name, facts.seen[each.name])}" for each in facts.wrong
        ]
    lines.append(f"  not known here: {unseen()}")
    return "\n".join(lines) + "\n"
