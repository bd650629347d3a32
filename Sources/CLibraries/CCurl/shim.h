#pragma once
#include <curl/curl.h>
#include <netinet/in.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

// curl_easy_setopt and curl_easy_getinfo are variadic, which Swift does not import: one function
// for each kind of argument.
static inline CURLcode millrace_curl_set_number(CURL *handle, CURLoption option, long value) {
  return curl_easy_setopt(handle, option, value);
}

static inline CURLcode millrace_curl_set_large(CURL *handle, CURLoption option, curl_off_t value) {
  return curl_easy_setopt(handle, option, value);
}

static inline CURLcode millrace_curl_set_text(CURL *handle, CURLoption option, const char *value) {
  return curl_easy_setopt(handle, option, value);
}

static inline CURLcode millrace_curl_set_bytes(CURL *handle, CURLoption option, const void *value) {
  return curl_easy_setopt(handle, option, value);
}

static inline CURLcode millrace_curl_set_list(
    CURL *handle, CURLoption option, struct curl_slist *value) {
  return curl_easy_setopt(handle, option, value);
}

static inline CURLcode millrace_curl_set_pointer(CURL *handle, CURLoption option, void *value) {
  return curl_easy_setopt(handle, option, value);
}

// For bodies and header lines that arrive, and for bodies that are asked for.
typedef size_t (*millrace_curl_bytes)(char *bytes, size_t size, size_t count, void *owner);

static inline CURLcode millrace_curl_set_bytes_function(
    CURL *handle, CURLoption option, millrace_curl_bytes function) {
  return curl_easy_setopt(handle, option, function);
}

typedef int (*millrace_curl_progress)(void *owner, curl_off_t, curl_off_t, curl_off_t, curl_off_t);

static inline CURLcode millrace_curl_set_progress_function(
    CURL *handle, millrace_curl_progress function) {
  return curl_easy_setopt(handle, CURLOPT_XFERINFOFUNCTION, function);
}

typedef curl_socket_t (*millrace_curl_open)(
    void *owner, curlsocktype purpose, struct curl_sockaddr *address);

static inline CURLcode millrace_curl_set_open_function(CURL *handle, millrace_curl_open function) {
  return curl_easy_setopt(handle, CURLOPT_OPENSOCKETFUNCTION, function);
}

static inline long millrace_curl_get_number(CURL *handle, CURLINFO what) {
  long value = 0;
  return curl_easy_getinfo(handle, what, &value) == CURLE_OK ? value : 0;
}

static inline curl_off_t millrace_curl_get_large(CURL *handle, CURLINFO what) {
  curl_off_t value = 0;
  return curl_easy_getinfo(handle, what, &value) == CURLE_OK ? value : 0;
}

// The address that a socket is about to be connected to. Answers how many bytes it has, 4 or 16; 0
// for anything but IPv4 and IPv6 over TCP, such as a Unix socket.
static inline int millrace_curl_target(
    const struct curl_sockaddr *target, uint8_t bytes[16], uint16_t *port) {
  if (target->socktype != SOCK_STREAM) return 0;
  if (target->family == AF_INET && target->addrlen >= sizeof(struct sockaddr_in)) {
    struct sockaddr_in address;
    memcpy(&address, &target->addr, sizeof address);
    memcpy(bytes, &address.sin_addr, 4);
    *port = ntohs(address.sin_port);
    return 4;
  }
  if (target->family == AF_INET6 && target->addrlen >= sizeof(struct sockaddr_in6)) {
    struct sockaddr_in6 address;
    memcpy(&address, &target->addr, sizeof address);
    memcpy(bytes, &address.sin6_addr, 16);
    *port = ntohs(address.sin6_port);
    return 16;
  }
  return 0;
}

static inline curl_socket_t millrace_curl_open_socket(const struct curl_sockaddr *target) {
  return socket(target->family, target->socktype | SOCK_CLOEXEC, target->protocol);
}

// For bodies that must be given out once more: on another connection than the one that was lost.
typedef int (*millrace_curl_seek)(void *owner, curl_off_t offset, int origin);

static inline CURLcode millrace_curl_set_seek_function(CURL *handle, millrace_curl_seek function) {
  return curl_easy_setopt(handle, CURLOPT_SEEKFUNCTION, function);
}

// The multi interface: transfers of one thread that are driven by what its descriptors are ready for.
static inline CURLMcode millrace_curl_multi_set_number(
    CURLM *multi, CURLMoption option, long value) {
  return curl_multi_setopt(multi, option, value);
}

typedef int (*millrace_curl_multi_socket)(
    CURL *handle, curl_socket_t socket, int what, void *owner, void *own);
typedef int (*millrace_curl_multi_timer)(CURLM *multi, long milliseconds, void *owner);

static inline CURLMcode millrace_curl_multi_set_functions(
    CURLM *multi, millrace_curl_multi_socket socket, millrace_curl_multi_timer timer, void *owner) {
  CURLMcode code = curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, socket);
  if (code == CURLM_OK) code = curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, owner);
  if (code == CURLM_OK) code = curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, timer);
  if (code == CURLM_OK) code = curl_multi_setopt(multi, CURLMOPT_TIMERDATA, owner);
  return code;
}

// The next transfer that has ended, and how; NULL when there is none. Its result is in a union.
static inline CURL *millrace_curl_multi_next_ended(CURLM *multi, CURLcode *result) {
  int left = 0;
  CURLMsg *message;
  while ((message = curl_multi_info_read(multi, &left))) {
    if (message->msg == CURLMSG_DONE) {
      *result = message->data.result;
      return message->easy_handle;
    }
  }
  return NULL;
}
