// The state of memory in which the image is left. Every run starts as a copy-on-write mapping of the
// image, so what a run costs is, more than anything, the number of pages that it changes and how
// scattered they are. Three things are done about it, in this order:
//
// - every object becomes immortal, so that using it does not write its reference count;
// - what is free within used memory is used up, so that a run allocates from untouched memory at the
//   end of the heap, one page after another;
// - the collector is told to leave all of it alone.

#define Py_BUILD_CORE 1
#include <Python.h>
#include <internal/pycore_interp.h>
#include <internal/pycore_obmalloc.h>
#include <internal/pycore_pystate.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#include "glue.h"

static void make_immortal(PyObject *object);

// What an object refers to and its tp_traverse does not tell, since no cycle can go through it: the
// parts of code, the keys of dicts, the names of types and descriptors.
static void follow_the_rest(PyObject *object)
{
    if (PyCode_Check(object)) {
        PyCodeObject *code = (PyCodeObject *)object;
        PyObject *parts[] = {code->co_consts,         code->co_names,
                             code->co_exceptiontable, code->co_localsplusnames,
                             code->co_localspluskinds, code->co_filename,
                             code->co_name,           code->co_qualname,
                             code->co_linetable};
        for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
            make_immortal(parts[i]);
    } else if (PyDict_Check(object)) {
        PyObject *key;
        for (Py_ssize_t at = 0; PyDict_Next(object, &at, &key, NULL);)
            make_immortal(key);
    } else if (PyType_Check(object) && PyType_HasFeature((PyTypeObject *)object, Py_TPFLAGS_HEAPTYPE)) {
        make_immortal(((PyHeapTypeObject *)object)->ht_name);
        make_immortal(((PyHeapTypeObject *)object)->ht_qualname);
    } else if (Py_TYPE(object) == &PyMethodDescr_Type || Py_TYPE(object) == &PyGetSetDescr_Type
               || Py_TYPE(object) == &PyMemberDescr_Type
               || Py_TYPE(object) == &PyWrapperDescr_Type) {
        make_immortal(((PyDescrObject *)object)->d_name);
        make_immortal(((PyDescrObject *)object)->d_qualname);
    }
}

// Objects that the collector tracks are visited by PyUnstable_GC_VisitObjects; this follows
// references to those that it does not.
static int visit(PyObject *object, void *unused)
{
    (void)unused;
    if (object != NULL && !(PyObject_IS_GC(object) && PyObject_GC_IsTracked(object)))
        make_immortal(object);
    return 0;
}

static void make_immortal(PyObject *object)
{
    if (object == NULL || _Py_IsImmortal(object))
        return;
    object->ob_refcnt = _Py_IMMORTAL_REFCNT;
    follow_the_rest(object);
    traverseproc traverse = Py_TYPE(object)->tp_traverse;
    if (traverse != NULL && PyObject_IS_GC(object))
        traverse(object, visit, NULL);
}

static int make_tracked_immortal(PyObject *object, void *unused)
{
    (void)unused;
    if (!_Py_IsImmortal(object))
        object->ob_refcnt = _Py_IMMORTAL_REFCNT;
    follow_the_rest(object);
    traverseproc traverse = Py_TYPE(object)->tp_traverse;
    if (traverse != NULL)
        traverse(object, visit, NULL);
    return 1;  // go on
}

static void make_all_immortal(void)
{
    PyUnstable_GC_VisitObjects(make_tracked_immortal, NULL);
    make_immortal(_PyInterpreterState_GET()->cached_objects.interned_strings);
}

// Takes a block that will never be given back. Zeroed: what was freed there is garbage, and zeros
// compress.
static bool use_up(void *block, size_t size)
{
    if (block != NULL)
        memset(block, 0, size);
    return block != NULL;
}

// Whether some pool for blocks of this class has room: the list of such pools is empty when its head
// points to itself.
static bool has_room(const struct _obmalloc_state *state, size_t class)
{
    poolp first = state->pools.used[2 * class];
    return first->nextpool != first;
}

static void fill_pools(const struct _obmalloc_state *state, size_t class)
{
    size_t size = (class + 1) * ALIGNMENT;
    while (has_room(state, class) && use_up(PyObject_Malloc(size), size))
        ;
}

// Fills every pool of Python's small-object allocator that has room, and every pool that is free.
// What a run allocates then comes from pools of a new arena; a pool is a page of 4 KiB, so those of
// different sizes lie side by side.
static void use_up_pools(void)
{
    const struct _obmalloc_state *state = _PyInterpreterState_GET()->obmalloc;
    const size_t last = NB_SMALL_SIZE_CLASSES - 1;
    for (size_t class = 0; class < last; class++)
        fill_pools(state, class);
    do
        fill_pools(state, last);
    while (state->mgmt.usable_arenas != NULL
           && use_up(PyObject_Malloc(SMALL_REQUEST_THRESHOLD), SMALL_REQUEST_THRESHOLD));
}

// The same for malloc: all free chunks below the last one, the large ones first, so that the small
// requests take only what is left of them. Returns where the untouched rest of the heap begins.
static char *use_up_chunks(void)
{
    // Larger than any free chunk, so it begins where the untouched rest of the heap begins. (Were it
    // not, less would be used up; nothing else depends on it.) The heap keeps what it grew by: a run
    // has this much before memory has to grow.
    const size_t reserve = (size_t)8 << 20;
    char *end = malloc(reserve);
    if (end == NULL)
        return NULL;
    free(end);
    for (size_t size = reserve / 2; size >= 8; size = size > 256 ? size / 2 : size - 8) {
        char *block;
        while ((block = malloc(size)) != NULL && block < end)
            memset(block, 0, size);
        free(block);
    }
    return end;
}

static char *use_up_free_memory(void)
{
    use_up_pools();
    char *end = use_up_chunks();
    PyObject_Malloc(1);  // small objects that follow have an arena that follows, too
    return end;
}

void settle_memory(void)
{
    // SQLite seeds its random numbers at their first use: that shall be the run's.
    sqlite3_randomness(0, NULL);
    PyGC_Collect();
    make_all_immortal();
    PyObject *gc = PyImport_ImportModule("gc");
    PyObject *frozen = gc != NULL ? PyObject_CallMethod(gc, "freeze", NULL) : NULL;
    if (frozen == NULL)
        die("gc.freeze");
    Py_DECREF(frozen);
    Py_DECREF(gc);
    use_up_free_memory();
}

static struct {
    char *from, *to;
} packed;

void pack_memory(void)
{
    packed.from = packed.to;
    packed.to = use_up_free_memory();
}

static void write_pages(volatile char *from, const volatile char *to)
{
    for (; from < to; from += 4096)
        *from = *from;
}

// Two areas are written by every run, all over: the interpreter's own state (counters, free lists, the
// method cache) and the code on the path of a run (its inline caches). Writing the pages between as
// well makes one region of a dozen, and the engine that resets an instance keeps a limited number of
// regions at hand.
void join_written_pages(void)
{
    PyInterpreterState *state = _PyInterpreterState_GET();
    write_pages((char *)&state->gc, (char *)(&state->obmalloc->pools + 1));
    write_pages(packed.from, packed.to);
}
