"""What every other floor uses: errors, files, arrays on disk, the machine, lazy imports."""

from typing import TYPE_CHECKING

from vse_lessons.common.lazy import attach

if TYPE_CHECKING:
    from vse_lessons.common.errors import DataError as DataError
    from vse_lessons.common.files import atomic_path as atomic_path
    from vse_lessons.common.files import digest as digest
    from vse_lessons.common.files import home as home
    from vse_lessons.common.files import locked as locked
    from vse_lessons.common.files import package_data as package_data
    from vse_lessons.common.files import read_json as read_json
    from vse_lessons.common.files import write_json as write_json
    from vse_lessons.common.system import choose_device as choose_device
    from vse_lessons.common.system import commit as commit
    from vse_lessons.common.system import free_disk as free_disk
    from vse_lessons.common.system import install_line as install_line
    from vse_lessons.common.system import machine as machine
    from vse_lessons.common.system import peak_memory_mb as peak_memory_mb
    from vse_lessons.common.system import tolerate_encoding as tolerate_encoding
    from vse_lessons.common.system import versions as versions

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "errors": ("DataError",),
        "files": (
            "atomic_path",
            "digest",
            "home",
            "locked",
            "package_data",
            "read_json",
            "write_json",
        ),
        "system": (
            "choose_device",
            "commit",
            "free_disk",
            "install_line",
            "machine",
            "peak_memory_mb",
            "tolerate_encoding",
            "versions",
        ),
    },
)
