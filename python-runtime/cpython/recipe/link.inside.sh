# Compiles the glue, links it with libpython and the libraries into one core module, optimises that
# with wasm-opt. Runs in the toolchain. Set KEEP_NAMES=1 for a module with function names (profiling).
# shellcheck shell=bash

set -euo pipefail

SOURCE=/work/src/Python-$PYTHON
LIBS=/work/libs/wasm
BUILD=/work/build/wasm
GLUE=/work/build/glue
OUT=/work/out
rm -rf "$GLUE"
mkdir -p "$GLUE" "$OUT"
CC="clang-$LLVM --target=wasm32-wasip1"

# Not LTO: the glue defines and wraps functions of the C library that the optimiser knows by name.
for file in main module line wasi snapshot; do
    $CC -O2 -std=c11 -Wall -Wextra -Wno-unused-parameter -Wno-missing-field-initializers -Werror \
        -isystem "$SOURCE/Include" -isystem "$SOURCE/Include/internal" -isystem "$BUILD" \
        -isystem "$LIBS/include" -D_WASI_EMULATED_SIGNAL \
        -c "/recipe/glue/$file.c" -o "$GLUE/$file.o"
done

wrapped=(fd_write random_get clock_time_get clock_res_get poll_oneoff sched_yield proc_exit)
# The C stack lies first in memory: running out of it traps instead of writing over data. clang would
# run wasm-opt by itself.
link_flags=(
    -O3 -flto=full -mexec-model=reactor --no-wasm-opt
    "${wrapped[@]/#/-Wl,--wrap=__wasi_}"
    -Wl,-z,stack-size=8388608 -Wl,--stack-first
    -Wl,--initial-memory=41943040 -Wl,--max-memory=4294967296
    -Wl,--strip-"$([ -n "${KEEP_NAMES:-}" ] && echo debug || echo all)"
)
# Without memory-packing: it would cut the data into thousands of passive segments, each of which
# costs time at every instantiation.
opt_flags=(
    -O3 --skip-pass=memory-packing
    --enable-bulk-memory --enable-bulk-memory-opt --enable-nontrapping-float-to-int
    --enable-sign-ext --enable-mutable-globals --enable-reference-types --enable-multivalue
)

$CC -o "$OUT/linked.wasm" \
    "$GLUE"/{main,module,line,wasi,snapshot}.o \
    "$BUILD/libpython3.13.a" "$BUILD"/Modules/_hacl/libHacl*.a \
    "$BUILD/Modules/expat/libexpat.a" "$BUILD/Modules/_decimal/libmpdec/libmpdec.a" \
    -L"$LIBS/lib" -lsqlite3 -lz -lbz2 -llzma -lm -ldl -lpthread \
    -lwasi-emulated-signal -lwasi-emulated-getpid -lwasi-emulated-process-clocks \
    "${link_flags[@]}"
wasm-opt "${opt_flags[@]}" ${KEEP_NAMES:+-g} "$OUT/linked.wasm" -o "$OUT/python.wasm"

# For PROVENANCE.md.
{
    grep -m1 -h -o 'configure --host.*' "$BUILD/config.log"
    grep -m1 -h -- ' -o Objects/abstract.o ' "$BUILD/make.log"
    echo "$CC ${link_flags[*]}"
    echo "wasm-opt ${opt_flags[*]}"
} > "$OUT/flags"
