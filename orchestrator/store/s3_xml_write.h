/*
 * s3_xml_write: the one XML document that we send to S3.
 */
#ifndef STORE_S3_XML_WRITE_H
#define STORE_S3_XML_WRITE_H

#include "base/buf.h"

enum { S3_ETAG_SIZE = 128 };

/*
 * The body of CompleteMultipartUpload (Amazon S3 API Reference): parts 1 to `parts` by their ETags, which are text from
 * the server.  -1: out is full.
 */
int s3_xml_write_complete(char (*etags)[S3_ETAG_SIZE], unsigned parts, struct buf *out);

#endif
