/*
 * fuzz_kube_stored: bytes as a stored Kubernetes object (kube_stored.c).
 */
#include "base/mem.h"
#include "etcd/kube_stored.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	char uid[KUBE_UID_SIZE] = "";
	scoped(buf) struct buf out = BUF_INIT(4096);
	struct err err = ERR_INIT;

	if (!kube_stored_uid(data, len, uid, &err) && (!uid[0] || strlen(uid) >= sizeof(uid)))
		abort();
	kube_stored_config(data, len, "a", &out, &err);
	return 0;
}
