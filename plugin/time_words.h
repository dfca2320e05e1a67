/*
 * time_words: how long ago, as kubectl says it.
 */
#ifndef PLUGIN_TIME_WORDS_H
#define PLUGIN_TIME_WORDS_H

#include <stdint.h>

/* "45s", "3m12s", "5h", "2d4h", "12d"; "0s" for what is still to come. */
void age_text(uint64_t now, uint64_t then, char out[16]);

#endif
