#pragma once

// Process trees that cannot outlive their worker.
//
// A worker starts one *launcher*: the worker's own executable, started anew under the name
// `millrace-launcher` (see millrace_process_launcher.c), so that it is small, has one thread and
// holds no secret of the worker. For each task the launcher clones an *init* (the first process of a
// new PID namespace where the kernel allows one, else a child subreaper) which starts the program
// as its child, reaps everything and ends with the program. A tree dies with its worker on three
// independent ways: its control socket closes, its launcher dies (parent death signal), and the
// end of the first process of a PID namespace ends the namespace.

#include <stdint.h>
#include <stddef.h>
#include <sys/types.h>

#ifdef __cplusplus
extern "C" {
#endif

// How well trees can be contained here; the launcher finds the first that works.
#define MILLRACE_LEVEL_PID_NAMESPACE 1
// As above, inside a user namespace, for workers without privileges.
#define MILLRACE_LEVEL_USER_NAMESPACE 2
// A child subreaper and walks over /proc.
#define MILLRACE_LEVEL_SUBREAPER 3

// What the status pipe of a tree reports.
// The launcher made the init; value: its process id.
#define MILLRACE_REPORT_LAUNCHED 1
// Nothing was started; value: errno.
#define MILLRACE_REPORT_LAUNCH_FAILED 2
// The work directory could not be entered; value: errno.
#define MILLRACE_REPORT_SETUP_FAILED 3
// The program could not be started; value: errno.
#define MILLRACE_REPORT_EXEC_FAILED 4
// A stop was carried out while the program still ran.
#define MILLRACE_REPORT_STOPPING 5
// The program ended; value: its exit code.
#define MILLRACE_REPORT_EXITED 6
// The program was ended by a signal; value: its number.
#define MILLRACE_REPORT_SIGNALED 7
// Nothing of the tree is left. The last report; the pipe closes behind it.
#define MILLRACE_REPORT_REAPED 8
// What the tree has used, before the last report: milliseconds of the processor, and kibibytes of
// memory of its largest process.
#define MILLRACE_REPORT_PROCESSOR_MS 9
#define MILLRACE_REPORT_MEMORY_KIB 10

// Whether programs can be kept from system calls that they have no need of.
int millrace_filter_works(void);

typedef struct {
  int32_t kind;
  int32_t value;
} millrace_report;

// The worker's ends of a tree. All are close-on-exec, the read ends do not block.
typedef struct {
  int output;
  int error;
  int status;
  int control;
} millrace_tree;

// Starts a launcher and waits until it has found its level, which is `level_min` or worse (higher).
// Returns 0 or an errno. The launcher ends when `socket` is closed and its last tree is gone, and at
// once when this process dies.
int millrace_launcher_start(int level_min, int *socket, pid_t *pid, int *level);

// Asks the launcher for a tree. `order` is: the number of arguments and of environment entries, each
// as 32 bits; the most bytes of memory of a process and of a file and the most processes of the
// user, each as 64 bits, all of them set for no limit; then NUL-terminated strings: program path,
// work directory, directory of all attempts and of this one, arguments, environment.
// At levels with a mount namespace the program sees no other attempt in the directory of all.
// Returns 0 or an errno; EPIPE when the launcher has gone.
int millrace_tree_launch(
    int launcher, int level, const uint8_t *order, size_t size, millrace_tree *tree);

// `T` sends SIGTERM to every process of the tree, `K` ends them all. After the tree's end both do
// nothing. Closing the control socket is `K` too.
void millrace_tree_stop(int control, char how);

// Asks the launcher to remove a directory with all it holds; `status` reports as for a tree:
// EXITED with 0 or an errno, then REAPED.
int millrace_directory_remove(int launcher, const char *path, int *status);

// The next report: 1 when there is one, 0 at the end of the pipe, a negative errno otherwise
// (-EAGAIN: not yet).
int millrace_report_read(int status, millrace_report *report);

// A descriptor that is readable while any of the two is; negative errno when there is none to have.
int millrace_outputs_watch(int output, int error);
// Stops watching one of them, before it is closed.
void millrace_outputs_forget(int watch, int descriptor);

// Reads without blocking: the number of bytes, 0 at the end, a negative errno otherwise.
ssize_t millrace_output_read(int descriptor, uint8_t *into, size_t size);

#ifdef __cplusplus
}
#endif
