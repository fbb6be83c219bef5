/* store/pickle_machine.c: the parts of the machine that reads pickles, and the bounds on each of them. */
#include <config.h>

#include <string.h>

#include "base/error.h"
#include "store/pickle_machine.h"

/* What a pickle of weights never comes near, and what still fits into memory: values on the stack, numbered values,
 * objects, and items in all containers. */
#define MOST_STACK ((size_t)1 << 20)
#define MOST_MEMO ((size_t)1 << 20)
#define MOST_OBJECTS ((size_t)1 << 20)
#define MOST_ITEMS ((size_t)1 << 22)

int machine_damaged(const char *why) { return error_set(STRAIT_EFORMAT, "%s: the file is damaged", why); }

/* --- bytes and the stack --- */

int machine_take(struct pickle_machine *m, size_t count, const unsigned char **bytes) {
  if (count > m->length - m->at)
    return error_set(STRAIT_EFORMAT, "it ends too early: the file is cut or damaged");
  *bytes = m->data + m->at;
  m->at += count;
  return STRAIT_OK;
}

int machine_number(struct pickle_machine *m, size_t count, uint64_t *number) {
  const unsigned char *bytes = NULL;
  int status = machine_take(m, count, &bytes);
  *number = 0;
  for (size_t i = count; !status && i > 0; i--)
    *number = *number << 8 | bytes[i - 1];
  return status;
}

int machine_line(struct pickle_machine *m, struct pickle_value *line) {
  const unsigned char *start = m->data + m->at, *end = memchr(start, '\n', m->length - m->at);
  if (!end)
    return error_set(STRAIT_EFORMAT, "it ends too early: the file is cut or damaged");
  *line = (struct pickle_value){.type = PICKLE_STRING, .length = (size_t)(end - start), .text = (const char *)start};
  m->at += line->length + 1;
  return STRAIT_OK;
}

int machine_push(struct pickle_machine *m, const struct pickle_value *value) {
  if (m->depth >= MOST_STACK)
    return error_set(STRAIT_ENOTSUP, "more than %zu values wait on its stack", MOST_STACK);
  if (memory_grow(&m->stack, &m->stack_capacity, m->depth + 1, sizeof *m->stack))
    return STRAIT_ENOMEM;
  m->stack[m->depth++] = *value;
  return STRAIT_OK;
}

/* The lowest place that may be popped: nothing below the last mark is. */
static size_t floor_of(const struct pickle_machine *m) { return m->mark_count ? m->marks[m->mark_count - 1] : 0; }

int machine_pop(struct pickle_machine *m, struct pickle_value *value) {
  if (m->depth <= floor_of(m))
    return machine_damaged("it takes a value that is not there");
  *value = m->stack[--m->depth];
  return STRAIT_OK;
}

int machine_top(struct pickle_machine *m, struct pickle_value **value) {
  if (m->depth <= floor_of(m))
    return machine_damaged("it uses a value that is not there");
  *value = &m->stack[m->depth - 1];
  return STRAIT_OK;
}

int machine_pop_mark(struct pickle_machine *m, struct pickle_value **first, size_t *count) {
  if (!m->mark_count)
    return machine_damaged("it goes back to a mark that is not there");
  size_t at = m->marks[--m->mark_count];
  *first = m->stack ? m->stack + at : NULL;
  *count = m->depth - at;
  m->depth = at;
  return STRAIT_OK;
}

/* --- containers --- */

static int add_items(struct pickle_machine *m, struct pickle_items *items, const struct pickle_value *from,
                     size_t count) {
  if (count > MOST_ITEMS - m->items)
    return error_set(STRAIT_ENOTSUP, "its lists and dicts have more than %zu items", MOST_ITEMS);
  m->items += count;
  if (items->count + count > items->capacity) {
    size_t capacity = items->count + count + (items->count ? items->count : 0);
    struct pickle_value *grown = arena_alloc(m->rules->arena, capacity, sizeof *grown);
    if (!grown)
      return STRAIT_ENOMEM;
    if (items->count)
      memcpy(grown, items->item, items->count * sizeof *grown);
    items->item = grown;
    items->capacity = capacity;
  }
  if (from && count)
    memcpy(items->item + items->count, from, count * sizeof *from);
  items->count += count;
  return STRAIT_OK;
}

int machine_count(struct pickle_machine *m) {
  if (m->objects++ >= MOST_OBJECTS)
    return error_set(STRAIT_ENOTSUP, "more than %zu lists, tuples, dicts and tensors", MOST_OBJECTS);
  return STRAIT_OK;
}

static int make_container(struct pickle_machine *m, uint32_t type, struct pickle_value *value) {
  *value = (struct pickle_value){.type = type};
  if (machine_count(m))
    return error_failure();
  value->items = arena_alloc(m->rules->arena, 1, sizeof *value->items);
  return value->items ? STRAIT_OK : error_failure();
}

int machine_container(struct pickle_machine *m, uint32_t type, const struct pickle_value *from, size_t count) {
  struct pickle_value value;
  int status = make_container(m, type, &value);
  if (!status)
    status = add_items(m, value.items, from, count);
  return status ? status : machine_push(m, &value);
}

int machine_add(struct pickle_machine *m, uint32_t type, size_t single) {
  struct pickle_value *from = NULL, *container = NULL;
  size_t count = single;
  if (!single) {
    if (machine_pop_mark(m, &from, &count))
      return error_failure();
  } else {
    if (m->depth - floor_of(m) < single)
      return machine_damaged("it takes a value that is not there");
    m->depth -= single;
    from = m->stack + m->depth;
  }
  if (machine_top(m, &container))
    return error_failure();
  if (container->type == PICKLE_OPAQUE)
    return STRAIT_OK;
  if (container->type != type)
    return error_set(STRAIT_EFORMAT, "it adds items to a value of type %s: the file is damaged",
                     pickle_type_name(container));
  if (type == PICKLE_DICT && count % 2)
    return machine_damaged("a dict's last key has no value");
  return add_items(m, container->items, from, count);
}

int machine_collect(struct pickle_machine *m, uint32_t type) {
  struct pickle_value *from = NULL;
  size_t count = 0;
  if (machine_pop_mark(m, &from, &count))
    return error_failure();
  if (type == PICKLE_DICT && count % 2)
    return machine_damaged("a dict's last key has no value");
  return machine_container(m, type, from, count);
}

int machine_tuple(struct pickle_machine *m, size_t count) {
  if (m->depth - floor_of(m) < count)
    return machine_damaged("it takes a value that is not there");
  m->depth -= count;
  return machine_container(m, PICKLE_TUPLE, m->stack + m->depth, count);
}

/* --- names --- */

int machine_name(struct pickle_machine *m, const struct pickle_value *module, const struct pickle_value *name) {
  struct arena *arena = m->rules->arena;
  for (const struct pickle_name *n = m->rules->names; n && n->module; n++)
    if (pickle_is_text(module, n->module) && pickle_is_text(name, n->name))
      return machine_push(m, &(struct pickle_value){.type = PICKLE_NAME, .name = n});
  if (machine_count(m))
    return error_failure();
  const char *before = pickle_quote(arena, module->text, module->length);
  const char *behind = pickle_quote(arena, name->text, name->length);
  const char *text = before && behind ? arena_format(arena, "%s.%s", before, behind) : NULL;
  if (!text)
    return error_failure();
  return machine_push(m, &(struct pickle_value){.type = PICKLE_OPAQUE, .length = strlen(text), .text = text});
}

int machine_opaque(struct pickle_machine *m, const struct pickle_value *called, struct pickle_value *result) {
  *result = *called;
  if (called->type == PICKLE_OPAQUE)
    return STRAIT_OK;
  if (called->type != PICKLE_NAME)
    return error_set(STRAIT_EFORMAT, "it calls a value of type %s: the file is damaged", pickle_type_name(called));
  const char *text = arena_format(m->rules->arena, "%s.%s", called->name->module, called->name->name);
  if (!text || machine_count(m))
    return error_failure();
  *result = (struct pickle_value){.type = PICKLE_OPAQUE, .length = strlen(text), .text = text};
  return STRAIT_OK;
}

/* --- the memo --- */

int machine_put(struct pickle_machine *m, uint64_t number) {
  struct pickle_value *value = NULL;
  if (number >= MOST_MEMO)
    return error_set(STRAIT_ENOTSUP, "it numbers a value %llu, %zu is the most", (unsigned long long)number,
                     MOST_MEMO - 1);
  if (machine_top(m, &value))
    return error_failure();
  size_t before = m->memo_capacity;
  if (memory_grow(&m->memo, &m->memo_capacity, (size_t)number + 1, sizeof *m->memo))
    return STRAIT_ENOMEM;
  for (size_t i = before; i < m->memo_capacity; i++)
    m->memo[i].type = PICKLE_MARK;
  m->memo_used += m->memo[number].type == PICKLE_MARK;
  m->memo[number] = *value;
  return STRAIT_OK;
}

int machine_get(struct pickle_machine *m, uint64_t number) {
  if (number >= m->memo_capacity || m->memo[number].type == PICKLE_MARK)
    return error_set(STRAIT_EFORMAT, "it asks for value %llu, which it has not numbered: the file is damaged",
                     (unsigned long long)number);
  return machine_push(m, &m->memo[number]);
}

/* Python 3 calls it with nothing and adds the items, Python 2 gives it a list of pairs, each a list or a tuple. */
int pickle_ordered_dict(struct pickle_machine *m, const struct pickle_value *arguments, size_t count,
                        struct pickle_value *result) {
  const struct pickle_items *pairs = count == 1 && arguments[0].type == PICKLE_LIST ? arguments[0].items : NULL;
  if (count && !pairs)
    return error_set(STRAIT_EFORMAT, "it takes one list of pairs or nothing: the file is damaged");
  int status = make_container(m, PICKLE_DICT, result);
  for (size_t i = 0; pairs && i < pairs->count && !status; i++) {
    const struct pickle_value *pair = &pairs->item[i];
    if ((pair->type != PICKLE_LIST && pair->type != PICKLE_TUPLE) || pair->items->count != 2)
      return error_set(STRAIT_EFORMAT, "item %zu of its list is not a pair: the file is damaged", i);
    status = add_items(m, result->items, pair->items->item, 2);
  }
  return status;
}

const struct pickle_rules *pickle_rules_of(const struct pickle_machine *machine) { return machine->rules; }
