// The builtin module `_sluice`: the imports of wit/ in Python's types, as
// python-runtime/sluice/_sluice.pyi declares them. It checks what the ABI cannot carry (types,
// enumerations, lone surrogates) and nothing else: what an argument means is the host's to judge.

#include "abi.h"
#include "glue.h"

enum { KINDS = 9, LEVELS = 4, STATUSES = 3 };  // of wit/calls.wit and wit/trace.wit

static PyObject *refused;

bool text_of(PyObject *object, Text *text)
{
    Py_ssize_t size;
    text->owner = NULL;
    if (!PyUnicode_Check(object)) {
        PyErr_Format(PyExc_TypeError, "expected str, not %.100s", Py_TYPE(object)->tp_name);
        return false;
    }
    text->at = PyUnicode_AsUTF8AndSize(object, &size);
    if (text->at == NULL) {
        if (!PyErr_ExceptionMatches(PyExc_UnicodeEncodeError))
            return false;
        PyErr_Clear();
        text->owner = PyUnicode_AsEncodedString(object, "utf-8", "backslashreplace");
        if (text->owner == NULL)
            return false;
        text->at = PyBytes_AS_STRING(text->owner);
        size = PyBytes_GET_SIZE(text->owner);
    }
    text->size = (uint32_t)size;
    return true;
}

static bool has_arguments(const char *function, Py_ssize_t given, Py_ssize_t wanted)
{
    if (given == wanted)
        return true;
    PyErr_Format(PyExc_TypeError, "%s() takes %zd arguments (%zd given)", function, wanted, given);
    return false;
}

static bool u64_of(PyObject *object, uint64_t *number)
{
    *number = PyLong_AsUnsignedLongLong(object);
    return *number != UINT64_MAX || !PyErr_Occurred();
}

static bool optional_u64_of(PyObject *object, bool *present, uint64_t *number)
{
    *present = object != Py_None;
    *number = 0;
    return !*present || u64_of(object, number);
}

static bool choice_of(PyObject *object, uint32_t choices, uint32_t *choice)
{
    uint64_t number;
    if (!u64_of(object, &number))
        return false;
    if (number >= choices) {
        PyErr_Format(PyExc_ValueError, "expected a number below %u", (unsigned)choices);
        return false;
    }
    *choice = (uint32_t)number;
    return true;
}

static PyObject *span_start(PyObject *module, PyObject *const *args, Py_ssize_t count)
{
    static uint64_t snapshot_spans;
    uint64_t parent, span = 0;
    uint32_t line = 0;
    Text name = {0}, attributes = {0}, uses = {0};
    bool ready = (count == 5 || has_arguments("span_start", count, 4)) && u64_of(args[0], &parent)
        && text_of(args[1], &name) && text_of(args[2], &attributes)
        && (args[3] == Py_None || text_of(args[3], &uses))
        && (count == 4 || choice_of(args[4], INT32_MAX, &line));
    if (ready && line == 0)
        line = flow_line();
    if (ready)
        span = snapshotting ? ++snapshot_spans
                            : host_span_start(parent, name.at, name.size, attributes.at,
                                              attributes.size, args[3] != Py_None, uses.at,
                                              uses.size, line != 0, line);
    Py_XDECREF(name.owner);
    Py_XDECREF(attributes.owner);
    Py_XDECREF(uses.owner);
    return ready ? PyLong_FromUnsignedLongLong(span) : NULL;
}

static PyObject *span_end(PyObject *module, PyObject *const *args, Py_ssize_t count)
{
    uint64_t span;
    uint32_t status;
    Text failure = {0};
    if (!has_arguments("span_end", count, 3) || !u64_of(args[0], &span)
        || !choice_of(args[1], STATUSES, &status))
        return NULL;
    if ((status == 1) != (args[2] != Py_None)) {
        PyErr_SetString(PyExc_ValueError, "a failure goes with status 1 and with no other");
        return NULL;
    }
    if (status == 1 && !text_of(args[2], &failure))
        return NULL;
    if (!snapshotting)
        host_span_end(span, status, failure.at, failure.size);
    Py_XDECREF(failure.owner);
    Py_RETURN_NONE;
}

static PyObject *span_set(PyObject *module, PyObject *const *args, Py_ssize_t count)
{
    uint64_t span;
    Text attributes = {0};
    if (!has_arguments("span_set", count, 2) || !u64_of(args[0], &span)
        || !text_of(args[1], &attributes))
        return NULL;
    if (!snapshotting)
        host_span_set(span, attributes.at, attributes.size);
    Py_XDECREF(attributes.owner);
    Py_RETURN_NONE;
}

static PyObject *progress(PyObject *module, PyObject *const *args, Py_ssize_t count)
{
    uint64_t span, done, total;
    bool has_total;
    if (!has_arguments("progress", count, 3) || !u64_of(args[0], &span) || !u64_of(args[1], &done)
        || !optional_u64_of(args[2], &has_total, &total))
        return NULL;
    if (!snapshotting)
        host_progress(span, done, has_total, total);
    Py_RETURN_NONE;
}

static PyObject *log_line(PyObject *module, PyObject *const *args, Py_ssize_t count)
{
    uint64_t span;
    uint32_t level;
    Text message = {0}, attributes = {0};
    bool ready = has_arguments("log", count, 4) && u64_of(args[0], &span)
        && choice_of(args[1], LEVELS, &level) && text_of(args[2], &message)
        && text_of(args[3], &attributes);
    if (ready && !snapshotting)
        host_log(span, level, message.at, message.size, attributes.at, attributes.size);
    Py_XDECREF(message.owner);
    Py_XDECREF(attributes.owner);
    return ready ? Py_NewRef(Py_None) : NULL;
}

static PyObject *started(const AbiStarted *result)
{
    if (!result->failed)
        return PyLong_FromUnsignedLongLong(result->call);
    PyObject *failure = PyUnicode_DecodeUTF8((const char *)result->failure.at,
                                             (Py_ssize_t)result->failure.size, "replace");
    abi_free(result->failure);
    if (failure != NULL) {
        PyErr_SetObject(refused, failure);
        Py_DECREF(failure);
    }
    return NULL;
}

// While the image is made there is no host: every call is answered with null by the next wait, so that
// the path of a call can be warmed up.
static uint64_t snapshot_calls_started, snapshot_calls_answered;

static PyObject *call_start(PyObject *module, PyObject *const *args, Py_ssize_t count)
{
    uint64_t span;
    uint32_t kind;
    Text arguments = {0};
    if (!has_arguments("call_start", count, 4) || !u64_of(args[0], &span)
        || !choice_of(args[1], KINDS, &kind) || !text_of(args[2], &arguments))
        return NULL;
    if (!PyBytes_Check(args[3])) {
        PyErr_Format(PyExc_TypeError, "expected bytes, not %.100s", Py_TYPE(args[3])->tp_name);
        Py_XDECREF(arguments.owner);
        return NULL;
    }
    uint32_t line = flow_line();
    if (snapshotting) {
        Py_XDECREF(arguments.owner);
        return PyLong_FromUnsignedLongLong(++snapshot_calls_started);
    }
    AbiStarted result;
    host_call_start(span, kind, arguments.at, arguments.size, PyBytes_AS_STRING(args[3]),
                    (uint32_t)PyBytes_GET_SIZE(args[3]), line != 0, line, &result);
    Py_XDECREF(arguments.owner);
    return started(&result);
}

static PyObject *completion_of(const AbiCompletion *from)
{
    bool ok = !from->failed;
    AbiBytes text = ok ? from->answer.value : from->failure;
    AbiBytes attachment = ok ? from->answer.attachment : (AbiBytes){0};
    // "s#" and "y#" would read a NULL pointer as None; an empty list may have any pointer.
    PyObject *value = PyUnicode_DecodeUTF8((const char *)text.at, (Py_ssize_t)text.size, "replace");
    PyObject *bytes = PyBytes_FromStringAndSize((const char *)attachment.at,
                                                (Py_ssize_t)attachment.size);
    abi_free(text);
    abi_free(attachment);
    if (value == NULL || bytes == NULL) {
        Py_XDECREF(value);
        Py_XDECREF(bytes);
        return NULL;
    }
    return Py_BuildValue("(KONN)", (unsigned long long)from->call, ok ? Py_True : Py_False, value,
                         bytes);
}

static PyObject *call_next(PyObject *module, PyObject *timeout)
{
    bool has_timeout;
    uint64_t timeout_ms;
    AbiCompletions result = {0};
    if (!optional_u64_of(timeout, &has_timeout, &timeout_ms))
        return NULL;
    if (!snapshotting)
        host_call_next(has_timeout, timeout_ms, &result);
    PyObject *list = PyList_New(0);
    // Every completion is read even after an error: only here is what the host allocated freed.
    for (uint32_t i = 0; i < result.count; i++) {
        PyObject *completion = completion_of(&result.at[i]);
        if (list != NULL && (completion == NULL || PyList_Append(list, completion) < 0))
            Py_CLEAR(list);
        Py_XDECREF(completion);
    }
    if (result.count > 0)
        free(result.at);
    while (snapshotting && list != NULL && snapshot_calls_answered < snapshot_calls_started) {
        PyObject *completion = Py_BuildValue("(KOsy)", (unsigned long long)++snapshot_calls_answered,
                                             Py_True, "null", "");
        if (completion == NULL || PyList_Append(list, completion) < 0)
            Py_CLEAR(list);
        Py_XDECREF(completion);
    }
    return list;
}

static PyObject *call_cancel(PyObject *module, PyObject *call)
{
    uint64_t number;
    if (!u64_of(call, &number))
        return NULL;
    if (!snapshotting)
        host_call_cancel(number);
    Py_RETURN_NONE;
}

static PyObject *now_ms(PyObject *module, PyObject *none)
{
    return PyLong_FromUnsignedLongLong(current_ms());
}

static PyObject *entropy(PyObject *module, PyObject *none)
{
    return PyLong_FromUnsignedLongLong(next_entropy());
}

static PyObject *pack(PyObject *module, PyObject *none)
{
    if (snapshotting)
        pack_memory();
    Py_RETURN_NONE;
}

#define FAST(function) (PyCFunction)(void (*)(void))(function), METH_FASTCALL, NULL

static PyMethodDef methods[] = {
    {"span_start", FAST(span_start)},
    {"span_end", FAST(span_end)},
    {"span_set", FAST(span_set)},
    {"progress", FAST(progress)},
    {"log", FAST(log_line)},
    {"call_start", FAST(call_start)},
    {"call_next", call_next, METH_O, NULL},
    {"call_cancel", call_cancel, METH_O, NULL},
    {"now_ms", now_ms, METH_NOARGS, NULL},
    {"entropy", entropy, METH_NOARGS, NULL},
    {"pack_memory", pack, METH_NOARGS, NULL},
    {0},
};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT, .m_name = "_sluice", .m_size = -1, .m_methods = methods,
};

PyObject *init_sluice_module(void)
{
    PyObject *module = PyModule_Create(&definition);
    if (module == NULL)
        return NULL;
    refused = PyErr_NewException("_sluice.Refused", NULL, NULL);
    if (refused == NULL || PyModule_AddObjectRef(module, "Refused", refused) < 0) {
        Py_DECREF(module);
        return NULL;
    }
    return module;
}
