"""The changed examples are what their names say."""

from pathlib import Path

import pytest
from graphql import GraphQLSchema, build_schema
from graphql.utilities import find_breaking_changes

from belts import envio
from examples import variants
from examples.forms import project as example
from examples.variants import VARIANTS, Edit, EditFailed
from tests.unit.examples.test_indexer import CONFIGS, ENVIO_TYPES

SAFE = {"added-field", "added-enum-value", "corrected-handler", "missing-rows", "wrong-values"}


def schema(project: Path, config: str) -> GraphQLSchema:
    return build_schema(ENVIO_TYPES + envio.read(project, config).schema)


@pytest.mark.parametrize("config", CONFIGS)
@pytest.mark.parametrize("variant", VARIANTS)
def test_variant(tmp_path: Path, variant: str, config: str) -> None:
    """Every variant is another project for both configs, and breaks the schema only on purpose."""
    project = variants.write(variant, tmp_path / "project")

    assert envio.read(project, config).digest != envio.read(example(), config).digest
    broken = find_breaking_changes(schema(example(), config), schema(project, config))
    assert (broken == []) is (variant in SAFE)


def test_edit_that_does_not_fit(tmp_path: Path) -> None:
    """A change whose text is gone, or is there twice, is refused and not half made."""
    (tmp_path / "a.ts").write_text("one one")

    for old in ("two", "one"):
        with pytest.raises(EditFailed, match=old):
            Edit("a.ts", old, "three").apply(tmp_path)


def test_directory_that_exists(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing is written over."""
    assert variants.main(["added-field", str(tmp_path)]) == 1
    assert str(tmp_path) in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
