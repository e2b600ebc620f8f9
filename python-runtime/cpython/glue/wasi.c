// The C library's way out. Its WASI calls come here (-Wl,--wrap) and go to the clock, the entropy and
// the process interface of wit/. While the image is made, output and exit go to WASI, so that whoever
// makes it sees what happens; clock and randomness are a fixed sequence then, so that it comes out the
// same every time. All other WASI imports are for the snapshot alone: at run time each may answer
// with any error.

#include <stdlib.h>
#include <string.h>
#include <wasi/api.h>

#include "abi.h"
#include "glue.h"

bool snapshotting = true;

static const uint64_t MS = 1000000;  // in nanoseconds

// While the image is made, time starts on 2026-01-01 and goes on by a microsecond at every reading:
// a loop that waits for it to pass comes to an end.
static uint64_t snapshot_ns = UINT64_C(1767225600) * 1000 * MS;

uint64_t current_ms(void)
{
    if (snapshotting)
        return (snapshot_ns += 1000) / MS;
    return host_now_ms();
}

uint64_t next_entropy(void)
{
    // SplitMix64, for the snapshot only: no secret may come from it.
    static uint64_t state;
    if (!snapshotting)
        return host_entropy();
    uint64_t z = (state += UINT64_C(0x9e3779b97f4a7c15));
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

// Nanoseconds that never go back. In a run they go on from the snapshot's last reading, as if no
// time had passed between: what was computed from a reading before stays true.
static uint64_t monotonic_ns(void)
{
    static uint64_t origin_ms;
    if (snapshotting)
        return snapshot_ns += 1000;
    uint64_t now = host_now_ms();
    if (origin_ms == 0)
        origin_ms = now;
    return snapshot_ns + (now - origin_ms) * MS;
}

__wasi_errno_t __wrap___wasi_clock_time_get(__wasi_clockid_t id, __wasi_timestamp_t precision,
                                            __wasi_timestamp_t *time)
{
    (void)precision;
    if (id == __WASI_CLOCKID_REALTIME && !snapshotting)
        *time = host_now_ms() * MS;
    else
        *time = monotonic_ns();
    return __WASI_ERRNO_SUCCESS;
}

__wasi_errno_t __wrap___wasi_clock_res_get(__wasi_clockid_t id, __wasi_timestamp_t *resolution)
{
    (void)id;
    *resolution = MS;
    return __WASI_ERRNO_SUCCESS;
}

__wasi_errno_t __wrap___wasi_random_get(uint8_t *bytes, __wasi_size_t size)
{
    while (size > 0) {
        uint64_t word = next_entropy();
        __wasi_size_t part = size < sizeof word ? size : sizeof word;
        memcpy(bytes, &word, part);
        bytes += part;
        size -= part;
    }
    return __WASI_ERRNO_SUCCESS;
}

__wasi_errno_t __real___wasi_fd_write(__wasi_fd_t fd, const __wasi_ciovec_t *parts, size_t count,
                                      __wasi_size_t *written);

__wasi_errno_t __wrap___wasi_fd_write(__wasi_fd_t fd, const __wasi_ciovec_t *parts, size_t count,
                                      __wasi_size_t *written)
{
    if (snapshotting)
        return __real___wasi_fd_write(fd, parts, count, written);
    if (fd != 1 && fd != 2)
        return __WASI_ERRNO_BADF;
    *written = 0;
    for (size_t i = 0; i < count; i++) {
        if (parts[i].buf_len > 0)
            host_write(fd - 1, parts[i].buf, parts[i].buf_len);
        *written += parts[i].buf_len;
    }
    return __WASI_ERRNO_SUCCESS;
}

// Sleeping would block the whole instance behind the host's back; the SDK sleeps through calls.
__wasi_errno_t __wrap___wasi_poll_oneoff(const __wasi_subscription_t *in, __wasi_event_t *out,
                                         __wasi_size_t count, __wasi_size_t *events)
{
    (void)in, (void)out, (void)count;
    *events = 0;
    return __WASI_ERRNO_NOTSUP;
}

__wasi_errno_t __wrap___wasi_sched_yield(void)
{
    return __WASI_ERRNO_SUCCESS;
}

_Noreturn void __real___wasi_proc_exit(__wasi_exitcode_t status);

_Noreturn void __wrap___wasi_proc_exit(__wasi_exitcode_t status)
{
    if (snapshotting)
        __real___wasi_proc_exit(status);
    host_exit(status);
    __builtin_trap();
}

// Stands in for the C library's abort, which only traps: the host is told first. It runs no Python
// and flushes nothing, so an abort within an abort cannot go round.
_Noreturn void abort(void)
{
    if (!snapshotting)
        host_exit(134);  // what a shell shows for SIGABRT
    __builtin_trap();
}
