"""What `status` says of what keeps an indexer."""

import pytest

from belts.runtimes.process.supervise.caged import Caged


@pytest.mark.parametrize(
    ("user", "files", "said"),
    [
        (1_879_067_109, True, "a user of its own (1879067109), and Landlock keeps it to its files"),
        (1_879_067_109, False, "a user of its own (1879067109), and this kernel has no Landlock to keep it"),
        (None, True, "no user of its own, and Landlock keeps it to its files"),
        (None, False, "nothing keeps its indexer from what user "),
    ],
)
def test_words(user: int | None, files: bool, said: str) -> None:
    """Each wall by itself, and what it means that there is none."""
    assert said in Caged(user=user, files=files).words("green")
