"""What a deployment package may hold, and AWS's words for what it may not."""

import io
import os
import stat
import struct
import warnings
import zipfile
import zlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lambent.catalog.links import Links
from lambent.catalog.package import (
    MOST_ENTRIES,
    BadPackage,
    EmptyPackage,
    Entry,
    Kind,
    Package,
    PackageTooLarge,
    ZipTooLarge,
)
from lambent.model.errors import ServiceError
from tests.catalog.zips import DIRECTORY, FILE, LINK, entry, python_zip, zipped


def checked(content: bytes) -> Package:
    package = Package(content)
    package.verify()
    return package


def modes(content: bytes) -> dict[str, int]:
    return {e.path: e.mode for e in checked(content).entries}


@pytest.mark.parametrize(
    ("content", "error", "text"),
    [
        (b"", EmptyPackage, "Uploaded file must be a non-empty zip"),
        (zipped(), EmptyPackage, "Uploaded file must be a non-empty zip"),
        (
            b"not a zip",
            BadPackage,
            "Could not unzip uploaded file. Please check your file, then try to upload again.",
        ),
        (
            b"\0" * 52_428_801,
            ZipTooLarge,
            "Zipped size must be smaller than 52428800 bytes",
        ),
    ],
    ids=["no bytes", "no entries", "not a zip", "over 50 MB"],
)
def test_what_is_no_package_is_refused_in_aws_words(
    content: bytes, error: type[ServiceError], text: str
) -> None:
    with pytest.raises(error) as refused:
        Package(content)
    assert str(refused.value) == text


def test_the_statuses_are_aws_ones() -> None:
    assert (ZipTooLarge.code, ZipTooLarge.status) == ("RequestEntityTooLargeException", 413)
    assert (BadPackage.code, BadPackage.status) == ("InvalidParameterValueException", 400)


def test_a_zip_of_exactly_50_mb_is_not_too_large() -> None:
    with pytest.raises(BadPackage):
        Package(b"\0" * 52_428_800)


@pytest.mark.parametrize(
    ("size", "directory_bytes", "error"),
    [
        (262_144_000, 1_000, BadPackage),
        (262_144_001, 1_000, PackageTooLarge),
        (100_000_000, 60_000_000, BadPackage),
    ],
)
def test_a_file_may_be_as_large_as_what_it_holds_but_not_its_directory(
    tmp_path: Path, size: int, directory_bytes: int, error: type[ServiceError]
) -> None:
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 1, 1, directory_bytes, 0, 0)
    with (tmp_path / "sparse").open("w+b") as file:
        file.truncate(size - len(end))
        file.seek(0, os.SEEK_END)
        file.write(end)
        with pytest.raises(error):
            Package(file)


def test_modes_are_kept_and_missing_ones_are_filled_in() -> None:
    assert modes(
        zipped(
            (entry("bin/run", FILE | 0o755), "x"),
            (entry("secret", FILE | 0o600), "x"),
            (entry("dos.txt"), "x"),
            (entry("dos/"), ""),
            (entry("closed/", DIRECTORY | 0o700), ""),
            (entry("suid", FILE | 0o6755), "x"),
            (entry("bare", 0o640), "x"),
        )
    ) == {
        "bin": 0o755,
        "bin/run": 0o755,
        "secret": 0o600,
        "dos.txt": 0o644,
        "dos": 0o755,
        "closed": 0o700,
        "suid": 0o755,
        "bare": 0o640,
    }


def test_what_the_function_cannot_read_is_warned_about_by_name() -> None:
    package = checked(
        zipped(
            ("fine", "x"),
            (entry("app.py", FILE | 0o600), "x"),
            (entry("lib/", DIRECTORY | 0o700), ""),
        )
    )
    assert package.warnings == [
        "app.py has mode 0600: the function cannot read it (chmod 644 it before zipping)",
        "lib/ has mode 0700: the function cannot open it (chmod 755 it before zipping)",
    ]


def test_many_warnings_are_cut_short() -> None:
    package = checked(zipped(*((entry(f"f{n:02}", FILE | 0o600), "x") for n in range(13))))
    assert len(package.warnings) == 11
    assert package.warnings[-1] == "3 more like these"


@pytest.mark.parametrize(
    "name",
    ["../out", "a/../../out", "a/..", "/etc/passwd", "//x", "..", "/", "a/" * 101 + "x"],
)
def test_names_that_lead_elsewhere_are_refused(name: str) -> None:
    with pytest.raises(BadPackage):
        Package(zipped((name, "x")))


@pytest.mark.parametrize("name", ["a" * 256, "ü" * 128, "/".join(["a" * 200] * 16)])
def test_names_that_no_file_system_takes_are_refused(name: str) -> None:
    with pytest.raises(BadPackage):
        Package(zipped((name, "x")))


def test_a_name_with_a_nul_is_refused() -> None:
    with pytest.raises(BadPackage):
        Package(zipped(("good.py", "x")).replace(b"good.py", b"goo\0.py"))


def test_a_name_that_is_said_to_be_utf8_and_is_not_is_refused() -> None:
    with pytest.raises(BadPackage):
        Package(zipped(("gööd", "x")).replace("gööd".encode(), b"g\xff\xff\xff\xffd"))


def test_names_in_utf8_are_kept_whether_the_zip_says_so_or_not() -> None:
    said = zipped(("grüße.py", "x"))
    unsaid = bytearray(said)
    for header, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = unsaid.index(header) + flags
        unsaid[at : at + 2] = b"\0\0"
    assert list(modes(said)) == list(modes(bytes(unsaid))) == ["grüße.py"]


def test_dots_and_empty_parts_of_a_name_mean_nothing() -> None:
    assert list(modes(zipped(("./a//b/./c.py", "x"), (entry("./", DIRECTORY | 0o700), "")))) == [
        "a",
        "a/b",
        "a/b/c.py",
    ]


@pytest.mark.parametrize(
    "kind", [stat.S_IFIFO, stat.S_IFCHR, stat.S_IFBLK, stat.S_IFSOCK, 0o030000]
)
def test_special_files_are_refused(kind: int) -> None:
    with pytest.raises(BadPackage):
        Package(zipped((entry("special", kind | 0o644), "")))


def test_a_directory_with_content_is_refused() -> None:
    for info in (entry("d/", DIRECTORY | 0o755), entry("d", DIRECTORY | 0o755)):
        with pytest.raises(BadPackage):
            Package(zipped((info, "x")))


def test_duplicate_names_are_refused_also_in_disguise() -> None:
    for second in ("a.py", "./a.py", "a.py/b"):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # zipfile's own, about what is done here on purpose
            content = zipped(("a.py", "1"), (second, "2"))
        with pytest.raises(BadPackage):
            Package(content)


def test_a_directory_named_twice_is_one_as_gradle_writes_it() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # as above
        content = zipped(
            (entry("com/", DIRECTORY | 0o755), ""), (entry("com/", DIRECTORY | 0o700), "")
        )
    assert modes(content) == {"com": 0o755}


@pytest.mark.parametrize(
    ("target", "fine"),
    [
        ("app.py", True),
        ("d/../app.py", True),
        ("nowhere", True),
        ("./d", True),
        ("..", False),
        ("../app.py", False),
        ("/etc/passwd", False),
        ("d/../../x", False),
        ("up/../..", False),
        ("again", False),
        ("", False),
        ("a\0b", False),
    ],
)
def test_links_may_stay_inside_and_may_not_lead_out(target: str, fine: bool) -> None:
    content = zipped(
        ("app.py", "x"),
        (entry("d/up", LINK | 0o777), ".."),
        (entry("up", LINK | 0o777), "d/up"),
        (entry("again", LINK | 0o777), target),
    )
    if fine:
        assert {e.path: e.target for e in checked(content).entries}["again"] == target
    else:
        with pytest.raises(BadPackage):
            Package(content)


def test_a_file_below_a_link_is_refused() -> None:
    with pytest.raises(BadPackage):
        Package(zipped((entry("d", LINK | 0o777), "e"), ("d/app.py", "x")))


def test_links_that_feed_one_another_for_ever_are_refused_in_time() -> None:
    bomb = {f"l{n}": f"l{n + 1}/" * 400 for n in range(2_000)}
    assert not Links(bomb).stay_inside()


def test_encrypted_and_unknown_compression_are_refused() -> None:
    locked = entry("a", FILE | 0o644)
    content = bytearray(zipped((locked, "x")))
    content[content.index(b"PK\x01\x02") + 8] |= 1
    with pytest.raises(BadPackage):
        Package(bytes(content))
    lzma = io.BytesIO()
    with zipfile.ZipFile(lzma, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("a", "x")
    with pytest.raises(BadPackage):
        Package(lzma.getvalue())


def test_250_mb_unzipped_are_too_many() -> None:
    half = b"\0" * 131_072_000
    with pytest.raises(
        PackageTooLarge, match=r"^Unzipped size must be smaller than 262144000 bytes$"
    ):
        Package(zipped(("a", half), ("b", half)))
    assert checked(zipped(("a", half), ("b", half[1:]))).unzipped_bytes == 262_143_999


def claiming(content: bytes, **claims: int) -> bytes:
    """`content` with other sizes in its directory and its local header."""
    changed = bytearray(content)
    places = {"compressed": (20, 18), "size": (24, 22), "crc": (16, 14)}
    for claim, value in claims.items():
        for header, at in zip((b"PK\x01\x02", b"PK\x03\x04"), places[claim], strict=True):
            struct.pack_into("<I", changed, changed.index(header) + at, value)
    return bytes(changed)


def test_a_size_that_deflate_cannot_reach_is_refused() -> None:
    with pytest.raises(BadPackage):
        Package(claiming(python_zip(), size=200_000_000))


def test_entries_that_share_their_data_are_refused() -> None:
    base = zipped(("a0", zlib.compress(bytes(range(256)) * 200)))
    record = base[base.index(b"PK\x01\x02") : base.index(b"PK\x05\x06")]
    local = base[: base.index(b"PK\x01\x02")]
    shared = record * 50
    end = struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, 50, 50, len(shared), len(local), 0)
    with pytest.raises(BadPackage):
        Package(local + shared + end)


def test_a_stream_longer_than_it_claims_is_found_by_reading() -> None:
    content = claiming(zipped(("a", b"\0" * 100_000)), size=10)
    with pytest.raises(BadPackage):
        Package(content).verify()


def test_a_stream_longer_than_it_claims_is_never_inflated_whole() -> None:
    short = claiming(zipped(("a", b"\0" * 100_000)), size=10, crc=zlib.crc32(b"\0" * 10))
    package = checked(short)
    assert b"".join(package.pieces(package.entries[0])) == b"\0" * 10


def test_a_damaged_file_is_found_by_verifying() -> None:
    content = bytearray(zipped(("a", bytes(range(256)))))
    content[45] ^= 0xFF
    with pytest.raises(BadPackage):
        Package(bytes(content)).verify()


def test_too_many_entries_are_refused_before_they_become_objects() -> None:
    name = b"x"
    record = struct.pack(
        "<4s6H3I5H2I", b"PK\x01\x02", 20, 20, 0, 0, 0, 33, 0, 0, 0, len(name), 0, 0, 0, 0, 0, 0
    )
    many = (record + name) * (MOST_ENTRIES + 1)
    end = struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, 0xFFFF, 0xFFFF, len(many), 0, 0)
    with pytest.raises(BadPackage) as refused:
        Package(many + end)
    assert refused.value.__cause__ is None  # `zipfile` was not even asked


def test_too_many_implied_directories_are_refused() -> None:
    deep = "/".join(["d"] * 98)
    with pytest.raises(BadPackage):
        Package(zipped(*((f"{n}/{deep}/f", "") for n in range(1_100))))


def test_a_zip_behind_other_bytes_is_read_as_zip_tools_do() -> None:
    assert list(modes(b"#!/bin/sh\n" + python_zip())) == ["app.py"]


NAMES = st.text(st.sampled_from("ab./\\\0ü"), min_size=1, max_size=8)
MODES = st.one_of(
    st.none(),
    st.sampled_from([FILE, DIRECTORY, LINK, 0, stat.S_IFIFO, stat.S_IFCHR]).flatmap(
        lambda kind: st.integers(0, 0o7777).map(lambda mode: kind | mode)
    ),
)
NASTY = st.lists(st.tuples(NAMES, MODES, st.binary(max_size=12)), max_size=5)


def nasty_zip(entries: list[tuple[str, int | None, bytes]]) -> bytes:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # zipfile's own, about duplicate names
        return zipped(*((entry(name, mode), data) for name, mode, data in entries))


def harmless(one: Entry) -> bool:
    parts = one.path.split("/")
    return bool(one.path) and not {"", ".", ".."} & set(parts) and "\0" not in one.path


@settings(deadline=None)  # a loaded machine is not a wrong answer
@given(NASTY)
def test_whatever_passes_is_harmless_and_whatever_does_not_is_refused_properly(
    entries: list[tuple[str, int | None, bytes]],
) -> None:
    try:
        package = checked(nasty_zip(entries))
    except (BadPackage, EmptyPackage):
        return
    kinds = {one.path: one.kind for one in package.entries}
    assert len(kinds) == len(package.entries)
    for one in package.entries:
        assert harmless(one)
        assert one.mode & ~0o1777 == 0
        parent = one.path.rpartition("/")[0]
        assert not parent or kinds[parent] is Kind.DIRECTORY


@settings(deadline=None)  # as above
@given(NASTY, st.data())
def test_a_broken_zip_is_refused_and_nothing_else_happens(
    entries: list[tuple[str, int | None, bytes]], data: st.DataObject
) -> None:
    content = bytearray(nasty_zip(entries))
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(content) - 1))
        content[at] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(content)))
    for broken in (bytes(content), bytes(content[:cut]), bytes(content[cut:])):
        try:
            checked(broken)
        except (BadPackage, EmptyPackage, PackageTooLarge):
            continue
