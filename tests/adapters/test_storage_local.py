"""LocalStorage: whole objects or none, whatever happens to the writer."""

from __future__ import annotations

import errno
import hashlib
import io
import os
import signal
import subprocess
import sys
import textwrap
import threading
from pathlib import Path

import pytest

from ecopick.adapters.errors import (
    IncompleteUpload,
    InvalidKey,
    ObjectMissing,
    ObjectTooLarge,
    StorageFull,
    StorageUnavailable,
)
from ecopick.adapters.storage import LocalStorage, check_key

REPOSITORY = Path(__file__).resolve().parents[2]


def files_below(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def run_child(program: str, folder: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(program), str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=REPOSITORY,
    )


@pytest.fixture
def storage(tmp_path: Path) -> LocalStorage:
    return LocalStorage(tmp_path / "files")


def test_what_is_put_is_read_back(storage: LocalStorage) -> None:
    content = os.urandom(700_000)
    stored = storage.put("owner/2026/photo.jpg", io.BytesIO(content), size=len(content))
    assert stored.size == len(content)
    assert stored.sha256 == hashlib.sha256(content).hexdigest()
    assert storage.exists("owner/2026/photo.jpg")
    assert storage.size("owner/2026/photo.jpg") == len(content)
    with storage.open("owner/2026/photo.jpg") as file:
        assert file.read() == content


def test_put_replaces_and_delete_is_repeatable(storage: LocalStorage) -> None:
    storage.put("a/b", io.BytesIO(b"first"))
    storage.put("a/b", io.BytesIO(b"second"))
    with storage.open("a/b") as file:
        assert file.read() == b"second"
    storage.delete("a/b")
    storage.delete("a/b")
    assert not storage.exists("a/b")


def test_an_empty_object_is_an_object(storage: LocalStorage) -> None:
    assert storage.put("empty", io.BytesIO()).size == 0
    assert storage.exists("empty")


@pytest.mark.parametrize("key", ["nothing", "a", "a/b/c"])
def test_a_missing_object_says_so(storage: LocalStorage, key: str) -> None:
    storage.put("a/b", io.BytesIO(b"x"))  # "a" is a folder, "a/b" is no folder
    assert not storage.exists(key)
    for ask in (storage.open, storage.size):
        with pytest.raises(ObjectMissing):
            ask(key)


@pytest.mark.parametrize(
    "key",
    [
        "", "/", "/etc/passwd", "../x", "a/../b", "a/..", "a//b", "a/", "./a", ".incoming/x",
        "a/.hidden", "a\\b", "a\0b", "a\nb", "a\n", "ä", "a b", "C:/x", "~root", "-rf",
        "x" * 201, "/".join(["abc"] * 130),
    ],
)  # fmt: skip
def test_keys_cannot_leave_the_folder(storage: LocalStorage, tmp_path: Path, key: str) -> None:
    before = files_below(tmp_path)
    for use in (storage.open, storage.size, storage.exists, storage.delete, check_key):
        with pytest.raises(InvalidKey):
            use(key)
    with pytest.raises(InvalidKey):
        storage.put(key, io.BytesIO(b"x"))
    assert files_below(tmp_path) == before


def test_too_large_leaves_nothing_and_stops_reading(storage: LocalStorage, tmp_path: Path) -> None:
    source = io.BytesIO(b"x" * 50_000_000)
    with pytest.raises(ObjectTooLarge) as caught:
        storage.put("big", source, max_bytes=1_000_000)
    assert caught.value.limit == 1_000_000
    assert source.tell() < 2_000_000
    assert files_below(tmp_path) == []
    assert storage.put("fits", io.BytesIO(b"x" * 10), max_bytes=10).size == 10


def test_a_lost_connection_leaves_nothing(storage: LocalStorage, tmp_path: Path) -> None:
    class Broken(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            if chunk := super().read(size):
                return chunk
            raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        storage.put("half", Broken(b"x" * 300_000))
    with pytest.raises(IncompleteUpload):
        storage.put("half", io.BytesIO(b"x" * 10), size=11)
    assert files_below(tmp_path) == []


def test_a_failed_put_keeps_the_earlier_content(storage: LocalStorage) -> None:
    storage.put("k", io.BytesIO(b"old"))
    with pytest.raises(ObjectTooLarge):
        storage.put("k", io.BytesIO(b"newer"), max_bytes=4)
    with storage.open("k") as file:
        assert file.read() == b"old"


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
@pytest.mark.parametrize("step", ["write", "fsync", "replace"])
def test_disk_full_at_any_step(
    storage: LocalStorage,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    step: str,
    number: int,
) -> None:
    def full(*_: object, **__: object) -> int:
        raise OSError(number, os.strerror(number))

    with monkeypatch.context() as patch:
        if step == "write":
            patch.setattr("ecopick.adapters.storage.protocol._write_whole", full)
        elif step == "fsync":
            patch.setattr(os, "fsync", full)
        else:
            patch.setattr(Path, "replace", full)
        with pytest.raises(StorageFull) as caught:
            storage.put("k", io.BytesIO(b"x" * 100))
    assert caught.value.code == "storage_full"
    assert files_below(tmp_path) == []
    assert storage.put("k", io.BytesIO(b"x" * 100)).size == 100  # recovers by itself


def test_a_really_full_disk(tmp_path: Path) -> None:
    """The kernel refuses to let the file grow, in the middle of a write."""
    program = """
        import io, resource, signal, sys
        from ecopick.adapters.errors import StorageFull
        from ecopick.adapters.storage import LocalStorage
        storage = LocalStorage(sys.argv[1])
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (300_001, resource.RLIM_INFINITY))
        try:
            storage.put("k", io.BytesIO(b"x" * 1_000_000))
        except StorageFull:
            print("full", storage.exists("k"))
        print(storage.put("k", io.BytesIO(b"x" * 1_000)).size)
    """
    child = run_child(program, tmp_path)
    output, _ = child.communicate(timeout=30)
    assert output.split() == ["full", "False", "1000"]
    assert files_below(tmp_path) == [tmp_path / "k"]


def test_a_folder_that_cannot_be_used(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StorageUnavailable):
        LocalStorage(tmp_path / "file" / "below")
    storage = LocalStorage(tmp_path / "files")
    storage.put("a", io.BytesIO(b"x"))
    with pytest.raises(StorageUnavailable):
        storage.put("a/b", io.BytesIO(b"x"))


@pytest.mark.parametrize("kilobytes", [0, 300, 5_000])
def test_kill_during_put_leaves_no_object(tmp_path: Path, kilobytes: int) -> None:
    program = """
        import sys
        from ecopick.adapters.storage import LocalStorage

        class Slow:
            def read(self, size=-1):
                print("reading", flush=True)
                return sys.stdin.buffer.read(size)

        LocalStorage(sys.argv[1]).put("owner/photo", Slow())
    """
    child = run_child(program, tmp_path)
    assert child.stdout is not None and child.stdin is not None
    child.stdout.readline()
    child.stdin.write("x" * kilobytes * 1000)
    child.stdin.flush()
    for _ in range(kilobytes * 1000 // (256 * 1024)):
        child.stdout.readline()
    second = LocalStorage(tmp_path)
    assert second.remove_unfinished() == 0  # alive: another process leaves its file alone
    assert len(files_below(tmp_path)) == 1
    assert not second.exists("owner/photo")

    child.send_signal(signal.SIGKILL)
    child.communicate()

    assert not second.exists("owner/photo")
    with pytest.raises(ObjectMissing):
        second.open("owner/photo")
    assert second.remove_unfinished() == 1
    assert files_below(tmp_path) == []


def test_a_reader_sees_the_old_or_the_new_content(storage: LocalStorage) -> None:
    contents = [bytes([number]) * 400_000 for number in range(2)]
    storage.put("k", io.BytesIO(contents[0]))
    done = threading.Event()

    def write() -> None:
        for round_ in range(40):
            storage.put("k", io.BytesIO(contents[round_ % 2]))
        done.set()

    writer = threading.Thread(target=write)
    writer.start()
    while not done.is_set():
        with storage.open("k") as file:
            assert file.read() in contents
    writer.join()


def test_a_large_object_is_streamed(tmp_path: Path) -> None:
    program = """
        import re, sys
        from ecopick.adapters.storage import LocalStorage

        def peak():  # ru_maxrss would count the parent's
            status = open("/proc/self/status").read()
            return int(re.search(r"VmHWM:\\s+(\\d+) kB", status)[1])

        class Zeros:
            left = 200_000_000
            def read(self, size=-1):
                part = min(size, self.left)
                self.left -= part
                return bytes(part)

        storage = LocalStorage(sys.argv[1])
        before = peak()
        storage.put("k", Zeros())
        print(peak() - before)
    """
    child = run_child(program, tmp_path)
    output, _ = child.communicate(timeout=120)
    assert int(output) < 16 * 1024  # KiB
    assert (tmp_path / "k").stat().st_size == 200_000_000


def test_keys_lists_one_folder_and_all_below_it(tmp_path: Path) -> None:
    storage = LocalStorage(tmp_path)
    for key in ("a/2025-11-01/one.jpg", "a/2025-11-01/two.pdf", "a/2025-11-02/three.jpg", "ab/x"):
        storage.put(key, io.BytesIO(b"x"))

    assert set(storage.keys("a/2025-11-01")) == {"a/2025-11-01/one.jpg", "a/2025-11-01/two.pdf"}
    assert len(list(storage.keys("a"))) == 3
    assert list(storage.keys("nothing")) == []
