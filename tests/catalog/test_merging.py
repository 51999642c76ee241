"""Layers become one tree in which the later one counts, and in which nothing leads out."""

import contextlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lambent.catalog.merging import Unmergeable, merged
from lambent.catalog.opt_tree import opt_tree_name
from lambent.catalog.package import BadPackage, EmptyPackage, Package
from lambent.catalog.unpacking import finish, make_directories, remove, write_files
from lambent.model.function import LayerReference
from tests.catalog.zips import DIRECTORY, FILE, LINK, entry, tree_of, zipped


def made(into: Path, *zips: bytes) -> dict[str, str]:
    """The tree of `zips`, made at `into` and looked at."""
    packages = [Package(content) for content in zips]
    whole = merged([package.entries for package in packages])
    into.mkdir(exist_ok=True)
    make_directories(whole.directories, into)
    for package, files in zip(packages, whole.files, strict=True):
        write_files(package, files, into)
    finish(whole.directories, whole.links, into)
    return tree_of(into)


def link(path: str, target: str) -> bytes:
    return zipped((entry(path, LINK | 0o777), target))


def test_a_later_file_counts_and_directories_are_joined(tmp_path: Path) -> None:
    first = zipped(("python/a.py", "first a"), ("python/b.py", "first b"), ("bin/one", "1"))
    second = zipped(("python/b.py", "second b"), ("python/sub/c.py", "second c"))
    assert made(tmp_path, first, second) == {
        "bin/one": "1",
        "python/a.py": "first a",
        "python/b.py": "second b",
        "python/sub/c.py": "second c",
    }


def test_a_later_directory_takes_a_files_place(tmp_path: Path) -> None:
    assert made(tmp_path, zipped(("x", "file")), zipped(("x/y", "below"))) == {"x/y": "below"}


def test_a_later_file_takes_the_place_of_a_directory_with_all_that_is_in_it(
    tmp_path: Path,
) -> None:
    first = zipped(("x/y/z", "deep"), ("x/a", "a"), ("x-y", "near"))
    assert made(tmp_path, first, zipped(("x", "file"))) == {"x": "file", "x-y": "near"}


def test_a_third_layer_may_make_it_a_directory_again(tmp_path: Path) -> None:
    zips = (zipped(("x/old", "old")), zipped(("x", "file")), zipped(("x/new", "new")))
    assert made(tmp_path, *zips) == {"x/new": "new"}


def test_nothing_is_put_where_an_earlier_layers_link_leads(tmp_path: Path) -> None:
    first = zipped((entry("lib", LINK | 0o777), "lib64"), ("lib64/a", "a"))
    assert made(tmp_path, first, zipped(("lib/a", "mine"))) == {"lib/a": "mine", "lib64/a": "a"}
    assert made(tmp_path / "file", link("f", "g"), zipped(("f", "mine"))) == {"f": "mine"}


def test_a_later_link_takes_the_place_of_a_directory(tmp_path: Path) -> None:
    first = zipped(("lib/a", "a"))
    assert made(tmp_path, first, link("lib", "elsewhere")) == {"lib": "-> elsewhere"}


def test_links_that_lead_out_only_together_are_refused() -> None:
    # Alone the first leads from root/a/b to the root itself, and the second to the root.
    first = zipped((entry("out", LINK | 0o777), "a/b/../../x"), ("a/b/file", ""))
    second = link("a/b", "..")
    for alone in (first, second):
        merged([Package(alone).entries])
    with pytest.raises(Unmergeable, match="would lead out of /opt"):
        merged([Package(first).entries, Package(second).entries])


def test_a_directorys_mode_is_the_last_that_was_said(tmp_path: Path) -> None:
    said = zipped((entry("d/", DIRECTORY | 0o750), ""), ("d/a", ""))
    made(tmp_path / "implied", said, zipped(("d/b", "")))
    assert (tmp_path / "implied/d").stat().st_mode & 0o777 == 0o750
    again = zipped((entry("d/", DIRECTORY | 0o700), ""))
    made(tmp_path / "said", said, again)
    assert (tmp_path / "said/d").stat().st_mode & 0o777 == 0o700
    program = zipped((entry("bin/x", FILE | 0o755), "#!"))
    made(tmp_path / "file", zipped(("bin/x", "")), program)
    assert (tmp_path / "file/bin/x").stat().st_mode & 0o777 == 0o755


def test_too_many_entries_together_are_refused() -> None:
    two = [Package(zipped((f"{n}/a", ""))).entries for n in range(2)]
    with pytest.raises(Unmergeable, match="more than 3 files"):
        merged(two, most_entries=3)


def test_only_what_counts_takes_room() -> None:
    zips = (zipped(("a", "12345"), ("b", "1")), zipped(("a", "12")))
    assert merged([Package(content).entries for content in zips]).file_bytes == 3


@pytest.mark.parametrize(
    ("zips", "found"),
    [
        ([zipped(("bin/x", "")), zipped(("extensions/agent", ""))], (1, "extensions/agent")),
        ([zipped(("extensions/a", "")), zipped(("extensions/a", "2"))], (1, "extensions/a")),
        ([link("extensions", "bin")], (0, "extensions")),
        ([link("extensions/x", "../bin/x")], (0, "extensions/x")),
        ([zipped((entry("extensions/", DIRECTORY | 0o755), ""))], None),
        ([zipped(("extensions/folder/x", ""))], None),
        ([zipped(("extensions", "a file"))], None),
        ([zipped(("python/extensions/x", ""))], None),
        ([zipped(("extensions/a", "")), zipped(("extensions", "a file"))], None),
    ],
)
def test_a_program_that_would_be_started_as_an_extension_is_found(
    zips: list[bytes], found: tuple[int, str] | None
) -> None:
    assert merged([Package(content).entries for content in zips]).extension == found


def reference(sha256: str, name: str = "l") -> LayerReference:
    return LayerReference(
        arn=f"arn:aws:lambda:us-east-1:123456789012:layer:{name}:1",
        package_sha256=sha256,
        code_size=1,
        unzipped_bytes=1,
    )


def test_a_trees_name_is_of_its_packages_in_their_order() -> None:
    one, two = reference("01" * 32), reference("02" * 32)
    assert opt_tree_name([one, two]) != opt_tree_name([two, one])
    assert opt_tree_name([one, two]) == opt_tree_name([reference("01" * 32, "other"), two])
    assert opt_tree_name([one]) != one.package_sha256


CLASHING = st.lists(
    st.tuples(
        st.sampled_from(["a", "a/", "a/b", "a/b/c", "b", "b/a", "b/a/c/d", "c"]),
        st.sampled_from([FILE | 0o644, LINK | 0o777, DIRECTORY | 0o755, None]),
        st.sampled_from(["..", "../..", ".", "a", "b/..", "a/b/../..", "../b", "../../c", "c"]),
    ),
    max_size=4,
    unique_by=lambda one: one[0],
)


@settings(deadline=None)  # a loaded machine is not a wrong answer
@given(st.lists(CLASHING, min_size=1, max_size=4))
def test_whatever_layers_there_are_no_link_leads_out(
    tmp_path_factory: pytest.TempPathFactory, layers: list[list[tuple[str, int | None, str]]]
) -> None:
    zips = []
    for entries in layers:
        content = zipped(*((entry(name, mode), data) for name, mode, data in entries))
        with contextlib.suppress(BadPackage, EmptyPackage):
            Package(content).verify()
            zips.append(content)
    around = tmp_path_factory.mktemp("around")
    into = around / "deep" / "into"
    into.mkdir(parents=True)
    with contextlib.suppress(Unmergeable):
        made(into, *zips)
    assert [p for p in around.rglob("*") if into not in p.parents] == [into.parent, into]
    for path in into.rglob("*"):
        if path.is_symlink() and path.exists():
            assert path.resolve().is_relative_to(into.resolve())
    remove(into)
