/* store/torch_tensors.c: the functions of ours that stand for those of torch/_utils.py and torch/_tensor.py. Every
 * argument is used or checked here; what a tensor has and we do not know makes it one that cannot be read. */
#include <config.h>

#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "store/torch_objects.h"

#define MOST_DIMS 64 /* torch's own limit */

static int odd(const char *what) { return error_set(STRAIT_EFORMAT, "%s: the file is damaged", what); }

static int is_count(const struct pickle_value *value) { return value->type == PICKLE_INTEGER && value->integer >= 0; }

static int is_object(const struct pickle_value *value, uint32_t kind) {
  return value->type == PICKLE_OBJECT && value->kind == kind;
}

/* requires_grad and backward_hooks, which say nothing of the numbers. */
static int are_of_training(const struct pickle_value *arguments) {
  return arguments[0].type == PICKLE_BOOL && (arguments[1].type == PICKLE_DICT || arguments[1].type == PICKLE_NONE);
}

/* --- places --- */

/* How many elements lie between a tensor's first and its last, both included; 0 for an empty one. */
static int measure_extent(const struct pickle_items *size, const struct pickle_items *stride, int64_t *extent) {
  *extent = 1;
  for (size_t i = 0; i < size->count; i++)
    if (!is_count(&size->item[i]) || !is_count(&stride->item[i]))
      return odd("a dimension or stride is not a number of at least 0");
  for (size_t i = 0; i < size->count; i++)
    if (size->item[i].integer == 0)
      return *extent = 0, STRAIT_OK;
  for (size_t i = 0; i < size->count; i++) {
    int64_t reach;
    if (__builtin_mul_overflow(size->item[i].integer - 1, stride->item[i].integer, &reach) ||
        __builtin_add_overflow(*extent, reach, extent))
      return odd("a tensor reaches beyond its storage");
  }
  return STRAIT_OK;
}

/* How many elements of the tensor's type the storage holds. */
static int64_t count_elements(const struct torch_window *window, const struct element *element) {
  const struct element *own = window->storage->element;
  return own == element ? window->count : window->count * own->bytes / element->bytes;
}

/* Places a tensor of `element` in its storage by (offset, size, stride). */
static int place(struct torch_tensor *tensor, const struct torch_window *window, const struct element *element,
                 const struct pickle_value *arguments) {
  const struct pickle_items *size = arguments[1].items, *stride = arguments[2].items;
  const int64_t offset = arguments[0].integer, there = count_elements(window, element);
  int64_t extent;
  if (window->first && element != window->storage->element)
    return odd("a tensor is of another type than its window");
  if (size->count > MOST_DIMS)
    return odd("a tensor has more dimensions than torch allows");
  if (measure_extent(size, stride, &extent))
    return error_failure();
  if (extent && (offset > there || extent > there - offset))
    return odd("a tensor reaches beyond its storage");
  tensor->storage = window->storage;
  tensor->element = element;
  tensor->rank = size->count;
  tensor->offset = extent ? window->first + offset : 0;
  for (size_t i = 0; i < size->count && i < STRAIT_MAX_DIMS; i++) {
    tensor->dims[i] = size->item[i].integer;
    tensor->strides[i] = tensor->dims[i] > 1 ? stride->item[i].integer : 0; /* unused ones may be anything */
  }
  return STRAIT_OK;
}

/* --- what its numbers are --- */

/* {"conj": True, "neg": True}: the bits of lazy views. */
static int take_metadata(struct torch_tensor *tensor, const struct pickle_value *metadata, struct arena *arena) {
  for (size_t i = 0; metadata->type == PICKLE_DICT && i + 1 < metadata->items->count; i += 2) {
    const struct pickle_value *key = &metadata->items->item[i], *value = key + 1;
    const int is_flag = value->type == PICKLE_BOOL;
    if (is_flag && pickle_is_text(key, "neg")) {
      tensor->negated = value->integer != 0;
    } else if (!is_flag || !pickle_is_text(key, "conj")) { /* of complex numbers, which are not read anyway */
      const char *name = key->type == PICKLE_STRING ? pickle_quote(arena, key->text, key->length) : NULL;
      tensor->refusal = arena_format(arena, "it carries \"%s\", whose meaning is not known here",
                                     name ? name : pickle_type_name(key));
      return tensor->refusal ? STRAIT_OK : error_failure();
    }
  }
  return STRAIT_OK;
}

static int check_type(struct torch_tensor *tensor, const struct element *element, struct arena *arena) {
  if (!element->type)
    tensor->refusal = arena_format(arena, "elements of type %s are not read; save it as float32", element->name);
  else if (tensor->negated && element->type == STRAIT_U8)
    tensor->refusal = arena_format(arena, "elements of type %s cannot be negative", element->name);
  else if (tensor->rank > STRAIT_MAX_DIMS)
    tensor->refusal = arena_format(arena, "%zu dimensions, %d are the most", tensor->rank, STRAIT_MAX_DIMS);
  else
    return STRAIT_OK;
  return tensor->refusal ? STRAIT_OK : error_failure();
}

/* (storage, offset, size, stride); element NULL: the storage's; metadata NULL: none. */
static int make(struct pickle_machine *machine, const struct pickle_value *arguments, const struct element *element,
                const struct pickle_value *metadata, struct pickle_value *result) {
  struct arena *arena = pickle_rules_of(machine)->arena;
  if (!is_object(&arguments[0], TORCH_STORAGE) || !is_count(&arguments[1]) || arguments[2].type != PICKLE_TUPLE ||
      arguments[3].type != PICKLE_TUPLE || arguments[2].items->count != arguments[3].items->count)
    return odd("a tensor is not described as such");
  const struct torch_window *window = arguments[0].object;
  struct torch_tensor *tensor = arena_alloc(arena, 1, sizeof *tensor);
  if (!tensor)
    return error_failure();
  *result = (struct pickle_value){.type = PICKLE_OBJECT, .kind = TORCH_TENSOR, .object = tensor};
  if (!window->storage->element) {
    tensor->refusal = arena_format(arena, "its numbers are of %s, which is not known here", window->storage->unknown);
    return tensor->refusal ? STRAIT_OK : error_failure();
  }
  if (!element)
    element = window->storage->element;
  if (element->bytes && place(tensor, window, element, arguments + 1))
    return error_failure();
  if (metadata && take_metadata(tensor, metadata, arena))
    return error_failure();
  return tensor->refusal ? STRAIT_OK : check_type(tensor, element, arena);
}

/* A tensor that cannot be read because of one argument. */
static int refuse(struct pickle_machine *machine, const char *why, const struct pickle_value *argument,
                  struct pickle_value *result) {
  struct arena *arena = pickle_rules_of(machine)->arena;
  struct torch_tensor *tensor = arena_alloc(arena, 1, sizeof *tensor);
  if (!tensor || !(tensor->refusal = arena_format(arena, why, pickle_type_name(argument))))
    return error_failure();
  *result = (struct pickle_value){.type = PICKLE_OBJECT, .kind = TORCH_TENSOR, .object = tensor};
  return STRAIT_OK;
}

/* --- the functions --- */

/* _rebuild_tensor(storage, offset, size, stride). */
int torch_make_tensor(struct pickle_machine *machine, const struct pickle_value *arguments, size_t count,
                      struct pickle_value *result) {
  return count == 4 ? make(machine, arguments, NULL, NULL, result) : odd("a tensor is not described as such");
}

static int is_metadata(const struct pickle_value *value) {
  return value->type == PICKLE_DICT || value->type == PICKLE_NONE;
}

/* _rebuild_tensor_v2(storage, offset, size, stride, requires_grad, backward_hooks, metadata=None). */
int torch_make_tensor2(struct pickle_machine *machine, const struct pickle_value *arguments, size_t count,
                       struct pickle_value *result) {
  if (count < 6 || count > 7 || !are_of_training(&arguments[4]) || (count == 7 && !is_metadata(&arguments[6])))
    return odd("a tensor is not described as such");
  return make(machine, arguments, NULL, count == 7 ? &arguments[6] : NULL, result);
}

/* _rebuild_tensor_v3(storage, offset, size, stride, requires_grad, backward_hooks, dtype, metadata=None). */
int torch_make_tensor3(struct pickle_machine *machine, const struct pickle_value *arguments, size_t count,
                       struct pickle_value *result) {
  if (count < 7 || count > 8 || !are_of_training(&arguments[4]) || (count == 8 && !is_metadata(&arguments[7])))
    return odd("a tensor is not described as such");
  const struct element *element = torch_type_of(&arguments[6]);
  if (element)
    return make(machine, arguments, element, count == 8 ? &arguments[7] : NULL, result);
  return refuse(machine, "its numbers are of %s, which is not known here", &arguments[6], result);
}

/* A tensor that another argument was to make, and that is opaque. */
static int pass_opaque(const struct pickle_value *value, struct pickle_value *result) {
  *result = *value;
  return value->type == PICKLE_OPAQUE;
}

/* _rebuild_parameter(data, requires_grad, backward_hooks): the tensor itself. */
int torch_make_parameter(struct pickle_machine *machine, const struct pickle_value *arguments, size_t count,
                         struct pickle_value *result) {
  (void)machine;
  if (count != 3 || !are_of_training(&arguments[1]) ||
      (!pass_opaque(&arguments[0], result) && !is_object(&arguments[0], TORCH_TENSOR)))
    return odd("a parameter is not described as such");
  return STRAIT_OK;
}

/* _rebuild_parameter_with_state(data, requires_grad, backward_hooks, state): attributes besides. */
int torch_make_parameter_with_state(struct pickle_machine *machine, const struct pickle_value *arguments, size_t count,
                                    struct pickle_value *result) {
  return count == 4 ? torch_make_parameter(machine, arguments, 3, result) : odd("a parameter is not described as such");
}

/* _rebuild_from_type_v2(function, class, arguments, state): what the function makes, as an object of the class, with
 * attributes. A class of somebody's own may read the same numbers otherwise. */
int torch_make_of_type(struct pickle_machine *machine, const struct pickle_value *arguments, size_t count,
                       struct pickle_value *result) {
  const struct pickle_value *function = arguments, *class = arguments + 1;
  if (count != 4 || arguments[2].type != PICKLE_TUPLE)
    return odd("a tensor is not described as such");
  if (pass_opaque(function, result))
    return STRAIT_OK;
  if (function->type != PICKLE_NAME || !function->name->make || function->name->make == torch_make_of_type)
    return odd("a tensor is not described as such");
  if (function->name->make(machine, arguments[2].items->item, arguments[2].items->count, result))
    return error_failure();
  if (result->type == PICKLE_OPAQUE || torch_is_tensor_class(class))
    return STRAIT_OK;
  if (!is_object(result, TORCH_TENSOR))
    return odd("a tensor is not described as such");
  return refuse(machine, "it is of the class %s, which may read its numbers otherwise", class, result);
}

/* --- what is not read --- */

static const struct {
  const char *function, *why;
} refusals[] = {
    {"torch._utils._rebuild_qtensor", "it is quantised; save its dequantize()"},
    {"torch._utils._rebuild_sparse_tensor", "it is sparse; save its to_dense()"},
    {"torch._utils._rebuild_sparse_csr_tensor", "it is sparse; save its to_dense()"},
    {"torch._utils._rebuild_nested_tensor", "it is nested; save each of its parts"},
    {"torch._utils._rebuild_meta_tensor_no_storage", "it is on the meta device: its numbers were never there"},
};

int torch_is_tensor(const struct pickle_value *value, const struct torch_tensor **tensor) {
  *tensor = is_object(value, TORCH_TENSOR) ? value->object : NULL;
  return *tensor || (value->type == PICKLE_OPAQUE && text_starts(value->text, "torch._") &&
                     strstr(value->text, "._rebuild_") != NULL);
}

const struct torch_tensor *torch_refused(const struct pickle_value *value, struct arena *arena) {
  struct torch_tensor *tensor = arena_alloc(arena, 1, sizeof *tensor);
  if (!tensor)
    return NULL;
  for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++)
    if (strcmp(value->text, refusals[i].function) == 0)
      tensor->refusal = refusals[i].why;
  if (!tensor->refusal)
    tensor->refusal = arena_format(arena, "it is made by %s, which is not known here", value->text);
  return tensor->refusal ? tensor : NULL;
}
