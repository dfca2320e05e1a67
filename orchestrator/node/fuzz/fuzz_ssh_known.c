/*
 * fuzz_ssh_known: text as known_hosts, asked for a host on the usual port and on another.
 */
#include "node/ssh_known.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const unsigned ports[] = { 22, 2222 };
	const char *text = (const char *)data;

	for (size_t i = 0; i < 2; i++) {
		char types[64];
		size_t line;
		enum ssh_known known = ssh_known_check(text, len, "cp-1", ports[i], "ssh-ed25519",
						       "key", 3, &line);
		if ((known == SSH_KNOWN_NO) != (line == 0))
			abort();
		ssh_known_types(text, len, "cp-1", ports[i], types, sizeof(types));
		if (strlen(types) >= sizeof(types))
			abort();
	}
	return 0;
}
