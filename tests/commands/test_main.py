import os
import pkgutil
import re
import subprocess
import sys

import pytest

from vse_lessons import __main__ as program
from vse_lessons import commands
from vse_lessons.common.errors import DataError


def run(*arguments, **environment):
    """The program in a process of its own, its output through a pipe."""
    return subprocess.run(
        [sys.executable, "-m", "vse_lessons", *arguments],
        capture_output=True,
        text=True,
        encoding="utf-8",
        errors="replace",
        env={**os.environ, "COLUMNS": "100", **environment},
    )


def test_help_lists_every_command_with_a_line():
    done = run("--help")
    assert done.returncode == 0, done.stderr
    for name in program.COMMANDS:
        assert f"\n    {name} " in done.stdout


@pytest.mark.parametrize("name", program.COMMANDS)
def test_every_command_has_help_with_an_example(name, capsys):
    with pytest.raises(SystemExit) as stopped:
        program.main([name, "--help"])
    assert stopped.value.code == 0
    about, _, examples = capsys.readouterr().out.partition("\n\n")[2].partition("\nexamples")
    assert re.match(r"[A-Z][^\n]*\.\n", about)
    assert f"vse-lessons {name}" in examples


def test_help_of_train_lists_every_model_that_is_trained():
    from vse_lessons.commands.train import TRAINED
    from vse_lessons.models.registry import MODELS

    assert TRAINED.split(", ") == [name for name, one in MODELS.items() if "checkpoint" not in one.needs]


@pytest.mark.parametrize(
    "code",
    [
        "import vse_lessons",
        "from vse_lessons.__main__ import make_parser as m; m()",
        *(
            f"import {module.name}"
            for module in pkgutil.iter_modules(commands.__path__, "vse_lessons.commands.")
        ),
    ],
)
def test_nothing_heavy_is_imported_for_a_name_or_for_help(code):
    heavy = "torch numpy scipy sklearn matplotlib pandas IPython PIL"
    check = f"import sys; {code}; print([name for name in {heavy.split()} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True)
    assert done.stdout == "[]\n", done.stderr


@pytest.mark.parametrize(
    ("arguments", "messages"),
    [
        (["trian"], ["invalid choice: 'trian'", "doctor", "evaluate", "search"]),
        ([], ["COMMAND"]),
        (["start", "here", "--forse"], ["unknown argument '--forse'", "--force"]),
        (["train", "A3VSE", "storybook", "--to", "x", "--preset", "huge"], ["'huge'", "smoke", "paper"]),
    ],
)
def test_a_wrong_word_is_answered_with_those_that_are_known(arguments, messages, capsys):
    with pytest.raises(SystemExit) as stopped:
        program.main(arguments)
    assert stopped.value.code == 2
    said = capsys.readouterr().err
    assert all(message in said for message in messages), said


@pytest.mark.parametrize(
    ("error", "status", "line"),
    [
        (DataError("no such corpus: one of a, b"), 2, "vse-lessons start: no such corpus: one of a, b\n"),
        (KeyboardInterrupt(), 130, "vse-lessons start: interrupted\n"),
    ],
)
def test_a_refusal_is_one_line_and_a_status(error, status, line, monkeypatch, capsys):
    def fail(arguments):
        raise error

    monkeypatch.setattr(program.command("start"), "run", fail)
    assert program.main(["start", "folder"]) == status
    assert capsys.readouterr() == ("", line)


@pytest.mark.parametrize("environment", [{"LC_ALL": "C"}, {"PYTHONIOENCODING": "ascii"}])
def test_an_alphabet_that_the_output_lacks_stops_nothing(environment, tmp_path):
    folder = tmp_path / "Kurs für Anfänger – 入門"
    done = run("start", str(folder), PYTHONUTF8="0", PYTHONCOERCECLOCALE="0", **environment)
    assert done.returncode == 0, done.stderr
    assert "jupyter lab" in done.stdout


def test_a_pipe_that_closes_early_is_no_error(tmp_path):
    done = subprocess.run(
        f'"{sys.executable}" -m vse_lessons start "{tmp_path / "course"}" | "{sys.executable}" -c "pass"',
        shell=True,
        capture_output=True,
        text=True,
    )
    assert done.stderr == ""


def test_an_interrupt_while_the_words_are_read_is_one_line(monkeypatch, capsys):
    def interrupted():
        raise KeyboardInterrupt

    monkeypatch.setattr(program, "make_parser", interrupted)
    assert program.main(["doctor"]) == 130
    assert capsys.readouterr() == ("", "vse-lessons: interrupted\n")
