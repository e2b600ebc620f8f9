# Makes the profile: an instrumented build of the same sources for 32-bit x86, whose types have the
# sizes of wasm32, runs training/train.py. wasm itself has no profile runtime. Runs in the toolchain.
# shellcheck shell=bash

set -euo pipefail

SOURCE=/work/src/Python-$PYTHON
BUILD=/work/build/profile
LIBS=/work/libs/profile
rm -rf "$BUILD" /work/profile
mkdir -p "$BUILD" /work/profile/raw
cd "$BUILD"

export PKG_CONFIG_LIBDIR=/nonexistent
# SSE2, because wasm too computes in double and not in the 80 bits of the old coprocessor.
export CC="clang-$LLVM -m32 -msse2 -mfpmath=sse" CXX="clang++-$LLVM -m32 -msse2 -mfpmath=sse"
export ac_cv_gcc_asm_for_x87=no
export AR="llvm-ar-$LLVM" RANLIB="llvm-ranlib-$LLVM"
export CFLAGS="-fprofile-generate -fprofile-update=single" LDFLAGS="-fprofile-generate"
export ZLIB_CFLAGS="-I$LIBS/include" ZLIB_LIBS="-L$LIBS/lib -lz"
export BZIP2_CFLAGS="-I$LIBS/include" BZIP2_LIBS="-L$LIBS/lib -lbz2"
export LIBLZMA_CFLAGS="-I$LIBS/include" LIBLZMA_LIBS="-L$LIBS/lib -llzma"
export LIBSQLITE3_CFLAGS="-I$LIBS/include" LIBSQLITE3_LIBS="-L$LIBS/lib -lsqlite3 -lm"
export ac_cv_file__dev_ptmx=no ac_cv_file__dev_ptc=no ac_cv_buggy_getaddrinfo=no
# Computed gotos would make another evaluation loop than the one that wasm gets. Everything is linked
# into one program, as in the module.
"$SOURCE/configure" --host=i686-linux-gnu --build=x86_64-linux-gnu \
    --with-build-python=/usr/bin/python3.13 --with-pymalloc --without-computed-gotos \
    --disable-test-modules --without-ensurepip --disable-ipv6 MODULE_BUILDTYPE=static \
    > configure.log 2>&1 || { tail -20 configure.log >&2; exit 1; }
make -j"$JOBS" OPT="$OPT" python > make.log 2>&1 || { grep -E "error|Error" make.log | head -20 >&2; exit 1; }

# The hash seed is fixed, and modules are compiled, never read from a cache. What is left to differ from
# run to run is the digits of a few times.
LLVM_PROFILE_FILE=/work/profile/raw/%m.profraw PYTHONHASHSEED=0 PYTHONPATH="$SOURCE/Lib" \
    ./python -S -B -X pycache_prefix=/nonexistent /recipe/training/train.py \
    2> training.log || { tail -20 training.log >&2; exit 1; }
"llvm-profdata-$LLVM" merge -o /work/profile/cpython.profdata /work/profile/raw/*.profraw
zstd --quiet --ultra -22 /work/profile/cpython.profdata -o /work/profile/cpython.profdata.zst
