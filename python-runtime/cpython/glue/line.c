// Which line of the flow is being run: the innermost frame of its own code, below those of the SDK and of
// the clients. Read from the interpreter's frames as they are, without making objects of them, since
// every span asks for it.

#define Py_BUILD_CORE 1
#include <Python.h>
#include <internal/pycore_frame.h>

#include "glue.h"

// `FILE` of python-runtime/sluice/_excerpt.py.
static const char flow_file[] = "flow.py";

uint32_t flow_line(void)
{
    _PyInterpreterFrame *frame = PyThreadState_Get()->current_frame;
    for (; frame != NULL; frame = frame->previous) {
        if (_PyFrame_IsIncomplete(frame))
            continue;
        if (!PyUnicode_EqualToUTF8(_PyFrame_GetCode(frame)->co_filename, flow_file))
            continue;
        int line = PyUnstable_InterpreterFrame_GetLine(frame);
        return line > 0 ? (uint32_t)line : 0;
    }
    return 0;
}
