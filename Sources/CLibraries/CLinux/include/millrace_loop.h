// The parts of Linux that an event loop needs and that the Glibc module of Swift leaves out.
#pragma once
#include <stdint.h>

// What a descriptor is ready for; values of EPOLLIN and so on.
extern const uint32_t millrace_event_readable;
extern const uint32_t millrace_event_writable;
extern const uint32_t millrace_event_peer_closed;
extern const uint32_t millrace_event_error;
extern const uint32_t millrace_event_hung_up;
extern const uint32_t millrace_event_edge;

typedef struct millrace_event {
  uint32_t events;
  uint64_t token;
} millrace_event;

// Descriptors or -errno. All are close-on-exec and non-blocking.
int millrace_epoll_create(void);
int millrace_eventfd_create(void);

// 0 or errno.
int millrace_epoll_add(int epoll, int descriptor, uint32_t events, uint64_t token);
int millrace_epoll_change(int epoll, int descriptor, uint32_t events, uint64_t token);
int millrace_epoll_remove(int epoll, int descriptor);

// Waits for at most `timeout` microseconds (negative: without end) and returns how many events were
// written to `events` (at most 256), or -errno.
int millrace_epoll_wait(int epoll, millrace_event *events, int events_max, int64_t timeout);

void millrace_eventfd_signal(int descriptor);
void millrace_eventfd_drain(int descriptor);

// The loop that runs on the calling thread, or null.
void *millrace_current_loop(void);
void millrace_set_current_loop(void *loop);

// Names the calling thread; Linux keeps the first 15 bytes.
void millrace_name_thread(const char *name);

// Blocks SIGTERM and SIGINT in the calling thread (and those it starts) and ignores SIGPIPE.
void millrace_block_signals(void);
// A signalfd for SIGTERM and SIGINT, or -errno.
int millrace_signalfd_create(void);
// The number of the next pending signal, 0 when there is none, or -errno.
int millrace_signalfd_read(int descriptor);

// Fills the buffer with unpredictable bytes. 0 or errno.
int millrace_random(void *bytes, uint64_t count);
