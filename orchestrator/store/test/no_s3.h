/*
 * no_s3: stands in for the driver of s3:// where a test has nothing to do with it.
 */
#ifndef STORE_TEST_NO_S3_H
#define STORE_TEST_NO_S3_H

#include "store/store.h"

const struct store_driver store_s3_driver __attribute__((weak)) = { .scheme = "s3" };

#endif
