#include "include/millrace_mongo.h"
#include "millrace_mongo_library.h"

#include <stdio.h>
#include <string.h>

#define BSON(document) ((bson_t *)(document))
#define CLIENT(client) ((mongoc_client_t *)(client))
#define POOL(pool) ((mongoc_client_pool_t *)(pool))
#define CURSOR(cursor) ((mongoc_cursor_t *)(cursor))
#define WRITES(writes) ((mongoc_bulk_operation_t *)(writes))

// Errors are those of version 2: codes of the server have a domain of their own.
static int32_t kind_of(const bson_error_t *error) {
  switch (error->domain) {
    case MONGOC_ERROR_SERVER_SELECTION: return MILLRACE_MONGO_SELECTION;
    case MONGOC_ERROR_SERVER:
    case MONGOC_ERROR_COMMAND:
    case MONGOC_ERROR_QUERY:
    case MONGOC_ERROR_WRITE_CONCERN: return MILLRACE_MONGO_SERVER;
    case MONGOC_ERROR_SCRAM:
    case MONGOC_ERROR_SASL: return MILLRACE_MONGO_AUTHENTICATION;
    case MONGOC_ERROR_CLIENT:
      return error->code == MONGOC_ERROR_CLIENT_AUTHENTICATE ? MILLRACE_MONGO_AUTHENTICATION
                                                             : MILLRACE_MONGO_OTHER;
    case MONGOC_ERROR_BSON: return MILLRACE_MONGO_DOCUMENT;
    default: return MILLRACE_MONGO_OTHER;
  }
}

static void tell(const bson_error_t *from, millrace_mongo_error *to) {
  to->kind = kind_of(from);
  to->code = from->code;
  snprintf(to->message, sizeof to->message, "%s", from->message);
}

const char *millrace_mongo_message(const millrace_mongo_error *error) { return error->message; }

// A copy that outlives what the library has answered.
static millrace_bson *kept(bson_t *reply) {
  bson_t *copy = millrace_mongo.bson_copy(reply);
  millrace_mongo.bson_destroy(reply);
  return (millrace_bson *)copy;
}

millrace_mongo_pool *millrace_mongo_pool_new(
    const char *text, millrace_mongo_limits limits, char *database, size_t database_room,
    millrace_mongo_error *error) {
  bson_error_t reason = {0};
  mongoc_uri_t *uri = millrace_mongo.mongoc_uri_new_with_error(text, &reason);
  if (!uri) {
    tell(&reason, error);
    return NULL;
  }
  const char *name = millrace_mongo.mongoc_uri_get_database(uri);
  if (name && strlen(name) < database_room) strcpy(database, name);
  const struct {
    const char *name;
    int32_t value;
  } settings[] = {
      {MONGOC_URI_CONNECTTIMEOUTMS, limits.connect_ms},
      {MONGOC_URI_SERVERSELECTIONTIMEOUTMS, limits.select_ms},
      {MONGOC_URI_SOCKETTIMEOUTMS, limits.answer_ms},
  };
  for (size_t place = 0; place < sizeof settings / sizeof *settings; place++) {
    // What the string says wins.
    if (!millrace_mongo.mongoc_uri_has_option(uri, settings[place].name))
      millrace_mongo.mongoc_uri_set_option_as_int32(
          uri, settings[place].name, settings[place].value);
  }
  millrace_mongo.mongoc_uri_set_option_as_int32(
      uri, MONGOC_URI_MAXPOOLSIZE, limits.connections_max);
  if (!millrace_mongo.mongoc_uri_get_appname(uri))
    millrace_mongo.mongoc_uri_set_appname(uri, "millrace");
  mongoc_client_pool_t *pool = millrace_mongo.mongoc_client_pool_new_with_error(uri, &reason);
  millrace_mongo.mongoc_uri_destroy(uri);
  if (!pool) {
    tell(&reason, error);
    return NULL;
  }
  millrace_mongo.mongoc_client_pool_set_error_api(pool, 2);
  return (millrace_mongo_pool *)pool;
}

void millrace_mongo_pool_destroy(millrace_mongo_pool *pool) {
  millrace_mongo.mongoc_client_pool_destroy(POOL(pool));
}

millrace_mongo_client *millrace_mongo_pop(millrace_mongo_pool *pool) {
  return (millrace_mongo_client *)millrace_mongo.mongoc_client_pool_pop(POOL(pool));
}

void millrace_mongo_push(millrace_mongo_pool *pool, millrace_mongo_client *client) {
  millrace_mongo.mongoc_client_pool_push(POOL(pool), CLIENT(client));
}

// MARK: Commands

bool millrace_mongo_ping(
    millrace_mongo_client *client, const char *database, millrace_mongo_error *error) {
  bson_error_t reason = {0};
  bson_t *command = millrace_mongo.bson_new();
  millrace_mongo.bson_append_int64(command, "ping", -1, 1);
  bool is_there = millrace_mongo.mongoc_client_command_simple(
      CLIENT(client), database, command, NULL, NULL, &reason);
  millrace_mongo.bson_destroy(command);
  if (!is_there) tell(&reason, error);
  return is_there;
}

millrace_bson *millrace_mongo_command(
    millrace_mongo_client *client, const char *database, const millrace_bson *command,
    const millrace_bson *options, millrace_mongo_error *error) {
  bson_error_t reason = {0};
  bson_t reply;
  bool is_done = millrace_mongo.mongoc_client_write_command_with_opts(
      CLIENT(client), database, BSON(command), BSON(options), &reply, &reason);
  if (is_done) return kept(&reply);
  millrace_mongo.bson_destroy(&reply);
  tell(&reason, error);
  return NULL;
}

millrace_bson *millrace_mongo_read(
    millrace_mongo_client *client, const char *database, const millrace_bson *command,
    millrace_mongo_error *error) {
  bson_error_t reason = {0};
  bson_t reply;
  bool is_done = millrace_mongo.mongoc_client_read_command_with_opts(
      CLIENT(client), database, BSON(command), NULL, NULL, &reply, &reason);
  if (is_done) return kept(&reply);
  millrace_mongo.bson_destroy(&reply);
  tell(&reason, error);
  return NULL;
}

// MARK: Cursors

millrace_mongo_cursor *millrace_mongo_find(
    millrace_mongo_client *client, const char *database, const char *name,
    const millrace_bson *filter, const millrace_bson *options) {
  mongoc_collection_t *collection =
      millrace_mongo.mongoc_client_get_collection(CLIENT(client), database, name);
  mongoc_cursor_t *cursor = millrace_mongo.mongoc_collection_find_with_opts(
      collection, BSON(filter), BSON(options), NULL);
  millrace_mongo.mongoc_collection_destroy(collection);
  return (millrace_mongo_cursor *)cursor;
}

millrace_mongo_cursor *millrace_mongo_indexes(
    millrace_mongo_client *client, const char *database, const char *name) {
  mongoc_collection_t *collection =
      millrace_mongo.mongoc_client_get_collection(CLIENT(client), database, name);
  mongoc_cursor_t *cursor =
      millrace_mongo.mongoc_collection_find_indexes_with_opts(collection, NULL);
  millrace_mongo.mongoc_collection_destroy(collection);
  return (millrace_mongo_cursor *)cursor;
}

const millrace_bson *millrace_mongo_next(millrace_mongo_cursor *cursor) {
  const bson_t *found = NULL;
  return millrace_mongo.mongoc_cursor_next(CURSOR(cursor), &found) ? (const millrace_bson *)found
                                                                   : NULL;
}

bool millrace_mongo_has_failed(millrace_mongo_cursor *cursor, millrace_mongo_error *error) {
  bson_error_t reason = {0};
  if (!millrace_mongo.mongoc_cursor_error(CURSOR(cursor), &reason)) return false;
  tell(&reason, error);
  return true;
}

void millrace_mongo_cursor_destroy(millrace_mongo_cursor *cursor) {
  millrace_mongo.mongoc_cursor_destroy(CURSOR(cursor));
}

// MARK: Writes

millrace_mongo_writes *millrace_mongo_writes_new(
    millrace_mongo_client *client, const char *database, const char *name,
    const millrace_bson *options) {
  mongoc_collection_t *collection =
      millrace_mongo.mongoc_client_get_collection(CLIENT(client), database, name);
  mongoc_bulk_operation_t *writes =
      millrace_mongo.mongoc_collection_create_bulk_operation_with_opts(collection, BSON(options));
  millrace_mongo.mongoc_collection_destroy(collection);
  return (millrace_mongo_writes *)writes;
}

bool millrace_mongo_add_replacement(
    millrace_mongo_writes *writes, const millrace_bson *selector, const millrace_bson *document,
    const millrace_bson *options, millrace_mongo_error *error) {
  bson_error_t reason = {0};
  bool is_added = millrace_mongo.mongoc_bulk_operation_replace_one_with_opts(
      WRITES(writes), BSON(selector), BSON(document), BSON(options), &reason);
  if (!is_added) tell(&reason, error);
  return is_added;
}

bool millrace_mongo_add_update(
    millrace_mongo_writes *writes, const millrace_bson *selector, const millrace_bson *change,
    const millrace_bson *options, millrace_mongo_error *error) {
  bson_error_t reason = {0};
  bool is_added = millrace_mongo.mongoc_bulk_operation_update_one_with_opts(
      WRITES(writes), BSON(selector), BSON(change), BSON(options), &reason);
  if (!is_added) tell(&reason, error);
  return is_added;
}

millrace_bson *millrace_mongo_execute(
    millrace_mongo_writes *writes, bool *is_done, millrace_mongo_error *error) {
  bson_error_t reason = {0};
  bson_t reply;
  *is_done = millrace_mongo.mongoc_bulk_operation_execute(WRITES(writes), &reply, &reason) != 0;
  tell(&reason, error);
  return kept(&reply);
}

void millrace_mongo_writes_destroy(millrace_mongo_writes *writes) {
  millrace_mongo.mongoc_bulk_operation_destroy(WRITES(writes));
}
