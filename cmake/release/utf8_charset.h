/* Included before every file of libarchive: without a locale (an empty root has none, and a static program cannot load one)
   it would take names for ASCII and give up every other one. Names in archives are UTF-8 here, always. */
#ifndef PIPIT_UTF8_CHARSET_H
#define PIPIT_UTF8_CHARSET_H
static inline const char *locale_charset(void) { return "UTF-8"; }
#endif
