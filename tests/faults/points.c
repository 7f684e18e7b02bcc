/* Every call below one folder that can fail or after which a process can die is a point, in order.

   Loaded before all other libraries (LD_PRELOAD), so that Python, Arrow and polars are all seen.
   points_arm(root, at, fault, lasting, log) from then on counts the points of paths below `root`; at
   point number `at` the process is killed (KILL), killed with half of a write done (TORN), or the call
   fails with an errno; all later ones that change something fail, too, if `lasting`. Every point is a line of `log`.

   points_clock(seconds, call) sets the clock of the day so far off from its call number `call` on. */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum { KILL = -1, TORN = -2 };

static char root[PATH_MAX];
static long at, seen;
static int fault, lasting, out = -1, armed;
static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER;

#define REAL(type, name, ...)                                                                      \
    static type (*real)(__VA_ARGS__);                                                              \
    if (!real) real = (type(*)(__VA_ARGS__))dlsym(RTLD_NEXT, #name)

static void die(void) { kill(getpid(), SIGKILL); pause(); }

static void note(const char *kind, const char *path) {
    static ssize_t (*real)(int, const void *, size_t);
    if (!real) real = (ssize_t(*)(int, const void *, size_t))dlsym(RTLD_NEXT, "write");
    char line[PATH_MAX + 32];
    int size = snprintf(line, sizeof line, "%s %s\n", kind, path + strlen(root) + 1);
    if (out >= 0) (void)!real(out, line, size);
}

static int changes(const char *kind) {
    return strcmp(kind, "look") && strcmp(kind, "list") && strcmp(kind, "read");
}

/* Whether the call has to fail, with errno set; `torn` tells that half of it is done first. */
static int reached(const char *kind, const char *path, int *torn) {
    size_t size = strlen(root);
    if (strncmp(path, root, size) || path[size] != '/') return 0;
    pthread_mutex_lock(&turn);
    long number = ++seen;
    note(kind, path);
    pthread_mutex_unlock(&turn);
    if (!at || number < at || (number > at && !(lasting && changes(kind)))) return 0;
    if (fault == TORN && torn) { *torn = 1; return 0; }
    if (fault < 0) die();
    errno = fault;
    return 1;
}

static int reached_at(const char *kind, int folder, const char *name) {
    char path[2 * PATH_MAX], base[PATH_MAX], link[64];
    if (!armed || !name) return 0;
    if (name[0] == '/') return reached(kind, name, NULL);
    if (folder == AT_FDCWD) {
        if (!getcwd(base, sizeof base)) return 0;
    } else {
        snprintf(link, sizeof link, "/proc/self/fd/%d", folder);
        ssize_t size = readlink(link, base, sizeof base - 1);
        if (size < 0) return 0;
        base[size] = 0;
    }
    snprintf(path, sizeof path, "%s/%s", base, name);
    return reached(kind, path, NULL);
}

static int reached_by(const char *kind, int file, int *torn) {
    char link[64], path[PATH_MAX];
    if (!armed || file == out) return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t size = readlink(link, path, sizeof path - 1);
    if (size <= 0) return 0;
    path[size] = 0;
    return reached(kind, path, torn);
}

void points_arm(const char *where, long number, int what, int stays, const char *log) {
    strncpy(root, where, sizeof root - 1);
    at = number, fault = what, lasting = stays, seen = 0;
    if (log) out = open(log, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);
    armed = 1;
}

void points_disarm(void) { armed = 0; }

static const char *opening(int flags) {
    return flags & (O_WRONLY | O_RDWR | O_CREAT) ? "open" : flags & O_DIRECTORY ? "list" : "look";
}

#define OPEN(name)                                                                                 \
    int name(const char *path, int flags, ...) {                                                   \
        REAL(int, name, const char *, int, ...);                                                   \
        va_list more;                                                                              \
        va_start(more, flags);                                                                     \
        int mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(more, int) : 0;                          \
        va_end(more);                                                                              \
        return reached_at(opening(flags), AT_FDCWD, path) ? -1 : real(path, flags, mode);          \
    }
OPEN(open)
OPEN(open64)

#define OPENAT(name)                                                                               \
    int name(int folder, const char *path, int flags, ...) {                                       \
        REAL(int, name, int, const char *, int, ...);                                              \
        va_list more;                                                                              \
        va_start(more, flags);                                                                     \
        int mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(more, int) : 0;                          \
        va_end(more);                                                                              \
        return reached_at(opening(flags), folder, path) ? -1 : real(folder, path, flags, mode);    \
    }
OPENAT(openat)
OPENAT(openat64)

ssize_t write(int file, const void *data, size_t size) {
    REAL(ssize_t, write, int, const void *, size_t);
    int torn = 0;
    if (reached_by("write", file, &torn)) return -1;
    if (torn) { (void)!real(file, data, size / 2); die(); }
    return real(file, data, size);
}

ssize_t writev(int file, const struct iovec *parts, int count) {
    REAL(ssize_t, writev, int, const struct iovec *, int);
    int torn = 0;
    if (reached_by("write", file, &torn)) return -1;
    if (torn) { (void)!write(file, parts->iov_base, parts->iov_len / 2); die(); }
    return real(file, parts, count);
}

#define PWRITE(name, offset_t)                                                                     \
    ssize_t name(int file, const void *data, size_t size, offset_t place) {                        \
        REAL(ssize_t, name, int, const void *, size_t, offset_t);                                  \
        int torn = 0;                                                                              \
        if (reached_by("write", file, &torn)) return -1;                                           \
        if (torn) { (void)!real(file, data, size / 2, place); die(); }                             \
        return real(file, data, size, place);                                                      \
    }
PWRITE(pwrite, off_t)
PWRITE(pwrite64, off64_t)

ssize_t read(int file, void *data, size_t size) {
    REAL(ssize_t, read, int, void *, size_t);
    return reached_by("read", file, NULL) ? -1 : real(file, data, size);
}

#define PREAD(name, offset_t)                                                                      \
    ssize_t name(int file, void *data, size_t size, offset_t place) {                              \
        REAL(ssize_t, name, int, void *, size_t, offset_t);                                        \
        return reached_by("read", file, NULL) ? -1 : real(file, data, size, place);                \
    }
PREAD(pread, off_t)
PREAD(pread64, off64_t)

#define SEND(name, offset_t)                                                                       \
    ssize_t name(int to, int from, offset_t *place, size_t size) {                                 \
        REAL(ssize_t, name, int, int, offset_t *, size_t);                                         \
        int torn = 0;                                                                              \
        if (reached_by("write", to, &torn)) return -1;                                             \
        if (torn) { (void)!real(to, from, place, size / 2); die(); }                               \
        return real(to, from, place, size);                                                        \
    }
SEND(sendfile, off_t)
SEND(sendfile64, off64_t)

#define OF_FILE(name)                                                                              \
    int name(int file) {                                                                           \
        REAL(int, name, int);                                                                      \
        return reached_by("sync", file, NULL) ? -1 : real(file);                                   \
    }
OF_FILE(fsync)
OF_FILE(fdatasync)

int rename(const char *from, const char *to) {
    REAL(int, rename, const char *, const char *);
    return reached_at("rename", AT_FDCWD, to) ? -1 : real(from, to);
}

int renameat(int one, const char *from, int other, const char *to) {
    REAL(int, renameat, int, const char *, int, const char *);
    return reached_at("rename", other, to) ? -1 : real(one, from, other, to);
}

int renameat2(int one, const char *from, int other, const char *to, unsigned flags) {
    REAL(int, renameat2, int, const char *, int, const char *, unsigned);
    return reached_at("exchange", other, to) ? -1 : real(one, from, other, to, flags);
}

int link(const char *from, const char *to) {
    REAL(int, link, const char *, const char *);
    return reached_at("link", AT_FDCWD, to) ? -1 : real(from, to);
}

int symlink(const char *from, const char *to) {
    REAL(int, symlink, const char *, const char *);
    return reached_at("link", AT_FDCWD, to) ? -1 : real(from, to);
}

int unlink(const char *path) {
    REAL(int, unlink, const char *);
    return reached_at("unlink", AT_FDCWD, path) ? -1 : real(path);
}

int unlinkat(int folder, const char *path, int flags) {
    REAL(int, unlinkat, int, const char *, int);
    return reached_at("unlink", folder, path) ? -1 : real(folder, path, flags);
}

int rmdir(const char *path) {
    REAL(int, rmdir, const char *);
    return reached_at("unlink", AT_FDCWD, path) ? -1 : real(path);
}

int mkdir(const char *path, mode_t mode) {
    REAL(int, mkdir, const char *, mode_t);
    return reached_at("mkdir", AT_FDCWD, path) ? -1 : real(path, mode);
}

int mkdirat(int folder, const char *path, mode_t mode) {
    REAL(int, mkdirat, int, const char *, mode_t);
    return reached_at("mkdir", folder, path) ? -1 : real(folder, path, mode);
}

int utimensat(int folder, const char *path, const struct timespec times[2], int flags) {
    REAL(int, utimensat, int, const char *, const struct timespec *, int);
    return reached_at("utime", folder, path) ? -1 : real(folder, path, times, flags);
}

static long shift, jump, asked;

void points_clock(long seconds, long call) { shift = seconds, jump = call, asked = 0; }

static long shifted(void) { return shift && ++asked >= jump ? shift : 0; }

int clock_gettime(clockid_t clock, struct timespec *now) {
    REAL(int, clock_gettime, clockid_t, struct timespec *);
    int failed = real(clock, now);
    if (!failed && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE))
        now->tv_sec += shifted();
    return failed;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone) {
    REAL(int, gettimeofday, struct timeval *, void *);
    int failed = real(now, zone);
    if (!failed) now->tv_sec += shifted();
    return failed;
}

time_t time(time_t *place) {
    REAL(time_t, time, time_t *);
    time_t now = real(NULL) + shifted();
    if (place) *place = now;
    return now;
}
