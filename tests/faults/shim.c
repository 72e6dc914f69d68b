/* Stands between a process and Linux, and fails, kills, copies or lies as a control file says.
 *
 * Loaded with LD_PRELOAD. FAULTS_CONTROL names the control file, a `struct control` that may change
 * while the process runs; FAULTS_DATABASE the database, whose -wal and -shm belong to it; and
 * FAULTS_SNAPSHOTS the folder that copies of both go to.
 */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

enum act { NOTHING, DIE_BEFORE, DIE_AFTER, FAIL, COPY };

struct place {
    int64_t seen;        /* calls so far */
    int64_t first, last; /* the calls that are acted on, counted from 1 */
    int64_t act;
    int64_t done; /* how often it was acted */
};

struct control {
    int64_t clock; /* seconds added to the time of day */
    struct place sync, write, send;
};

static struct control quiet;
static struct control *control = &quiet;
static const char *database = "";
static const char *snapshots = "";
/* A copy must not see half of what another thread writes. */
static pthread_mutex_t files = PTHREAD_MUTEX_INITIALIZER;

#define REAL(name) \
    static __typeof__(&name) real; \
    if (!real) real = (__typeof__(&name))dlsym(RTLD_NEXT, #name)

__attribute__((constructor)) static void begin(void) {
    const char *path = getenv("FAULTS_CONTROL");
    int fd = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
    if (fd < 0) return;
    void *shared = mmap(NULL, sizeof *control, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    if (shared == MAP_FAILED) abort();
    control = shared;
    database = getenv("FAULTS_DATABASE");
    snapshots = getenv("FAULTS_SNAPSHOTS");
}

/* ---------------------------------------------------------------- what a call is for */

static int of_database(int fd) {
    char link[40], path[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t size = readlink(link, path, sizeof path - 1);
    if (size <= 0 || !*database) return 0;
    path[size] = 0;
    return !strncmp(path, database, strlen(database));
}

/* Not the sockets by which a process wakes itself. */
static int of_network(int fd) {
    struct sockaddr_storage name;
    socklen_t size = sizeof name;
    return !getsockname(fd, (struct sockaddr *)&name, &size) &&
           (name.ss_family == AF_INET || name.ss_family == AF_INET6);
}

/* ---------------------------------------------------------------- what is done about it */

static void die(void) {
    kill(getpid(), SIGKILL);
    for (;;) pause();
}

/* Counts the call; what is to be done with it. */
static enum act step(struct place *place, int64_t *number) {
    *number = __atomic_add_fetch(&place->seen, 1, __ATOMIC_SEQ_CST);
    int64_t act = __atomic_load_n(&place->act, __ATOMIC_SEQ_CST);
    if (act == NOTHING || *number < place->first || *number > place->last) return NOTHING;
    __atomic_add_fetch(&place->done, 1, __ATOMIC_SEQ_CST);
    if (act == DIE_BEFORE) die();
    return act;
}

static void copy(const char *from, const char *to) {
    static char block[1 << 16]; /* `files` is held */
    int in = open(from, O_RDONLY | O_CLOEXEC);
    if (in < 0) return; /* there is no -wal at first */
    int out = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    for (ssize_t got; out >= 0 && (got = read(in, block, sizeof block)) > 0;)
        if (syscall(SYS_write, out, block, got) != got) abort();
    close(in);
    if (out < 0 || close(out)) abort();
}

/* The files as they stand, in a folder named after the call and CLOCK_MONOTONIC in ns. */
static void snapshot(int64_t number) {
    char folder[4096], from[4096], to[8192];
    struct timespec at;
    pthread_mutex_lock(&files);
    syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &at);
    snprintf(folder, sizeof folder, "%s/%06ld-%ld", snapshots, (long)number,
             at.tv_sec * 1000000000L + at.tv_nsec);
    if (mkdir(folder, 0700)) abort();
    for (const char *const *end = (const char *const[]){"", "-wal", NULL}; *end; end++) {
        snprintf(from, sizeof from, "%s%s", database, *end);
        snprintf(to, sizeof to, "%s/%s%s", folder, strrchr(database, '/') + 1, *end);
        copy(from, to);
    }
    pthread_mutex_unlock(&files);
}

#define SYNC(call) \
    int64_t number; \
    enum act act = of_database(fd) ? step(&control->sync, &number) : NOTHING; \
    if (act == FAIL) return errno = EIO, -1; \
    if (act == COPY) snapshot(number); \
    int result = call; \
    if (act == DIE_AFTER) die(); \
    return result

#define WRITE(call) \
    if (!of_database(fd)) return call; \
    int64_t number; \
    enum act act = step(&control->write, &number); \
    if (act == FAIL) return errno = ENOSPC, -1; \
    pthread_mutex_lock(&files); \
    ssize_t result = call; \
    pthread_mutex_unlock(&files); \
    if (act == DIE_AFTER) die(); \
    return result

#define SEND(call) \
    int64_t number; \
    enum act act = of_network(fd) ? step(&control->send, &number) : NOTHING; \
    ssize_t result = call; \
    if (act == DIE_AFTER) die(); \
    return result

int fsync(int fd) {
    REAL(fsync);
    SYNC(real(fd));
}

int fdatasync(int fd) {
    REAL(fdatasync);
    SYNC(real(fd));
}

ssize_t pwrite(int fd, const void *data, size_t size, off_t at) {
    REAL(pwrite);
    WRITE(real(fd, data, size, at));
}

ssize_t pwrite64(int fd, const void *data, size_t size, off64_t at) {
    REAL(pwrite64);
    WRITE(real(fd, data, size, at));
}

static ssize_t to_socket(int fd, const void *data, size_t size) {
    REAL(write);
    SEND(real(fd, data, size));
}

ssize_t write(int fd, const void *data, size_t size) {
    REAL(write);
    struct stat about;
    if (!fstat(fd, &about) && S_ISSOCK(about.st_mode)) return to_socket(fd, data, size);
    WRITE(real(fd, data, size));
}

ssize_t send(int fd, const void *data, size_t size, int flags) {
    REAL(send);
    SEND(real(fd, data, size, flags));
}

ssize_t sendto(int fd, const void *data, size_t size, int flags, const struct sockaddr *to,
               socklen_t length) {
    REAL(sendto);
    SEND(real(fd, data, size, flags, to, length));
}

ssize_t sendmsg(int fd, const struct msghdr *message, int flags) {
    REAL(sendmsg);
    SEND(real(fd, message, flags));
}

/* ---------------------------------------------------------------- the time of day */

int clock_gettime(clockid_t which, struct timespec *at) {
    int result = syscall(SYS_clock_gettime, which, at);
    if (!result && (which == CLOCK_REALTIME || which == CLOCK_REALTIME_COARSE))
        at->tv_sec += control->clock;
    return result;
}

int gettimeofday(struct timeval *at, void *zone) {
    (void)zone;
    struct timespec now;
    int result = clock_gettime(CLOCK_REALTIME, &now);
    at->tv_sec = now.tv_sec;
    at->tv_usec = now.tv_nsec / 1000;
    return result;
}

time_t time(time_t *at) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (at) *at = now.tv_sec;
    return now.tv_sec;
}
