// The first process of a tree: starts the program, passes stops on, reaps all, ends with it.
#include "millrace_process_private.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

// Open files that programs get by default; they may raise it up to the hard limit.
#define OPEN_FILES_SOFT_LIMIT 1024

pid_t millrace_init_clone(int level) {
  unsigned long flags = SIGCHLD;
  if (level != MILLRACE_LEVEL_SUBREAPER) flags |= CLONE_NEWPID | CLONE_NEWNS;
  if (level == MILLRACE_LEVEL_USER_NAMESPACE) flags |= CLONE_NEWUSER;
  return (pid_t)syscall(SYS_clone, flags, NULL, NULL, NULL, NULL);
}

static int write_file(const char *path, const char *text) {
  int descriptor = open(path, O_WRONLY | O_CLOEXEC);
  if (descriptor < 0) return errno;
  ssize_t count = write(descriptor, text, strlen(text));
  int failure = count < 0 ? errno : 0;
  close(descriptor);
  return failure;
}

// Maps the user to itself: the program sees the same names as without the namespace.
static int map_user(uid_t user, gid_t group) {
  char line[64];
  int failure = write_file("/proc/self/setgroups", "deny");
  if (failure && failure != ENOENT) return failure;
  snprintf(line, sizeof line, "%u %u 1", user, user);
  failure = write_file("/proc/self/uid_map", line);
  if (failure) return failure;
  snprintf(line, sizeof line, "%u %u 1", group, group);
  return write_file("/proc/self/gid_map", line);
}

int millrace_init_enter(int level, uid_t user, gid_t group) {
  if (level == MILLRACE_LEVEL_SUBREAPER) {
    return prctl(PR_SET_CHILD_SUBREAPER, 1) < 0 ? errno : 0;
  }
  if (level == MILLRACE_LEVEL_USER_NAMESPACE) {
    int failure = map_user(user, group);
    if (failure) return failure;
  }
  // Unmounts outside still reach us, mounts here stay here.
  if (mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) < 0) return errno;
  // So that the program sees its own processes and no others. Where /proc is partly covered, as in
  // some containers, the kernel refuses it, and the program sees what the worker sees.
  int refused = mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL);
  (void)refused;
  return 0;
}

static int compare_descriptors(const void *left, const void *right) {
  return *(const int *)left - *(const int *)right;
}

static void close_others(const int *descriptors, int count) {
  int sorted[MILLRACE_ASK_DESCRIPTORS_MAX];
  memcpy(sorted, descriptors, sizeof(int) * (size_t)count);
  qsort(sorted, (size_t)count, sizeof(int), compare_descriptors);
  unsigned next = 3;
  for (int place = 0; place < count; place++) {
    unsigned kept = (unsigned)sorted[place];
    if (kept > next) close_range(next, kept - 1, 0);
    next = kept + 1;
  }
  close_range(next, ~0U, 0);
}

char *millrace_order_read(int order, size_t *size) {
  struct stat about;
  if (fstat(order, &about) < 0) return NULL;
  size_t whole = (size_t)about.st_size;
  char *text = malloc(whole + 1);
  if (!text) return NULL;
  size_t done = 0;
  while (done < whole) {
    ssize_t count = pread(order, text + done, whole - done, (off_t)done);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) {
      free(text);
      return NULL;
    }
    done += (size_t)count;
  }
  text[whole] = 0;
  *size = whole;
  return text;
}

// Splits `count` strings off; NULL when there is no memory or there are fewer.
static char **take_strings(char **text, const char *end, uint32_t count) {
  if (count > (size_t)(end - *text)) return NULL;
  char **strings = calloc((size_t)count + 1, sizeof *strings);
  if (!strings) return NULL;
  for (uint32_t place = 0; place < count; place++) {
    if (*text >= end) return NULL;
    strings[place] = *text;
    *text += strlen(*text) + 1;
  }
  return strings;
}

static void reset_signals(void) {
  for (int number = 1; number < NSIG; number++) signal(number, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
}

// What an order begins with; its strings follow.
typedef struct {
  uint32_t arguments;
  uint32_t environment;
  uint64_t memory_max;
  uint64_t file_max;
  uint64_t processes_max;
  // 1 for a program whose system calls are filtered.
  uint64_t is_filtered;
} order_head;

// Lowers a limit for good; what is lower already stays.
static int limit(int resource, uint64_t max) {
  struct rlimit now;
  if (max == UINT64_MAX) return 0;
  if (getrlimit(resource, &now) < 0) return errno;
  if (max < now.rlim_max) now.rlim_max = max;
  now.rlim_cur = now.rlim_max;
  return setrlimit(resource, &now) < 0 ? errno : 0;
}

static int limit_resources(const order_head *head) {
  struct rlimit none = {0, 0};
  setrlimit(RLIMIT_CORE, &none);
  struct rlimit files;
  if (getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur > OPEN_FILES_SOFT_LIMIT) {
    files.rlim_cur = OPEN_FILES_SOFT_LIMIT;
    setrlimit(RLIMIT_NOFILE, &files);
  }
  int failure = limit(RLIMIT_AS, head->memory_max);
  if (!failure) failure = limit(RLIMIT_FSIZE, head->file_max);
  return failure ? failure : limit(RLIMIT_NPROC, head->processes_max);
}

// Makes the directories between `from` and `to`, which begins with it.
static int make_between(const char *from, const char *to) {
  char path[PATH_MAX];
  if (snprintf(path, sizeof path, "%s", to) >= (int)sizeof path) return ENAMETOOLONG;
  for (char *end = path + strlen(from) + 1; *end; end++) {
    if (*end != '/') continue;
    *end = 0;
    if (mkdir(path, 0711) < 0 && errno != EEXIST) return errno;
    *end = '/';
  }
  return mkdir(path, 0711) < 0 && errno != EEXIST ? errno : 0;
}

// Covers the directory of all attempts in this mount namespace, so that only the own one is there.
static int hide_others(const char *all, const char *own) {
  char link[40];
  int self = open(own, O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (self < 0) return errno;
  snprintf(link, sizeof link, "/proc/self/fd/%d", self);
  unsigned long flags = MS_NOSUID | MS_NODEV | MS_NOEXEC;
  int failure = mount("tmpfs", all, "tmpfs", flags, "mode=0711,size=64k") < 0 ? errno : 0;
  if (!failure) failure = make_between(all, own);
  if (!failure && mount(link, own, NULL, MS_BIND | MS_REC, NULL) < 0) failure = errno;
  if (!failure && mount(NULL, all, NULL, MS_REMOUNT | MS_RDONLY | flags, NULL) < 0) {
    failure = errno;
  }
  close(self);
  return failure;
}

static _Noreturn void fail_start(int status, int32_t kind, int failure) {
  millrace_report_write(status, kind, failure);
  _exit(127);
}

static _Noreturn void run_program(int level, const int *descriptors) {
  int status = descriptors[MILLRACE_ASK_STATUS];
  size_t size = 0;
  char *text = millrace_order_read(descriptors[MILLRACE_ASK_ORDER], &size);
  order_head head;
  if (!text || size < sizeof head) fail_start(status, MILLRACE_REPORT_SETUP_FAILED, ENOMEM);
  memcpy(&head, text, sizeof head);
  char *end = text + size;
  text += sizeof head;
  char **places = take_strings(&text, end, 4);
  char **arguments = take_strings(&text, end, head.arguments);
  char **environment = take_strings(&text, end, head.environment);
  if (!places || !arguments || !environment) {
    fail_start(status, MILLRACE_REPORT_SETUP_FAILED, EINVAL);
  }

  if (level == MILLRACE_LEVEL_SUBREAPER) prctl(PR_SET_PDEATHSIG, SIGKILL);
  setsid();
  umask(077);
  // When memory runs out, the tasks go before the worker.
  write_file("/proc/self/oom_score_adj", "500");
  int failure = level == MILLRACE_LEVEL_SUBREAPER ? 0 : hide_others(places[2], places[3]);
  if (!failure) failure = limit_resources(&head);
  if (failure) fail_start(status, MILLRACE_REPORT_SETUP_FAILED, failure);
  prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  if (chdir(places[1]) < 0) fail_start(status, MILLRACE_REPORT_SETUP_FAILED, errno);
  int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
  if (null < 0) fail_start(status, MILLRACE_REPORT_SETUP_FAILED, errno);
  dup2(null, 0);
  dup2(descriptors[MILLRACE_ASK_OUTPUT], 1);
  dup2(descriptors[MILLRACE_ASK_ERROR], 2);
  close_range(3, ~0U, CLOSE_RANGE_CLOEXEC);
  reset_signals();
  failure = head.is_filtered ? millrace_filter_enter() : 0;
  if (failure) fail_start(status, MILLRACE_REPORT_SETUP_FAILED, failure);
  execve(places[0], arguments, environment);
  fail_start(status, MILLRACE_REPORT_EXEC_FAILED, errno);
}

typedef struct {
  int level;
  int status;
  int control;
  pid_t program;
  // Asked to end politely: then wait for the rest of the tree too.
  int is_stopping;
} tree;

static _Noreturn void end_tree(const tree *self) {
  // The end of the first process of a PID namespace ends all others before it is reported.
  if (self->level == MILLRACE_LEVEL_SUBREAPER) millrace_descendants_end(NULL);
  _exit(0);
}

static void terminate(tree *self) {
  if (!self->is_stopping && self->program) {
    millrace_report_write(self->status, MILLRACE_REPORT_STOPPING, 0);
  }
  self->is_stopping = 1;
  if (self->level == MILLRACE_LEVEL_SUBREAPER) {
    millrace_descendants_signal(SIGTERM);
    millrace_descendants_signal(SIGCONT);
  } else {
    kill(-1, SIGTERM);
    kill(-1, SIGCONT);
  }
}

static _Noreturn void end_at_once(const tree *self) {
  if (!self->is_stopping && self->program) {
    millrace_report_write(self->status, MILLRACE_REPORT_STOPPING, 0);
  }
  end_tree(self);
}

static void reap(tree *self) {
  int status;
  pid_t pid;
  while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
    if (pid != self->program) continue;
    self->program = 0;
    if (WIFEXITED(status)) {
      millrace_report_write(self->status, MILLRACE_REPORT_EXITED, WEXITSTATUS(status));
    } else {
      millrace_report_write(self->status, MILLRACE_REPORT_SIGNALED, WTERMSIG(status));
    }
    if (!self->is_stopping) end_tree(self);
  }
  if (pid < 0 && errno == ECHILD && !self->program) end_tree(self);
}

static void take_command(tree *self) {
  char how = 0;
  ssize_t count = read(self->control, &how, 1);
  if (count < 0 && (errno == EINTR || errno == EAGAIN)) return;
  if (count <= 0 || how == 'K') end_at_once(self);
  if (how == 'T') terminate(self);
}

_Noreturn void millrace_init_run(
    int level, uid_t user, gid_t group, const int descriptors[MILLRACE_ASK_DESCRIPTORS_MAX]) {
  pid_t launcher = level == MILLRACE_LEVEL_SUBREAPER ? getppid() : 0;
  // A subreaper has to be told, since its end would leave the others alone.
  prctl(PR_SET_PDEATHSIG, level == MILLRACE_LEVEL_SUBREAPER ? SIGUSR1 : SIGKILL);
  prctl(PR_SET_NAME, "millrace-init");
  setsid();
  close_others(descriptors, MILLRACE_ASK_DESCRIPTORS_MAX);
  tree self = {level, descriptors[MILLRACE_ASK_STATUS], descriptors[MILLRACE_ASK_CONTROL], 0, 0};

  sigset_t all, watched;
  sigfillset(&all);
  sigprocmask(SIG_SETMASK, &all, NULL);
  sigemptyset(&watched);
  sigaddset(&watched, SIGCHLD);
  sigaddset(&watched, SIGUSR1);
  int events = signalfd(-1, &watched, SFD_CLOEXEC | SFD_NONBLOCK);
  int failure = events < 0 ? errno : millrace_init_enter(level, user, group);
  if (!failure) {
    self.program = fork();
    if (self.program == 0) run_program(level, descriptors);
    if (self.program < 0) failure = errno;
  }
  if (failure) {
    millrace_report_write(self.status, MILLRACE_REPORT_LAUNCH_FAILED, failure);
    _exit(0);
  }
  close(descriptors[MILLRACE_ASK_ORDER]);
  close(descriptors[MILLRACE_ASK_OUTPUT]);
  close(descriptors[MILLRACE_ASK_ERROR]);

  for (;;) {
    if (level == MILLRACE_LEVEL_SUBREAPER && getppid() != launcher) end_at_once(&self);
    struct pollfd waits[2] = {{events, POLLIN, 0}, {self.control, POLLIN, 0}};
    if (poll(waits, 2, -1) < 0 && errno != EINTR) end_at_once(&self);
    if (waits[0].revents) {
      struct signalfd_siginfo ignored;
      while (read(events, &ignored, sizeof ignored) > 0) {
      }
      reap(&self);
    }
    if (waits[1].revents) take_command(&self);
  }
}
