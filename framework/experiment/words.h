/* experiment/words.h: what other programs call our keys, for messages. */
#ifndef EXPERIMENT_WORDS_H
#define EXPERIMENT_WORDS_H

/* The key that PyTorch's scripts and their like call `word`, "lr" or "batch_size"; NULL when none is known. Case, '-'
 * and
 * '_' do not count. */
const char *word_of_others(const char *word);

#endif
