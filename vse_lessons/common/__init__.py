"""What every other floor uses: errors, files, arrays on disk, the machine, lazy imports."""

# ruff: noqa: F401 - type checkers read these imports, Python imports a name when it is first used
from typing import TYPE_CHECKING

from vse_lessons.common.lazy import attach

if TYPE_CHECKING:
    from vse_lessons.common.errors import DataError, check_known
    from vse_lessons.common.files import (
        atomic_path,
        check_writable,
        digest,
        home,
        locked,
        package_data,
        read_json,
        write_json,
    )
    from vse_lessons.common.json_lines import JsonLines
    from vse_lessons.common.markdown import markdown_table
    from vse_lessons.common.processes import end_with_parent, in_parallel, run_command
    from vse_lessons.common.rows import Rows
    from vse_lessons.common.system import (
        choose_device,
        commit,
        cost,
        free_disk,
        install_line,
        is_checkout,
        machine,
        peak_memory_mb,
        tolerate_encoding,
        versions,
    )

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "errors": ("DataError", "check_known"),
        "files": (
            "atomic_path",
            "check_writable",
            "digest",
            "home",
            "locked",
            "package_data",
            "read_json",
            "write_json",
        ),
        "json_lines": ("JsonLines",),
        "markdown": ("markdown_table",),
        "processes": ("end_with_parent", "in_parallel", "run_command"),
        "rows": ("Rows",),
        "system": (
            "choose_device",
            "commit",
            "cost",
            "free_disk",
            "install_line",
            "is_checkout",
            "machine",
            "peak_memory_mb",
            "tolerate_encoding",
            "versions",
        ),
    },
)
