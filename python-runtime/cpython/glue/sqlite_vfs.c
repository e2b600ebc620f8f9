// SQLite's operating system layer where there is no operating system: it opens no file, so only
// in-memory and temporary databases work (SQLITE_TEMP_STORE=3 keeps the latter in memory too).
// Compiled into libsqlite3.a, beside an amalgamation built with SQLITE_OS_OTHER.

#include <sqlite3.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static int vfs_open(sqlite3_vfs *vfs, sqlite3_filename name, sqlite3_file *file, int flags, int *out)
{
    (void)vfs, (void)name, (void)flags, (void)out;
    // A null method table tells SQLite that there is nothing to close.
    file->pMethods = NULL;
    return SQLITE_CANTOPEN;
}

static int vfs_delete(sqlite3_vfs *vfs, const char *name, int sync_directory)
{
    (void)vfs, (void)name, (void)sync_directory;
    return SQLITE_IOERR_DELETE_NOENT;
}

static int vfs_access(sqlite3_vfs *vfs, const char *name, int flags, int *answer)
{
    (void)vfs, (void)name, (void)flags;
    *answer = 0;
    return SQLITE_OK;
}

static int vfs_full_path(sqlite3_vfs *vfs, const char *name, int size, char *out)
{
    (void)vfs;
    sqlite3_snprintf(size, out, "%s", name);
    return SQLITE_OK;
}

static int vfs_randomness(sqlite3_vfs *vfs, int size, char *out)
{
    (void)vfs;
    for (int done = 0; done < size; done += 256) {
        int part = size - done < 256 ? size - done : 256;  // getentropy takes no more at once
        if (getentropy(out + done, (size_t)part) != 0)
            return done;
    }
    return size;
}

static int vfs_sleep(sqlite3_vfs *vfs, int microseconds)
{
    (void)vfs, (void)microseconds;
    return 0;
}

static int vfs_now(sqlite3_vfs *vfs, sqlite3_int64 *julian_ms)
{
    (void)vfs;
    struct timespec now;
    if (clock_gettime(CLOCK_REALTIME, &now) != 0)
        return SQLITE_ERROR;
    // 2440587.5 days lie between the start of the Julian day count and 1970.
    *julian_ms = (sqlite3_int64)21086676 * 10000000 + (sqlite3_int64)now.tv_sec * 1000
        + now.tv_nsec / 1000000;
    return SQLITE_OK;
}

static int vfs_now_days(sqlite3_vfs *vfs, double *julian_days)
{
    sqlite3_int64 ms;
    int status = vfs_now(vfs, &ms);
    *julian_days = (double)ms / 86400000.0;
    return status;
}

static int vfs_last_error(sqlite3_vfs *vfs, int size, char *out)
{
    (void)vfs, (void)size, (void)out;
    return 0;
}

int sqlite3_os_init(void)
{
    static sqlite3_vfs vfs = {
        .iVersion = 2,
        .szOsFile = sizeof(sqlite3_file),
        .mxPathname = 512,
        .zName = "no-files",
        .xOpen = vfs_open,
        .xDelete = vfs_delete,
        .xAccess = vfs_access,
        .xFullPathname = vfs_full_path,
        .xRandomness = vfs_randomness,
        .xSleep = vfs_sleep,
        .xCurrentTime = vfs_now_days,
        .xGetLastError = vfs_last_error,
        .xCurrentTimeInt64 = vfs_now,
    };
    return sqlite3_vfs_register(&vfs, 1);
}

int sqlite3_os_end(void)
{
    return SQLITE_OK;
}
