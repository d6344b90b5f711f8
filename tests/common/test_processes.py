import subprocess
import sys
import threading

import pytest

from vse_lessons.common import processes
from vse_lessons.common.errors import DataError
from vse_lessons.common.processes import in_parallel, run_command


def test_a_command_that_fails_is_answered_by_its_last_line():
    with pytest.raises(DataError, match=r"exit status 2: vse-lessons report: unknown study 'mars'"):
        run_command("report", "mars")


def test_a_command_that_prints_no_json_is_a_data_error():
    with pytest.raises(DataError, match="it printed no result"):
        run_command("--version")


def test_a_command_has_one_thread_and_answers_in_json(monkeypatch):
    code = "import os, json; print('note'); print(json.dumps([os.environ['OMP_NUM_THREADS'], 'é']))"
    started = processes.subprocess.run

    def run(command, **options):
        return started([command[0], "-c", code], **options)

    monkeypatch.setattr(processes.subprocess, "run", run)
    assert run_command("study") == ["1", "é"]


def test_every_item_is_answered_and_an_error_stops_no_other():
    def work(item):
        if item == 2:
            raise DataError("two")
        return 10 * item

    answers = dict(in_parallel(work, [1, 2, 3], 2))
    assert answers[1] == 10 and answers[3] == 30 and str(answers[2]) == "two"


def test_other_errors_stop_what_has_not_begun():
    begun, go = [], threading.Event()

    def work(item):
        begun.append(item)
        go.wait(5)
        raise RuntimeError("broken")

    answers = in_parallel(work, range(50), 1)
    go.set()
    with pytest.raises(RuntimeError, match="broken"):
        list(answers)


def test_a_process_ends_with_the_one_that_runs_it(tmp_path):
    child = (
        "import os, pathlib, sys, time; from vse_lessons.common.processes import end_with_parent; "
        "end_with_parent(0.05); pathlib.Path(sys.argv[1]).write_text('x'); time.sleep(60)"
    )
    parent = (
        "import os, subprocess, sys, pathlib, time; os.environ['VSE_LESSONS_PARENT'] = str(os.getpid()); "
        f"subprocess.Popen([sys.executable, '-c', {child!r}, sys.argv[1]])\n"
        "path = pathlib.Path(sys.argv[1])\n"
        "while not path.exists(): time.sleep(0.02)\nos._exit(0)"
    )
    command = [sys.executable, "-c", parent, str(tmp_path / "begun")]
    # the child holds the pipe: `run` returns once it has ended, too
    done = subprocess.run(command, stdout=subprocess.PIPE, timeout=30, check=False)
    assert done.returncode == 0
