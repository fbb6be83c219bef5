/* compute/operations.h: the operations there are, a row each. A layer NAME is its row here, network/layers/NAME.c,
 * which says what it is, and compute/cpu_NAME.c, which runs it on the CPU; files may hold several that are alike. */
#ifndef COMPUTE_OPERATIONS_H
#define COMPUTE_OPERATIONS_H

#define LAYERS(ROW)                                                                                                    \
  ROW(LINEAR, linear)                                                                                                  \
  ROW(CONV, conv)                                                                                                      \
  ROW(NORM, norm)                                                                                                      \
  ROW(RELU, relu)                                                                                                      \
  ROW(MAX_POOL, max_pool)                                                                                              \
  ROW(AVG_POOL, avg_pool)                                                                                              \
  ROW(ADD, add)                                                                                                        \
  ROW(FLATTEN, flatten)                                                                                                \
  ROW(DROPOUT, dropout)                                                                                                \
  ROW(CUSTOM, custom)                                                                                                  \
  ROW(GELU, gelu)                                                                                                      \
  ROW(LAYER_NORM, layer_norm)                                                                                          \
  ROW(SLICE, slice)                                                                                                    \
  ROW(PAD, pad)                                                                                                        \
  ROW(CONCAT, concat)                                                                                                  \
  ROW(MULTIPLY, multiply)                                                                                              \
  ROW(CONSTANT, constant)                                                                                              \
  ROW(EMBEDDING, embedding)                                                                                            \
  ROW(POSITION_TABLE, position_table)                                                                                  \
  ROW(CLASS_TOKEN, class_token)                                                                                        \
  ROW(POSITION_MEAN, position_mean)                                                                                    \
  ROW(POSITION, position)                                                                                              \
  ROW(TO_POSITIONS, to_positions)                                                                                      \
  ROW(ATTENTION, attention)                                                                                            \
  ROW(LSTM, lstm)

/* With those that are no layers, which come last. */
#define OPERATIONS(ROW)                                                                                                \
  LAYERS(ROW)                                                                                                          \
  ROW(LOSS, loss)                                                                                                      \
  ROW(SOFTMAX, softmax)

#define OPERATION_NUMBER(upper, lower) OP_##upper,
enum { OP_NONE, OPERATIONS(OPERATION_NUMBER) OP_COUNT };
#undef OPERATION_NUMBER

#endif
