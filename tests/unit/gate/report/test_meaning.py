"""How one policy differs from another by what it means."""

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.policy.meaning import changes

CONTRACT = "0x" + "12" * 20


def chain(**more: Any) -> dict[str, Any]:
    return {"rpc": ["https://a.example"], **more}


def truth(chain_id: int, **more: Any) -> dict[str, Any]:
    return {"chain": chain_id, "contract": CONTRACT, "event": "Transfer(address a)", "entity": "T", **more}


@pytest.mark.parametrize(
    ("before", "now", "lines"),
    [
        ({"mode": "parity"}, {"mode": "expansion"}, ("mode parity → expansion",)),
        ({"settle": "30m"}, {}, ("settle no longer set, was 30m",)),
        ({"runtime": {"heapMb": 512}}, {"runtime": {"heapMb": 640}}, ("runtime.heapMb 512 → 640",)),
        ({"runtime": {"heapMb": 1}}, {"runtime": {"heapMb": True}}, ("runtime.heapMb 1 → true",)),
        (
            {"chains": {"1": chain()}},
            {"chains": {"1": chain(), "10": chain(), "137": chain()}},
            ("2 chains (10, 137) added",),
        ),
        (
            {"chains": {str(each): chain(lagLimit=20) for each in range(6)}},
            {"chains": {str(each): chain(lagLimit=60) for each in range(6)}},
            ("lagLimit 20 → 60 on 6 chains (0, 1, 2, 3 and 2 more)",),
        ),
        (
            {"groundTruth": [truth(1), truth(10)]},
            {"groundTruth": [truth(10), truth(7)]},
            (
                "1 event of the ground truth (Transfer of 0x1212…1212 on 7) added",
                "1 event of the ground truth (Transfer of 0x1212…1212 on 1) removed",
            ),
        ),
        (
            {
                "waivers": {
                    "data": [{"entity": "A", "columns": ["x"], "reason": "r", "expires": "2030-01-01"}]
                }
            },
            {
                "waivers": {
                    "data": [{"entity": "A", "columns": ["x"], "reason": "r", "expires": "2031-01-01"}]
                }
            },
            ('expires 2030-01-01 → 2031-01-01 on 1 entry of waivers.data (columns ["x"], entity A)',),
        ),
    ],
)
def test_a_change(before: dict[str, Any], now: dict[str, Any], lines: tuple[str, ...]) -> None:
    """Entries by their names, and the same change of many once."""
    assert changes(before, now) == lines


VALUES = st.integers() | st.booleans() | st.text(max_size=5) | st.none()
POLICIES = st.fixed_dictionaries(
    {},
    optional={
        "mode": st.sampled_from(["parity", "expansion"]),
        "chains": st.dictionaries(st.sampled_from(["1", "10"]), st.dictionaries(st.text(max_size=3), VALUES)),
        "groundTruth": st.lists(st.builds(truth, st.sampled_from([1, 10]), entity=st.text(max_size=3))),
        "waivers": st.dictionaries(
            st.sampled_from(["data", "schema"]), st.lists(st.dictionaries(st.text(max_size=3), VALUES))
        ),
        "accept": st.lists(
            st.fixed_dictionaries({"part": st.text(max_size=3), "reason": st.text(max_size=3)})
        ),
    },
)


@given(POLICIES)
def test_a_policy_does_not_differ_from_itself(policy: dict[str, Any]) -> None:
    """Nothing is said where nothing changed."""
    assert changes(policy, copy.deepcopy(policy)) == ()


@given(POLICIES, st.sampled_from(["1", "10"]), st.text(min_size=1, max_size=3), VALUES)
def test_no_changed_value_goes_unsaid(policy: dict[str, Any], chain_id: str, key: str, value: object) -> None:
    """Whatever is set on a chain is seen to have changed, if it has."""
    now = copy.deepcopy(policy)
    before = now.setdefault("chains", {}).setdefault(chain_id, {}).get(key)
    now["chains"][chain_id][key] = value
    known = policy.get("chains", {}).get(chain_id)
    if known is None or (value is not None and (type(before), before) != (type(value), value)):
        assert changes(policy, now)
