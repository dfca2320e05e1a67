/*
 * fake_shell: does what the verbs' commands do to files, below a fake node's root, without a process.  test_play plays
 * one restore with the real commands, so that both agree.
 */
#ifndef PLAY_TEST_FAKE_SHELL_H
#define PLAY_TEST_FAKE_SHELL_H

#include "node/node.h"

#include <stdbool.h>

/*
 * 1: done, with *status, out and errs (either may be NULL); 0: it does not know this command.  half: it is cut off when half
 * of what it does is done; fake_shell_halves tells for which commands that differs from nothing and all.
 */
int fake_shell(const char *root, const char *const args[], const struct node_input *input,
	       bool half, struct buf *out, struct buf *errs, int *status);
bool fake_shell_halves(const char *const args[]);

#endif
