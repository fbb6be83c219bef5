/* stage/divergence.c: tells of divergences and of what is done about them.
 *
 * The training goes back to the last epoch's end, not to its newest checkpoint: where that one is depends on the clock,
 * and what comes out must not. */
#include "stage/divergence.h"

#include "base/error.h"
#include "base/log.h"

const char *const divergence_choices[] = {"stop", "halve", NULL};

int divergence_tell(struct job *job, const struct training *training, int64_t origin) {
  const int64_t halvings = training_halvings(training) + 1, epoch = training_epoch_iterations(training);
  if (halvings > MOST_HALVINGS)
    return error_wrap("the rate was halved %d times", MOST_HALVINGS);
  log_message(STRAIT_LOG_WARNING, "%s: %s; going on from the end of epoch %lld with the rate halved (%lld)",
              job->stage->name, error_text(), (long long)(origin / epoch), (long long)halvings);
  error_clear();
  return job_log(job, json_pack("{s:s, s:I, s:I, s:I}", "event", "halved", "iteration",
                                (json_int_t)training_iteration(training), "from", (json_int_t)origin, "halvings",
                                (json_int_t)halvings));
}

int divergence_summary(struct job *job, const struct training *training) {
  const int64_t halvings = training_halvings(training);
  return halvings ? put_integer(job->summary, "halvings", halvings) : STRAIT_OK;
}
