// Writes down, in order, all that a process does to the files of one directory. Preloaded, so that
// it stands between the program (SQLite in it) and the system. Each operation is performed and
// recorded under one lock, so the order of the trace is the order in which they took effect.
//
// POWER_CUT_DIRECTORY: the directory, without symbolic links; its files alone are followed, by the
//   absolute path that they are opened by. What ends in "-shm" is not: no power cut leaves it of use.
// POWER_CUT_TRACE: the file that the trace is appended to.
// POWER_CUT_MARKS: a file; what the program writes into it is a mark in the trace.
//
// A record is `struct record` in the machine's byte order, then `size` bytes. trace.rs reads it.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

enum { CREATE = 1, WRITE, TRUNCATE, SYNC, SYNC_DIRECTORY, UNLINK, MARK, MAPPED };

struct record {
    uint32_t kind;
    uint32_t file;
    uint64_t offset;
    uint64_t size;
};

// A followed file: known by its inode, numbered from 1 in the order of appearance.
struct followed {
    dev_t device;
    ino_t inode;
    uint32_t number;
};

#define MOST_FILES 256
#define MARKS UINT32_MAX

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static const char *directory, *marks;
static struct stat directory_stat;
static int trace = -1;
static struct followed files[MOST_FILES];
static uint32_t file_count;

static void fail(const char *why)
{
    syscall(SYS_write, 2, "power_cut shim: ", 16);
    syscall(SYS_write, 2, why, strlen(why));
    syscall(SYS_write, 2, "\n", 1);
    abort();
}

__attribute__((constructor)) static void begin(void)
{
    const char *path = getenv("POWER_CUT_TRACE");
    directory = getenv("POWER_CUT_DIRECTORY");
    marks = getenv("POWER_CUT_MARKS");
    if (!path || !directory || !marks) fail("its variables are not set");
    trace = syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (trace < 0) fail("the trace cannot be opened");
    if (stat(directory, &directory_stat)) fail("the directory is not there");
}

static void append(const void *bytes, size_t size)
{
    while (size) {
        ssize_t written = syscall(SYS_write, trace, bytes, size);
        if (written <= 0) fail("the trace cannot be written");
        bytes = (const char *)bytes + written;
        size -= written;
    }
}

static void record(uint32_t kind, uint32_t file, uint64_t offset, const void *bytes, size_t size)
{
    int before = errno;
    struct record header = {kind, file, offset, size};
    append(&header, sizeof header);
    append(bytes, size);
    errno = before;
}

// The name of a path that is followed, else null.
static const char *followed_name(const char *path)
{
    size_t length = strlen(directory), end = strlen(path);
    if (strncmp(path, directory, length) || path[length] != '/') return NULL;
    if (strchr(path + length + 1, '/')) return NULL;
    return end > 4 && !strcmp(path + end - 4, "-shm") ? NULL : path + length + 1;
}

static struct followed *find(const struct stat *of)
{
    for (uint32_t place = 0; place < file_count; place++) {
        struct followed *file = &files[place];
        if (file->number && file->inode == of->st_ino && file->device == of->st_dev) return file;
    }
    return NULL;
}

// The number of the followed file behind a descriptor; 0 for all others.
static uint32_t number_of(int fd)
{
    struct stat of;
    struct followed *file = trace >= 0 && fd >= 0 && !fstat(fd, &of) ? find(&of) : NULL;
    return file ? file->number : 0;
}

static int open_file(int at, const char *path, int flags, mode_t mode)
{
    const char *name = trace >= 0 ? followed_name(path) : NULL;
    int is_marks = trace >= 0 && !strcmp(path, marks);
    if (!name && !is_marks) return syscall(SYS_openat, at, path, flags, mode);
    pthread_mutex_lock(&lock);
    int fd = syscall(SYS_openat, at, path, flags, mode);
    struct stat of;
    if (fd >= 0 && !fstat(fd, &of) && S_ISREG(of.st_mode)) {
        struct followed *file = find(&of);
        if (!file) {
            if (file_count == MOST_FILES) fail("too many files");
            file = &files[file_count++];
            *file = (struct followed){of.st_dev, of.st_ino, is_marks ? MARKS : file_count};
            if (name && of.st_size) fail("a file is older than the trace");
            if (name) record(CREATE, file->number, 0, name, strlen(name));
        } else if (flags & O_TRUNC) {
            record(TRUNCATE, file->number, 0, NULL, 0);
        }
    }
    pthread_mutex_unlock(&lock);
    return fd;
}

static mode_t mode_of(int flags, va_list rest)
{
    return flags & (O_CREAT | __O_TMPFILE) ? va_arg(rest, mode_t) : 0;
}

#define OPEN(name)                                     \
    int name(const char *path, int flags, ...) {       \
        va_list rest;                                  \
        va_start(rest, flags);                         \
        mode_t mode = mode_of(flags, rest);            \
        va_end(rest);                                  \
        return open_file(AT_FDCWD, path, flags, mode); \
    }
#define OPENAT(name)                                     \
    int name(int at, const char *path, int flags, ...) { \
        va_list rest;                                    \
        va_start(rest, flags);                           \
        mode_t mode = mode_of(flags, rest);              \
        va_end(rest);                                    \
        return open_file(at, path, flags, mode);         \
    }
OPEN(open) OPEN(open64) OPENAT(openat) OPENAT(openat64)

// What was written at `offset`: the first `size` bytes of the parts.
static void wrote(uint32_t file, uint64_t offset, const struct iovec *parts, ssize_t size)
{
    for (; size > 0; parts++) {
        size_t part = parts->iov_len < (size_t)size ? parts->iov_len : (size_t)size;
        if (part) record(file == MARKS ? MARK : WRITE, file, offset, parts->iov_base, part);
        offset += part;
        size -= part;
    }
}

// The position after a write that moved it gives the place that was written, with O_APPEND too.
#define WRITING(call, start)                                      \
    pthread_mutex_lock(&lock);                                    \
    uint32_t file = number_of(fd);                                \
    if (!file) pthread_mutex_unlock(&lock);                       \
    ssize_t size = call;                                          \
    if (!file) return size;                                       \
    if (size > 0) wrote(file, start, parts, size);                \
    pthread_mutex_unlock(&lock);                                  \
    return size
#define HERE (uint64_t)(syscall(SYS_lseek, fd, 0L, SEEK_CUR) - size)

ssize_t write(int fd, const void *bytes, size_t count)
{
    struct iovec parts[1] = {{(void *)bytes, count}};
    WRITING(syscall(SYS_write, fd, bytes, count), HERE);
}
ssize_t writev(int fd, const struct iovec *parts, int count)
{
    WRITING(syscall(SYS_writev, fd, parts, count), HERE);
}
#define PWRITE(name)                                                  \
    ssize_t name(int fd, const void *bytes, size_t count, off_t at) { \
        struct iovec parts[1] = {{(void *)bytes, count}};             \
        WRITING(syscall(SYS_pwrite64, fd, bytes, count, at), at);     \
    }
#define PWRITEV(name)                                                    \
    ssize_t name(int fd, const struct iovec *parts, int count, off_t at) { \
        WRITING(syscall(SYS_pwritev, fd, parts, count, at, 0L), at);     \
    }
PWRITE(pwrite) PWRITE(pwrite64) PWRITEV(pwritev) PWRITEV(pwritev64)

// Ends an operation that may have changed a file's size: records the size that it has now.
static void resized(int fd, uint32_t file, int failed)
{
    struct stat of;
    if (!failed && file && !fstat(fd, &of)) record(TRUNCATE, file, of.st_size, NULL, 0);
    pthread_mutex_unlock(&lock);
}

#define RESIZING(call)              \
    pthread_mutex_lock(&lock);      \
    uint32_t file = number_of(fd);  \
    int failed = call;              \
    resized(fd, file, failed);      \
    return failed
#define FTRUNCATE(name) \
    int name(int fd, off_t size) { RESIZING(syscall(SYS_ftruncate, fd, size)); }
#define FALLOCATE(name)                                       \
    int name(int fd, int mode, off_t at, off_t size) {        \
        RESIZING(syscall(SYS_fallocate, fd, mode, at, size)); \
    }
#define POSIX_FALLOCATE(name)                                          \
    int name(int fd, off_t at, off_t size) {                           \
        RESIZING(syscall(SYS_fallocate, fd, 0, at, size) ? errno : 0); \
    }
FTRUNCATE(ftruncate) FTRUNCATE(ftruncate64) FALLOCATE(fallocate) FALLOCATE(fallocate64)
POSIX_FALLOCATE(posix_fallocate) POSIX_FALLOCATE(posix_fallocate64)

static int is_directory(int fd)
{
    struct stat of;
    return trace >= 0 && !fstat(fd, &of) && of.st_ino == directory_stat.st_ino &&
           of.st_dev == directory_stat.st_dev;
}

// Recorded when it is over: only then is anything promised.
static int sync_file(long call, int fd)
{
    pthread_mutex_lock(&lock);
    uint32_t file = number_of(fd);
    int failed = syscall(call, fd);
    if (!failed && file && file != MARKS) record(SYNC, file, 0, NULL, 0);
    if (!failed && is_directory(fd)) record(SYNC_DIRECTORY, 0, 0, NULL, 0);
    pthread_mutex_unlock(&lock);
    return failed;
}
int fsync(int fd) { return sync_file(SYS_fsync, fd); }
int fdatasync(int fd) { return sync_file(SYS_fdatasync, fd); }

static int unlink_file(int at, const char *path, int flags)
{
    const char *name = trace >= 0 ? followed_name(path) : NULL;
    if (!name) return syscall(SYS_unlinkat, at, path, flags);
    pthread_mutex_lock(&lock);
    struct stat of;
    struct followed *file = lstat(path, &of) ? NULL : find(&of);
    int failed = syscall(SYS_unlinkat, at, path, flags);
    if (!failed && file) {
        record(UNLINK, file->number, 0, name, strlen(name));
        file->number = 0; // Its inode's number may be given to another file.
    }
    pthread_mutex_unlock(&lock);
    return failed;
}
int unlink(const char *path) { return unlink_file(AT_FDCWD, path, 0); }
int unlinkat(int at, const char *path, int flags) { return unlink_file(at, path, flags); }

int rename(const char *from, const char *to)
{
    if (trace >= 0 && (followed_name(from) || followed_name(to))) fail("no rename is modelled");
    return syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0);
}

// Writes through a mapping are invisible here: that one was made is all that can be said.
static void *map(void *at, size_t size, int protection, int flags, int fd, off_t offset)
{
    uint32_t file = 0;
    if (fd >= 0 && (flags & MAP_SHARED) && (protection & PROT_WRITE)) {
        pthread_mutex_lock(&lock);
        file = number_of(fd);
        if (file) record(MAPPED, file, 0, NULL, 0);
        pthread_mutex_unlock(&lock);
    }
    return (void *)syscall(SYS_mmap, at, size, protection, flags, fd, offset);
}
void *mmap(void *at, size_t size, int protection, int flags, int fd, off_t offset)
{
    return map(at, size, protection, flags, fd, offset);
}
void *mmap64(void *at, size_t size, int protection, int flags, int fd, off_t offset)
{
    return map(at, size, protection, flags, fd, offset);
}
