// The launcher: a small process with one thread that clones the first process of each tree, reaps
// it and reports. It lives as long as its worker, or as its last tree if that is longer.
#include "millrace_process_private.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

typedef struct {
  pid_t pid;
  int status;
  int level;
} child;

static child *children = NULL;
static int children_count = 0;
static int children_room = 0;

static int make_room(void) {
  if (children_count < children_room) return 0;
  int room = children_room ? children_room * 2 : 64;
  child *larger = realloc(children, sizeof *larger * (size_t)room);
  if (!larger) return ENOMEM;
  children = larger;
  children_room = room;
  return 0;
}

static int find_child(pid_t pid) {
  for (int place = 0; place < children_count; place++) {
    if (children[place].pid == pid) return place;
  }
  return -1;
}

static int is_known(pid_t pid) { return find_child(pid) >= 0; }

static void keep_child(pid_t pid, int status, int level) {
  child *entry = &children[children_count++];
  entry->pid = pid;
  entry->status = status;
  entry->level = level;
}

static void refuse(int status, int failure) {
  millrace_report_write(status, MILLRACE_REPORT_LAUNCH_FAILED, failure);
  millrace_report_write(status, MILLRACE_REPORT_REAPED, 0);
  close(status);
}

static void close_received(const int *descriptors, int count, int spared) {
  for (int place = 0; place < count; place++) {
    if (place != spared && descriptors[place] >= 0) close(descriptors[place]);
  }
}

static void launch(int level, const int descriptors[MILLRACE_ASK_DESCRIPTORS_MAX]) {
  int status = descriptors[MILLRACE_ASK_STATUS];
  uid_t user = geteuid();
  gid_t group = getegid();
  int failure = make_room();
  pid_t pid = failure ? -1 : millrace_init_clone(level);
  if (pid == 0) millrace_init_run(level, user, group, descriptors);
  if (!failure && pid < 0) failure = errno;
  close_received(descriptors, MILLRACE_ASK_DESCRIPTORS_MAX, MILLRACE_ASK_STATUS);
  if (failure) {
    refuse(status, failure);
    return;
  }
  keep_child(pid, status, level);
  millrace_report_write(status, MILLRACE_REPORT_LAUNCHED, pid);
}

static _Noreturn void remove_and_exit(const int *descriptors) {
  size_t size = 0;
  char *path = millrace_order_read(descriptors[MILLRACE_ASK_ORDER], &size);
  int failure = path ? millrace_remove(path) : ENOMEM;
  millrace_report_write(descriptors[MILLRACE_ASK_STATUS], MILLRACE_REPORT_EXITED, failure);
  _exit(0);
}

static void remove_directory(const int *descriptors) {
  int status = descriptors[MILLRACE_ASK_STATUS];
  int failure = make_room();
  pid_t pid = failure ? -1 : fork();
  if (pid == 0) remove_and_exit(descriptors);
  if (!failure && pid < 0) failure = errno;
  close(descriptors[MILLRACE_ASK_ORDER]);
  if (failure) {
    refuse(status, failure);
    return;
  }
  keep_child(pid, status, 0);
}

// Takes one ask from the worker; 0 when the worker has gone.
static int take_ask(void) {
  union {
    struct cmsghdr align;
    char bytes[CMSG_SPACE(sizeof(int) * MILLRACE_ASK_DESCRIPTORS_MAX)];
  } control;
  int descriptors[MILLRACE_ASK_DESCRIPTORS_MAX] = {-1, -1, -1, -1, -1};
  millrace_ask ask = {0, 0};
  struct iovec part = {&ask, sizeof ask};
  struct msghdr message = {0};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control.bytes;
  message.msg_controllen = sizeof control.bytes;
  ssize_t count = recvmsg(MILLRACE_LAUNCHER_SOCKET, &message, MSG_CMSG_CLOEXEC);
  if (count < 0) return errno == EINTR || errno == EAGAIN;
  if (count == 0) return 0;

  int received = 0;
  struct cmsghdr *header = CMSG_FIRSTHDR(&message);
  if (header && header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS) {
    received = (int)((header->cmsg_len - CMSG_LEN(0)) / sizeof(int));
    memcpy(descriptors, CMSG_DATA(header), sizeof(int) * (size_t)received);
  }
  if (ask.kind == MILLRACE_ASK_LAUNCH && received == MILLRACE_ASK_DESCRIPTORS_MAX) {
    launch(ask.level, descriptors);
  } else if (ask.kind == MILLRACE_ASK_REMOVE && received == 2) {
    remove_directory(descriptors);
  } else {
    close_received(descriptors, received, -1);
  }
  return 1;
}

static int32_t clamped(int64_t value) { return value > INT32_MAX ? INT32_MAX : (int32_t)value; }

// Of a process and all that it has waited for.
static void report_usage(int status, const struct rusage *usage) {
  int64_t seconds = usage->ru_utime.tv_sec + usage->ru_stime.tv_sec;
  int64_t microseconds = usage->ru_utime.tv_usec + usage->ru_stime.tv_usec;
  millrace_report_write(
      status, MILLRACE_REPORT_PROCESSOR_MS, clamped(seconds * 1000 + microseconds / 1000));
  millrace_report_write(status, MILLRACE_REPORT_MEMORY_KIB, clamped(usage->ru_maxrss));
}

static void reap(void) {
  int status;
  pid_t pid;
  struct rusage usage;
  while ((pid = wait4(-1, &status, WNOHANG | WUNTRACED, &usage)) > 0) {
    int place = find_child(pid);
    if (WIFSTOPPED(status)) {
      // A task without a namespace of its own may stop the process that watches it; what it
      // started then comes to us.
      if (place >= 0 && children[place].level == MILLRACE_LEVEL_SUBREAPER) kill(pid, SIGKILL);
      continue;
    }
    if (place < 0) continue;
    child ended = children[place];
    if (ended.level == MILLRACE_LEVEL_SUBREAPER && WIFSIGNALED(status)) {
      children[place] = children[--children_count];
      millrace_descendants_end(is_known);
    } else {
      children[place] = children[--children_count];
    }
    report_usage(ended.status, &usage);
    millrace_report_write(ended.status, MILLRACE_REPORT_REAPED, status);
    close(ended.status);
  }
}

static int level_works(int level) {
  if (level == MILLRACE_LEVEL_SUBREAPER) return 1;
  uid_t user = geteuid();
  gid_t group = getegid();
  pid_t pid = millrace_init_clone(level);
  if (pid == 0) _exit(millrace_init_enter(level, user, group) == 0 ? 0 : 1);
  if (pid < 0) return 0;
  int status = 0;
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static _Noreturn void run_launcher(pid_t parent) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(1);
  prctl(PR_SET_NAME, "millrace-launch");
  prctl(PR_SET_CHILD_SUBREAPER, 1);
  if (chdir("/") < 0) _exit(1);
  close_range(MILLRACE_LAUNCHER_SOCKET + 1, ~0U, 0);
  // posix_spawn's dup2 cleared it.
  fcntl(MILLRACE_LAUNCHER_SOCKET, F_SETFD, FD_CLOEXEC);

  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGCHLD);
  sigprocmask(SIG_BLOCK, &signals, NULL);
  signal(SIGPIPE, SIG_IGN);
  int events = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
  if (events < 0) _exit(1);

  int32_t hello[2] = {0, 0};
  if (recv(MILLRACE_LAUNCHER_SOCKET, hello, sizeof hello, 0) != sizeof hello) _exit(1);
  int level = hello[0] < MILLRACE_LEVEL_PID_NAMESPACE ? MILLRACE_LEVEL_PID_NAMESPACE : hello[0];
  while (level < MILLRACE_LEVEL_SUBREAPER && !level_works(level)) level++;
  if (level > MILLRACE_LEVEL_SUBREAPER) level = MILLRACE_LEVEL_SUBREAPER;
  hello[0] = level;
  if (send(MILLRACE_LAUNCHER_SOCKET, hello, sizeof hello, MSG_NOSIGNAL) < 0) _exit(1);

  int has_worker = 1;
  while (has_worker || children_count > 0) {
    struct pollfd waits[2] = {{events, POLLIN, 0}, {MILLRACE_LAUNCHER_SOCKET, POLLIN, 0}};
    if (poll(waits, has_worker ? 2 : 1, -1) < 0 && errno != EINTR) _exit(1);
    if (waits[0].revents) {
      struct signalfd_siginfo ignored;
      while (read(events, &ignored, sizeof ignored) > 0) {
      }
      reap();
    }
    if (has_worker && waits[1].revents) has_worker = take_ask();
  }
  _exit(0);
}

// Runs before main in every program that links this library, and returns at once unless the program
// was started to be a launcher. A program of its own would have to be found at run time, and could
// be of another version than its worker.
__attribute__((constructor)) static void become_launcher(int count, char **arguments) {
  if (count != 2 || !arguments || strcmp(arguments[0], MILLRACE_LAUNCHER_NAME) != 0) return;
  int kind = 0;
  socklen_t size = sizeof kind;
  if (getsockopt(MILLRACE_LAUNCHER_SOCKET, SOL_SOCKET, SO_TYPE, &kind, &size) < 0) return;
  if (kind != SOCK_SEQPACKET) return;
  run_launcher((pid_t)atoi(arguments[1]));
}
