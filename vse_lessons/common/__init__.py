"""What every other floor uses: errors, files, arrays on disk, the machine, lazy imports."""
