#ifndef CSV_H
#define CSV_H

#include <stddef.h>

/* A growing text of bytes. Start with {0}, end with csv_free. */
typedef struct {
  char *bytes;
  size_t length;
  size_t capacity;
} csv_text;

typedef enum {
  CSV_OK,
  CSV_END,          /* no more fields */
  CSV_BARE_QUOTE,   /* a quote within a field that does not start with one */
  CSV_OPEN_QUOTE,   /* the text ends within quotes */
  CSV_AFTER_QUOTE,  /* something between a closing quote and the comma */
  CSV_NO_MEMORY
} csv_status;

/* Reads fields one after the other. */
typedef struct {
  const char *text;
  size_t length;
  size_t place;
  int owes_field; /* a comma was read, so a field follows, be it empty */
} csv_reader;

void csv_start(csv_reader *reader, const char *text, size_t length);

/* The next field, and whether it is the last of its row. */
csv_status csv_next(csv_reader *reader, csv_text *field, int *ends_row);

/* Adds a field, in quotes only when it needs them, and the comma or line end behind it. */
csv_status csv_put(csv_text *out, const char *field, size_t length, int ends_row);

void csv_free(csv_text *text);

#endif
