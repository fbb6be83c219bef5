/* experiment/words.c: a table of other programs' words: options of PyTorch's optimisers, schedulers and loaders, of
 * timm's and Lightning's trainers, and of the authors' own code. */
#include "experiment/words.h"

#include <ctype.h>
#include <stddef.h>
#include <string.h>

static const struct {
  const char *word, *key; /* the word without '-' and '_', in small letters */
} words[] = {
    {"lr", "schedule.rate"},
    {"learningrate", "schedule.rate"},
    {"rate", "schedule.rate"},
    {"baselr", "schedule.rate"},
    {"lrinit", "schedule.rate"},
    {"maxlr", "schedule.high"},
    {"minlr", "schedule.low"},
    {"lr1", "schedule.high"},
    {"lr2", "schedule.low"},
    {"lrschedule", "schedule"},
    {"lrscheduler", "schedule"},
    {"scheduler", "schedule"},
    {"sched", "schedule"},
    {"cycle", "schedule.cycle"},
    {"cyclelength", "schedule.cycle"},
    {"batchsize", "batch"},
    {"bs", "batch"},
    {"minibatch", "batch"},
    {"wd", "weight-decay"},
    {"weightdecay", "weight-decay"},
    {"l2", "weight-decay"},
    {"epoch", "epochs"},
    {"numepochs", "epochs"},
    {"nepochs", "epochs"},
    {"maxepochs", "epochs"},
    {"trainepochs", "epochs"},
    {"optimizer", "optimiser"},
    {"optim", "optimiser"},
    {"opt", "optimiser"},
    {"mom", "momentum"},
    {"beta", "beta1"},
    {"betas", "beta1"},
    {"eps", "epsilon"},
    {"clip", "clip-norm"},
    {"clipgrad", "clip-norm"},
    {"gradclip", "clip-norm"},
    {"maxnorm", "clip-norm"},
    {"maxgradnorm", "clip-norm"},
    {"gradientclipval", "clip-norm"},
    {"warmup", "warm-up"},
    {"warmupepochs", "warm-up"},
    {"smoothing", "label-smoothing"},
    {"labelsmoothing", "label-smoothing"},
    {"arch", "model"},
    {"architecture", "model"},
    {"net", "model"},
    {"network", "model"},
    {"hidden", "model.hidden"},
    {"hiddensize", "model.hidden"},
    {"depth", "model.depth"},
    {"width", "model.width"},
    {"data", "dataset"},
    {"datapath", "dataset.path"},
    {"datadir", "dataset.path"},
    {"dataroot", "dataset.path"},
    {"path", "dataset.path"},
    {"root", "dataset.path"},
    {"val", "holdout"},
    {"valsplit", "holdout"},
    {"validation", "holdout"},
    {"validationsplit", "holdout"},
    {"numsamples", "limit"},
    {"subset", "limit"},
    {"augmentation", "augment"},
    {"transform", "augment"},
    {"transforms", "augment"},
    {"normalize", "normalise"},
    {"normalization", "normalise"},
    {"labelnoise", "label-noise"},
    {"manualseed", "seed"},
    {"randomseed", "seed"},
    {"numbends", "curve.bends"},
    {"bends", "curve.bends"},
    {"initstart", "ends"},
    {"initend", "ends"},
    {"endpoints", "ends"},
    {"numpoints", "points"},
    {"gridpoints", "points"},
    {"resume", "start"},
    {"ckpt", "start"},
    {"checkpoint", "start"},
    {"pretrained", "start"},
    {"savefreq", "keep"},
    {"saveevery", "keep"},
    {"cuda", "device"},
    {"gpu", "device"},
};

static int matches(const char *word, const char *other) {
  for (; *other; other++) {
    if (*other == '-' || *other == '_')
      continue;
    if (tolower((unsigned char)*other) != *word++)
      return 0;
  }
  return !*word;
}

const char *word_of_others(const char *word) {
  for (size_t i = 0; i < sizeof words / sizeof *words; i++)
    if (matches(words[i].word, word))
      return words[i].key;
  return NULL;
}
