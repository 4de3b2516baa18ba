"""What the deep tests break is in the code as they know it. Otherwise they would break nothing."""

import pytest

from tests.live.gate.core.test_mutations import MUTATIONS, TESTS, Mutation
from tests.live.hosts import CHECKOUT


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.name)
def test_a_mutation(mutation: Mutation) -> None:
    assert (CHECKOUT / mutation.file).read_text().count(mutation.old) == 1
    assert (CHECKOUT / TESTS / mutation.tests).is_file()
