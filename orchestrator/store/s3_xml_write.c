/*
 * s3_xml_write: see s3_xml_write.h.
 */
#include "store/s3_xml_write.h"

static int add_escaped(struct buf *out, const char *text)
{
	for (; *text; text++) {
		const char *name = *text == '<'   ? "&lt;"
				   : *text == '>' ? "&gt;"
				   : *text == '&' ? "&amp;"
				   : *text == '"' ? "&quot;"
						  : NULL;
		if (name ? buf_adds(out, name) : buf_add(out, text, 1))
			return -1;
	}
	return 0;
}

int s3_xml_write_complete(char (*etags)[S3_ETAG_SIZE], unsigned parts, struct buf *out)
{
	int failed = buf_adds(out, "<CompleteMultipartUpload "
				   "xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">");

	for (unsigned i = 0; i < parts && !failed; i++)
		failed = buf_addf(out, "<Part><PartNumber>%u</PartNumber><ETag>", i + 1) ||
			 add_escaped(out, etags[i]) || buf_adds(out, "</ETag></Part>");
	return failed || buf_adds(out, "</CompleteMultipartUpload>") ? -1 : 0;
}
