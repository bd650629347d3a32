#pragma once
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include "include/millrace_process.h"

// The name under which this executable is a launcher, and the descriptor of its socket there.
#define MILLRACE_LAUNCHER_NAME "millrace-launcher"
#define MILLRACE_LAUNCHER_SOCKET 3

// What a worker asks of its launcher, with descriptors attached.
#define MILLRACE_ASK_LAUNCH 1
#define MILLRACE_ASK_REMOVE 2

typedef struct {
  int32_t kind;
  int32_t level;
} millrace_ask;

// Descriptors attached to an ask, in this order. A removal has the first two only.
#define MILLRACE_ASK_ORDER 0
#define MILLRACE_ASK_STATUS 1
#define MILLRACE_ASK_CONTROL 2
#define MILLRACE_ASK_OUTPUT 3
#define MILLRACE_ASK_ERROR 4
#define MILLRACE_ASK_DESCRIPTORS_MAX 5

// Keeps this thread, and what it becomes, from system calls of the filter; 0 or an errno. It must
// not be able to gain privileges any more.
int millrace_filter_enter(void);

// Writes one report; reports are few and small, so that the pipe always has room.
void millrace_report_write(int status, int32_t kind, int32_t value);

// Clones the first process of a tree at this level. As fork: 0 in the child.
pid_t millrace_init_clone(int level);
// What the child has to do before anything else; 0 or an errno.
int millrace_init_enter(int level, uid_t user, gid_t group);
// The life of the first process of a tree.
_Noreturn void millrace_init_run(
    int level, uid_t user, gid_t group, const int descriptors[MILLRACE_ASK_DESCRIPTORS_MAX]);

// Reads a whole order; NULL when there is no memory. `size` does not count the NUL added at the end.
char *millrace_order_read(int order, size_t *size);

// Sends a signal to all descendants of this process, by a walk over /proc. Returns their number.
int millrace_descendants_signal(int signal);
// Ends all descendants of this process and returns when none is left. `spared` (may be NULL) says
// which children, with all they have started, are left alone.
void millrace_descendants_end(int (*spared)(pid_t));

// Removes a directory with all it holds, without following links; 0 or the first errno.
int millrace_remove(const char *path);
