#pragma once
#include <mongoc/mongoc.h>

// The functions that we use. Each is found by its name when the library is loaded, and has the type
// that its header says.
#define MILLRACE_MONGO_FUNCTIONS(X) \
  X(bson_new) X(bson_destroy) X(bson_copy) X(bson_append_null) X(bson_append_bool) \
  X(bson_append_int64) X(bson_append_utf8) X(bson_append_binary) X(bson_append_array) \
  X(bson_append_document) X(bson_iter_init) X(bson_iter_recurse) X(bson_iter_next) \
  X(bson_iter_key) X(bson_iter_type) X(bson_iter_bool) X(bson_iter_as_int64) X(bson_iter_utf8) \
  X(bson_iter_binary) X(mongoc_init) X(mongoc_log_set_handler) X(mongoc_uri_new_with_error) \
  X(mongoc_uri_destroy) X(mongoc_uri_get_database) X(mongoc_uri_has_option) \
  X(mongoc_uri_set_option_as_int32) X(mongoc_uri_get_appname) X(mongoc_uri_set_appname) \
  X(mongoc_client_pool_new_with_error) X(mongoc_client_pool_set_error_api) \
  X(mongoc_client_pool_destroy) X(mongoc_client_pool_pop) X(mongoc_client_pool_push) \
  X(mongoc_client_get_collection) X(mongoc_client_command_simple) \
  X(mongoc_client_write_command_with_opts) X(mongoc_client_read_command_with_opts) \
  X(mongoc_collection_destroy) X(mongoc_collection_find_with_opts) \
  X(mongoc_collection_find_indexes_with_opts) X(mongoc_collection_create_bulk_operation_with_opts) \
  X(mongoc_cursor_next) X(mongoc_cursor_error) X(mongoc_cursor_destroy) \
  X(mongoc_bulk_operation_replace_one_with_opts) X(mongoc_bulk_operation_update_one_with_opts) \
  X(mongoc_bulk_operation_execute) X(mongoc_bulk_operation_destroy)

typedef struct {
#define X(name) __typeof__(&name) name;
  MILLRACE_MONGO_FUNCTIONS(X)
#undef X
} millrace_mongo_functions;

extern millrace_mongo_functions millrace_mongo;
