"""Spec files that can't be read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from snnc.diagnostics import Diagnostic


@dataclass(frozen=True, slots=True, kw_only=True)
class FileMissing(Diagnostic):
    """There is no file of this name."""

    code: ClassVar[str] = "SNN700"
    title: ClassVar[str] = "no such file"
    message: ClassVar[str] = "there is no file `{name}`"
    help: ClassVar[str] = "check the path; it is relative to the current directory"

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FileIsDirectory(Diagnostic):
    """A path names a directory where a spec is expected."""

    code: ClassVar[str] = "SNN701"
    title: ClassVar[str] = "directory in place of a file"
    message: ClassVar[str] = "`{name}` is a directory"
    help: ClassVar[str] = "name the spec in it, such as `{name}/network.snn`"

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FileNotRegular(Diagnostic):
    """A path names a pipe, a socket or a device.

    A spec is read twice and hashed, so it has to be a regular file.
    """

    code: ClassVar[str] = "SNN702"
    title: ClassVar[str] = "not a regular file"
    message: ClassVar[str] = "`{name}` is not a regular file"
    help: ClassVar[str] = "save the spec to a file first"

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FileNotText(Diagnostic):
    """A file is not UTF-8 text."""

    code: ClassVar[str] = "SNN703"
    title: ClassVar[str] = "not UTF-8"
    message: ClassVar[str] = "the file is not UTF-8 text"
    label: ClassVar[str] = "byte {byte}"
    notes: ClassVar[tuple[str, ...]] = ("the byte {byte} stands at offset {offset}",)
    help: ClassVar[str] = "save the file as UTF-8"

    byte: str
    offset: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FileTooLarge(Diagnostic):
    """A file is larger than any spec."""

    code: ClassVar[str] = "SNN704"
    title: ClassVar[str] = "file too large"
    message: ClassVar[str] = "the file is larger than {limit} bytes"
    notes: ClassVar[tuple[str, ...]] = ("it has {size} bytes",)

    size: int
    limit: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FileUnreadable(Diagnostic):
    """The operating system does not let snnc read a file."""

    code: ClassVar[str] = "SNN705"
    title: ClassVar[str] = "unreadable file"
    message: ClassVar[str] = "`{name}` can't be read: {reason}"

    name: str
    reason: str
