examplesdir = $(docdir)/examples
dist_examples_DATA = %D%/cifar10-preresnet20.ini %D%/digits.ini %D%/quickstart.ini
# A plugin of each kind, as third parties write them: not built here, but by a test.
examplepluginsdir = $(examplesdir)/plugins
dist_exampleplugins_DATA = %D%/plugins/cubic.c %D%/plugins/gated.c %D%/plugins/table.c %D%/plugins/restarts.c \
	%D%/plugins/ema.c %D%/plugins/five.ini
# The method at a size that two cores run in minutes, and the paper at full scale.
smallexamplesdir = $(examplesdir)/small
paperexamplesdir = $(examplesdir)/paper
dist_smallexamples_DATA = %D%/small/align.ini %D%/small/children.ini %D%/small/cifar10-batch-norm.ini %D%/small/cifar10-convfc.ini \
	%D%/small/curves.ini %D%/small/ensembles-along.ini %D%/small/equal-budget-noise.ini %D%/small/equal-budget.ini \
	%D%/small/fge-chain.ini %D%/small/merge.ini %D%/small/planes.ini %D%/small/swag.ini %D%/small/two-curves.ini %D%/small/width.ini %D%/small/worst-t.ini
dist_paperexamples_DATA = %D%/paper/curves-cifar10-convfc.ini %D%/paper/curves-cifar10-resnet158.ini \
	%D%/paper/curves-cifar10-vgg16.ini %D%/paper/curves-cifar10-wrn.ini %D%/paper/curves-cifar100-resnet164.ini \
	%D%/paper/curves-cifar100-vgg16.ini %D%/paper/curves-mnist-fc.ini %D%/paper/ensembles-cifar10-preresnet164.ini \
	%D%/paper/ensembles-cifar10-vgg16.ini %D%/paper/ensembles-cifar10-wrn.ini \
	%D%/paper/ensembles-cifar100-preresnet164.ini %D%/paper/ensembles-cifar100-vgg16.ini \
	%D%/paper/ensembles-cifar100-wrn.ini %D%/paper/ensembles-imagenet-resnet50.ini %D%/paper/README
