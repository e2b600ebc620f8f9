// What the files of the glue share. Five of them are one idea each: main.c the life cycle and the
// exports, module.c the builtin module `_sluice`, line.c the line that a flow is on, wasi.c the C
// library's way out, snapshot.c the state in which the image is left. abi.h has the imports as the canonical ABI lays them out.

#ifndef SLUICE_GLUE_H
#define SLUICE_GLUE_H

#include <Python.h>
#include <stdbool.h>
#include <stdint.h>

// True from the start until the image is ready: no import of sluice:runtime may be called, because
// there is no run behind it. It lives in memory, so every instance of the image reads false.
extern bool snapshotting;

// A Python str as UTF-8 for the host. `owner` keeps the bytes alive and is NULL where the str itself
// does; give it to Py_XDECREF when the host has read them.
typedef struct {
    const char *at;
    uint32_t size;
    PyObject *owner;
} Text;

// Lone surrogates become backslash escapes: what crosses the boundary is always valid UTF-8. False
// with an exception set where `object` is no str or memory is short.
bool text_of(PyObject *object, Text *text);

PyObject *init_sluice_module(void);

// The line of the flow's own source that is being run, from 1; 0 where none of its code is on the stack.
uint32_t flow_line(void);

// Clock and randomness as the runtime may see them at any time: the run's, or while snapshotting a
// fixed sequence, so that two snapshots of the same input are equal.
uint64_t current_ms(void);
uint64_t next_entropy(void);

// Sees to it that what is allocated next lies side by side: no memory that was freed is given out
// again. What was allocated between the last two calls counts as written by every run. For the
// snapshot only.
void pack_memory(void);

// Brings the interpreter's memory into the state in which runs should find it. Last step of the
// snapshot.
void settle_memory(void);

// To be called by every run: makes the pages that runs write lie side by side.
void join_written_pages(void);

// Says what failed, with the Python exception if there is one, and ends the instance.
_Noreturn void die(const char *what);

#endif
