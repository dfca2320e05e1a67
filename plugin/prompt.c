/*
 * prompt: see prompt.h.
 */
#include "plugin/prompt.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

bool prompt_possible(void)
{
	return isatty(STDIN_FILENO);
}

int prompt_typed(const char *question, const char *expected, struct err *err)
{
	char line[512];

	fprintf(stderr, "%s: ", question);
	fflush(stderr);
	if (!fgets(line, sizeof(line), stdin)) {
		fprintf(stderr, "\n");
		return err_set(err, ERR_UNSAFE, "not confirmed");
	}
	line[strcspn(line, "\r\n")] = '\0';
	if (strcmp(line, expected) != 0)
		return err_set(err, ERR_UNSAFE, "not confirmed: \"%.100s\" is not \"%.100s\"", line,
			       expected);
	return 0;
}
