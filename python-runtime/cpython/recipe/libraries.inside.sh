# Compiles zlib, bzip2, liblzma and SQLite into /work/libs/$TARGET: for `profile` instrumented, for 32-bit
# x86; for `wasm` with the profile that came of it. Runs in the toolchain.
# shellcheck shell=bash

set -euo pipefail

SOURCES=/work/src
XZ=$(echo "$SOURCES"/xz-*)
SQLITE=$(echo "$SOURCES"/sqlite3-*)
LIBS=/work/libs/$TARGET
BUILD=/work/build/libs-$TARGET
case $TARGET in
    profile)
        CC="clang-$LLVM -m32 -msse2 -mfpmath=sse"
        HOST=i686-linux-gnu
        FLAGS="$OPT -fprofile-generate -fprofile-update=single"
        ;;
    wasm)
        CC="clang-$LLVM --target=wasm32-wasip1"
        HOST=wasm32-wasi
        FLAGS="$OPT -fprofile-use=/work/profile/cpython.profdata -Wno-profile-instr-out-of-date -Wno-profile-instr-unprofiled -Wno-backend-plugin"
        ;;
esac
rm -rf "$LIBS" "$BUILD"
mkdir -p "$LIBS/include" "$LIBS/lib" "$BUILD"

# compile <library> <source folder> <flags> <file stem>...
compile() {
    local name=$1 from=$2 flags=$3 stem
    shift 3
    mkdir -p "$BUILD/$name"
    cd "$from"
    for stem in "$@"; do
        # shellcheck disable=SC2086
        $CC $FLAGS $flags -I. -c "$stem.c" -o "$BUILD/$name/$stem.o"
    done
    "llvm-ar-$LLVM" rcsD "$LIBS/lib/lib$name.a" "$BUILD/$name"/*.o
}

compile z "$SOURCES"/zlib-* "-DHAVE_UNISTD_H" \
    adler32 compress crc32 deflate infback inffast inflate inftrees trees uncompr zutil
cp zlib.h zconf.h "$LIBS/include/"

compile bz2 "$SOURCES"/bzip2-* "-D_FILE_OFFSET_BITS=64" \
    blocksort huffman crctable randtable compress decompress bzlib
cp bzlib.h "$LIBS/include/"

mkdir -p "$BUILD"/lzma
cd "$BUILD"/lzma
"$XZ/configure" --host="$HOST" --prefix="$LIBS" \
    CC="$CC" AR="llvm-ar-$LLVM" RANLIB="llvm-ranlib-$LLVM" CFLAGS="$FLAGS" \
    --disable-shared --disable-threads --disable-nls --disable-doc --disable-scripts \
    --disable-xz --disable-xzdec --disable-lzmadec --disable-lzmainfo --disable-lzma-links \
    > configure.log 2>&1 || { tail -20 configure.log >&2; exit 1; }
make -j"$JOBS" -C src/liblzma install > make.log 2>&1 || { tail -20 make.log >&2; exit 1; }
rm -f "$LIBS"/lib/*.la

# The amalgamation is made by SQLite's own build, with the small Tcl that it carries. Without files:
# SQLITE_OS_OTHER leaves out the Unix layer, glue/sqlite_vfs.c stands in for it.
mkdir -p "$BUILD"/sqlite3
cd "$BUILD"/sqlite3
export CC_FOR_BUILD="clang-$LLVM"
CC="clang-$LLVM" "$SQLITE/configure" --disable-tcl --disable-readline > configure.log 2>&1 \
    || { tail -20 configure.log >&2; exit 1; }
make sqlite3.c > make.log 2>&1 || { tail -20 make.log >&2; exit 1; }
cp sqlite3.h sqlite3ext.h "$LIBS/include/"
# shellcheck disable=SC2086
$CC $FLAGS -I. -DSQLITE_OS_OTHER=1 -DSQLITE_THREADSAFE=0 -DSQLITE_TEMP_STORE=3 \
    -DSQLITE_OMIT_LOAD_EXTENSION -DSQLITE_OMIT_WAL -DSQLITE_DEFAULT_MEMSTATUS=0 \
    -DSQLITE_ENABLE_MATH_FUNCTIONS -DSQLITE_ENABLE_FTS5 -DSQLITE_ENABLE_RTREE \
    -DSQLITE_ENABLE_COLUMN_METADATA -c sqlite3.c -o sqlite3.o
# shellcheck disable=SC2086
$CC $FLAGS -I. -Wall -Wextra -c /recipe/glue/sqlite_vfs.c -o sqlite_vfs.o
"llvm-ar-$LLVM" rcsD "$LIBS/lib/libsqlite3.a" sqlite3.o sqlite_vfs.o
