# Compresses the module and the library into /work/out/artifact and collects the notices of all that is
# in them. Runs in the toolchain.
# shellcheck shell=bash

set -euo pipefail

SOURCES=/work/src
PACKAGE=/work/out/artifact
rm -rf "$PACKAGE"
mkdir -p "$PACKAGE/licences"

zstd --quiet --ultra -22 /work/out/python.wasm -o "$PACKAGE/python-$PYTHON.wasm.zst"
zstd --quiet --ultra -22 /work/out/stdlib.tar -o "$PACKAGE/stdlib-$PYTHON.tar.zst"
chmod 644 "$PACKAGE"/*.zst

# notice <name> <file>...
notice() {
    local name=$1
    shift
    cat "$@" > "$PACKAGE/licences/$name.txt"
}
# The comment with which a source file begins.
head_comment() { sed '/\*\//q' "$1"; }

notice cpython "$SOURCES/Python-$PYTHON/LICENSE"
# Mersenne Twister, sockets, UUencode, XML-RPC, strtod (dtoa), SipHash, expat, libmpdec, W3C C14N,
# mimalloc, asyncio, GUS: as CPython's own documentation lists them.
notice cpython-incorporated "$SOURCES/Python-$PYTHON/Doc/license.rst"
notice expat "$SOURCES/Python-$PYTHON/Modules/expat/COPYING"
head_comment "$SOURCES/Python-$PYTHON/Modules/_decimal/libmpdec/basearith.c" | notice libmpdec -
head_comment "$SOURCES/Python-$PYTHON/Modules/_hacl/Hacl_Hash_SHA2.c" | notice hacl -
head_comment "$SOURCES/Python-$PYTHON/Objects/mimalloc/init.c" | notice mimalloc -
notice zlib "$SOURCES"/zlib-*/LICENSE
notice bzip2 "$SOURCES"/bzip2-*/LICENSE
notice liblzma "$SOURCES"/xz-*/COPYING "$SOURCES"/xz-*/COPYING.0BSD
notice sqlite "$SOURCES"/sqlite3-*/LICENSE.md
notice wasi-libc /usr/share/doc/wasi-libc/copyright
notice compiler-rt "/usr/share/doc/libclang-rt-$LLVM-dev-wasm32/copyright"
notice tzdata /usr/share/doc/tzdata/copyright

# For recipe/provenance.sh, which writes the page outside.
{
    "clang-$LLVM" --version | head -1
    "wasm-ld-$LLVM" --version
    wasm-opt --version
    grep -h -o 'SQLITE_VERSION  *"[^"]*"' /work/libs/wasm/include/sqlite3.h
    sed -n '1s/# version /tzdata /p' /usr/share/zoneinfo/tzdata.zi
} > /work/out/versions
stat -c '%n %s' /work/out/python.wasm /work/out/stdlib.tar | sed 's|/work/out/||' > /work/out/sizes
