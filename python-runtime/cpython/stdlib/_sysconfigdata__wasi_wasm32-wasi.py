"""What `sysconfig` may know. The real file describes the machine that compiled the interpreter.

An empty TZPATH makes `zoneinfo` read the package `tzdata` of this archive.
"""

build_time_vars = {
    "HOST_GNU_TYPE": "wasm32-unknown-wasi",
    "Py_DEBUG": 0,
    "Py_ENABLE_SHARED": 0,
    "Py_GIL_DISABLED": 0,
    "SOABI": "",
    "TZPATH": "",
    "prefix": "/py",
    "exec_prefix": "/py",
}
