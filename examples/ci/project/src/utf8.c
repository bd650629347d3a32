#include "utf8.h"

static int continues(unsigned char byte) { return (byte & 0xC0) == 0x80; }

size_t utf8_scalar(const unsigned char *text, size_t length) {
  if (length == 0) return 0;
  unsigned char first = text[0];
  if (first < 0x80) return 1;
  if (first < 0xC2) return 0; /* a continuation, or overlong */
  if (first < 0xE0) return length >= 2 && continues(text[1]) ? 2 : 0;
  if (first < 0xF0) {
    if (length < 3 || !continues(text[1]) || !continues(text[2])) return 0;
    if (first == 0xE0 && text[1] < 0xA0) return 0; /* overlong */
    if (first == 0xED && text[1] > 0x9F) return 0; /* a surrogate */
    return 3;
  }
  if (first > 0xF4 || length < 4) return 0;
  if (!continues(text[1]) || !continues(text[2]) || !continues(text[3])) return 0;
  if (first == 0xF0 && text[1] < 0x90) return 0; /* overlong */
  if (first == 0xF4 && text[1] > 0x8F) return 0; /* beyond U+10FFFF */
  return 4;
}

long utf8_count(const char *text, size_t length) {
  const unsigned char *bytes = (const unsigned char *)text;
  long count = 0;
  for (size_t place = 0; place < length; count++) {
    size_t step = utf8_scalar(bytes + place, length - place);
    if (step == 0) return -1;
    place += step;
  }
  return count;
}
