"""What is read from YAML keeps its lines, and what can't be read is told with its place."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.film.yamlfile import Problem, YamlFile, field_name, read_yaml

TEXT = """\
# a comment
film:
  title: Tiny

  cast:
    - actor: One
    - actor: >-
        Two, over
        two lines
      part: fox
years: [2001, 2002]
"""


def read(path: Path, text: str | bytes) -> YamlFile | Problem:
    """Read a text as a file of a pack."""
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return read_yaml(path, "tiny/film.yaml")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "film.yaml"


def test_every_field_knows_its_line(path: Path) -> None:
    file = read(path, TEXT)

    assert isinstance(file, YamlFile)
    assert file.data["film"]["cast"][1] == {"actor": "Two, over two lines", "part": "fox"}
    assert file.lines == {
        (): 2,
        ("film",): 2,
        ("film", "title"): 3,
        ("film", "cast"): 5,
        ("film", "cast", 0): 6,
        ("film", "cast", 0, "actor"): 6,
        ("film", "cast", 1): 7,
        ("film", "cast", 1, "actor"): 7,
        ("film", "cast", 1, "part"): 10,
        ("years",): 11,
        ("years", 0): 11,
        ("years", 1): 11,
    }


def test_a_problem_with_a_field_that_is_missing_stands_where_it_should_be(path: Path) -> None:
    file = read(path, TEXT)

    assert isinstance(file, YamlFile)
    problem = file.problem(("film", "cast", 1, "name", 0), "is missing")
    assert str(problem) == "tiny/film.yaml:7: film.cast[1].name[0]: is missing"


def test_a_place_reads_like_the_way_to_it() -> None:
    assert field_name(("readings", 0, "quotes", 12)) == "readings[0].quotes[12]"
    assert field_name(()) == "(file)"


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("a: [1\nb: 2\n", 2, "expected ',' or ']'"),
        ("a: 1\nb: 2\n\td: 1\n", 3, "cannot start any token"),
        ("a: 1\nb: 2\na: 3\n", 3, "“a” stands here twice"),
        ("a:\n  b: 1\n  b: 1\n", 3, "“b” stands here twice"),
        ("a: 1\n---\nb: 2\n", 2, "found another document"),
        ("a: 1\nb: !!python/object:os.system x\n", 2, "could not determine a constructor"),
        ("a: 1\nb: *c\n", 2, "undefined alias"),
        ("a: 1\nb: 2001-99-99\n", 2, "month must be in 1..12"),
        (f"a: 1\nb: 2\nc: {'9' * 5000}\n", 3, "Exceeds the limit"),
        ("a: 1\nb: \x00\n", 2, "special characters are not allowed"),
        ("a: &b [*b]\n", 1, "contains itself"),
        (b"a: \xff\n", 1, "can't be read"),
    ],
)
def test_what_is_no_yaml_is_told_with_its_line(text: str | bytes, line: int, message: str, path: Path) -> None:
    problem = read(path, text)

    assert isinstance(problem, Problem)
    assert (problem.file, problem.line) == ("tiny/film.yaml", line)
    assert message in problem.message


def test_a_file_that_is_not_there_is_told(path: Path) -> None:
    assert read_yaml(path, "tiny/film.yaml") == Problem("tiny/film.yaml", 1, "(file)", "this file is missing")


def test_a_folder_in_the_place_of_a_file_is_told(path: Path) -> None:
    path.mkdir()

    problem = read_yaml(path, "tiny/film.yaml")

    assert isinstance(problem, Problem)
    assert "can't be read" in problem.message


def test_an_empty_file_holds_nothing(path: Path) -> None:
    file = read(path, "# nothing yet\n")

    assert isinstance(file, YamlFile)
    assert file.data is None
    assert file.problem(("id",), "is missing").line == 1


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=300)
@given(text=st.one_of(st.text(), st.text(alphabet="ab:-[]{}&*!|>#'\"\n\t ?,012.%@`<=")))
def test_any_text_is_read_or_told_and_never_crashes(text: str, path: Path) -> None:
    found = read(path, text.encode(errors="surrogatepass"))

    assert isinstance(found, YamlFile | Problem)
    if isinstance(found, Problem):
        assert found.line >= 1
