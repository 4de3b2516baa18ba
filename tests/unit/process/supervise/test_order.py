"""Who comes back first."""

from pathlib import Path

from belts.files import write_private_json
from belts.runtimes.process import lease_files, verbs
from belts.runtimes.process.files.layout import Layout
from belts.runtimes.process.host import Host
from belts.runtimes.process.supervise import ranks
from belts.runtimes.process.wire import recorded


def test_the_order(tmp_path: Path) -> None:
    """A gateway with its ledger, what serves, and then the others by their names."""
    for name, part in (("blue", "engine"), ("chains", "chains"), ("green", "engine"), ("way", "ledger")):
        layout = Layout(root=tmp_path, belt=name)
        write_private_json(layout.request(part), {})
        (layout.home / lease_files.FOLDER).mkdir()
    Host(tmp_path).serve("green", gateway="way")
    ordered = ranks.in_order(recorded.belts(tmp_path))
    assert [layout.belt for layout in ordered] == ["way", "green", "blue", "chains"]
    met: list[str] = []
    verbs.each_in_turn(recorded.belts(tmp_path), lambda layout: met.append(layout.belt))
    assert met == ["way", "green", "blue", "chains"]
