"""What every run tries of a class."""

from hypothesis import given, settings
from hypothesis import strategies as st

from tests import deep


@given(st.lists(st.integers(0, 9)))
def test_one_of_each_class_and_no_case_lost(cases: list[int]) -> None:
    """The deep tests have the rest, and nothing twice."""
    tried = deep.one_of_each(cases, of=lambda case: case % 3)
    always = [int(str(each.values[0])) for each in tried if not each.marks]
    assert [each.values[0] for each in tried] == cases
    assert sorted(case % 3 for case in always) == sorted({case % 3 for case in cases})


def test_examples_of_a_long_property() -> None:
    """A quarter in every run, and never none."""
    before = settings.get_current_profile_name()
    try:
        settings.load_profile(deep.DEEP)
        assert deep.examples(60) == 60
        settings.load_profile(deep.EVERY_RUN)
        assert (deep.examples(60), deep.examples(3)) == (15, 1)
    finally:
        settings.load_profile(before)
