#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// What we use of libmongoc, which is loaded when it is first needed: a program that is linked to it
// runs its start for every command, and leaves a file in /dev/shm when it is killed. Nothing here may
// be called before millrace_mongo_load() has answered 0.

// Loads the library, once for the process. Answers 0, or why not as a text that stays.
const char *millrace_mongo_load(void);

// Why something has failed, and where it was.
#define MILLRACE_MONGO_OTHER 0
// No server could be found that can be used: nothing was sent.
#define MILLRACE_MONGO_SELECTION 1
// The server has answered with a code of its own.
#define MILLRACE_MONGO_SERVER 2
#define MILLRACE_MONGO_AUTHENTICATION 3
// A document could not be made or sent as it is.
#define MILLRACE_MONGO_DOCUMENT 4

typedef struct {
  int32_t kind;
  uint32_t code;
  char message[504];
} millrace_mongo_error;

const char *millrace_mongo_message(const millrace_mongo_error *error);

// Documents. What a function answers as new is ended by millrace_bson_destroy().
typedef struct millrace_bson millrace_bson;

millrace_bson *millrace_bson_new(void);
void millrace_bson_destroy(millrace_bson *document);
// Bytes that a document has on the wire.
size_t millrace_bson_length(const millrace_bson *document);

// False when the document would become too large. Names end with NUL, texts may contain it.
bool millrace_bson_append_null(millrace_bson *document, const char *name);
bool millrace_bson_append_bool(millrace_bson *document, const char *name, bool value);
bool millrace_bson_append_int64(millrace_bson *document, const char *name, int64_t value);
bool millrace_bson_append_utf8(
    millrace_bson *document, const char *name, const char *text, size_t count);
bool millrace_bson_append_binary(
    millrace_bson *document, const char *name, const uint8_t *bytes, size_t count);
bool millrace_bson_append_array(
    millrace_bson *document, const char *name, const millrace_bson *value);
bool millrace_bson_append_document(
    millrace_bson *document, const char *name, const millrace_bson *value);

// Goes through a document, which must outlive it. Null for what is no document, and when there is no
// memory. Ended by millrace_bson_iterator_destroy().
typedef struct millrace_bson_iterator millrace_bson_iterator;

#define MILLRACE_BSON_OTHER 0
#define MILLRACE_BSON_NULL 1
#define MILLRACE_BSON_BOOL 2
#define MILLRACE_BSON_NUMBER 3
#define MILLRACE_BSON_UTF8 4
#define MILLRACE_BSON_BINARY 5
#define MILLRACE_BSON_ARRAY 6
#define MILLRACE_BSON_DOCUMENT 7

millrace_bson_iterator *millrace_bson_iterate(const millrace_bson *document);
// The same for the document or array that an iterator stands at.
millrace_bson_iterator *millrace_bson_descend(const millrace_bson_iterator *parent);
void millrace_bson_iterator_destroy(millrace_bson_iterator *iterator);
bool millrace_bson_next(millrace_bson_iterator *iterator);
const char *millrace_bson_name(const millrace_bson_iterator *iterator);
int32_t millrace_bson_kind(const millrace_bson_iterator *iterator);
bool millrace_bson_bool(const millrace_bson_iterator *iterator);
int64_t millrace_bson_int64(const millrace_bson_iterator *iterator);
// Of a text or of bytes; they live as long as the document.
const uint8_t *millrace_bson_bytes(const millrace_bson_iterator *iterator, size_t *count);

// A pool of connections. Null and an error when the connection string makes no sense.
typedef struct millrace_mongo_pool millrace_mongo_pool;

typedef struct {
  int32_t connect_ms;
  int32_t select_ms;
  int32_t answer_ms;
  int32_t connections_max;
} millrace_mongo_limits;

// `database` gets the name that the string has, if it has one and there is room for it.
millrace_mongo_pool *millrace_mongo_pool_new(
    const char *uri, millrace_mongo_limits limits, char *database, size_t database_room,
    millrace_mongo_error *error);
void millrace_mongo_pool_destroy(millrace_mongo_pool *pool);

// One connection of a pool, for one thread at a time.
typedef struct millrace_mongo_client millrace_mongo_client;
millrace_mongo_client *millrace_mongo_pop(millrace_mongo_pool *pool);
void millrace_mongo_push(millrace_mongo_pool *pool, millrace_mongo_client *client);

// Asks whether the server is there.
bool millrace_mongo_ping(
    millrace_mongo_client *client, const char *database, millrace_mongo_error *error);
// Commands that change something, and that read. Null when they have failed.
millrace_bson *millrace_mongo_command(
    millrace_mongo_client *client, const char *database, const millrace_bson *command,
    const millrace_bson *options, millrace_mongo_error *error);
millrace_bson *millrace_mongo_read(
    millrace_mongo_client *client, const char *database, const millrace_bson *command,
    millrace_mongo_error *error);

typedef struct millrace_mongo_cursor millrace_mongo_cursor;
millrace_mongo_cursor *millrace_mongo_find(
    millrace_mongo_client *client, const char *database, const char *collection,
    const millrace_bson *filter, const millrace_bson *options);
// The indexes of a collection.
millrace_mongo_cursor *millrace_mongo_indexes(
    millrace_mongo_client *client, const char *database, const char *collection);
// The next document, which lives until the next call; null at the end and after a failure.
const millrace_bson *millrace_mongo_next(millrace_mongo_cursor *cursor);
bool millrace_mongo_has_failed(millrace_mongo_cursor *cursor, millrace_mongo_error *error);
void millrace_mongo_cursor_destroy(millrace_mongo_cursor *cursor);

typedef struct millrace_mongo_writes millrace_mongo_writes;
millrace_mongo_writes *millrace_mongo_writes_new(
    millrace_mongo_client *client, const char *database, const char *collection,
    const millrace_bson *options);
bool millrace_mongo_add_replacement(
    millrace_mongo_writes *writes, const millrace_bson *selector, const millrace_bson *document,
    const millrace_bson *options, millrace_mongo_error *error);
bool millrace_mongo_add_update(
    millrace_mongo_writes *writes, const millrace_bson *selector, const millrace_bson *change,
    const millrace_bson *options, millrace_mongo_error *error);
// Carries them out. Answers what came of each; `is_done` is false when any has failed.
millrace_bson *millrace_mongo_execute(
    millrace_mongo_writes *writes, bool *is_done, millrace_mongo_error *error);
void millrace_mongo_writes_destroy(millrace_mongo_writes *writes);
