"""Readers: one file a public format, in the layouts that people have on their disks."""
