#include "utf8.h"

#include <string.h>

#include "check.h"

static long count(const char *text) { return utf8_count(text, strlen(text)); }

/* Encodes a code point without asking whether it is a scalar. */
static size_t encode(unsigned long point, char *bytes) {
  if (point < 0x80) {
    bytes[0] = (char)point;
    return 1;
  }
  size_t length = point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
  for (size_t place = length - 1; place > 0; place--) {
    bytes[place] = (char)(0x80 | (point & 0x3F));
    point >>= 6;
  }
  bytes[0] = (char)((0xF00 >> length & 0xFF) | point);
  return length;
}

int main(void) {
  CHECK(count("") == 0);
  CHECK(count("plain") == 5);
  CHECK(count("Gr\xC3\xBC\xC3\x9F" "e") == 5);
  CHECK(count("\xF0\x9F\x8C\x8A") == 1);
  CHECK(count("\x80") == -1);
  CHECK(count("\xC0\xAF") == -1);
  CHECK(count("\xE2\x82") == -1);
  CHECK(count("\xED\xA0\x80") == -1);
  CHECK(count("\xF4\x90\x80\x80") == -1);
  CHECK(utf8_count("a\0b", 3) == 3);

  /* Every code point of four bytes and less: one scalar, or a surrogate, or too large. */
  long wrong = 0;
  for (unsigned long point = 0; point < 0x120000; point++) {
    char bytes[4];
    size_t length = encode(point, bytes);
    int is_scalar = point < 0x110000 && (point < 0xD800 || point > 0xDFFF);
    if (utf8_count(bytes, length) != (is_scalar ? 1 : -1)) wrong++;
  }
  CHECK(wrong == 0);
  return report("utf8");
}
