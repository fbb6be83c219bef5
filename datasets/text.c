/* text: a text as one long sequence of words or characters; the target at each position is the next one. */
#include <strait/dataset.h>

#include "vocabulary.h"

static const char about[] =
    "A text, of which each position's target is the next word or character (a language model). A sample is `steps` "
    "tokens long, as 32-bit integers, with one class per position; a network's output is (steps, classes).\n\n"
    "The text is several files, `train` and `test`, `validation` or both, in the folder or archive `path` (plain or "
    ".gz); or one file, `path` itself or `train` in it, whose last part is the test text, and the part before the "
    "validation text.\n\n"
    "unit = words: words are separated by blanks; the end of a line is the word <eos>. The vocabulary is that of the "
    "training text, the most frequent word first, those that are as frequent in the order of their bytes, as in the "
    "Penn Treebank reader of TensorFlow's tutorial. Words that are not in it are read as <unk> where the training "
    "text has that word, else they are an error. unit = characters: UTF-8, in the order of their codes.\n\n"
    "order = streams: with batches of B, the training text of N tokens is cut into B streams of N div B tokens, "
    "which are read side by side in (N div B - 1) div steps batches; networks with state carry it along. The tail is "
    "dropped and nothing is shuffled (Zaremba et al., 2014). order = windows: each sample starts at a random place "
    "(GPT).";

enum { WORDS, CHARACTERS };

struct part {
  const char *name; /* for messages: the file */
  const char *text;
  int64_t length;
  int32_t *token;
  int64_t tokens;
};

struct text {
  strait_object object;
  const char *path, *file[3]; /* by split */
  int32_t unit, order;
  int64_t steps, epoch;
  double test_share, validation_share;
  struct part part[3];
  struct vocabulary vocabulary;
  const char **names;
};

static const char *const units[] = {"words", "characters", NULL};
static const char *const orders[] = {"streams", "windows", NULL};
static const strait_option options[] = {
    STRAIT_PATH("path", struct text, path, NULL,
                "folder or archive with the files train, validation and test; or a single text file"),
    STRAIT_STRING("train", struct text, file[STRAIT_TRAIN], NULL, "name of the training text in path"),
    STRAIT_STRING("validation", struct text, file[STRAIT_VALIDATION], NULL, "name of the validation text in path"),
    STRAIT_STRING("test", struct text, file[STRAIT_TEST], NULL, "name of the test text in path"),
    STRAIT_FLOAT("test-share", struct text, test_share, "0.1", 0, 0.9,
                 "single file: share of its tokens at its end that are the test text"),
    STRAIT_FLOAT("validation-share", struct text, validation_share, "0", 0, 0.9,
                 "single file: share of its tokens before the test text that are the validation text"),
    STRAIT_CHOICE("unit", struct text, unit, "words", units, "what a token is"),
    STRAIT_INT("steps", struct text, steps, "35", 1, 1048576, "tokens of a sample"),
    STRAIT_CHOICE("order", struct text, order, "streams", orders, "how the training text is passed through"),
    STRAIT_INT("epoch", struct text, epoch, "0", 0, 1e12,
               "windows: samples per epoch; 0: as many as the training text has room for side by side"),
};

/* --- tokens --- */

/* A walk through a text. */
struct cursor {
  const char *at, *end;
  int64_t line;
  int unit;
  const char *token;
  int64_t length;
};

static int is_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\v' || c == '\f'; }

/* Bytes of the character that starts here; 0: these bytes are not UTF-8. */
static int64_t character(const char *at, const char *end) {
  const unsigned char first = (unsigned char)*at;
  const int64_t length = first < 0x80   ? 1
                         : first < 0xc2 ? 0
                         : first < 0xe0 ? 2
                         : first < 0xf0 ? 3
                         : first < 0xf5 ? 4
                                        : 0;
  for (int64_t i = 1; i < length; i++)
    if (at + i >= end || ((unsigned char)at[i] & 0xc0) != 0x80)
      return 0;
  return length;
}

static int next_token(struct cursor *c) {
  static const char eos[] = "<eos>";
  while (c->unit == WORDS && c->at < c->end && is_blank(*c->at))
    c->at++;
  if (c->at >= c->end)
    return 0;
  c->token = c->at;
  if (*c->at == '\n')
    c->line++;
  if (c->unit == CHARACTERS)
    c->at += c->length = character(c->at, c->end);
  else if (*c->at == '\n')
    c->token = eos, c->length = sizeof eos - 1, c->at++;
  else {
    while (c->at < c->end && *c->at != '\n' && !is_blank(*c->at))
      c->at++;
    c->length = c->at - c->token;
  }
  return 1;
}

static struct cursor cursor_of(const struct text *self, const struct part *part) {
  return (struct cursor){.at = part->text, .end = part->text + part->length, .line = 1, .unit = self->unit};
}

/* --- reading --- */

static int32_t check_bytes(const struct text *self, const struct part *part) {
  const char *nul = memchr(part->text, 0, (size_t)part->length);
  if (nul)
    return strait_fail(self, STRAIT_EFORMAT, "%s: byte %lld is 0: this is no text", part->name,
                       (long long)(nul - part->text));
  for (int64_t i = 0, length; self->unit == CHARACTERS && i < part->length; i += length) {
    length = character(part->text + i, part->text + part->length);
    if (!length)
      return strait_fail(self, STRAIT_EFORMAT, "%s: byte %lld is not UTF-8; convert the text", part->name,
                         (long long)i);
  }
  return STRAIT_OK;
}

static int32_t read_part(struct text *self, struct part *part, const char *member) {
  char *data;
  part->name = member ? member : self->path;
  int32_t status = strait_read_whole(self, self->path, member, &data, &part->length);
  if (status < 0)
    return status;
  part->text = data;
  if (part->length == 0)
    return strait_fail(self, STRAIT_EFORMAT, "%s is empty", part->name);
  return check_bytes(self, part);
}

static int64_t count_tokens(const struct text *self, const struct part *part) {
  struct cursor c = cursor_of(self, part);
  int64_t tokens = 0;
  while (next_token(&c))
    tokens++;
  return tokens;
}

/* Cuts the first `tokens` tokens off into *to. */
static void cut(const struct text *self, struct part *from, int64_t tokens, struct part *to) {
  struct cursor c = cursor_of(self, from);
  for (int64_t i = 0; i < tokens; i++)
    next_token(&c);
  *to = (struct part){.name = from->name, .text = from->text, .length = c.at - from->text};
  from->length -= to->length;
  from->text = c.at;
}

/* One file: the parts are cut where the shares of its tokens end, rounded down. */
static int32_t read_single(struct text *self) {
  struct part all = {0};
  const double train = 1 - self->test_share - self->validation_share;
  if (train <= 0)
    return strait_fail(self, STRAIT_EINVAL, "test-share %g and validation-share %g leave nothing to train on",
                       self->test_share, self->validation_share);
  int32_t status = read_part(self, &all, self->file[STRAIT_TRAIN]);
  if (status < 0)
    return status;
  const double tokens = (double)count_tokens(self, &all);
  const int64_t first = (int64_t)(tokens * train), second = (int64_t)(tokens * (1 - self->test_share));
  cut(self, &all, first, &self->part[STRAIT_TRAIN]);
  if (self->validation_share > 0)
    cut(self, &all, second - first, &self->part[STRAIT_VALIDATION]);
  if (self->test_share > 0)
    self->part[STRAIT_TEST] = all;
  return STRAIT_OK;
}

static int32_t read_parts(struct text *self) {
  int32_t status = STRAIT_OK;
  if (!self->path)
    return strait_fail(self, STRAIT_ENOENT,
                       "set dataset.path to a text file, or to a folder or archive, and "
                       "dataset.train, dataset.validation and dataset.test to the names in it");
  if (!self->file[STRAIT_TEST] && !self->file[STRAIT_VALIDATION])
    return read_single(self);
  if (!self->file[STRAIT_TRAIN])
    return strait_fail(self, STRAIT_EINVAL, "test and validation are names in path, as train must be; set it too");
  for (int which = 0; which < 3 && status == STRAIT_OK; which++)
    if (self->file[which])
      status = read_part(self, &self->part[which], self->file[which]);
  return status;
}

/* --- the vocabulary --- */

static int32_t make_vocabulary(struct text *self) {
  struct cursor c = cursor_of(self, &self->part[STRAIT_TRAIN]);
  struct vocabulary *v = &self->vocabulary;
  while (next_token(&c))
    if (vocabulary_count(v, self, c.token, c.length) < 0)
      return STRAIT_ENOMEM;
  if (!v->count)
    return strait_fail(self, STRAIT_EFORMAT, "%s has no words", self->part[STRAIT_TRAIN].name);
  vocabulary_sort(v, self->unit == WORDS);
  self->names = strait_alloc(self, (size_t)v->count * sizeof *self->names);
  for (int64_t i = 0; self->names && i < v->count; i++) {
    char *name = strait_alloc(self, (size_t)v->word[i].length + 1);
    if (!name)
      return STRAIT_ENOMEM;
    self->names[i] = memcpy(name, v->word[i].text, (size_t)v->word[i].length);
  }
  return self->names ? STRAIT_OK : STRAIT_ENOMEM;
}

static int32_t refuse_token(const struct text *self, const struct part *part, const struct cursor *c) {
  const int end = *c->token == '\n';
  return strait_fail(self, STRAIT_EFORMAT, "%s, line %lld: the training text has no %s \"%.*s\"%s", part->name,
                     (long long)(c->line - end), self->unit == WORDS ? "word" : "character",
                     (int)(end              ? 2
                           : c->length < 60 ? c->length
                                            : 60),
                     end ? "\\n" : c->token, self->unit == WORDS ? ", and no <unk> to stand for it" : "");
}

static int32_t number_part(struct text *self, struct part *part) {
  static const char unk[] = "<unk>";
  struct cursor c = cursor_of(self, part);
  const int64_t unknown = self->unit == WORDS ? vocabulary_find(&self->vocabulary, unk, sizeof unk - 1) : -1;
  part->tokens = count_tokens(self, part);
  part->token = strait_alloc(self, (size_t)part->tokens * sizeof *part->token);
  if (!part->token)
    return STRAIT_ENOMEM;
  for (int64_t i = 0; next_token(&c); i++) {
    int64_t number = vocabulary_find(&self->vocabulary, c.token, c.length);
    if (number < 0)
      number = unknown;
    if (number < 0)
      return refuse_token(self, part, &c);
    part->token[i] = (int32_t)number;
  }
  return STRAIT_OK;
}

static int32_t open_text(void *object) {
  static const char *const split[3] = {"training", "test", "validation"};
  struct text *self = object;
  int32_t status = read_parts(self);
  if (status == STRAIT_OK)
    status = make_vocabulary(self);
  for (int which = 0; which < 3 && status == STRAIT_OK; which++)
    if (self->part[which].text) {
      status = number_part(self, &self->part[which]);
      if (status == STRAIT_OK && self->part[which].tokens < 2)
        status = strait_fail(self, STRAIT_EFORMAT, "%s: the %s text has %lld tokens; it must have 2 or more",
                             self->part[which].name, split[which], (long long)self->part[which].tokens);
    }
  if (status == STRAIT_OK && self->part[STRAIT_TRAIN].tokens <= self->steps)
    status = strait_fail(self, STRAIT_EINVAL,
                         "steps = %lld: the training text has %lld tokens, and a sample takes %lld and the one after",
                         (long long)self->steps, (long long)self->part[STRAIT_TRAIN].tokens, (long long)self->steps);
  return status;
}

/* --- samples --- */

static int32_t describe(const void *object, uint32_t which, strait_split *split) {
  const struct text *self = object;
  const int64_t tokens = self->part[which].tokens;
  split->element = STRAIT_I32;
  split->target = STRAIT_TARGET_CLASSES;
  split->order = self->order ? STRAIT_ORDER_WINDOWS : STRAIT_ORDER_STREAMS;
  split->rank = 1;
  split->dims[0] = self->steps;
  split->count = tokens ? tokens - 1 : 0;
  split->classes = self->vocabulary.count;
  split->class_names = self->names;
  split->epoch = self->order ? self->epoch : 0;
  split->validation = self->part[STRAIT_VALIDATION].text != NULL;
  return STRAIT_OK;
}

/* The tokens from place `index` on, each with the next one as its target. */
static int32_t read_sample(const void *object, uint32_t which, int64_t index, strait_sample *sample) {
  const struct text *self = object;
  const struct part *part = &self->part[which];
  int32_t *x = strait_sample_reserve(sample, 1, &self->steps), *y = strait_sample_labels(sample, self->steps);
  if (!x || !y)
    return STRAIT_EBUG;
  for (int64_t i = 0; i < self->steps; i++) {
    const int there = index + i + 1 < part->tokens;
    x[i] = there ? part->token[index + i] : 0;
    y[i] = there ? part->token[index + i + 1] : -1;
  }
  return STRAIT_OK;
}

static const strait_dataset_ops ops = {
    .size = sizeof ops, .open = open_text, .describe = describe, .read = read_sample};
STRAIT_REGISTER(dataset, text, struct text, .version = "1.0", .summary = "a text of words or characters", .ops = &ops,
                STRAIT_WITH_OPTIONS(options), .description = about)
