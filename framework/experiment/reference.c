/* experiment/reference.c: reads the names of weights and paths. See reference.h for the grammar. Touches no file. */
#include "experiment/reference.h"

#include <ctype.h>
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/text.h"

#define DEEPEST 8 /* mean(mean(...)) */

static const char *const reserved[] = {"mean", "line", "chain", "plane", "file", "defaults", "none", "all"};

int name_is_reserved(const char *name) {
  for (size_t i = 0; i < sizeof reserved / sizeof *reserved; i++)
    if (strcmp(name, reserved[i]) == 0)
      return 1;
  return 0;
}

/* The byte behind the path that begins at `path`, within a list of other things: a comma, semicolon or parenthesis that
 * is not the path's own ends it, but not within quotation marks. */
static const char *end_of_path(const char *path) {
  int depth = 0, quoted = 0;
  for (; *path && (quoted || !strchr(depth ? "" : ",;)", *path)); path++) {
    quoted ^= *path == '"';
    depth += quoted ? 0 : (*path == '(') - (*path == ')');
  }
  return path;
}

/* The text without its blanks; within quotation marks and in a file's path they stay. */
static char *without_blanks(struct arena *arena, const char *text) {
  char *copy = arena_copy(arena, text);
  if (!copy || text_starts(copy, "file:"))
    return copy;
  char *to = copy;
  for (const char *from = copy, *end; *from; from = end) {
    end = from + 1;
    if (isspace((unsigned char)*from))
      continue;
    if (*from == '"' && strchr(end, '"'))
      end = strchr(end, '"') + 1;
    else if (text_starts(from, "file:") && (to == copy || strchr("(,", to[-1])))
      for (end = end_of_path(from); isspace((unsigned char)end[-1]);)
        end--;
    memmove(to, from, (size_t)(end - from));
    to += end - from;
  }
  *to = 0;
  return copy;
}

/* Splits "a,b(c,d),e" at the commas outside of parentheses, brackets and quotation marks. */
static int split_commas(struct arena *arena, char *list, char ***items, size_t *count) {
  size_t commas = 0;
  for (const char *c = list; *c; c++)
    commas += *c == ',';
  char **found = arena_alloc(arena, commas + 1, sizeof *found);
  if (!found)
    return error_failure();
  size_t n = 0;
  int depth = 0, quoted = 0;
  found[n++] = list;
  for (char *c = list; *c; c++) {
    quoted ^= *c == '"';
    depth += quoted ? 0 : (*c == '(') - (*c == ')');
    if (*c == ',' && depth == 0 && !quoted) {
      *c = 0;
      found[n++] = c + 1;
    }
  }
  *items = found;
  *count = n;
  return STRAIT_OK;
}

/* The text without the marks around it, when its first and last bytes are these two. */
static const char *without_marks(struct arena *arena, const char *text, const char *marks) {
  size_t length = strlen(text);
  if (length < 2 || text[0] != marks[0] || text[length - 1] != marks[1])
    return text;
  return arena_copy_n(arena, text + 1, length - 2);
}

/* The parenthesis that closes the one at `open`; NULL: none does. */
static const char *closing(const char *open) {
  int depth = 0, quoted = 0;
  for (const char *c = open; *c; c++) {
    quoted ^= *c == '"';
    depth += quoted ? 0 : (*c == '(') - (*c == ')');
    if (depth == 0)
      return c;
  }
  return NULL;
}

/* What stands between "WORD(" and the ")" that closes it, or NULL when the text does not begin with WORD(...); *rest:
 * what follows. */
static char *call_and_rest(struct arena *arena, const char *text, const char *word, const char **rest) {
  size_t length = strlen(word);
  const char *end = strncmp(text, word, length) == 0 && text[length] == '(' ? closing(text + length) : NULL;
  if (!end)
    return NULL;
  *rest = end + 1;
  return arena_copy_n(arena, text + length + 1, (size_t)(end - text) - length - 1);
}

/* The same, but NULL where something follows. */
static char *call_of(struct arena *arena, const char *text, const char *word) {
  const char *rest = "";
  char *inside = call_and_rest(arena, text, word, &rest);
  return *rest ? NULL : inside;
}

/* A whole number of digits alone, so that "+8" and "0x8" are refused. */
static int digits(const char *text, int64_t *number) {
  for (const char *c = text; *c; c++)
    if (!isdigit((unsigned char)*c))
      return error_set(STRAIT_EINVAL, "'%s' is not a whole number", text);
  return text_integer(text, number);
}

static int parse(struct arena *arena, const char *text, const char *folder, int depth, struct reference **reference);
static int parse_walk(struct arena *arena, const char *text, const char *folder, int depth, struct route *route);

static int parse_list(struct arena *arena, char *inside, const char *folder, int depth, struct reference ***parts,
                      size_t *count) {
  char **items = NULL;
  int status = split_commas(arena, inside, &items, count);
  if (status)
    return status;
  *parts = arena_alloc(arena, *count, sizeof **parts);
  if (!*parts)
    return error_failure();
  for (size_t i = 0; i < *count; i++)
    if ((status = parse(arena, items[i], folder, depth + 1, &(*parts)[i])) != STRAIT_OK)
      return status;
  return STRAIT_OK;
}

/* "a:2" is cut before its last colon, and what a weighs in the mean goes to *share: 1 where nothing is said. A colon in
 * the name of a file is followed by no number, or stands within quotation marks. */
static int cut_share(char *item, double *share, int *weighted) {
  const int file = text_starts(item, "file:");
  char *colon = NULL;
  int depth = 0, quoted = 0;
  *share = 1;
  for (char *c = item + (file ? strlen("file:") : 0); *c; c++) {
    quoted ^= *c == '"';
    depth += quoted ? 0 : (*c == '(') - (*c == ')');
    if (*c == ':' && !quoted && !depth)
      colon = c;
  }
  if (!colon)
    return STRAIT_OK;
  if (text_number(colon + 1, share) || !isfinite(*share)) {
    *share = 1;
    error_clear();
    return file ? STRAIT_OK
                : error_set(STRAIT_EINVAL,
                            "'%s': after the colon comes what it weighs in the mean, as in mean(a:2,b:1)", item);
  }
  *colon = 0;
  *weighted = 1;
  return STRAIT_OK;
}

/* The parts of a mean. Weights that sum to nothing beside their size have no mean. */
static int parse_mean(struct arena *arena, char *inside, const char *folder, int depth, struct reference *r) {
  char **items = NULL;
  int weighted = 0;
  double sum = 0, size = 0;
  int status = split_commas(arena, inside, &items, &r->count);
  if (status)
    return status;
  r->parts = arena_alloc(arena, r->count, sizeof *r->parts);
  r->shares = arena_alloc(arena, r->count, sizeof *r->shares);
  if (!r->parts || !r->shares)
    return error_failure();
  for (size_t i = 0; !status && i < r->count; i++) {
    status = cut_share(items[i], &r->shares[i], &weighted);
    if (!status)
      status = parse(arena, items[i], folder, depth + 1, &r->parts[i]);
    sum += r->shares[i];
    size += fabs(r->shares[i]);
  }
  if (!status && fabs(sum) <= 1e-9 * size)
    status = error_set(STRAIT_EINVAL, "the weights of a mean are divided by their sum, and this is 0");
  if (!weighted)
    r->shares = NULL;
  return status;
}

/* t of "(0.3)". */
static int parse_t(struct arena *arena, const char *text, double *t) {
  size_t length = strlen(text);
  char *inside = arena_copy_n(arena, text + 1, length - 2);
  int status = inside ? text_number(inside, t) : error_failure();
  if (status)
    return status;
  return *t >= 0 && *t <= 1 ? STRAIT_OK : error_set(STRAIT_EINVAL, "t is %s, but t goes from 0 to 1", inside);
}

/* "line(a,b)(0.5)" */
static int parse_along(struct arena *arena, const char *text, const char *rest, const char *folder, int depth,
                       struct reference *r) {
  size_t length = strlen(rest);
  if (length < 3 || rest[0] != '(' || rest[length - 1] != ')')
    return error_set(STRAIT_EINVAL, "a line or chain is a path; (0.5) after it names the weights in its middle");
  const char *path = arena_copy_n(arena, text, (size_t)(rest - text));
  r->type = REFERENCE_ALONG;
  r->along = path ? arena_alloc(arena, 1, sizeof *r->along) : NULL;
  if (!r->along)
    return error_failure();
  r->along->text = path;
  int status = parse_t(arena, rest, &r->t);
  if (!status)
    status = parse_walk(arena, path, folder, depth, r->along);
  if (!status && r->along->repair)
    return error_set(STRAIT_EINVAL, "weights are named on the line as it lies; leave ;repair out");
  r->parts = r->along->parts;
  r->count = r->along->count;
  return status;
}

/* The suffix after the stage's name: @8 @i500 [2] [*] (0.3) #1, or nothing. */
static int parse_suffix(struct arena *arena, const char *suffix, struct reference *r) {
  size_t length = strlen(suffix);
  char last = length ? suffix[length - 1] : 0;
  if (length == 0)
    return r->type = REFERENCE_FINAL, STRAIT_OK;
  if (suffix[0] == '@') {
    int iteration = suffix[1] == 'i';
    r->type = iteration ? REFERENCE_ITERATION : REFERENCE_EPOCH;
    return digits(suffix + 1 + iteration, &r->number);
  }
  if (suffix[0] == '#')
    return r->type = REFERENCE_CONTROL, digits(suffix + 1, &r->number);
  if (strcmp(suffix, "[*]") == 0)
    return r->type = REFERENCE_MEMBERS, STRAIT_OK;
  char *inside = length > 1 ? arena_copy_n(arena, suffix + 1, length - 2) : NULL;
  if (suffix[0] == '[' && last == ']')
    return r->type = REFERENCE_MEMBER, inside ? digits(inside, &r->number) : error_failure();
  if (suffix[0] == '(' && last == ')')
    return r->type = REFERENCE_POINT, parse_t(arena, suffix, &r->t);
  return error_set(STRAIT_EINVAL, "'%s' after the name is none of @8 @i500 [2] [*] (0.3) #1", suffix);
}

static int parse_named(struct arena *arena, const char *text, struct reference *r) {
  size_t length = strcspn(text, "@[(#");
  char *name = arena_copy_n(arena, text, length);
  if (!name)
    return error_failure();
  if (!text_is_name(name))
    return error_set(STRAIT_EINVAL, "'%s' is not the name of a stage", name);
  if (name_is_reserved(name))
    return error_set(STRAIT_EINVAL, "'%s' cannot be used like this", name);
  r->name = name;
  return parse_suffix(arena, text + length, r);
}

static int parse_here(struct arena *arena, const char *text, const char *folder, int depth, struct reference *r) {
  if (depth > DEEPEST)
    return error_set(STRAIT_EINVAL, "nested more than %d deep", DEEPEST);
  if (text_starts(text, "file:")) {
    const char *named = without_marks(arena, text + 5, "\"\"");
    if (named && !*named)
      return error_set(STRAIT_EINVAL, "file: needs a path after it");
    if (named && (named[0] == '~' || strchr(named, '$')) && !file_exists(named))
      return error_set(STRAIT_ENOENT, "no file \"%s\"; ~ and $ are not expanded, so write the whole path", named);
    r->type = REFERENCE_FILE;
    const char *path = named ? file_join(arena, folder, named) : NULL;
    r->path = path ? file_absolute(arena, path) : NULL;
    r->text = r->path ? arena_format(arena, "file:%s", r->path) : NULL;
    return r->text ? STRAIT_OK : error_failure();
  }
  const char *rest;
  char *inside = call_of(arena, text, "mean");
  if (inside) {
    r->type = REFERENCE_MEAN;
    return parse_mean(arena, inside, folder, depth, r);
  }
  if (call_and_rest(arena, text, "line", &rest) || call_and_rest(arena, text, "chain", &rest))
    return parse_along(arena, text, rest, folder, depth, r);
  return parse_named(arena, text, r);
}

static int parse(struct arena *arena, const char *text, const char *folder, int depth, struct reference **reference) {
  struct reference *r = arena_alloc(arena, 1, sizeof *r);
  if (!r)
    return error_failure();
  text = without_marks(arena, text, "\"\"");
  if (!text)
    return error_failure();
  r->text = text;
  r->part = depth > 0;
  int status = parse_here(arena, text, folder, depth, r);
  if (status)
    return depth ? status : error_wrap("'%s'", text);
  *reference = r;
  return STRAIT_OK;
}

int reference_parse(struct arena *arena, const char *text, const char *folder, struct reference **reference) {
  char *copy = without_blanks(arena, text);
  const char *bare = copy ? without_marks(arena, copy, "()") : NULL;
  return bare ? parse(arena, bare, folder, 0, reference) : error_failure();
}

#define LONGEST_FOLDER 96

/* "chain(left,arc(0.5),right)" becomes "chain-left-arc-0.5-right": readable, and safe in any shell and file system. Of
 * a long one the end is replaced by a hash of the whole. */
static const char *folder_name(struct arena *arena, const char *text) {
  char *name = arena_copy(arena, text);
  if (!name)
    return NULL;
  char *to = name;
  for (const char *from = text; *from; from++) {
    int keep = isalnum((unsigned char)*from) || *from == '.' || *from == '_';
    if (keep)
      *to++ = *from;
    else if (to > name && to[-1] != '-')
      *to++ = '-';
  }
  while (to > name && to[-1] == '-')
    to--;
  *to = 0;
  if (to - name <= LONGEST_FOLDER)
    return name;
  char digest[33];
  hash_of(text, strlen(text), digest);
  return arena_format(arena, "%.*s-%.16s", LONGEST_FOLDER, name, digest);
}

/* The patterns of "line(a,b;only=conv1.*,fc?.*)", or repair, which is cut off before the semicolon. */
static int parse_only(struct arena *arena, char *inside, struct route *route) {
  char *semicolon = inside;
  for (int quoted = 0, depth = 0; semicolon && *semicolon && (quoted || depth || *semicolon != ';'); semicolon++) {
    quoted ^= *semicolon == '"';
    depth += quoted ? 0 : (*semicolon == '(') - (*semicolon == ')');
  }
  if (!semicolon || !*semicolon)
    return STRAIT_OK;
  if (route->type == ROUTE_LINE && strcmp(semicolon, ";repair") == 0) {
    route->repair = 1;
    *semicolon = 0;
    return STRAIT_OK;
  }
  if (route->type != ROUTE_LINE || !text_starts(semicolon, ";only="))
    return error_set(STRAIT_EINVAL, "after the semicolon of a line comes only=PATTERN,... of parameters' names, as "
                                    "line(a,b;only=conv1.*), or repair, as line(a,b;repair)");
  int status = split_commas(arena, semicolon + strlen(";only="), &route->only, &route->only_count);
  for (size_t i = 0; !status && i < route->only_count; i++)
    if (!*route->only[i])
      status = error_set(STRAIT_EINVAL, "only= needs a pattern of parameters' names, as only=conv1.*");
  *semicolon = 0;
  return status;
}

/* line(a,b) or chain(a,b,...); depth: of what it is written in. */
static int parse_walk(struct arena *arena, const char *text, const char *folder, int depth, struct route *route) {
  char *inside = call_of(arena, text, "line");
  route->type = inside ? ROUTE_LINE : ROUTE_CHAIN;
  if (!inside)
    inside = call_of(arena, text, "chain");
  if (!inside)
    return error_failure();
  int status = parse_only(arena, inside, route);
  if (!status)
    status = parse_list(arena, inside, folder, depth, &route->parts, &route->count);
  if (status)
    return status;
  if (route->type == ROUTE_CHAIN && route->count == 1 && route->parts[0]->type != REFERENCE_MEMBERS)
    return error_set(STRAIT_EINVAL, "a path needs at least two points; this is one");
  if (route->type == ROUTE_LINE && route->count != 2)
    return error_set(STRAIT_EINVAL, "a line has 2 ends, not %zu", route->count);
  return STRAIT_OK;
}

static int parse_route(struct arena *arena, const char *text, const char *folder, struct route *route) {
  if (call_of(arena, text, "line") || call_of(arena, text, "chain"))
    return parse_walk(arena, text, folder, 0, route);
  route->type = ROUTE_CURVE;
  route->name = text;
  if (!text_is_name(text) || name_is_reserved(text))
    return error_set(STRAIT_EINVAL, "a path is a connect stage's name, line(a,b) or chain(a,b,c,...)");
  return STRAIT_OK;
}

int route_moves(const struct route *route, const char *parameter) {
  int moves = route->only_count == 0;
  for (size_t i = 0; i < route->only_count && !moves; i++)
    moves = text_matches(route->only[i], parameter);
  return moves;
}

int route_parse(struct arena *arena, const char *text, const char *folder, struct route **route) {
  char *copy = without_blanks(arena, text);
  const char *bare = copy ? without_marks(arena, copy, "()") : NULL;
  struct route *made = bare ? arena_alloc(arena, 1, sizeof *made) : NULL;
  if (!made)
    return error_failure();
  made->text = bare;
  int status = parse_route(arena, bare, folder, made);
  if (status)
    return error_wrap("'%s'", bare);
  made->folder = folder_name(arena, bare);
  if (!made->folder)
    return error_failure();
  *route = made;
  return STRAIT_OK;
}
