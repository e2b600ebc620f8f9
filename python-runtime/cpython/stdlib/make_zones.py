"""Writes tzdata/_zones.py from compiled zone files: make_zones.py ZONEINFO_FOLDER > _zones.py"""

import pathlib
import sys

folder = pathlib.Path(sys.argv[1])
version = (folder / "tzdata.zi").read_text().split("\n")[0].removeprefix("# version ")
print('"""Time zone name to compiled zone. Written by python-runtime/cpython/build.sh."""\n')
print(f"IANA_VERSION = {version!r}\n\nZONES = {{")
for path in sorted(folder.rglob("*")):
    name = path.relative_to(folder).as_posix()
    # posix/ and right/ are the same zones again, right/ with leap seconds, which Python cannot read.
    if name.split("/")[0] in ("posix", "right") or name in ("localtime", "posixrules", "Factory"):
        continue
    if path.is_file() and (data := path.read_bytes()).startswith(b"TZif"):
        print(f"    {name!r}: {data!r},")
print("}")
