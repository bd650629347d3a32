// TCP sockets without variadic calls, casts and global state: what Swift cannot say itself.
#pragma once
#include <stdint.h>

// An IPv4 or IPv6 socket address; `family` is 4 or 6, `port` in host order, and an IPv4 address fills
// the first 4 bytes.
typedef struct millrace_address {
  uint8_t family;
  uint16_t port;
  uint32_t scope;
  uint8_t bytes[16];
} millrace_address;

// Reads a numeric address. 1 when `host` is one, else 0. Only dotted quads and RFC 4291 text: the
// shortened, octal and hexadecimal forms of inet_aton are names here.
int millrace_address_parse(const char *host, uint16_t port, millrace_address *address);
// Writes at most `size` bytes of text without the port, ended by NUL.
void millrace_address_text(const millrace_address *address, char *text, int size);

// Looks a name up; blocks. How many addresses were written, or the negative code of getaddrinfo.
int millrace_resolve(const char *host, uint16_t port, millrace_address *addresses, int addresses_max);
const char *millrace_resolve_error(int code);

// Descriptors (non-blocking, close-on-exec, TCP_NODELAY) or -errno.
int millrace_listen(const millrace_address *address, int backlog);
int millrace_accept(int listener, millrace_address *peer);
// The connection may still be in progress: wait until it is writable, then ask for the result.
int millrace_connect(const millrace_address *address);
// 0 or errno.
int millrace_connect_result(int descriptor);
int millrace_bound_address(int descriptor, millrace_address *address);

// Bytes moved, 0 at the end of the stream, or -errno.
int64_t millrace_receive(int descriptor, void *bytes, uint64_t count);
int64_t millrace_send(int descriptor, const void *bytes, uint64_t count);

void millrace_end_sending(int descriptor);
void millrace_close(int descriptor);
// Closes so that the peer sees a reset instead of an orderly end.
void millrace_reset(int descriptor);
// For tests: the size of the kernel's buffers, so that back-pressure is reached quickly.
void millrace_set_buffers(int descriptor, int send_bytes, int receive_bytes);
