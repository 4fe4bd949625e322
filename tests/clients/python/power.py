"""What a power cut leaves: replays what a program did to its files (the trace of faulty_disk.c).

What a sync has answered for is there. Of what was written since, each sector may be there or not, in whatever order;
files may have been cut or not; a file that was removed may be back, and one that was made may be missing, until their
directory was synced.

Where a sync failed, the system may have given up what it should have written and call it written: a later sync that
succeeds does not bring it back.
"""

from __future__ import annotations

import pathlib
import random
import struct

SECTOR = 512
CALL = struct.Struct("<ciqii")


class File:
    def __init__(self, content: bytes | None):
        self.there = content is not None  # for good
        self.exists = self.there  # in the eyes of the program
        self.content = bytearray(content or b"")
        # What was done since, in order: (number of the call, place, bytes), or (number, length, None) for a cut.
        self.since: list[tuple[int, int, bytes | None]] = []

    def settle(self, until: int, chance: random.Random | None = None):
        """What was done before is on the disk; by `chance` only, after a sync that failed."""
        done = [one for one in self.since if one[0] < until]
        self.since = self.since[len(done):]
        likely = chance.choice([0, 0.5, 0.9, 1]) if chance else 1
        for _, at, data in done:
            if data is None:
                # A length is no data: it is kept in memory until it can be written.
                self.apply(at, None)
                continue
            # Sectors begin at their places in the file.
            first = 0
            while first < len(data):
                end = min(len(data), first + SECTOR - (at + first) % SECTOR)
                if likely == 1 or chance.random() < likely:
                    self.apply(at + first, data[first:end])
                first = end

    def apply(self, at: int, data: bytes | None):
        if data is None:
            del self.content[at:]
            at, data = at, b""
        if len(self.content) < at:
            self.content.extend(bytes(at - len(self.content)))
        self.content[at:at + len(data)] = data


def calls(trace: pathlib.Path):
    log, at = trace.read_bytes(), 0
    while at + CALL.size <= len(log):
        operation, thread, place, path_length, length = CALL.unpack_from(log, at)
        at += CALL.size
        path = log[at:at + path_length].decode()
        data = log[at + path_length:at + path_length + length]
        at += path_length + length
        yield operation, thread, place, path, data


class Disk:
    """The files of a database in a directory, as they are when its program starts."""

    def __init__(self, folder: pathlib.Path, begin: str):
        self.folder, self.begin = folder, begin
        self.files = {str(path): File(path.read_bytes()) for path in folder.glob(begin + "*")}

    def cut(self, trace: pathlib.Path, chance: random.Random) -> int:
        """Makes the directory what it is after the power came back; returns how many writes it did not have yet."""
        begun: dict[tuple[int, str], int] = {}
        number = 0
        for number, (operation, thread, place, path, data) in enumerate(calls(trace)):
            if path == str(self.folder):
                if operation == b"e":
                    for file in self.files.values():
                        file.there = file.exists
                continue
            if not pathlib.Path(path).name.startswith(self.begin):
                continue
            file = self.files.setdefault(path, File(None))
            if operation == b"c":
                file.exists = True
            elif operation == b"u":
                file.exists = False
            elif operation == b"w":
                file.since.append((number, place, data))
            elif operation == b"t":
                file.since.append((number, place, None))
            elif operation == b"b":
                begun[thread, path] = number
            elif operation == b"e":
                file.settle(begun[thread, path])
                file.there = file.there or file.exists
            elif operation == b"f":
                file.settle(begun[thread, path], chance)
        trace.unlink()

        unsynced = 0
        for path, file in self.files.items():
            unsynced += len(file.since)
            file.settle(number + 1, chance)
            stays = file.exists if file.exists == file.there else chance.random() < 0.5
            # What readers and writers share in memory is no file after a cut.
            if stays and not path.endswith("-shm"):
                pathlib.Path(path).write_bytes(file.content)
            else:
                pathlib.Path(path).unlink(missing_ok=True)
        return unsynced
