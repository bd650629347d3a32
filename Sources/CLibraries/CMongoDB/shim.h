#pragma once
#include <mongoc/mongoc.h>
#include <stdlib.h>

// Swift does not know the layout of documents and iterators, which are aligned to 128 bytes: it
// holds them by their address.
static inline bson_iter_t *millrace_bson_room_for_iterator(void) {
  return aligned_alloc(128, (sizeof(bson_iter_t) + 127) / 128 * 128);
}

// Bytes that a document has on the wire.
static inline uint32_t millrace_bson_length(const bson_t *document) { return document->len; }

// Goes through a document, which must outlive it. Null for what is no document, and when there is
// no memory. Ended by free().
static inline bson_iter_t *millrace_bson_iterate(const bson_t *document) {
  bson_iter_t *iterator = millrace_bson_room_for_iterator();
  if (iterator && bson_iter_init(iterator, document)) return iterator;
  free(iterator);
  return NULL;
}

// The same for the document or array that an iterator stands at.
static inline bson_iter_t *millrace_bson_descend(const bson_iter_t *parent) {
  bson_iter_t *iterator = millrace_bson_room_for_iterator();
  if (iterator && bson_iter_recurse(parent, iterator)) return iterator;
  free(iterator);
  return NULL;
}

static inline const char *millrace_bson_message(const bson_error_t *error) {
  return error->message;
}

// Carries out the writes. Answers what came of each as a document of its own, ended by
// bson_destroy(); `server` is 0 when something has failed.
static inline bson_t *millrace_mongo_execute(
    mongoc_bulk_operation_t *writes, uint32_t *server, bson_error_t *error) {
  bson_t reply;
  *server = mongoc_bulk_operation_execute(writes, &reply, error);
  bson_t *copy = bson_copy(&reply);
  bson_destroy(&reply);
  return copy;
}

// Runs a command that changes something. As above; null when it has failed.
static inline bson_t *millrace_mongo_command(
    mongoc_client_t *client, const char *database, const bson_t *command, const bson_t *options,
    bson_error_t *error) {
  bson_t reply;
  bool is_done =
      mongoc_client_write_command_with_opts(client, database, command, options, &reply, error);
  bson_t *copy = is_done ? bson_copy(&reply) : NULL;
  bson_destroy(&reply);
  return copy;
}

// The same for a command that reads.
static inline bson_t *millrace_mongo_read(
    mongoc_client_t *client, const char *database, const bson_t *command, bson_error_t *error) {
  bson_t reply;
  bool is_done =
      mongoc_client_read_command_with_opts(client, database, command, NULL, NULL, &reply, error);
  bson_t *copy = is_done ? bson_copy(&reply) : NULL;
  bson_destroy(&reply);
  return copy;
}

// What the library has to say goes to errors, not to standard output.
static inline void millrace_mongo_be_quiet(void) { mongoc_log_set_handler(NULL, NULL); }
