#!/usr/bin/env bash
# Prints where the artifact comes from. No time and no path of the machine is in it: two builds from the
# same inputs print the same page.

source "$(dirname "$0")/setting.sh"

sha() { sha256sum "$1" | cut -d' ' -f1; }
size() { sed -n "s/^$1 //p" "$WORK/out/sizes"; }

cat << PAGE
# Where this artifact comes from

Written by \`build.sh\`. The Debian archive is $MIRROR; its inputs are pinned in \`inputs.lock\`
(SHA-256 $(sha "$LOCK")).
Dates inside the files are $(date -u -d "@$SOURCE_DATE_EPOCH" +%F), whenever they were built.

| file, uncompressed | bytes | SHA-256 |
|---|---|---|
| \`python-$PYTHON.wasm\` | $(size python.wasm) | $(sha "$WORK/out/python.wasm") |
| \`stdlib-$PYTHON.tar\` | $(size stdlib.tar) | $(sha "$WORK/out/stdlib.tar") |

## Sources compiled into it

| package | file | SHA-256 |
|---|---|---|
$(locked | awk '$3 == "source" { print "| " $4 " | " $2 " | " $1 " |" }')

No source is patched. Debian's patches are not applied. From Debian's binary packages come the C library
and compiler-rt, linked in, and the time zones:

| package | SHA-256 |
|---|---|
$(locked | awk '$4 ~ /^(wasi-libc|libclang-rt-[0-9]+-dev-wasm32|tzdata|tzdata-legacy)=/ { print "| " $4 " | " $1 " |" }')

## Tools

$(sed 's/^/    /' "$WORK/out/versions")

All $(locked | grep -c ' deb ') packages of the toolchain are in \`inputs.lock\`.

## Flags

How CPython was configured, one of its files compiled (\`Python/ceval.c\` without \`-flto\`), the module
linked and optimised:

$(sed 's/^/    /' "$WORK/out/flags")

The profile is \`training/cpython.profdata.zst\`, uncompressed SHA-256
$(sha "$WORK/profile/cpython.profdata").
PAGE
