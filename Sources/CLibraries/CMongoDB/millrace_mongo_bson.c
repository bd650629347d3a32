#include "include/millrace_mongo.h"
#include "millrace_mongo_library.h"

#include <stdlib.h>

// The library's own types, which Swift does not import: they are aligned to 128 bytes.
#define BSON(document) ((bson_t *)(document))
#define ITERATOR(iterator) ((bson_iter_t *)(iterator))

millrace_bson *millrace_bson_new(void) { return (millrace_bson *)millrace_mongo.bson_new(); }

void millrace_bson_destroy(millrace_bson *document) { millrace_mongo.bson_destroy(BSON(document)); }

size_t millrace_bson_length(const millrace_bson *document) { return BSON(document)->len; }

bool millrace_bson_append_null(millrace_bson *document, const char *name) {
  return millrace_mongo.bson_append_null(BSON(document), name, -1);
}

bool millrace_bson_append_bool(millrace_bson *document, const char *name, bool value) {
  return millrace_mongo.bson_append_bool(BSON(document), name, -1, value);
}

bool millrace_bson_append_int64(millrace_bson *document, const char *name, int64_t value) {
  return millrace_mongo.bson_append_int64(BSON(document), name, -1, value);
}

bool millrace_bson_append_utf8(
    millrace_bson *document, const char *name, const char *text, size_t count) {
  return count < INT32_MAX &&
         millrace_mongo.bson_append_utf8(BSON(document), name, -1, text, (int)count);
}

bool millrace_bson_append_binary(
    millrace_bson *document, const char *name, const uint8_t *bytes, size_t count) {
  return count < INT32_MAX &&
         millrace_mongo.bson_append_binary(
             BSON(document), name, -1, BSON_SUBTYPE_BINARY, bytes, (uint32_t)count);
}

bool millrace_bson_append_array(
    millrace_bson *document, const char *name, const millrace_bson *value) {
  return millrace_mongo.bson_append_array(BSON(document), name, -1, BSON(value));
}

bool millrace_bson_append_document(
    millrace_bson *document, const char *name, const millrace_bson *value) {
  return millrace_mongo.bson_append_document(BSON(document), name, -1, BSON(value));
}

static bson_iter_t *room(void) {
  return aligned_alloc(128, (sizeof(bson_iter_t) + 127) / 128 * 128);
}

millrace_bson_iterator *millrace_bson_iterate(const millrace_bson *document) {
  bson_iter_t *iterator = room();
  if (iterator && millrace_mongo.bson_iter_init(iterator, BSON(document)))
    return (millrace_bson_iterator *)iterator;
  free(iterator);
  return NULL;
}

millrace_bson_iterator *millrace_bson_descend(const millrace_bson_iterator *parent) {
  bson_iter_t *iterator = room();
  if (iterator && millrace_mongo.bson_iter_recurse(ITERATOR(parent), iterator))
    return (millrace_bson_iterator *)iterator;
  free(iterator);
  return NULL;
}

void millrace_bson_iterator_destroy(millrace_bson_iterator *iterator) { free(iterator); }

bool millrace_bson_next(millrace_bson_iterator *iterator) {
  return millrace_mongo.bson_iter_next(ITERATOR(iterator));
}

const char *millrace_bson_name(const millrace_bson_iterator *iterator) {
  return millrace_mongo.bson_iter_key(ITERATOR(iterator));
}

int32_t millrace_bson_kind(const millrace_bson_iterator *iterator) {
  switch (millrace_mongo.bson_iter_type(ITERATOR(iterator))) {
    case BSON_TYPE_NULL: return MILLRACE_BSON_NULL;
    case BSON_TYPE_BOOL: return MILLRACE_BSON_BOOL;
    // Doubles are numbers of the server's own answers.
    case BSON_TYPE_INT32:
    case BSON_TYPE_INT64:
    case BSON_TYPE_DOUBLE: return MILLRACE_BSON_NUMBER;
    case BSON_TYPE_UTF8: return MILLRACE_BSON_UTF8;
    case BSON_TYPE_BINARY: return MILLRACE_BSON_BINARY;
    case BSON_TYPE_ARRAY: return MILLRACE_BSON_ARRAY;
    case BSON_TYPE_DOCUMENT: return MILLRACE_BSON_DOCUMENT;
    default: return MILLRACE_BSON_OTHER;
  }
}

bool millrace_bson_bool(const millrace_bson_iterator *iterator) {
  return millrace_mongo.bson_iter_bool(ITERATOR(iterator));
}

int64_t millrace_bson_int64(const millrace_bson_iterator *iterator) {
  return millrace_mongo.bson_iter_as_int64(ITERATOR(iterator));
}

const uint8_t *millrace_bson_bytes(const millrace_bson_iterator *iterator, size_t *count) {
  uint32_t length = 0;
  const uint8_t *bytes = NULL;
  if (millrace_mongo.bson_iter_type(ITERATOR(iterator)) == BSON_TYPE_UTF8) {
    bytes = (const uint8_t *)millrace_mongo.bson_iter_utf8(ITERATOR(iterator), &length);
  } else {
    bson_subtype_t kind;
    millrace_mongo.bson_iter_binary(ITERATOR(iterator), &kind, &length, &bytes);
  }
  *count = bytes ? length : 0;
  return bytes;
}
