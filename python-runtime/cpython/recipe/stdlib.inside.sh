# Lays out the standard library for the archive, under /work/stdlib: CPython's Lib/ without what
# stdlib/left-out.txt names, and the time zones. Runs in the toolchain.
# shellcheck shell=bash

set -euo pipefail

SOURCE=/work/src/Python-$PYTHON
rm -rf /work/stdlib
mkdir -p /work/stdlib /work/out
cp -r "$SOURCE/Lib/." /work/stdlib/
cp "$SOURCE/LICENSE" /work/stdlib/LICENSE.txt
grep -v '^#' /recipe/stdlib/left-out.txt | while read -r path; do
    [ -z "$path" ] || rm -rf "/work/stdlib/$path"
done
find /work/stdlib -depth \( -name __pycache__ -o -name '*.exe' -o -name '*.pyc' \) -exec rm -rf {} +

cp /recipe/stdlib/_sysconfigdata__wasi_wasm32-wasi.py /work/stdlib/
mkdir /work/stdlib/tzdata
cp /recipe/stdlib/tzdata/__init__.py /work/stdlib/tzdata/
python3.13 -I /recipe/stdlib/make_zones.py /usr/share/zoneinfo > /work/stdlib/tzdata/_zones.py
find /work/stdlib -type d -empty -delete

# Same names, same bytes: sorted, one date, no owner, one mode.
chmod -R u=rwX,go=rX /work/stdlib
tar -C /work/stdlib --sort=name --mtime="@$SOURCE_DATE_EPOCH" --owner=0 --group=0 --numeric-owner \
    --format=ustar -cf /work/out/stdlib.tar .
