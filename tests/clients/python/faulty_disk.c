/* A disk that fails when it is told to: preloaded into the server, it looks before each call at a control file.
 *
 *   FAULTY_DISK_BELOW    only files whose path begins so
 *   FAULTY_DISK_CONTROL  the control file: "OPERATION ERRNO [COUNT]", or nothing while the disk is sound
 *
 * OPERATION is `write`, `short` (half of a write arrives, then it fails), `sync`, `truncate`, `open` (of a file to be
 * written), or `all` of them but `short`. COUNT is how often it fails before the disk is sound again. */
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

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))
#define FAIL_IF(operation, fd) \
    do { \
        int error = fault_of(operation, fd); \
        if (error) { errno = error; return -1; } \
    } while (0)

#define PWRITE(name, offset_type) \
    ssize_t name(int fd, const void *data, size_t length, offset_type at) { \
        FAIL_IF("write", fd); \
        int half = fault_of("short", fd); \
        if (half && length > 1) return REAL(name)(fd, data, length / 2, at); \
        if (half) { errno = half; return -1; } \
        return REAL(name)(fd, data, length, at); \
    }
PWRITE(pwrite, off_t)
PWRITE(pwrite64, off64_t)

ssize_t write(int fd, const void *data, size_t length) {
    FAIL_IF("write", fd);
    int half = fault_of("short", fd);
    if (half && length > 1) return syscall(SYS_write, fd, data, length / 2);
    if (half) { errno = half; return -1; }
    return syscall(SYS_write, fd, data, length);
}
ssize_t writev(int fd, const struct iovec *parts, int count) {
    FAIL_IF("write", fd);
    return REAL(writev)(fd, parts, count);
}
int fsync(int fd) {
    FAIL_IF("sync", fd);
    return REAL(fsync)(fd);
}
int fdatasync(int fd) {
    FAIL_IF("sync", fd);
    return REAL(fdatasync)(fd);
}
int ftruncate(int fd, off_t length) {
    FAIL_IF("truncate", fd);
    return REAL(ftruncate)(fd, length);
}
int ftruncate64(int fd, off64_t length) {
    FAIL_IF("truncate", fd);
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
        return REAL(name)(path, flags, mode); \
    }
OPEN(open)
OPEN(open64)
