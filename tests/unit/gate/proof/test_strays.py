"""Rows of a chain of which nothing is proved: whether the policy knows of them."""

import pytest

from gate.policy.template import template
from gate.probes.database.catalog import Table
from gate.proof.comparing import strays
from gate.proof.form import Field, Form, Written
from gate.proof.prover import named_by
from gate.proof.rows import View
from gate.proof.sums import Sums
from tests.unit.gate.core.builders import ground_truth

FORM = Form(
    chain=1,
    event=ground_truth(1).event,
    entity="Transfer",
    key=Field(column="id", template=template("{chainId}_{logIndex}"), written=Written.LOWER),
    fields=(),
    where=(("kind", "out"),),
)


@pytest.mark.parametrize(
    ("chain", "said"),
    [
        ("1", ()),
        ("10", ()),
        ("137", ("3 rows of Transfer are of chain 137, where the policy names no event of theirs",)),
        ("8453", ("3 rows of Transfer are of chain 8453, where the policy names no event of theirs",)),
        (None, ("3 rows of Transfer do not say of which chain they are",)),
    ],
)
def test_rows_of_another_chain(chain: str | None, said: tuple[str, ...]) -> None:
    """A chain whose provider is down is named all the same; one with other rows of the entity is not."""
    truths = [
        ground_truth(1, where=FORM.where),
        ground_truth(10, where=FORM.where, row_id="{logIndex}"),
        ground_truth(137, where=(("kind", "in"),)),
        ground_truth(8453, where=FORM.where, entity="Account"),
    ]
    view = View(
        table=Table(name="Transfer", columns=(), key=("id",), estimate=0),
        forms={1: FORM},
        edges={1: [0, 100]},
        named=named_by(truths, [FORM]),
    )
    assert strays(view, {(chain, 1): Sums(2, 0, 0), (chain, -1): Sums(1, 0, 0)}) == said
