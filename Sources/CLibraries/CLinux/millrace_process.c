// The worker's side: starts the launcher and asks it for trees. See include/millrace_process.h.
#include "millrace_process_private.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

static void close_all(const int *descriptors, int count) {
  for (int place = 0; place < count; place++) {
    if (descriptors[place] >= 0) close(descriptors[place]);
  }
}

// The thread that starts a launcher and stays its parent. A parent death signal is tied to the
// thread that forked, not to its process: any other thread of the worker may end at any time.
typedef struct {
  int far;
  int answer;
} keeper_order;

static int spawn_launcher(int far, pid_t *pid) {
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  char parent[24];
  snprintf(parent, sizeof parent, "%d", (int)getpid());
  char *arguments[] = {MILLRACE_LAUNCHER_NAME, parent, NULL};
  char *environment[] = {NULL};
  sigset_t none, all;
  sigemptyset(&none);
  sigfillset(&all);

  int failure = posix_spawn_file_actions_init(&actions);
  if (failure) return failure;
  failure = posix_spawnattr_init(&attributes);
  if (failure) {
    posix_spawn_file_actions_destroy(&actions);
    return failure;
  }
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDWR, 0);
  posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_RDWR, 0);
  posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_RDWR, 0);
  posix_spawn_file_actions_adddup2(&actions, far, MILLRACE_LAUNCHER_SOCKET);
  posix_spawnattr_setflags(
      &attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSID);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &all);
  failure = posix_spawn(pid, "/proc/self/exe", &actions, &attributes, arguments, environment);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  return failure;
}

static void *keep_launcher(void *argument) {
  keeper_order order = *(keeper_order *)argument;
  free(argument);
  pid_t pid = 0;
  int32_t answer[2] = {spawn_launcher(order.far, &pid), 0};
  answer[1] = pid;
  close(order.far);
  ssize_t written = write(order.answer, answer, sizeof answer);
  (void)written;
  close(order.answer);
  if (answer[0] == 0) {
    while (waitpid(pid, NULL, 0) < 0 && errno == EINTR) {
    }
  }
  return NULL;
}

static int start_keeper(int far, int answer) {
  keeper_order *order = malloc(sizeof *order);
  if (!order) return ENOMEM;
  order->far = far;
  order->answer = answer;
  pthread_attr_t attributes;
  pthread_t thread;
  sigset_t all, before;
  int failure = pthread_attr_init(&attributes);
  if (failure) {
    free(order);
    return failure;
  }
  pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  pthread_attr_setstacksize(&attributes, 256 << 10);
  // Signals of the process are for threads that expect them.
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  failure = pthread_create(&thread, &attributes, keep_launcher, order);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  pthread_attr_destroy(&attributes);
  if (failure) free(order);
  return failure;
}

static int read_whole(int descriptor, void *into, size_t size) {
  size_t done = 0;
  while (done < size) {
    ssize_t count = read(descriptor, (char *)into + done, size - done);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return errno;
    if (count == 0) return EPIPE;
    done += (size_t)count;
  }
  return 0;
}

int millrace_launcher_start(int level_min, int *socket, pid_t *pid, int *level) {
  int ends[2], answers[2];
  int32_t answer[2], hello[2];
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0) return errno;
  if (pipe2(answers, O_CLOEXEC) < 0) {
    int failure = errno;
    close_all(ends, 2);
    return failure;
  }
  // Out of the way of the descriptors 0 to 3 that the launcher gets.
  int far = fcntl(ends[1], F_DUPFD_CLOEXEC, MILLRACE_LAUNCHER_SOCKET + 1);
  int failure = far < 0 ? errno : 0;
  if (!failure) {
    close(ends[1]);
    ends[1] = far;
    failure = start_keeper(far, answers[1]);
  }
  if (failure) {
    close_all(ends, 2);
    close_all(answers, 2);
    return failure;
  }
  failure = read_whole(answers[0], answer, sizeof answer);
  close(answers[0]);
  if (!failure) failure = answer[0];
  hello[0] = level_min;
  hello[1] = 0;
  if (!failure && send(ends[0], hello, sizeof hello, MSG_NOSIGNAL) < 0) failure = errno;
  if (!failure) {
    ssize_t count;
    do {
      count = recv(ends[0], hello, sizeof hello, 0);
    } while (count < 0 && errno == EINTR);
    if (count < 0) failure = errno;
    if (count >= 0 && count != sizeof hello) failure = EPIPE;
  }
  if (failure) {
    close(ends[0]);
    return failure;
  }
  *socket = ends[0];
  *pid = answer[1];
  *level = hello[0];
  return 0;
}

static int send_ask(int launcher, const millrace_ask *ask, const int *descriptors, int count) {
  union {
    struct cmsghdr align;
    char bytes[CMSG_SPACE(sizeof(int) * MILLRACE_ASK_DESCRIPTORS_MAX)];
  } control;
  memset(&control, 0, sizeof control);
  struct iovec part = {(void *)ask, sizeof *ask};
  struct msghdr message = {0};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control.bytes;
  message.msg_controllen = CMSG_SPACE(sizeof(int) * (size_t)count);
  struct cmsghdr *header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof(int) * (size_t)count);
  memcpy(CMSG_DATA(header), descriptors, sizeof(int) * (size_t)count);
  ssize_t sent;
  do {
    sent = sendmsg(launcher, &message, MSG_NOSIGNAL);
  } while (sent < 0 && errno == EINTR);
  if (sent >= 0) return 0;
  return errno == ECONNRESET ? EPIPE : errno;
}

// A file in memory that holds the order; the program's arguments can exceed what one message of a
// socket may carry.
static int make_order(const uint8_t *order, size_t size) {
  int descriptor = memfd_create("millrace-order", MFD_CLOEXEC);
  if (descriptor < 0) return -errno;
  size_t done = 0;
  while (done < size) {
    ssize_t count = pwrite(descriptor, order + done, size - done, (off_t)done);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) {
      int failure = errno;
      close(descriptor);
      return -failure;
    }
    done += (size_t)count;
  }
  return descriptor;
}

// A pipe of which only the near (read) end does not block.
static int make_pipe(int *near, int *far) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) < 0) return errno;
  *near = ends[0];
  *far = ends[1];
  return fcntl(ends[0], F_SETFL, O_NONBLOCK) < 0 ? errno : 0;
}

int millrace_tree_launch(
    int launcher, int level, const uint8_t *order, size_t size, millrace_tree *tree) {
  int far[MILLRACE_ASK_DESCRIPTORS_MAX] = {-1, -1, -1, -1, -1};
  int near[4] = {-1, -1, -1, -1};
  int controls[2];
  millrace_ask ask = {MILLRACE_ASK_LAUNCH, level};
  int failure = 0;

  far[MILLRACE_ASK_ORDER] = make_order(order, size);
  if (far[MILLRACE_ASK_ORDER] < 0) failure = -far[MILLRACE_ASK_ORDER];
  if (!failure) failure = make_pipe(&near[0], &far[MILLRACE_ASK_OUTPUT]);
  if (!failure) failure = make_pipe(&near[1], &far[MILLRACE_ASK_ERROR]);
  if (!failure) failure = make_pipe(&near[2], &far[MILLRACE_ASK_STATUS]);
  if (!failure && socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, controls) < 0) failure = errno;
  if (!failure) {
    near[3] = controls[0];
    far[MILLRACE_ASK_CONTROL] = controls[1];
    failure = send_ask(launcher, &ask, far, MILLRACE_ASK_DESCRIPTORS_MAX);
  }
  close_all(far, MILLRACE_ASK_DESCRIPTORS_MAX);
  if (failure) {
    close_all(near, 4);
    return failure;
  }
  tree->output = near[0];
  tree->error = near[1];
  tree->status = near[2];
  tree->control = near[3];
  return 0;
}

void millrace_tree_stop(int control, char how) {
  ssize_t sent;
  do {
    sent = send(control, &how, 1, MSG_NOSIGNAL | MSG_DONTWAIT);
  } while (sent < 0 && errno == EINTR);
}

int millrace_directory_remove(int launcher, const char *path, int *status) {
  int far[2] = {-1, -1};
  int near = -1;
  millrace_ask ask = {MILLRACE_ASK_REMOVE, 0};
  int failure = 0;
  far[MILLRACE_ASK_ORDER] = make_order((const uint8_t *)path, strlen(path));
  if (far[MILLRACE_ASK_ORDER] < 0) failure = -far[MILLRACE_ASK_ORDER];
  if (!failure) failure = make_pipe(&near, &far[MILLRACE_ASK_STATUS]);
  if (!failure) failure = send_ask(launcher, &ask, far, 2);
  close_all(far, 2);
  if (failure) {
    close_all(&near, 1);
    return failure;
  }
  *status = near;
  return 0;
}

void millrace_report_write(int status, int32_t kind, int32_t value) {
  millrace_report report = {kind, value};
  ssize_t count;
  do {
    count = write(status, &report, sizeof report);
  } while (count < 0 && errno == EINTR);
}

int millrace_report_read(int status, millrace_report *report) {
  ssize_t count = millrace_output_read(status, (uint8_t *)report, sizeof *report);
  if (count == (ssize_t)sizeof *report) return 1;
  return count <= 0 ? (int)count : -EPROTO;
}

ssize_t millrace_output_read(int descriptor, uint8_t *into, size_t size) {
  ssize_t count;
  do {
    count = read(descriptor, into, size);
  } while (count < 0 && errno == EINTR);
  return count < 0 ? -errno : count;
}

int millrace_outputs_watch(int output, int error) {
  int watch = epoll_create1(EPOLL_CLOEXEC);
  if (watch < 0) return -errno;
  int descriptors[2] = {output, error};
  for (int place = 0; place < 2; place++) {
    struct epoll_event event = {0};
    event.events = EPOLLIN;
    event.data.fd = descriptors[place];
    if (epoll_ctl(watch, EPOLL_CTL_ADD, descriptors[place], &event) < 0) {
      int failure = errno;
      close(watch);
      return -failure;
    }
  }
  return watch;
}

void millrace_outputs_forget(int watch, int descriptor) {
  epoll_ctl(watch, EPOLL_CTL_DEL, descriptor, NULL);
}
