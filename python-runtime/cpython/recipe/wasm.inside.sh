# Configures CPython for wasm32-wasip1 and compiles libpython: LTO, with the profile. Runs in the
# toolchain. pymalloc is asked for because CPython leaves it out on WASI.
# shellcheck shell=bash

set -euo pipefail

SOURCE=/work/src/Python-$PYTHON
LIBS=/work/libs/wasm
BUILD=/work/build/wasm
rm -rf "$BUILD"
mkdir -p "$BUILD"
cd "$BUILD"

cat "$SOURCE/Tools/wasm/config.site-wasm32-wasi" /recipe/recipe/config.site > config.site
export CONFIG_SITE=$BUILD/config.site
# No pkg-config: nothing of the toolchain's own x86-64 libraries may be found.
export PKG_CONFIG_LIBDIR=/nonexistent
# clang would run wasm-opt by itself at every link.
export CC="clang-$LLVM --target=wasm32-wasip1 --no-wasm-opt"
export CXX="clang++-$LLVM --target=wasm32-wasip1" CPP="clang-$LLVM --target=wasm32-wasip1 -E"
export AR="llvm-ar-$LLVM" RANLIB="llvm-ranlib-$LLVM"
export ZLIB_CFLAGS="-I$LIBS/include" ZLIB_LIBS="-L$LIBS/lib -lz"
export BZIP2_CFLAGS="-I$LIBS/include" BZIP2_LIBS="-L$LIBS/lib -lbz2"
export LIBLZMA_CFLAGS="-I$LIBS/include" LIBLZMA_LIBS="-L$LIBS/lib -llzma"
export LIBSQLITE3_CFLAGS="-I$LIBS/include" LIBSQLITE3_LIBS="-L$LIBS/lib -lsqlite3"

"$SOURCE/configure" --host=wasm32-wasi --build=x86_64-linux-gnu --prefix=/py \
    --with-build-python=/usr/bin/python3.13 --with-pymalloc \
    --disable-test-modules --without-ensurepip \
    > configure.log 2>&1 || { tail -20 configure.log >&2; exit 1; }

# A few functions of each file differ between 32-bit x86 and wasm; clang says so and compiles them without
# a profile. The evaluation loop must not be one of them.
compile() {
    make -j"$JOBS" OPT="$OPT -Wall -fprofile-use=/work/profile/cpython.profdata \
        -Wno-profile-instr-out-of-date -Wno-profile-instr-unprofiled $1" "${@:2}" \
        >> make.log 2>&1 || { grep -E "error|Error" make.log | head -20 >&2; exit 1; }
}
# The evaluation loop is left out of the link-time optimisation: that would inline so much into it that
# LLVM, making its control flow reducible as wasm requires, takes tens of gigabytes.
compile "" Python/ceval.o
compile -flto=full libpython3.13.a Modules/expat/libexpat.a

if grep -q 'hash mismatch) _PyEval_EvalFrameDefault ' make.log; then
    echo "error: the profile does not fit the evaluation loop: is OPT the same in both builds?" >&2
    exit 1
fi
echo "functions whose profile does not fit: $(grep -c 'hash mismatch)' make.log || true)"
