"""The subcommands of `vse-lessons`, one file each.

A command has `HELP` (its first line stands in the list of commands), `add_arguments(parser)` and
`run(arguments)`, which returns the exit status. The library is imported inside `run`, so that help needs no
PyTorch.
"""
