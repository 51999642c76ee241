"""Makes zips, good and nasty ones."""

import io
import stat
import zipfile
from pathlib import Path

FILE, DIRECTORY, LINK = stat.S_IFREG, stat.S_IFDIR, stat.S_IFLNK


def entry(name: str, mode: int | None = None) -> zipfile.ZipInfo:
    """An entry as Unix zips have it; without `mode` as DOS zips do."""
    info = zipfile.ZipInfo(name)
    info.compress_type = zipfile.ZIP_DEFLATED
    if mode is not None:
        info.create_system = 3
        info.external_attr = mode << 16
    else:
        info.create_system = 0
        info.external_attr = 0x20
    return info


def zipped(*entries: tuple[zipfile.ZipInfo | str, bytes | str]) -> bytes:
    """A zip of `entries`; a bare name is a file of mode 0644."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for info, data in entries:
            whole = entry(info, FILE | 0o644) if isinstance(info, str) else info
            archive.writestr(whole, data)
    return content.getvalue()


def python_zip(source: str = "def handler(event, context): return event") -> bytes:
    """An ordinary package with `app.py`."""
    return zipped(("app.py", source))


def tree_of(root: Path) -> dict[str, str]:
    """What lies below `root`: path -> a file's text, `-> target` for a link, `/` for an empty directory."""
    found = {}
    for path in sorted(root.rglob("*")):
        name = str(path.relative_to(root))
        if path.is_symlink():
            found[name] = f"-> {path.readlink()}"
        elif path.is_file():
            found[name] = path.read_text()
        elif not any(path.iterdir()):
            found[name] = "/"
    return found
