#define _GNU_SOURCE
#include "millrace_loop.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/random.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

const uint32_t millrace_event_readable = EPOLLIN;
const uint32_t millrace_event_writable = EPOLLOUT;
const uint32_t millrace_event_peer_closed = EPOLLRDHUP;
const uint32_t millrace_event_error = EPOLLERR;
const uint32_t millrace_event_hung_up = EPOLLHUP;
const uint32_t millrace_event_edge = EPOLLET;

int millrace_epoll_create(void) {
  int descriptor = epoll_create1(EPOLL_CLOEXEC);
  return descriptor < 0 ? -errno : descriptor;
}

int millrace_eventfd_create(void) {
  int descriptor = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  return descriptor < 0 ? -errno : descriptor;
}

static int control(int epoll, int operation, int descriptor, uint32_t events, uint64_t token) {
  struct epoll_event event = {.events = events, .data.u64 = token};
  return epoll_ctl(epoll, operation, descriptor, &event) < 0 ? errno : 0;
}

int millrace_epoll_add(int epoll, int descriptor, uint32_t events, uint64_t token) {
  return control(epoll, EPOLL_CTL_ADD, descriptor, events, token);
}

int millrace_epoll_change(int epoll, int descriptor, uint32_t events, uint64_t token) {
  return control(epoll, EPOLL_CTL_MOD, descriptor, events, token);
}

int millrace_epoll_remove(int epoll, int descriptor) {
  return control(epoll, EPOLL_CTL_DEL, descriptor, 0, 0);
}

// Kernels before 5.11 have no epoll_pwait2; then timeouts are rounded up to milliseconds.
static atomic_bool microseconds_refused = false;

static int wait_for(int epoll, struct epoll_event *events, int events_max, int64_t timeout) {
  if (timeout < 0) return epoll_wait(epoll, events, events_max, -1);
  if (timeout == 0) return epoll_wait(epoll, events, events_max, 0);
  if (!atomic_load_explicit(&microseconds_refused, memory_order_relaxed)) {
    struct timespec length = {.tv_sec = timeout / 1000000, .tv_nsec = timeout % 1000000 * 1000};
    int count = epoll_pwait2(epoll, events, events_max, &length, NULL);
    if (count >= 0 || (errno != ENOSYS && errno != EPERM)) return count;
    atomic_store_explicit(&microseconds_refused, true, memory_order_relaxed);
  }
  int64_t milliseconds = timeout / 1000 + (timeout % 1000 != 0);
  return epoll_wait(epoll, events, events_max, milliseconds > 1000000 ? 1000000 : (int)milliseconds);
}

int millrace_epoll_wait(int epoll, millrace_event *events, int events_max, int64_t timeout) {
  struct epoll_event ready[256];
  if (events_max > 256) events_max = 256;
  int count = wait_for(epoll, ready, events_max, timeout);
  if (count < 0) return -errno;
  for (int index = 0; index < count; index++) {
    events[index].events = ready[index].events;
    events[index].token = ready[index].data.u64;
  }
  return count;
}

void millrace_eventfd_signal(int descriptor) {
  uint64_t one = 1;
  // The counter can only be full when the loop has been told already.
  ssize_t written = write(descriptor, &one, sizeof one);
  (void)written;
}

void millrace_eventfd_drain(int descriptor) {
  uint64_t count;
  ssize_t taken = read(descriptor, &count, sizeof count);
  (void)taken;
}

static _Thread_local void *current_loop;

void *millrace_current_loop(void) { return current_loop; }

void millrace_set_current_loop(void *loop) { current_loop = loop; }

void millrace_name_thread(const char *name) {
  char kept[16] = {0};
  strncpy(kept, name, sizeof kept - 1);
  pthread_setname_np(pthread_self(), kept);
}

static void stop_signals(sigset_t *signals) {
  sigemptyset(signals);
  sigaddset(signals, SIGTERM);
  sigaddset(signals, SIGINT);
}

void millrace_block_signals(void) {
  sigset_t signals;
  stop_signals(&signals);
  pthread_sigmask(SIG_BLOCK, &signals, NULL);
  signal(SIGPIPE, SIG_IGN);
}

int millrace_signalfd_create(void) {
  sigset_t signals;
  stop_signals(&signals);
  int descriptor = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
  return descriptor < 0 ? -errno : descriptor;
}

int millrace_signalfd_read(int descriptor) {
  struct signalfd_siginfo received;
  ssize_t count = read(descriptor, &received, sizeof received);
  if (count == sizeof received) return (int)received.ssi_signo;
  if (count < 0 && errno != EAGAIN && errno != EINTR) return -errno;
  return 0;
}

int millrace_random(void *bytes, uint64_t count) {
  unsigned char *next = bytes;
  while (count > 0) {
    ssize_t taken = getrandom(next, count, 0);
    if (taken < 0 && errno != EINTR) return errno;
    if (taken > 0) {
      next += taken;
      count -= (uint64_t)taken;
    }
  }
  return 0;
}
