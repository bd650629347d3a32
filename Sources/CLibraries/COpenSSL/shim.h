#pragma once
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

// What OpenSSL has as macros only, which Swift does not see.

// TLS 1.2 and later; none of what later versions took back: compression, renegotiation.
static inline int millrace_tls_prepare(SSL_CTX *context) {
  SSL_CTX_set_options(context, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION |
                                   SSL_OP_NO_TICKET | SSL_OP_CIPHER_SERVER_PREFERENCE);
  SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                SSL_MODE_RELEASE_BUFFERS);
  // Both sides show a certificate each time: a session that is taken up again would outlive one
  // that was withdrawn.
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_num_tickets(context, 0);
  SSL_CTX_set_session_id_context(context, (const unsigned char *)"millrace", 8);
  return SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) == 1 &&
         SSL_CTX_set_cipher_list(context, "ECDHE+AESGCM:ECDHE+CHACHA20") == 1;
}

static inline int millrace_tls_choose(SSL *tls, const unsigned char **chosen,
                                      unsigned char *length, const unsigned char *offered,
                                      unsigned int offered_length, void *ignored) {
  static const unsigned char ours[] = "\x02h2\x08http/1.1";
  (void)tls;
  (void)ignored;
  int result = SSL_select_next_proto((unsigned char **)chosen, length, ours, sizeof ours - 1,
                                     offered, offered_length);
  return result == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

// Servers take HTTP/2 before HTTP/1.1, and refuse who offers neither.
static inline void millrace_tls_answer_protocols(SSL_CTX *context) {
  SSL_CTX_set_alpn_select_cb(context, millrace_tls_choose, 0);
}

// Clients offer the one version that they go on with.
static inline int millrace_tls_offer(SSL *tls, int is_http2) {
  const char *name = is_http2 ? "\x02h2" : "\x08http/1.1";
  return SSL_set_alpn_protos(tls, (const unsigned char *)name, 1 + (unsigned)name[0]) == 0;
}

static inline int millrace_tls_name_server(SSL *tls, const char *name) {
  return SSL_set_tlsext_host_name(tls, name) == 1;
}

static inline void millrace_tls_memory_only(SSL *tls, BIO *in, BIO *out) {
  // What is not there yet is not the end.
  BIO_set_mem_eof_return(in, -1);
  BIO_set_mem_eof_return(out, -1);
  SSL_set_bio(tls, in, out);
}

static inline int millrace_tls_waiting(BIO *out) { return (int)BIO_ctrl_pending(out); }

// A fresh key on the curve P-256.
static inline EVP_PKEY *millrace_new_key(void) { return EVP_EC_gen("P-256"); }

// The certificate lives for that many days, from an hour ago on: clocks differ.
static inline int millrace_set_life(X509 *certificate, int days) {
  return X509_gmtime_adj(X509_getm_notBefore(certificate), -3600) != 0 &&
         X509_time_adj_ex(X509_getm_notAfter(certificate), days, 0, 0) != 0;
}

static inline long millrace_memory(BIO *bio, char **bytes) { return BIO_get_mem_data(bio, bytes); }
