/* datasets/vocabulary.h: the words of a text, found by their bytes, with how often each occurs. */
#ifndef DATASETS_VOCABULARY_H
#define DATASETS_VOCABULARY_H

#include <stdlib.h>
#include <string.h>

#include <strait/host.h>

struct word {
  const char *text; /* not ended by a NUL */
  int64_t length, count;
};
/* Start from {0}; memory is the plugin's. */
struct vocabulary {
  struct word *word; /* (count) in order of appearance, or as sorted */
  int64_t count;
  int64_t *slot; /* (slots) a hash table: 1 + a word's number, 0: free */
  int64_t slots; /* a power of two, at least twice the words */
};

static inline uint64_t word_hash(const char *text, int64_t length) { /* FNV-1a */
  uint64_t hash = UINT64_C(14695981039346656037);
  for (int64_t i = 0; i < length; i++)
    hash = (hash ^ (unsigned char)text[i]) * UINT64_C(1099511628211);
  return hash ^ hash >> 32;
}

/* Where the word is, or the free slot where it belongs. */
static inline int64_t *vocabulary_slot(const struct vocabulary *v, const char *text, int64_t length) {
  for (uint64_t at = word_hash(text, length);; at++) {
    int64_t *slot = &v->slot[at & (uint64_t)(v->slots - 1)];
    if (!*slot)
      return slot;
    const struct word *word = &v->word[*slot - 1];
    if (word->length == length && memcmp(word->text, text, (size_t)length) == 0)
      return slot;
  }
}

/* The word's number, or -1. */
static inline int64_t vocabulary_find(const struct vocabulary *v, const char *text, int64_t length) {
  return v->slots ? *vocabulary_slot(v, text, length) - 1 : -1;
}

static inline void vocabulary_index(struct vocabulary *v) {
  memset(v->slot, 0, (size_t)v->slots * sizeof *v->slot);
  for (int64_t i = 0; i < v->count; i++)
    *vocabulary_slot(v, v->word[i].text, v->word[i].length) = i + 1;
}

static inline int32_t vocabulary_grow(struct vocabulary *v, const void *self) {
  const int64_t slots = v->slots ? 2 * v->slots : 1024;
  struct word *word = strait_alloc(self, (size_t)slots / 2 * sizeof *word);
  int64_t *slot = strait_alloc(self, (size_t)slots * sizeof *slot);
  if (!word || !slot)
    return STRAIT_ENOMEM;
  if (v->count)
    memcpy(word, v->word, (size_t)v->count * sizeof *word);
  v->word = word, v->slot = slot, v->slots = slots;
  return vocabulary_index(v), STRAIT_OK;
}

/* One more of this word, which stays the caller's. */
static inline int32_t vocabulary_count(struct vocabulary *v, const void *self, const char *text, int64_t length) {
  if (2 * v->count >= v->slots && vocabulary_grow(v, self) < 0)
    return STRAIT_ENOMEM;
  int64_t *slot = vocabulary_slot(v, text, length);
  if (!*slot) {
    v->word[v->count] = (struct word){text, length, 0};
    *slot = ++v->count;
  }
  v->word[*slot - 1].count++;
  return STRAIT_OK;
}

static inline int word_order(const void *a, const void *b) { /* of the bytes, which in UTF-8 is that of the codes */
  const struct word *x = a, *y = b;
  const int order = memcmp(x->text, y->text, (size_t)(x->length < y->length ? x->length : y->length));
  return order ? order : (x->length > y->length) - (x->length < y->length);
}

static inline int count_order(const void *a, const void *b) {
  const struct word *x = a, *y = b;
  return x->count != y->count ? (x->count < y->count ? 1 : -1) : word_order(a, b);
}

static inline void vocabulary_sort(struct vocabulary *v, int by_count) {
  qsort(v->word, (size_t)v->count, sizeof *v->word, by_count ? count_order : word_order);
  vocabulary_index(v);
}

#endif
