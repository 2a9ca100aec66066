import json
import shutil
import subprocess
from pathlib import Path

import pytest

from stagecraft.config.dotenv import parse, read
from stagecraft.errors import ConfigError

ACCEPTED = {
    "A=plain value # comment": "plain value",
    "A=": "",
    'A="" ': "",
    "export A=1": "1",
    "export\tA=1": "1",
    "  A = spaced  ": "spaced",
    "A=a#b": "a#b",
    "A=back\\nslash": "back\\nslash",
    "A=it's": "it's",
    'A=a"b"': 'a"b"',
    "A=a$": "a$",
    "A=a$1b": "a$1b",
    "A=a=b": "a=b",
    "A=é ü": "é ü",
    'A="dq \\n \\t \\r \\" \\\\ \\$X end" # c': 'dq \n \t \r " \\ $X end',
    'A="two\nlines"': "two\nlines",
    "A='sq \\n $X ${Y} \"q\"' # c": 'sq \\n $X ${Y} "q"',
    "A='two\nlines'": "two\nlines",
    "A='it\\'s'": "it's",
    "A='a\\\\b'": "a\\\\b",
    "A='x'#c": "x",
    'A="x\\\\n"': "x\\n",
    "# c\n\n  # d\nA=1\r\n": "1",
}
REFUSED = {
    "A: 1": "f.env:1: is not `NAME=value`",
    "B=1\nA": "f.env:2: is not `NAME=value`",
    "1A=x": "f.env:1: is not `NAME=value`",
    "A-B=x": "f.env:1: is not `NAME=value`",
    "=x": "f.env:1: is not `NAME=value`",
    "A=1\n\nA=2": "f.env:3: sets `A` a second time",
    "A='x'y": "f.env:1: `A` has text after the closing quote",
    'A="x" y': "f.env:1: `A` has text after the closing quote",
    "A='x": "f.env:1: `A` has no closing quote",
    'A="x\\"': "f.env:1: `A` has no closing quote",
    "A=#c": "f.env:1: `A` begins with `#`; put the value in quotes",
    "A= # c": "f.env:1: `A` begins with `#`; put the value in quotes",
    "A=a$b": "f.env:1: `A` would be interpolated (`$`); put the value in single quotes",
    "A=a$$b": "f.env:1: `A` would be interpolated (`$`); put the value in single quotes",
    'A="${B}"': "f.env:1: `A` would be interpolated (`$`); put the value in single quotes",
    'A="\\x"': "f.env:1: `A` has an unknown escape (`\\`); put the value in single quotes",
    "A=x\x00": "f.env:1: contains the control character '\\x00'",
    "A=1\nB=\x1b[0m": "f.env:2: contains the control character '\\x1b'",
}


@pytest.mark.parametrize("text", ACCEPTED)
def test_a_value_is_read(text: str) -> None:
    assert {"A": ACCEPTED[text]} == parse(text, "f.env")


@pytest.mark.parametrize("text", REFUSED)
def test_what_could_mean_two_things_is_refused_with_its_line(text: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse(text, "f.env")
    assert REFUSED[text] == str(caught.value)


def test_a_value_is_never_repeated_in_a_message() -> None:
    for text in ("A=c4nary$b", "A='c4nary'x", "A='c4nary", "c4nary", 'A="c4nary\\x"', "A=1\nA=c4nary"):
        with pytest.raises(ConfigError) as caught:
            parse(text, "f.env")
        assert "c4nary" not in f"{caught.value} {caught.value.hint}"


def test_several_lines_keep_their_order() -> None:
    assert ["B", "A"] == list(parse("B=1\nA=2\n", "f.env"))


def test_a_file_that_cannot_be_read_is_named_with_the_place_that_names_it(tmp_path: Path) -> None:
    (tmp_path / "latin").write_bytes(b"A=\xff")
    (tmp_path / "big").write_bytes(b"#" * (1024 * 1024 + 1))
    for name, expected in {
        "none": "stagecraft.yml:3: file `none` is not there",
        ".": "stagecraft.yml:3: file `.` is not there",
        "latin": "latin: is not UTF-8 text",
        "big": "big: is larger than 1 MiB",
    }.items():
        with pytest.raises(ConfigError) as caught:
            read(tmp_path, name, "stagecraft.yml:3")
        assert expected == str(caught.value)


@pytest.mark.skipif(not shutil.which("docker"), reason="needs the Compose plug-in, not an engine")
def test_docker_compose_reads_the_same(tmp_path: Path) -> None:
    names = {f"V{index}": text for index, text in enumerate(ACCEPTED)}
    lines = [text.replace("A", name, 1) for name, text in names.items()]
    (tmp_path / "f.env").write_text("\n".join(lines) + "\n")
    environment = {name: f"${{{name}}}" for name in names}
    (tmp_path / "c.yml").write_text(
        json.dumps({"services": {"a": {"image": "x", "environment": environment}}})
    )
    argv = ["docker", "compose", "--env-file", "f.env", "-f", "c.yml", "config", "--format", "json"]
    text = subprocess.run(argv, cwd=tmp_path, capture_output=True, text=True, check=True, timeout=30).stdout
    found = json.loads(text)["services"]["a"]["environment"]
    compose = {name: value.replace("$$", "$") for name, value in found.items()}
    assert parse((tmp_path / "f.env").read_text(), "f.env") == compose
