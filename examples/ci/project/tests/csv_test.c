#include "csv.h"

#include <string.h>

#include "check.h"

/* Reads everything and writes it again: fields between [ ], rows end with /. */
static const char *shape(const char *text) {
  static char shown[256];
  size_t length = 0;
  csv_reader reader;
  csv_text field = {0};
  csv_status status;
  int ends_row = 0;
  csv_start(&reader, text, strlen(text));
  while ((status = csv_next(&reader, &field, &ends_row)) == CSV_OK) {
    if (length + field.length + 4 > sizeof shown) break;
    shown[length++] = '[';
    if (field.length > 0) memcpy(shown + length, field.bytes, field.length);
    length += field.length;
    shown[length++] = ']';
    if (ends_row) shown[length++] = '/';
  }
  csv_free(&field);
  if (status != CSV_END) {
    static const char *names[] = {"ok", "end", "bare", "open", "after", "memory"};
    return names[status];
  }
  shown[length] = '\0';
  return shown;
}

#define READS(text, wanted) CHECK(strcmp(shape(text), wanted) == 0)

static int writes(const char *field, const char *wanted) {
  csv_text out = {0};
  csv_status status = csv_put(&out, field, strlen(field), 1);
  int is_same = status == CSV_OK && out.length == strlen(wanted) &&
                memcmp(out.bytes, wanted, out.length) == 0;
  csv_free(&out);
  return is_same;
}

int main(void) {
  READS("", "");
  READS("a", "[a]/");
  READS("a,b\nc,d\n", "[a][b]/[c][d]/");
  READS("a,b\r\nc", "[a][b]/[c]/");
  READS("a,", "[a][]/");
  READS(",\n", "[][]/");
  READS("\n", "[]/");
  READS("\"a,b\"", "[a,b]/");
  READS("\"say \"\"hi\"\"\",x", "[say \"hi\"][x]/");
  READS("\"two\nlines\"\n", "[two\nlines]/");
  READS("\"\"", "[]/");
  READS("a\rb", "[a\rb]/");
  READS("a\"b", "bare");
  READS("\"a", "open");
  READS("\"a\"\"", "open");
  READS("\"a\"b", "after");

  CHECK(writes("plain", "plain\n"));
  CHECK(writes("", "\n"));
  CHECK(writes("a,b", "\"a,b\"\n"));
  CHECK(writes("\"", "\"\"\"\"\n"));
  CHECK(writes("a\nb", "\"a\nb\"\n"));
  return report("csv");
}
