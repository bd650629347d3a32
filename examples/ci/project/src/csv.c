#include "csv.h"

#include <stdlib.h>
#include <string.h>

static csv_status append(csv_text *text, const char *bytes, size_t count) {
  if (count == 0) return CSV_OK;
  if (text->capacity - text->length < count) {
    size_t capacity = text->capacity < 32 ? 64 : text->capacity * 2;
    while (capacity - text->length < count) {
      if (capacity > (size_t)-1 / 2) return CSV_NO_MEMORY;
      capacity *= 2;
    }
    char *grown = realloc(text->bytes, capacity);
    if (grown == NULL) return CSV_NO_MEMORY;
    text->bytes = grown;
    text->capacity = capacity;
  }
  memcpy(text->bytes + text->length, bytes, count);
  text->length += count;
  return CSV_OK;
}

void csv_start(csv_reader *reader, const char *text, size_t length) {
  reader->text = text;
  reader->length = length;
  reader->place = 0;
  reader->owes_field = 0;
}

/* Behind a field: a comma, a line end (\n or \r\n) or the end of the text. */
static csv_status finish(csv_reader *reader, int *ends_row) {
  if (reader->place == reader->length) {
    *ends_row = 1;
    reader->owes_field = 0;
    return CSV_OK;
  }
  char sign = reader->text[reader->place];
  *ends_row = sign != ',';
  reader->owes_field = sign == ',';
  if (sign == '\r' && reader->place + 1 < reader->length &&
      reader->text[reader->place + 1] == '\n') {
    reader->place += 2;
    return CSV_OK;
  }
  if (sign != ',' && sign != '\n') return CSV_AFTER_QUOTE;
  reader->place++;
  return CSV_OK;
}

static csv_status quoted(csv_reader *reader, csv_text *field, int *ends_row) {
  reader->place++;
  while (reader->place < reader->length) {
    const char *start = reader->text + reader->place;
    const char *quote = memchr(start, '"', reader->length - reader->place);
    if (quote == NULL) return CSV_OPEN_QUOTE;
    size_t count = (size_t)(quote - start);
    csv_status status = append(field, start, count);
    if (status != CSV_OK) return status;
    reader->place += count + 1;
    if (reader->place == reader->length || reader->text[reader->place] != '"')
      return finish(reader, ends_row);
    status = append(field, "\"", 1);
    if (status != CSV_OK) return status;
    reader->place++;
  }
  return CSV_OPEN_QUOTE;
}

static int at_line_end(const csv_reader *reader, size_t place) {
  if (reader->text[place] == '\n') return 1;
  return reader->text[place] == '\r' && place + 1 < reader->length &&
         reader->text[place + 1] == '\n';
}

csv_status csv_next(csv_reader *reader, csv_text *field, int *ends_row) {
  field->length = 0;
  if (reader->place == reader->length && !reader->owes_field) return CSV_END;
  if (reader->place < reader->length && reader->text[reader->place] == '"')
    return quoted(reader, field, ends_row);
  size_t start = reader->place;
  while (reader->place < reader->length && reader->text[reader->place] != ',' &&
         !at_line_end(reader, reader->place)) {
    if (reader->text[reader->place] == '"') return CSV_BARE_QUOTE;
    reader->place++;
  }
  csv_status status = append(field, reader->text + start, reader->place - start);
  return status == CSV_OK ? finish(reader, ends_row) : status;
}

csv_status csv_put(csv_text *out, const char *field, size_t length, int ends_row) {
  int needs_quotes = 0;
  for (size_t place = 0; place < length; place++)
    if (strchr(",\"\r\n", field[place]) != NULL && field[place] != '\0') needs_quotes = 1;
  csv_status status = needs_quotes ? append(out, "\"", 1) : CSV_OK;
  for (size_t place = 0; place < length && status == CSV_OK; place++) {
    if (field[place] == '"') status = append(out, "\"", 1);
    if (status == CSV_OK) status = append(out, field + place, 1);
  }
  if (status == CSV_OK && needs_quotes) status = append(out, "\"", 1);
  return status == CSV_OK ? append(out, ends_row ? "\n" : ",", 1) : status;
}

void csv_free(csv_text *text) {
  free(text->bytes);
  text->bytes = NULL;
  text->length = text->capacity = 0;
}
