/* network/plan.c: where each value and gradient lies in the arena, by when it is needed.
 *
 * Time: step i of n runs forward at i, the loss at n, step i's backward at 2n - i; END is after all. A storage is a
 * piece of the arena with the span of time in which it is in use; several values may lie in one storage, one after
 * another (a relu in place) or, as gradients, together (an add hands its own gradient on). What backward makes again
 * has two spans. Storages whose spans do not meet share words. */
#include <stdlib.h>

#include "network/tape.h"

struct storage {
  int64_t words, at;
  int start, end;
  int again, again_end; /* in use a second time; 0 and 0: it is not */
};

struct planner {
  struct tape *tape;
  int64_t batch;
  struct storage *storages;
  int count;
  int *last;               /* when each value is read last */
  int *storage, *gradient; /* the storage of each value and of its gradient; -1: none */
};

static int time_of_backward(const struct tape *tape, int step) { return 2 * tape->count - step; }
static int time_of_end(const struct tape *tape) { return 2 * tape->count + 1; }

static int new_storage(struct planner *p, int64_t size, int start, int end) {
  int64_t words = (p->batch * size + 15) & ~(int64_t)15; /* 64-byte steps */
  p->storages[p->count] = (struct storage){.words = words, .start = start, .end = end};
  return p->count++;
}

static int64_t value_words(const struct value *value) { return element_words(value->element, value->size); }

static void extend(struct planner *p, int storage, int end) {
  if (p->storages[storage].end < end)
    p->storages[storage].end = end;
}

/* --- values --- */

/* Does it hand its output's gradient on to input k unchanged? */
static int adds_input(const struct step *step, int k) { return step->node->layer->hands_on || (step->adds && k == 1); }

static int keeps_input(const struct step *step, int k) {
  return step->backward && !adds_input(step, k) && step->node->layer->keeps_inputs;
}

/* The sign of what a fused relu made is read again, unless it is found from the input. */
static int keeps_output(const struct step *step) {
  const struct layer *layer = step->node->layer;
  return step->backward && (layer->keeps_output || (step->relu && !layer->relu_by_input));
}

static void read_at(struct planner *p, int value, int time) {
  value = tape_read(p->tape, value);
  if (p->last[value] < time)
    p->last[value] = time;
}

static void find_last_reads(struct planner *p) {
  const struct tape *tape = p->tape;
  for (int i = 0; i < tape->count; i++) {
    const struct step *step = &tape->steps[i];
    read_at(p, step->output, keeps_output(step) ? time_of_backward(tape, i) : i);
    for (int k = 0; k < step->inputs; k++)
      read_at(p, step->input[k], keeps_input(step, k) ? time_of_backward(tape, i) : i);
  }
  read_at(p, tape->output, time_of_end(tape));
}

/* The input whose place step i may write its output to: one that nobody reads later. -1: none. Of two that commute it
 * is made the first; of a step that adds, only what it adds. */
static int find_place_of_output(const struct planner *p, int i) {
  struct step *step = &p->tape->steps[i];
  const struct layer *layer = step->node->layer;
  if (!(layer->in_place & (p->tape->training ? IN_PLACE_TRAINING : IN_PLACE_EVALUATION)) && !step->adds)
    return -1;
  if (step->inputs > 1 && tape_read(p->tape, step->input[0]) == tape_read(p->tape, step->input[1]))
    return -1;
  for (int k = step->adds; k < step->inputs; k++) {
    int value = step->input[k];
    if (p->storage[value] < 0 || p->last[value] > i)
      continue;
    if (layer->commutes) {
      step->input[k] = step->input[0];
      step->input[0] = value;
    }
    return value;
  }
  return -1;
}

/* Between its last reader forward and that one's backward the output of a step that is made again needs no place. */
static void let_go(struct planner *p, int reader) {
  struct storage *s = &p->storages[p->storage[p->tape->steps[p->tape->steps[reader].remake].output]];
  s->again = time_of_backward(p->tape, reader);
  s->again_end = s->end;
  s->end = reader;
}

static void plan_values(struct planner *p) {
  struct tape *tape = p->tape;
  find_last_reads(p);
  for (int i = 0; i < tape->count; i++) {
    int output = tape->steps[i].output;
    if (tape->values[output].norm >= 0)
      continue;
    int input = find_place_of_output(p, i);
    if (input >= 0)
      extend(p, p->storage[output] = p->storage[input], p->last[output]);
    else
      p->storage[output] = new_storage(p, value_words(&tape->values[output]), i, p->last[output]);
    if (tape->steps[i].remake >= 0)
      let_go(p, i);
  }
}

/* --- gradients --- */

/* When the gradient of a value is read, by its producer's backward. */
static int time_of_use(const struct planner *p, int value) {
  return time_of_backward(p->tape, p->tape->values[value].producer);
}

/* Is the gradient of this value, there since `after`, written again until `until`: added to by another reader of the
 * value, or masked by its producer's fused relu? */
static int is_written(const struct planner *p, int value, int after, int until) {
  const struct tape *tape = p->tape;
  int first = time_of_backward(tape, until), producer = tape->values[value].producer;
  if (first < 0)
    first = 0;
  for (int i = first; i < tape->count && time_of_backward(tape, i) > after; i++)
    for (int k = 0; tape->steps[i].backward && k < tape->steps[i].inputs; k++)
      if (tape->steps[i].input[k] == value)
        return 1;
  return tape->steps[producer].relu && time_of_use(p, value) <= until;
}

/* May the gradient of `value` lie in this storage from `time` on, with the gradients that live there beyond it? Only if
 * no write to one is seen by the other. `own` is the gradient that ends at `time`. */
static int can_join(const struct planner *p, int storage, int value, int own, int time) {
  for (int other = 0; other < p->tape->value_count; other++) {
    if (other == own || p->gradient[other] != storage || time_of_use(p, other) <= time)
      continue;
    if (is_written(p, value, time, time_of_use(p, other)) || is_written(p, other, time, time_of_use(p, value)))
      return 0;
  }
  return 1;
}

static int is_alone(const struct planner *p, int storage, int own, int time) {
  for (int other = 0; other < p->tape->value_count; other++)
    if (other != own && p->gradient[other] == storage && time_of_use(p, other) > time)
      return 0;
  return 1;
}

/* Can input k's gradient be where the output's is? It is handed on unchanged, or made in place. */
static int can_take(const struct planner *p, int i, int k) {
  const struct step *step = &p->tape->steps[i];
  int storage = p->gradient[step->output], time = time_of_backward(p->tape, i);
  if (step->node->layer->gradient_in_place)
    return is_alone(p, storage, step->output, time);
  return adds_input(step, k) && step->input[0] != step->input[1] &&
         can_join(p, storage, step->input[k], step->output, time);
}

static void plan_gradients(struct planner *p) {
  struct tape *tape = p->tape;
  if (tape->values[tape->output].wanted)
    p->gradient[tape->output] =
        new_storage(p, value_words(&tape->values[tape->output]), tape->count, time_of_use(p, tape->output));
  for (int i = tape->count - 1; i >= 0; i--) {
    struct step *step = &tape->steps[i];
    for (int k = 0; step->backward && k < step->inputs; k++) {
      int value = step->input[k];
      if (!tape->values[value].wanted)
        continue;
      if (p->gradient[value] >= 0) {
        step->accumulate[k] = 1;
      } else if (can_take(p, i, k)) {
        step->taken[k] = adds_input(step, k);
        extend(p, p->gradient[value] = p->gradient[step->output], time_of_use(p, value));
      } else {
        p->gradient[value] =
            new_storage(p, value_words(&tape->values[value]), time_of_backward(tape, i), time_of_use(p, value));
      }
    }
  }
}

/* --- the rest --- */

/* aux_at holds the number of the storage until the offsets are known. */
static void plan_aux(struct planner *p) {
  struct tape *tape = p->tape;
  for (int i = 0; i < tape->count; i++) {
    struct step *step = &tape->steps[i];
    int until = step->backward ? time_of_backward(tape, i) : i;
    const struct layer *layer = step->node->layer;
    if (!layer->aux)
      continue;
    const struct layer_aux aux = layer->aux(&tape->network->graph, step->node, step->backward);
    if (aux.words <= 0)
      continue;
    int64_t batch = p->batch;
    if (aux.whole)
      p->batch = 1;
    step->aux_at = aux.whole ? new_storage(p, aux.words, 0, time_of_end(tape)) : new_storage(p, aux.words, i, until);
    p->batch = batch;
  }
  tape->probabilities_at = new_storage(p, value_words(&tape->values[tape->output]), tape->count, time_of_end(tape));
}

static int by_words(const void *a, const void *b) {
  const struct storage *x = *(struct storage *const *)a, *y = *(struct storage *const *)b;
  if (x->words != y->words)
    return x->words < y->words ? 1 : -1;
  return x->start != y->start ? (x->start > y->start) - (x->start < y->start) : (x > y) - (x < y);
}

static int spans_meet(int start, int end, int other_start, int other_end) {
  return start <= other_end && other_start <= end;
}

static int meet(const struct storage *a, const struct storage *b) {
  return spans_meet(a->start, a->end, b->start, b->end) ||
         (a->again && spans_meet(a->again, a->again_end, b->start, b->end)) ||
         (b->again && spans_meet(a->start, a->end, b->again, b->again_end)) ||
         (a->again && b->again && spans_meet(a->again, a->again_end, b->again, b->again_end));
}

/* Places the largest first, each at the lowest offset where no placed storage of a meeting span is in the way. placed
 * is kept in order of offset. */
static int64_t place_storages(struct storage **order, struct storage **placed, int count) {
  int64_t words = 0;
  qsort(order, (size_t)count, sizeof *order, by_words);
  for (int i = 0; i < count; i++) {
    struct storage *s = order[i];
    for (int j = 0; j < i; j++) {
      const struct storage *other = placed[j];
      if (!meet(s, other))
        continue;
      if (other->at >= s->at + s->words)
        break; /* it fits before this one */
      if (s->at < other->at + other->words)
        s->at = other->at + other->words;
    }
    int j = i;
    for (; j > 0 && placed[j - 1]->at > s->at; j--)
      placed[j] = placed[j - 1];
    placed[j] = s;
    if (words < s->at + s->words)
      words = s->at + s->words;
  }
  return words;
}

static int plan_places(struct planner *p) {
  struct tape *tape = p->tape;
  struct storage **order = memory_alloc((size_t)p->count, 2 * sizeof *order);
  if (!order)
    return error_failure();
  for (int i = 0; i < p->count; i++)
    order[i] = &p->storages[i];
  tape->words = place_storages(order, order + p->count, p->count);
  memory_free(order);
  for (int v = 0; v < tape->value_count; v++) {
    tape->values[v].at = p->storage[v] < 0 ? -1 : p->storages[p->storage[v]].at;
    tape->values[v].gradient_at = p->gradient[v] < 0 ? -1 : p->storages[p->gradient[v]].at;
  }
  for (int i = 0; i < tape->count; i++)
    if (tape->steps[i].aux_at >= 0)
      tape->steps[i].aux_at = p->storages[tape->steps[i].aux_at].at;
  tape->probabilities_at = p->storages[tape->probabilities_at].at;
  return STRAIT_OK;
}

int tape_plan(struct tape *tape, int64_t batch) {
  size_t values = (size_t)tape->value_count;
  struct planner p = {.tape = tape, .batch = batch};
  p.storages = memory_alloc(3 * values + 1, sizeof *p.storages);
  p.last = memory_alloc(values, 3 * sizeof *p.last);
  int status = p.storages && p.last ? STRAIT_OK : error_failure();
  if (!status) {
    p.storage = p.last + values;
    p.gradient = p.storage + values;
    for (size_t v = 0; v < values; v++)
      p.storage[v] = p.gradient[v] = -1;
    plan_values(&p);
    if (tape->training)
      plan_gradients(&p);
    plan_aux(&p);
    status = plan_places(&p);
  }
  memory_free(p.storages);
  memory_free(p.last);
  return status;
}
