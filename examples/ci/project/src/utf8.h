#ifndef UTF8_H
#define UTF8_H

#include <stddef.h>

/* The number of bytes of the scalar at the start of text, 1 to 4; 0 when there is none: the text is
   empty, cut off, overlong, a surrogate or beyond U+10FFFF. */
size_t utf8_scalar(const unsigned char *text, size_t length);

/* The number of scalars of a text, or -1 when it is not UTF-8. */
long utf8_count(const char *text, size_t length);

#endif
