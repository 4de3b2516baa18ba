"""Comments are left out of code where that can be had without doubt, and nothing else ever is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from belts.envio.change.comments import without_comments

SAME = [
    ("a = 1; // one", "a = 1; // two"),
    ("a = 1; /* one */ b()", "a = 1; /* two\x20*/ b()"),
    ("a();\n\n  b();", "a();\nb();"),
    ("a() /* x\n y */ b()", "a() // x\n b()"),
    ("`${f(`${1}`)} // text` // c", "`${f(`${1}`)} // text`"),
]
APART = [
    ("a = '// one'", "a = '// two'"),
    ('a = "/* one */"', 'a = "/* two */"'),
    ("a = `// one`", "a = `// two`"),
    ("a = `${ {b: `}`} } // one`", "a = `${ {b: `}`} } // two`"),
    ("return /* \n */ a", "return /* */ a"),
    ("a = '\\' // one'", "a = '\\' // two'"),
    ("a // x\rb()", "a // x\rc()"),
    ("a // x\u2028b()", "a // x\u2028c()"),
    ("a+/**/+b", "a++b"),
]
DOUBT = [
    "a / b // c",
    "a = /[/*]/",
    "a /* b",
    "a = 'b",
    "a = `b",
    "a = `${b",
    "<!-- /*\nb()",
    "a\n--> /*\nb()",
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_only_comments_differ(one: str, other: str) -> None:
    assert without_comments(one) is not None
    assert without_comments(one) == without_comments(other)


@pytest.mark.parametrize(("one", "other"), APART)
def test_more_than_comments_differs(one: str, other: str) -> None:
    assert without_comments(one) is not None
    assert without_comments(one) != without_comments(other)


@pytest.mark.parametrize("code", DOUBT)
def test_what_a_slash_begins_is_not_known(code: str) -> None:
    assert without_comments(code) is None


@given(st.text(alphabet="ab'\"`${}\\/* \n", max_size=40))
def test_it_changes_nothing_further(code: str) -> None:
    """What has no comment any more stays as it is, so nothing is taken for one that was none."""
    plain = without_comments(code)
    if plain is not None:
        assert without_comments(plain) == plain
