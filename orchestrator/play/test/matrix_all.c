/*
 * matrix_all: see matrix.h: which matrices a playbook has.
 */
#include "matrix.h"

#include <stdio.h>
#include <string.h>

enum { AGAIN = 3 };

size_t matrix_play_all(const char *playbook, const struct matrix_strides *strides)
{
	bool restore = strcmp(playbook, "restore") == 0;
	size_t fewest = strcmp(playbook, "rejoin") == 0 ? 2 : 1; /* one comes back to another */
	bool alone =
		strcmp(playbook, "browse") == 0; /* it has one node, whatever the cluster has */
	const struct matrix all[] = {
		{ .nodes = fewest, .stride = 1, .again = 4 * AGAIN, .alarm = restore },
		{ .nodes = 3, .stride = strides->three, .again = AGAIN, .alarm = restore },
		{ .nodes = 5, .stride = strides->five, .again = AGAIN * AGAIN, .alarm = restore },
		{ .nodes = fewest,
		  .wal_dir = true,
		  .stride = strides->few,
		  .alarm = restore || alone },
		{ .nodes = fewest, .undo = true, .stride = strides->few, .again = 4 * AGAIN },
		{ .nodes = 3, .undo = true, .stride = strides->undo, .again = AGAIN },
		{ .nodes = 5, .undo = true, .stride = strides->five, .again = AGAIN * AGAIN },
		{ .nodes = fewest, .taken = true, .stride = 1 },
		{ .nodes = 3, .taken = true, .stride = 100 },
		{ .nodes = fewest, .journal = true, .stride = 1 },
		{ .nodes = 3, .journal = true, .stride = 1 },
	};
	size_t cases = 0, failed = 0;

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		struct matrix matrix = all[i];
		if (alone && matrix.nodes > 1)
			continue;
		matrix.playbook = playbook;
		failed += matrix_play(&matrix, &cases);
	}
	printf("%s: %zu cases in all, %zu failed\n", playbook, cases, failed);
	return failed;
}
