#!/usr/bin/env bash
# Unpacks the downloaded packages into $WORK/toolchain and the sources into $WORK/src. Nothing is
# installed: packages are unpacked only, so no script of theirs runs.

source "$(dirname "$0")/setting.sh"

rm -rf "$WORK/toolchain" "$WORK/src"
mkdir -p "$WORK/toolchain" "$WORK/src"
while read -r _ file kind _; do
    case $kind in
        deb) dpkg-deb --extract "$WORK/downloads/$file" "$WORK/toolchain" ;;
        source) tar -C "$WORK/src" --no-same-owner -xf "$WORK/downloads/$file" ;;
    esac
done < <(locked)

# What the scripts of the packages would have made.
cd "$WORK/toolchain/usr"
ln -sf bash bin/sh
ln -sf gawk bin/awk
ln -sf ../lib32/ld-linux.so.2 lib/ld-linux.so.2

# shellcheck disable=SC2016
inside 'clang-$LLVM --version | head -1; wasm-opt --version; python3.13 --version'
