#define _GNU_SOURCE
#include "millrace_sockets.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static socklen_t to_system(const millrace_address *address, struct sockaddr_storage *storage) {
  memset(storage, 0, sizeof *storage);
  if (address->family == 4) {
    struct sockaddr_in *four = (struct sockaddr_in *)storage;
    four->sin_family = AF_INET;
    four->sin_port = htons(address->port);
    memcpy(&four->sin_addr, address->bytes, 4);
    return sizeof *four;
  }
  struct sockaddr_in6 *six = (struct sockaddr_in6 *)storage;
  six->sin6_family = AF_INET6;
  six->sin6_port = htons(address->port);
  six->sin6_scope_id = address->scope;
  memcpy(&six->sin6_addr, address->bytes, 16);
  return sizeof *six;
}

static int from_system(const struct sockaddr *system, millrace_address *address) {
  memset(address, 0, sizeof *address);
  if (system->sa_family == AF_INET) {
    const struct sockaddr_in *four = (const struct sockaddr_in *)system;
    address->family = 4;
    address->port = ntohs(four->sin_port);
    memcpy(address->bytes, &four->sin_addr, 4);
    return 1;
  }
  if (system->sa_family == AF_INET6) {
    const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)system;
    address->family = 6;
    address->port = ntohs(six->sin6_port);
    address->scope = six->sin6_scope_id;
    memcpy(address->bytes, &six->sin6_addr, 16);
    return 1;
  }
  return 0;
}

int millrace_address_parse(const char *host, uint16_t port, millrace_address *address) {
  memset(address, 0, sizeof *address);
  address->port = port;
  address->family = 4;
  if (inet_pton(AF_INET, host, address->bytes) == 1) return 1;
  address->family = 6;
  return inet_pton(AF_INET6, host, address->bytes) == 1;
}

void millrace_address_text(const millrace_address *address, char *text, int size) {
  int family = address->family == 4 ? AF_INET : AF_INET6;
  if (size <= 0) return;
  text[0] = 0;
  inet_ntop(family, address->bytes, text, (socklen_t)size);
}

int millrace_resolve(const char *host, uint16_t port, millrace_address *addresses,
                     int addresses_max) {
  struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
  struct addrinfo *found = NULL;
  int code = getaddrinfo(host, NULL, &hints, &found);
  if (code != 0) return code < 0 ? code : -code;
  int count = 0;
  for (struct addrinfo *next = found; next != NULL && count < addresses_max; next = next->ai_next) {
    if (from_system(next->ai_addr, &addresses[count])) {
      addresses[count].port = port;
      count++;
    }
  }
  freeaddrinfo(found);
  return count;
}

const char *millrace_resolve_error(int code) { return gai_strerror(code); }

static int open_socket(const millrace_address *address) {
  int family = address->family == 4 ? AF_INET : AF_INET6;
  return socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
}

static void send_at_once(int descriptor) {
  int yes = 1;
  setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
}

static int refuse(int descriptor) {
  int code = errno;
  if (descriptor >= 0) close(descriptor);
  return -code;
}

int millrace_listen(const millrace_address *address, int backlog) {
  struct sockaddr_storage storage;
  socklen_t length = to_system(address, &storage);
  int descriptor = open_socket(address);
  if (descriptor < 0) return refuse(descriptor);
  int yes = 1;
  setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  if (bind(descriptor, (struct sockaddr *)&storage, length) < 0) return refuse(descriptor);
  if (listen(descriptor, backlog) < 0) return refuse(descriptor);
  return descriptor;
}

int millrace_accept(int listener, millrace_address *peer) {
  struct sockaddr_storage storage;
  socklen_t length = sizeof storage;
  int descriptor =
      accept4(listener, (struct sockaddr *)&storage, &length, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (descriptor < 0) return -errno;
  from_system((struct sockaddr *)&storage, peer);
  send_at_once(descriptor);
  return descriptor;
}

int millrace_connect(const millrace_address *address) {
  struct sockaddr_storage storage;
  socklen_t length = to_system(address, &storage);
  int descriptor = open_socket(address);
  if (descriptor < 0) return refuse(descriptor);
  send_at_once(descriptor);
  if (connect(descriptor, (struct sockaddr *)&storage, length) < 0 && errno != EINPROGRESS &&
      errno != EINTR)
    return refuse(descriptor);
  return descriptor;
}

int millrace_connect_result(int descriptor) {
  int code = 0;
  socklen_t length = sizeof code;
  if (getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &code, &length) < 0) return errno;
  return code;
}

int millrace_bound_address(int descriptor, millrace_address *address) {
  struct sockaddr_storage storage;
  socklen_t length = sizeof storage;
  if (getsockname(descriptor, (struct sockaddr *)&storage, &length) < 0) return errno;
  return from_system((struct sockaddr *)&storage, address) ? 0 : EAFNOSUPPORT;
}

int64_t millrace_receive(int descriptor, void *bytes, uint64_t count) {
  int64_t moved;
  do moved = recv(descriptor, bytes, count, 0);
  while (moved < 0 && errno == EINTR);
  return moved < 0 ? -errno : moved;
}

int64_t millrace_send(int descriptor, const void *bytes, uint64_t count) {
  int64_t moved;
  do moved = send(descriptor, bytes, count, MSG_NOSIGNAL);
  while (moved < 0 && errno == EINTR);
  return moved < 0 ? -errno : moved;
}

void millrace_end_sending(int descriptor) { shutdown(descriptor, SHUT_WR); }

void millrace_close(int descriptor) { close(descriptor); }

void millrace_reset(int descriptor) {
  struct linger at_once = {.l_onoff = 1, .l_linger = 0};
  setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  close(descriptor);
}

void millrace_set_buffers(int descriptor, int send_bytes, int receive_bytes) {
  if (send_bytes > 0)
    setsockopt(descriptor, SOL_SOCKET, SO_SNDBUF, &send_bytes, sizeof send_bytes);
  if (receive_bytes > 0)
    setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &receive_bytes, sizeof receive_bytes);
}
