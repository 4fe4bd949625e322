/* A disk that fails when it is told to: preloaded into the server, it looks before each call at a control file.
 *
 *   FAULTY_DISK_BELOW    only files whose path begins so
 *   FAULTY_DISK_CONTROL  the control file: "OPERATION ERRNO [COUNT]", or nothing while the disk is sound
 *
 * OPERATION is `write`, `short` (half of a write arrives, then it fails), `sync`, `truncate`, `open` (of a file to be
 * written), or `all` of them but `short`. COUNT is how often it fails before the disk is sound again.
 *
 *   FAULTY_DISK_TRACE    every write, cut, sync, creation and removal goes to the end of this file, so that what a power
 *                        cut may take can be worked out afterwards (power.py) */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

static pthread_mutex_t guard = PTHREAD_MUTEX_INITIALIZER;
static char last[64];
static long failed;

/* The error that an operation on a path must meet; 0 where there is none. */
static int fault(const char *operation, const char *path) {
    const char *below = getenv("FAULTY_DISK_BELOW"), *control = getenv("FAULTY_DISK_CONTROL");
    if (!below || !control || strncmp(path, below, strlen(below)) != 0) return 0;
    int fd = syscall(SYS_openat, AT_FDCWD, control, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return 0;
    char told[64] = {0};
    ssize_t length = syscall(SYS_read, fd, told, sizeof told - 1);
    syscall(SYS_close, fd);
    char wanted[16];
    int error = 0;
    long count = -1;
    if (length <= 0 || sscanf(told, "%15s %d %ld", wanted, &error, &count) < 2) return 0;
    int meant = strcmp(wanted, operation) == 0 || (strcmp(wanted, "all") == 0 && strcmp(operation, "short") != 0);
    if (!meant) return 0;
    pthread_mutex_lock(&guard);
    if (strcmp(last, told) != 0) {
        strcpy(last, told);
        failed = 0;
    }
    int over = count >= 0 && failed >= count;
    if (!over) failed++;
    pthread_mutex_unlock(&guard);
    return over ? 0 : error;
}

static int fault_of(const char *operation, int fd) {
    char link[32], path[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0) return 0;
    path[length] = 0;
    return fault(operation, path);
}

/* What is written down of a call: this, the path, the bytes. */
struct call {
    char operation; /* w, t(runcate), b(egin) and e(nd) or f(ailure) of a sync, c(reate), u(nlink) */
    int thread;
    long at;
    int path_length;
    int length;
} __attribute__((packed));

static void trace(char operation, const char *path, long at, const void *data, size_t length) {
    const char *below = getenv("FAULTY_DISK_BELOW"), *kept = getenv("FAULTY_DISK_TRACE");
    if (!below || !kept || strncmp(path, below, strlen(below)) != 0) return;
    static int fd = -1;
    pthread_mutex_lock(&guard);
    if (fd < 0) fd = syscall(SYS_openat, AT_FDCWD, kept, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    struct call call = {operation, (int)syscall(SYS_gettid), at, (int)strlen(path), (int)length};
    struct iovec parts[] = {
        {&call, sizeof call}, {(void *)path, strlen(path)}, {(void *)data, length},
    };
    if (syscall(SYS_writev, fd, parts, 3) < 0) abort();
    pthread_mutex_unlock(&guard);
}

static void trace_of(char operation, int fd, long at, const void *data, size_t length) {
    char link[32], path[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t found = readlink(link, path, sizeof path - 1);
    if (found < 0) return;
    path[found] = 0;
    trace(operation, path, at, data, length);
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))
#define FAIL_IF(operation, fd) \
    do { \
        int error = fault_of(operation, fd); \
        if (error) { errno = error; return -1; } \
    } while (0)

#define PWRITE(name, offset_type) \
    ssize_t name(int fd, const void *data, size_t length, offset_type at) { \
        FAIL_IF("write", fd); \
        trace_of('w', fd, at, data, length); \
        int half = fault_of("short", fd); \
        if (half && length > 1) return REAL(name)(fd, data, length / 2, at); \
        if (half) { errno = half; return -1; } \
        return REAL(name)(fd, data, length, at); \
    }
PWRITE(pwrite, off_t)
PWRITE(pwrite64, off64_t)

ssize_t write(int fd, const void *data, size_t length) {
    FAIL_IF("write", fd);
    trace_of('w', fd, lseek(fd, 0, SEEK_CUR), data, length);
    int half = fault_of("short", fd);
    if (half && length > 1) return syscall(SYS_write, fd, data, length / 2);
    if (half) { errno = half; return -1; }
    return syscall(SYS_write, fd, data, length);
}
ssize_t writev(int fd, const struct iovec *parts, int count) {
    FAIL_IF("write", fd);
    return REAL(writev)(fd, parts, count);
}
static int sync_with(int (*real)(int), int fd) {
    trace_of('b', fd, 0, "", 0);
    int error = fault_of("sync", fd);
    int failed = error ? -1 : real(fd);
    if (!error) error = errno;
    trace_of(failed ? 'f' : 'e', fd, 0, "", 0);
    errno = error;
    return failed;
}
int fsync(int fd) {
    return sync_with(REAL(fsync), fd);
}
int fdatasync(int fd) {
    return sync_with(REAL(fdatasync), fd);
}
int ftruncate(int fd, off_t length) {
    FAIL_IF("truncate", fd);
    trace_of('t', fd, length, "", 0);
    return REAL(ftruncate)(fd, length);
}
int ftruncate64(int fd, off64_t length) {
    FAIL_IF("truncate", fd);
    trace_of('t', fd, length, "", 0);
    return REAL(ftruncate64)(fd, length);
}
int fallocate(int fd, int mode, off_t at, off_t length) {
    FAIL_IF("write", fd);
    return REAL(fallocate)(fd, mode, at, length);
}
int fallocate64(int fd, int mode, off64_t at, off64_t length) {
    FAIL_IF("write", fd);
    return REAL(fallocate64)(fd, mode, at, length);
}

#define OPEN(name) \
    int name(const char *path, int flags, ...) { \
        mode_t mode = 0; \
        if (flags & (O_CREAT | O_TMPFILE)) { \
            va_list rest; \
            va_start(rest, flags); \
            mode = va_arg(rest, mode_t); \
            va_end(rest); \
        } \
        int error = (flags & (O_WRONLY | O_RDWR | O_CREAT)) ? fault("open", path) : 0; \
        if (error) { errno = error; return -1; } \
        if (flags & O_CREAT) trace('c', path, 0, "", 0); \
        if (flags & O_TRUNC) trace('t', path, 0, "", 0); \
        return REAL(name)(path, flags, mode); \
    }
OPEN(open)
OPEN(open64)

int unlink(const char *path) {
    trace('u', path, 0, "", 0);
    return REAL(unlink)(path);
}
