# The conformance laws. For each law plugins that break it: KIND-LAW.c, or another word where a law can be
# broken in several ways; bad.sh says which. Sound ones are all of the tree's own (tree.sh).
EXTRA_DIST += %D%/curve.h %D%/dataset-numbers.h %D%/dataset.h %D%/ensembler.h %D%/model.h %D%/operation.h %D%/schedule.h
dist_check_SCRIPTS += %D%/bad.sh %D%/tree.sh %D%/command.sh

check_LTLIBRARIES += tests/verify/curve-aborts.la
tests_verify_curve_aborts_la_SOURCES = %D%/curve-aborts.c %D%/curve.h
tests_verify_curve_aborts_la_LDFLAGS = $(TEST_PLUGIN_LDFLAGS)

check_LTLIBRARIES += tests/verify/curve-arithmetic.la
tests_verify_curve_arithmetic_la_SOURCES = %D%/curve-arithmetic.c %D%/curve.h
tests_verify_curve_arithmetic_la_LDFLAGS = $(TEST_PLUGIN_LDFLAGS)

check_LTLIBRARIES += tests/verify/curve-behind.la
tests_verify_curve_behind_la_SOURCES = %D%/curve-behind.c %D%/curve.h
tests_verify_curve_behind_la_LDFLAGS = $(TEST_PLUGIN_LDFLAGS)

check_LTLIBRARIES += tests/verify/curve-crashes.la
tests_verify_curve_crashes_la_SOURCES = %D%/curve-crashes.c %D%/curve.h
tests_verify_curve_crashes_la_LDFLAGS = $(TEST_PLUGIN_LDFLAGS)

check_LTLIBRARIES += tests/verify/curve-defaults.la
tests_verify_curve_defaults_la_SOURCES = %D%/curve-defaults.c %D%/curve.h
tests_verify_curve_defaults_la_LDFLAGS = $(TEST_PLUGIN_LDFLAGS)

check_LTLIBRARIES += tests/verify/curve-derivatives.la
tests_verify_curve_derivatives_la_SOURCES = %D%/curve-derivatives.c %D%/curve.h
tests_verify_curve_derivatives_la_LDFLAGS = $(TEST_PLUGIN_LDFLAGS)

check_LTLIBRARIES += tests/verify/curve-ends.la
tests_verify_curve_ends_la_SOURCES = %D%/curve-ends.c %D%/curve.h
tests_verify_curve_ends_la_LDFLAGS = $(TEST_PLUGIN_LDFLAGS)

check_LTLIBRARIES += tests/verify/curve-exits.la
tests_verify_curve_exits_la_SOURCES = %D%/curve-exits.c %D%/curve.h
tests_verify_curve_exits_la_LDFLAGS = $(TEST_PLUGIN_LDFLAGS)

check_LTLIBRARIES += tests/verify/curve-finite.la
tests_verify_curve_finite_la_SOURCES = %D%/curve-finite.c %D%/curve.h
tests_verify_curve_finite_la_LDFLAGS = $(TEST_PLUGIN_LDFLAGS)

check_LTLIBRARIES += tests/verify/curve-hangs.la
tests_verify_curve_hangs_la_SOURCES = %D%/curve-hangs.c %D%/curve.h
tests_verify_curve_hangs_la_LDFLAGS = $(TEST_PLUGIN_LDFLAGS)

check_LTLIBRARIES += tests/verify/curve-heap.la
tests_verify_curve_heap_la_SOURCES = %D%/curve-heap.c %D%/curve.h
tests_verify_curve_heap_la_LDFLAGS = $(TEST_PLUGIN_LDFLAGS)

check_LTLIBRARIES += tests/verify/curve-instances.la
tests_verify_curve_instances_la_SOURCES = %D%/curve-instances.c %D%/curve.h
tests_verify_curve_instances_la_LDFLAGS = $(TEST_PLUGIN_LDFLAGS)

check_LTLIBRARIES += tests/verify/curve-jump.la
tests_verify_curve_jump_la_SOURCES = %D%/curve-jump.c %D%/curve.h
tests_verify_curve_jump_la_LDFLAGS = $(TEST_PLUGIN_LDFLAGS)

check_LTLIBRARIES += tests/verify/curve-leaks.la
tests_verify_curve_leaks_la_SOURCES = %D%/curve-leaks.c %D%/curve.h
tests_verify_curve_leaks_la_LDFLAGS = $(TEST_PLUGIN_LDFLAGS)

check_LTLIBRARIES += tests/verify/curve-limits.la
tests_verify_curve_limits_la_SOURCES = %D%/curve-limits.c %D%/curve.h
tests_verify_curve_limits_la_LDFLAGS = $(TEST_PLUGIN_LDFLAGS)

check_LTLIBRARIES += tests/verify/curve-many.la
tests_verify_curve_many_la_SOURCES = %D%/curve-many.c %D%/curve.h
tests_verify_curve_many_la_LDFLAGS = $(TEST_PLUGIN_LDFLAGS)

check_LTLIBRARIES += tests/verify/curve-points.la
tests_verify_curve_points_la_SOURCES = %D%/curve-points.c %D%/curve.h
tests_verify_curve_points_la_LDFLAGS = $(TEST_PLUGIN_LDFLAGS)

check_LTLIBRARIES += tests/verify/curve-process.la
tests_verify_curve_process_la_SOURCES = %D%/curve-process.c %D%/curve.h
tests_verify_curve_process_la_LDFLAGS = $(TEST_PLUGIN_LDFLAGS)

check_LTLIBRARIES += tests/verify/curve-pure.la
tests_verify_curve_pure_la_SOURCES = %D%/curve-pure.c %D%/curve.h
tests_verify_curve_pure_la_LDFLAGS = $(TEST_PLUGIN_LDFLAGS)

check_LTLIBRARIES += tests/verify/curve-scratch.la
tests_verify_curve_scratch_la_SOURCES = %D%/curve-scratch.c %D%/curve.h
tests_verify_curve_scratch_la_LDFLAGS = $(TEST_PLUGIN_LDFLAGS)

check_LTLIBRARIES += tests/verify/curve-silence.la
tests_verify_curve_silence_la_SOURCES = %D%/curve-silence.c %D%/curve.h
tests_verify_curve_silence_la_LDFLAGS = $(TEST_PLUGIN_LDFLAGS)

check_LTLIBRARIES += tests/verify/curve-slopes.la
tests_verify_curve_slopes_la_SOURCES = %D%/curve-slopes.c %D%/curve.h
tests_verify_curve_slopes_la_LDFLAGS = $(TEST_PLUGIN_LDFLAGS)

check_LTLIBRARIES += tests/verify/curve-sum.la
tests_verify_curve_sum_la_SOURCES = %D%/curve-sum.c %D%/curve.h
tests_verify_curve_sum_la_LDFLAGS = $(TEST_PLUGIN_LDFLAGS)

check_LTLIBRARIES += tests/verify/curve-symbol.la
tests_verify_curve_symbol_la_SOURCES = %D%/curve-symbol.c %D%/curve.h
tests_verify_curve_symbol_la_LDFLAGS = $(TEST_PLUGIN_LDFLAGS)

check_LTLIBRARIES += tests/verify/curve-window.la
tests_verify_curve_window_la_SOURCES = %D%/curve-window.c %D%/curve.h
tests_verify_curve_window_la_LDFLAGS = $(TEST_PLUGIN_LDFLAGS)

check_LTLIBRARIES += tests/verify/dataset-before.la
tests_verify_dataset_before_la_SOURCES = %D%/dataset-before.c %D%/dataset.h
tests_verify_dataset_before_la_LDFLAGS = $(TEST_PLUGIN_LDFLAGS)

check_LTLIBRARIES += tests/verify/dataset-behind.la
tests_verify_dataset_behind_la_SOURCES = %D%/dataset-behind.c %D%/dataset.h
tests_verify_dataset_behind_la_LDFLAGS = $(TEST_PLUGIN_LDFLAGS)

check_LTLIBRARIES += tests/verify/dataset-counts.la
tests_verify_dataset_counts_la_SOURCES = %D%/dataset-counts.c %D%/dataset.h
tests_verify_dataset_counts_la_LDFLAGS = $(TEST_PLUGIN_LDFLAGS)

check_LTLIBRARIES += tests/verify/dataset-first.la
tests_verify_dataset_first_la_SOURCES = %D%/dataset-first.c %D%/dataset.h
tests_verify_dataset_first_la_LDFLAGS = $(TEST_PLUGIN_LDFLAGS)

check_LTLIBRARIES += tests/verify/dataset-label.la
tests_verify_dataset_label_la_SOURCES = %D%/dataset-label.c %D%/dataset-numbers.h %D%/dataset.h
tests_verify_dataset_label_la_LDFLAGS = $(TEST_PLUGIN_LDFLAGS)

check_LTLIBRARIES += tests/verify/dataset-labels.la
tests_verify_dataset_labels_la_SOURCES = %D%/dataset-labels.c %D%/dataset.h
tests_verify_dataset_labels_la_LDFLAGS = $(TEST_PLUGIN_LDFLAGS)

check_LTLIBRARIES += tests/verify/dataset-names.la
tests_verify_dataset_names_la_SOURCES = %D%/dataset-names.c %D%/dataset.h
tests_verify_dataset_names_la_LDFLAGS = $(TEST_PLUGIN_LDFLAGS)

check_LTLIBRARIES += tests/verify/dataset-nan.la
tests_verify_dataset_nan_la_SOURCES = %D%/dataset-nan.c %D%/dataset-numbers.h %D%/dataset.h
tests_verify_dataset_nan_la_LDFLAGS = $(TEST_PLUGIN_LDFLAGS)

check_LTLIBRARIES += tests/verify/dataset-opens.la
tests_verify_dataset_opens_la_SOURCES = %D%/dataset-opens.c %D%/dataset.h
tests_verify_dataset_opens_la_LDFLAGS = $(TEST_PLUGIN_LDFLAGS)

check_LTLIBRARIES += tests/verify/dataset-process.la
tests_verify_dataset_process_la_SOURCES = %D%/dataset-process.c %D%/dataset.h
tests_verify_dataset_process_la_LDFLAGS = $(TEST_PLUGIN_LDFLAGS)

check_LTLIBRARIES += tests/verify/dataset-rereading.la
tests_verify_dataset_rereading_la_SOURCES = %D%/dataset-rereading.c %D%/dataset.h
tests_verify_dataset_rereading_la_LDFLAGS = $(TEST_PLUGIN_LDFLAGS)

check_LTLIBRARIES += tests/verify/dataset-scratch.la
tests_verify_dataset_scratch_la_SOURCES = %D%/dataset-scratch.c %D%/dataset-numbers.h %D%/dataset.h
tests_verify_dataset_scratch_la_LDFLAGS = $(TEST_PLUGIN_LDFLAGS)

check_LTLIBRARIES += tests/verify/dataset-sequence.la
tests_verify_dataset_sequence_la_SOURCES = %D%/dataset-sequence.c %D%/dataset.h
tests_verify_dataset_sequence_la_LDFLAGS = $(TEST_PLUGIN_LDFLAGS)

check_LTLIBRARIES += tests/verify/dataset-shapes.la
tests_verify_dataset_shapes_la_SOURCES = %D%/dataset-shapes.c %D%/dataset.h
tests_verify_dataset_shapes_la_LDFLAGS = $(TEST_PLUGIN_LDFLAGS)

check_LTLIBRARIES += tests/verify/ensembler-ends.la
tests_verify_ensembler_ends_la_SOURCES = %D%/ensembler-ends.c %D%/ensembler.h
tests_verify_ensembler_ends_la_LDFLAGS = $(TEST_PLUGIN_LDFLAGS)

check_LTLIBRARIES += tests/verify/ensembler-late.la
tests_verify_ensembler_late_la_SOURCES = %D%/ensembler-late.c %D%/ensembler.h
tests_verify_ensembler_late_la_LDFLAGS = $(TEST_PLUGIN_LDFLAGS)

check_LTLIBRARIES += tests/verify/ensembler-lent.la
tests_verify_ensembler_lent_la_SOURCES = %D%/ensembler-lent.c %D%/ensembler.h
tests_verify_ensembler_lent_la_LDFLAGS = $(TEST_PLUGIN_LDFLAGS)

check_LTLIBRARIES += tests/verify/ensembler-members.la
tests_verify_ensembler_members_la_SOURCES = %D%/ensembler-members.c %D%/ensembler.h
tests_verify_ensembler_members_la_LDFLAGS = $(TEST_PLUGIN_LDFLAGS)

check_LTLIBRARIES += tests/verify/ensembler-order.la
tests_verify_ensembler_order_la_SOURCES = %D%/ensembler-order.c %D%/ensembler.h
tests_verify_ensembler_order_la_LDFLAGS = $(TEST_PLUGIN_LDFLAGS)

check_LTLIBRARIES += tests/verify/ensembler-pure.la
tests_verify_ensembler_pure_la_SOURCES = %D%/ensembler-pure.c %D%/ensembler.h
tests_verify_ensembler_pure_la_LDFLAGS = $(TEST_PLUGIN_LDFLAGS)

check_LTLIBRARIES += tests/verify/ensembler-refusals.la
tests_verify_ensembler_refusals_la_SOURCES = %D%/ensembler-refusals.c %D%/ensembler.h
tests_verify_ensembler_refusals_la_LDFLAGS = $(TEST_PLUGIN_LDFLAGS)

check_LTLIBRARIES += tests/verify/ensembler-rows.la
tests_verify_ensembler_rows_la_SOURCES = %D%/ensembler-rows.c %D%/ensembler.h
tests_verify_ensembler_rows_la_LDFLAGS = $(TEST_PLUGIN_LDFLAGS)

check_LTLIBRARIES += tests/verify/ensembler-slots.la
tests_verify_ensembler_slots_la_SOURCES = %D%/ensembler-slots.c %D%/ensembler.h
tests_verify_ensembler_slots_la_LDFLAGS = $(TEST_PLUGIN_LDFLAGS)

check_LTLIBRARIES += tests/verify/ensembler-static.la
tests_verify_ensembler_static_la_SOURCES = %D%/ensembler-static.c %D%/ensembler.h
tests_verify_ensembler_static_la_LDFLAGS = $(TEST_PLUGIN_LDFLAGS)

check_LTLIBRARIES += tests/verify/ensembler-sum.la
tests_verify_ensembler_sum_la_SOURCES = %D%/ensembler-sum.c %D%/ensembler.h
tests_verify_ensembler_sum_la_LDFLAGS = $(TEST_PLUGIN_LDFLAGS)

check_LTLIBRARIES += tests/verify/ensembler-vector.la
tests_verify_ensembler_vector_la_SOURCES = %D%/ensembler-vector.c %D%/ensembler.h
tests_verify_ensembler_vector_la_LDFLAGS = $(TEST_PLUGIN_LDFLAGS)

check_LTLIBRARIES += tests/verify/ensembler-writes.la
tests_verify_ensembler_writes_la_SOURCES = %D%/ensembler-writes.c %D%/ensembler.h
tests_verify_ensembler_writes_la_LDFLAGS = $(TEST_PLUGIN_LDFLAGS)

check_LTLIBRARIES += tests/verify/model-accumulates.la
tests_verify_model_accumulates_la_SOURCES = %D%/model-accumulates.c %D%/model.h %D%/operation.h
tests_verify_model_accumulates_la_LDFLAGS = $(TEST_PLUGIN_LDFLAGS)

check_LTLIBRARIES += tests/verify/model-before.la
tests_verify_model_before_la_SOURCES = %D%/model-before.c %D%/model.h %D%/operation.h
tests_verify_model_before_la_LDFLAGS = $(TEST_PLUGIN_LDFLAGS)

check_LTLIBRARIES += tests/verify/model-behind.la
tests_verify_model_behind_la_SOURCES = %D%/model-behind.c %D%/model.h %D%/operation.h
tests_verify_model_behind_la_LDFLAGS = $(TEST_PLUGIN_LDFLAGS)

check_LTLIBRARIES += tests/verify/model-blocks.la
tests_verify_model_blocks_la_SOURCES = %D%/model-blocks.c %D%/model.h %D%/operation.h
tests_verify_model_blocks_la_LDFLAGS = $(TEST_PLUGIN_LDFLAGS)

check_LTLIBRARIES += tests/verify/model-builds.la
tests_verify_model_builds_la_SOURCES = %D%/model-builds.c %D%/model.h
tests_verify_model_builds_la_LDFLAGS = $(TEST_PLUGIN_LDFLAGS)

check_LTLIBRARIES += tests/verify/model-calls.la
tests_verify_model_calls_la_SOURCES = %D%/model-calls.c %D%/model.h %D%/operation.h
tests_verify_model_calls_la_LDFLAGS = $(TEST_PLUGIN_LDFLAGS)

check_LTLIBRARIES += tests/verify/model-coupled.la
tests_verify_model_coupled_la_SOURCES = %D%/model-coupled.c %D%/model.h %D%/operation.h
tests_verify_model_coupled_la_LDFLAGS = $(TEST_PLUGIN_LDFLAGS)

check_LTLIBRARIES += tests/verify/model-gradient.la
tests_verify_model_gradient_la_SOURCES = %D%/model-gradient.c %D%/model.h
tests_verify_model_gradient_la_LDFLAGS = $(TEST_PLUGIN_LDFLAGS)

check_LTLIBRARIES += tests/verify/model-heap.la
tests_verify_model_heap_la_SOURCES = %D%/model-heap.c %D%/model.h %D%/operation.h
tests_verify_model_heap_la_LDFLAGS = $(TEST_PLUGIN_LDFLAGS)

check_LTLIBRARIES += tests/verify/model-input.la
tests_verify_model_input_la_SOURCES = %D%/model-input.c %D%/model.h %D%/operation.h
tests_verify_model_input_la_LDFLAGS = $(TEST_PLUGIN_LDFLAGS)

check_LTLIBRARIES += tests/verify/model-last.la
tests_verify_model_last_la_SOURCES = %D%/model-last.c %D%/model.h %D%/operation.h
tests_verify_model_last_la_LDFLAGS = $(TEST_PLUGIN_LDFLAGS)

check_LTLIBRARIES += tests/verify/model-lent.la
tests_verify_model_lent_la_SOURCES = %D%/model-lent.c %D%/model.h %D%/operation.h
tests_verify_model_lent_la_LDFLAGS = $(TEST_PLUGIN_LDFLAGS)

check_LTLIBRARIES += tests/verify/model-overwrites.la
tests_verify_model_overwrites_la_SOURCES = %D%/model-overwrites.c %D%/model.h %D%/operation.h
tests_verify_model_overwrites_la_LDFLAGS = $(TEST_PLUGIN_LDFLAGS)

check_LTLIBRARIES += tests/verify/model-parameter.la
tests_verify_model_parameter_la_SOURCES = %D%/model-parameter.c %D%/model.h %D%/operation.h
tests_verify_model_parameter_la_LDFLAGS = $(TEST_PLUGIN_LDFLAGS)

check_LTLIBRARIES += tests/verify/model-peeks.la
tests_verify_model_peeks_la_SOURCES = %D%/model-peeks.c %D%/model.h %D%/operation.h
tests_verify_model_peeks_la_LDFLAGS = $(TEST_PLUGIN_LDFLAGS)

check_LTLIBRARIES += tests/verify/model-reads.la
tests_verify_model_reads_la_SOURCES = %D%/model-reads.c %D%/model.h %D%/operation.h
tests_verify_model_reads_la_LDFLAGS = $(TEST_PLUGIN_LDFLAGS)

check_LTLIBRARIES += tests/verify/model-scratch.la
tests_verify_model_scratch_la_SOURCES = %D%/model-scratch.c %D%/model.h %D%/operation.h
tests_verify_model_scratch_la_LDFLAGS = $(TEST_PLUGIN_LDFLAGS)

check_LTLIBRARIES += tests/verify/model-second.la
tests_verify_model_second_la_SOURCES = %D%/model-second.c %D%/model.h
tests_verify_model_second_la_LDFLAGS = $(TEST_PLUGIN_LDFLAGS)

check_LTLIBRARIES += tests/verify/model-shapes.la
tests_verify_model_shapes_la_SOURCES = %D%/model-shapes.c %D%/model.h
tests_verify_model_shapes_la_LDFLAGS = $(TEST_PLUGIN_LDFLAGS)

check_LTLIBRARIES += tests/verify/model-twice.la
tests_verify_model_twice_la_SOURCES = %D%/model-twice.c %D%/model.h
tests_verify_model_twice_la_LDFLAGS = $(TEST_PLUGIN_LDFLAGS)

check_LTLIBRARIES += tests/verify/model-unsaid.la
tests_verify_model_unsaid_la_SOURCES = %D%/model-unsaid.c %D%/model.h
tests_verify_model_unsaid_la_LDFLAGS = $(TEST_PLUGIN_LDFLAGS)

check_LTLIBRARIES += tests/verify/model-unwritten.la
tests_verify_model_unwritten_la_SOURCES = %D%/model-unwritten.c %D%/model.h %D%/operation.h
tests_verify_model_unwritten_la_LDFLAGS = $(TEST_PLUGIN_LDFLAGS)

check_LTLIBRARIES += tests/verify/schedule-finite.la
tests_verify_schedule_finite_la_SOURCES = %D%/schedule-finite.c %D%/schedule.h
tests_verify_schedule_finite_la_LDFLAGS = $(TEST_PLUGIN_LDFLAGS)

check_LTLIBRARIES += tests/verify/schedule-horizon.la
tests_verify_schedule_horizon_la_SOURCES = %D%/schedule-horizon.c %D%/schedule.h
tests_verify_schedule_horizon_la_LDFLAGS = $(TEST_PLUGIN_LDFLAGS)

check_LTLIBRARIES += tests/verify/schedule-horizons.la
tests_verify_schedule_horizons_la_SOURCES = %D%/schedule-horizons.c %D%/schedule.h
tests_verify_schedule_horizons_la_LDFLAGS = $(TEST_PLUGIN_LDFLAGS)

check_LTLIBRARIES += tests/verify/schedule-lent.la
tests_verify_schedule_lent_la_SOURCES = %D%/schedule-lent.c %D%/schedule.h
tests_verify_schedule_lent_la_LDFLAGS = $(TEST_PLUGIN_LDFLAGS)

check_LTLIBRARIES += tests/verify/schedule-moments.la
tests_verify_schedule_moments_la_SOURCES = %D%/schedule-moments.c %D%/schedule.h
tests_verify_schedule_moments_la_LDFLAGS = $(TEST_PLUGIN_LDFLAGS)

check_LTLIBRARIES += tests/verify/schedule-positive.la
tests_verify_schedule_positive_la_SOURCES = %D%/schedule-positive.c %D%/schedule.h
tests_verify_schedule_positive_la_LDFLAGS = $(TEST_PLUGIN_LDFLAGS)

check_LTLIBRARIES += tests/verify/schedule-pure.la
tests_verify_schedule_pure_la_SOURCES = %D%/schedule-pure.c %D%/schedule.h
tests_verify_schedule_pure_la_LDFLAGS = $(TEST_PLUGIN_LDFLAGS)

check_LTLIBRARIES += tests/verify/schedule-state.la
tests_verify_schedule_state_la_SOURCES = %D%/schedule-state.c %D%/schedule.h
tests_verify_schedule_state_la_LDFLAGS = $(TEST_PLUGIN_LDFLAGS)

if HAVE_CHECK
check_PROGRAMS += tests/verify/test-slopes
endif
tests_verify_test_slopes_SOURCES = %D%/test-slopes.c
tests_verify_test_slopes_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_verify_test_slopes_LDADD = libstrait.la $(CHECK_LIBS)
