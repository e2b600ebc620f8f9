// The life of a guest. `wizer-initialize` starts Python, loads the SDK and leaves memory as the image;
// every instance of the image then answers one `run` or one `describe`.

#include <Python.h>
#include <stdio.h>
#include <stdlib.h>

#include "abi.h"
#include "glue.h"

static PyObject *entry_describe, *entry_run;

_Noreturn void die(const char *what)
{
    PyObject *exception = PyErr_GetRaisedException();
    // Not PyErr_Print: that would take SystemExit as a wish and tear the interpreter down.
    if (exception != NULL)
        PyErr_DisplayException(exception);
    fprintf(stderr, "sluice guest: %s failed\n", what);
    fflush(stderr);
    abort();
}

static void check(PyStatus status, const char *what)
{
    if (!PyStatus_Exception(status))
        return;
    fprintf(stderr, "%s: %s\n", status.func ? status.func : "", status.err_msg ? status.err_msg : "");
    die(what);
}

static void start_python(void)
{
    PyImport_AppendInittab("_sluice", init_sluice_module);

    PyPreConfig preconfig;
    PyPreConfig_InitIsolatedConfig(&preconfig);
    preconfig.utf8_mode = 1;
    check(Py_PreInitialize(&preconfig), "the start of Python");

    PyConfig config;
    PyConfig_InitIsolatedConfig(&config);
    // The seed becomes part of the image: hashes of str must agree with the dictionaries in it.
    const char *seed = getenv("PYTHONHASHSEED");
    config.use_hash_seed = 1;
    config.hash_seed = seed != NULL ? strtoul(seed, NULL, 10) : 0;
    config.install_signal_handlers = 0;
    config.site_import = 0;
    config.write_bytecode = 0;
    config.pathconfig_warnings = 0;
    config.optimization_level = 0;
    config.parse_argv = 0;
    config.code_debug_ranges = 1;  // columns in tracebacks
    wchar_t *const names[] = {L"/py", L"/lib", L"/sdk"};
    check(PyConfig_SetString(&config, &config.program_name, L"python"), "configuration");
    check(PyConfig_SetString(&config, &config.executable, L""), "configuration");
    check(PyConfig_SetString(&config, &config.prefix, names[0]), "configuration");
    check(PyConfig_SetString(&config, &config.exec_prefix, names[0]), "configuration");
    check(PyConfig_SetString(&config, &config.base_prefix, names[0]), "configuration");
    check(PyConfig_SetString(&config, &config.base_exec_prefix, names[0]), "configuration");
    check(PyConfig_SetString(&config, &config.stdlib_dir, names[1]), "configuration");
    config.module_search_paths_set = 1;
    for (int i = 1; i <= 2; i++)
        check(PyWideStringList_Append(&config.module_search_paths, names[i]), "configuration");
    check(Py_InitializeFromConfig(&config), "the start of Python");
    PyConfig_Clear(&config);
}

static PyObject *attribute(const char *module_name, const char *name)
{
    PyObject *module = PyImport_ImportModule(module_name);
    PyObject *value = module != NULL ? PyObject_GetAttrString(module, name) : NULL;
    Py_XDECREF(module);
    if (value == NULL)
        die(module_name);
    return value;
}

__attribute__((export_name("wizer-initialize"))) void initialize(void)
{
    start_python();
    PyObject *snapshot = attribute("sluice._boot", "snapshot");
    PyObject *none = PyObject_CallNoArgs(snapshot);
    if (none == NULL)
        die("sluice._boot.snapshot");
    Py_DECREF(none);
    Py_DECREF(snapshot);
    entry_describe = attribute("sluice._entry", "describe");
    entry_run = attribute("sluice._entry", "run");
    settle_memory();
    fflush(NULL);
    snapshotting = false;
}

// The host allocates the arguments of the exports and the answers of the imports with this. It may
// not call an import, so it traps where memory is short.
__attribute__((export_name("cabi_realloc"))) void *cabi_realloc(void *old, size_t old_size,
                                                                 size_t align, size_t size)
{
    (void)old_size;
    if (size == 0)
        return (void *)align;  // not NULL, and aligned; abi_free knows not to free it
    if (align > _Alignof(max_align_t))
        __builtin_trap();
    void *block = realloc(old, size);
    if (block == NULL)
        __builtin_trap();
    return block;
}

void abi_free(AbiBytes bytes)
{
    if (bytes.size > 0)
        free(bytes.at);
}

static PyObject *str_argument(AbiBytes bytes)
{
    PyObject *text = PyUnicode_DecodeUTF8((const char *)bytes.at, (Py_ssize_t)bytes.size, NULL);
    if (text == NULL)
        die("reading an argument");
    abi_free(bytes);
    return text;
}

static PyObject *bytes_argument(AbiBytes from)
{
    PyObject *bytes = PyBytes_FromStringAndSize((const char *)from.at, (Py_ssize_t)from.size);
    if (bytes == NULL)
        die("reading an argument");
    abi_free(from);
    return bytes;
}

// What the answer of the last export points into, until the host has read it.
static PyObject *answer;
static Text answer_text;

// Calls an entry point, which takes over `args`, and checks the shape of what it returns: a tuple of
// `items`, a bool and a str first. Anything else is a defect of the SDK.
static bool call_entry(PyObject *entry, const char *name, PyObject **args, size_t count, int items)
{
    answer = PyObject_Vectorcall(entry, args, count, NULL);
    for (size_t i = 0; i < count; i++)
        Py_DECREF(args[i]);
    if (answer == NULL)
        die(name);
    if (!PyTuple_Check(answer) || PyTuple_GET_SIZE(answer) != items
        || !PyBool_Check(PyTuple_GET_ITEM(answer, 0)))
        die(name);
    if (!text_of(PyTuple_GET_ITEM(answer, 1), &answer_text))
        die(name);
    return PyTuple_GET_ITEM(answer, 0) == Py_True;
}

static AbiBytes answer_bytes(void)
{
    return (AbiBytes){(uint8_t *)answer_text.at, answer_text.size};
}

static void release_answer(void)
{
    Py_CLEAR(answer);
    Py_CLEAR(answer_text.owner);
}

__attribute__((export_name("describe"))) AbiDescribed *export_describe(uint8_t *source, uint32_t source_size,
                                                                     uint8_t *clients,
                                                                     uint32_t clients_size)
{
    static AbiDescribed result;
    PyObject *args[] = {
        str_argument((AbiBytes){source, source_size}),
        str_argument((AbiBytes){clients, clients_size}),
    };
    if (!call_entry(entry_describe, "sluice._entry.describe", args, 2, 3)) {
        result.failed = 1;
        result.failure = answer_bytes();
        return &result;
    }
    PyObject *code = PyTuple_GET_ITEM(answer, 2);
    if (!PyBytes_Check(code))
        die("sluice._entry.describe");
    result.failed = 0;
    result.description.document = answer_bytes();
    result.description.code
        = (AbiBytes){(uint8_t *)PyBytes_AS_STRING(code), (uint32_t)PyBytes_GET_SIZE(code)};
    return &result;
}

__attribute__((export_name("cabi_post_describe"))) void post_describe(AbiDescribed *result)
{
    (void)result;
    release_answer();
}

__attribute__((export_name("run"))) AbiRan *export_run(uint8_t *flow, uint32_t flow_size,
                                                       uint8_t *source, uint32_t source_size,
                                                       uint8_t *code, uint32_t code_size,
                                                       uint8_t *input, uint32_t input_size)
{
    static AbiRan result;
    join_written_pages();
    PyObject *args[] = {
        str_argument((AbiBytes){flow, flow_size}),
        str_argument((AbiBytes){source, source_size}),
        bytes_argument((AbiBytes){code, code_size}),
        str_argument((AbiBytes){input, input_size}),
    };
    result.failed = !call_entry(entry_run, "sluice._entry.run", args, 4, 2);
    result.text = answer_bytes();
    return &result;
}

__attribute__((export_name("cabi_post_run"))) void post_run(AbiRan *result)
{
    (void)result;
    release_answer();
}
