/* network/program.h: a network compiled for one device, batch size and use: a list of operations on planned memory.
 *
 * A training step:  upload the batch; program_forward; program_loss; program_backward; the optimiser's update.
 * Memory is planned once: in evaluation, activations share what is no longer needed; in training they are kept. */
#ifndef NETWORK_PROGRAM_H
#define NETWORK_PROGRAM_H

#include "compute/device.h"
#include "network/network.h"

/* What a program is for. PROGRAM_EXACT may be added to either: convolutions are then direct sums, where otherwise an
 * algorithm that rounds differently (Winograd's) is used for the shapes where it is faster. PROGRAM_APART too: every
 * node is a step of its own, for program_step. */
enum { PROGRAM_EVALUATE = 0, PROGRAM_TRAIN = 1, PROGRAM_EXACT = 2, PROGRAM_APART = 4 };

struct program;
int program_create(struct program **program, const struct network *network, struct device *device, int64_t batch,
                   int use, double label_smoothing);
void program_free(struct program *program);
/* Bytes of device memory that program_create would take (activations, gradients, weights). */
int64_t program_memory(const struct network *network, int64_t batch, int use);

/* Where things lie. input: (batch, height, width, channels) or (batch, features) float32 or int32; target: int32
 * classes, or floats; output: logits, (batch, classes) or (batch, positions, classes). weights, statistics and gradient
 * are vectors of the network's layouts. */
place program_weights(const struct program *program);
place program_statistics(const struct program *program);
/* (segments of network_states, each (batch, its words)): zero when the program is made; a run with carry replaces it.
 */
place program_state(const struct program *program);
place program_gradient(const struct program *program);
place program_input(const struct program *program);
place program_target(const struct program *program);
place program_output(const struct program *program);

void program_forward(struct program *program, const struct run *run);
/* The same step by step, numbered from 0: returns the number of the node in the graph that the step made, the first of
 * those that are fused, and where its output is until the next step. */
int program_steps(const struct program *program);
int program_step(struct program *program, int step, const struct run *run, place *output);
/* The loss of the last forward pass; in a training program also its gradient at the output. Its rows are those that
 * have a target. */
void program_loss(struct program *program, const struct run *run, struct loss_sums *sums);
/* In an evaluation program: the loss of the last forward pass, row by row, to the host. */
void program_loss_rows(struct program *program, const struct run *run, struct loss_row *rows);
/* The gradient of the mean loss, into program_gradient (overwritten). */
void program_backward(struct program *program, const struct run *run);
/* After a forward pass with batch statistics: their means and unbiased variances in the statistics' layout, on the
 * host. */
void program_batch_statistics(struct program *program, float *statistics);
/* Class probabilities of the last forward pass, (samples, classes) or (samples, positions, classes), to the host. */
void program_probabilities(struct program *program, const struct run *run, float *probabilities);
/* A sticky failure of a custom operation, with its cause; STRAIT_OK. */
int program_status(struct program *program);

#endif
