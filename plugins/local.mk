# Kinds that have no folder of their own at the top.
include plugins/ensemblers/local.mk
