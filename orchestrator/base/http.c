/*
 * http: see http.h.  The only file that knows libcurl.  One easy handle in a multi handle, driven by a plain
 * loop, so that the carrier and the cancel pipe are served in the same poll.  With CURLOPT_NOSIGNAL curl leaves
 * SIGPIPE alone: the program ignores it from its start.
 */
#include "base/http.h"

#include "base/mem.h"

#include <curl/curl.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { POLL_MS = 1000, HEADERS_MAX = 256 * 1024 };

struct exchange {
	const struct http_request *request;
	struct http_answer *answer;
	struct err *err; /* set by a callback that ends the transfer */
	bool ended_by_us;
	size_t header_bytes;      /* so far */
	uint64_t last_byte;       /* when something came, or went, last */
	curl_off_t sent;          /* of the body, when last looked */
	uint64_t cancelled_until; /* interrupted: the answer is waited for till then; 0: not */
	CURL *easy;
	struct curl_slist *headers, *connect_to;
	char error[CURL_ERROR_SIZE];
};

void http_init(void)
{
	if (curl_global_init(CURL_GLOBAL_DEFAULT))
		abort();
}

void http_answer_release(struct http_answer *answer)
{
	buf_release(&answer->body);
}

void http_answer_scoped(struct http_answer *answer)
{
	http_answer_release(answer);
}

static bool is_passed_on(struct exchange *x)
{
	long status = 0;

	if (!x->request->on_body || !x->request->keep_refusals)
		return x->request->on_body != NULL;
	curl_easy_getinfo(x->easy, CURLINFO_RESPONSE_CODE, &status);
	return status < 300;
}

static size_t on_body(char *data, size_t size, size_t n, void *arg)
{
	struct exchange *x = arg;
	size_t len = size * n;

	if (is_passed_on(x)) {
		int failed = x->request->on_body(x->request->arg, data, len, x->err);
		x->last_byte = now_ms(); /* after it: a slow disk is no silence of the server */
		if (!failed)
			return len;
	} else if (!buf_add(&x->answer->body, data, len)) {
		return len;
	} else {
		err_set(x->err, ERR_KUBE, "an answer of more than %zu bytes", x->request->body_max);
	}
	x->ended_by_us = true;
	return 0;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if ((c | 32) >= 'a' && (c | 32) <= 'f')
		return (c | 32) - 'a' + 10;
	return -1;
}

/* grpc-message is percent-encoded (gRPC over HTTP/2, "Status-Message"). */
static void take_message(const char *value, size_t len, char out[256])
{
	size_t n = 0;

	for (size_t i = 0; i < len && n < 255; i++) {
		int hi, lo;
		if (value[i] == '%' && i + 2 < len && (hi = hex_digit(value[i + 1])) >= 0 &&
		    (lo = hex_digit(value[i + 2])) >= 0) {
			out[n++] = (char)(hi * 16 + lo);
			i += 2;
		} else {
			out[n++] = value[i];
		}
	}
	out[n] = '\0';
}

/* An upload that moves is no stall. */
static int on_progress(void *arg, curl_off_t down, curl_off_t got, curl_off_t up, curl_off_t sent)
{
	struct exchange *x = arg;

	(void)down, (void)got, (void)up;
	if (sent != x->sent)
		x->last_byte = now_ms();
	x->sent = sent;
	return 0;
}

/* A new answer (after "100 Continue", say) starts with "HTTP/": what an earlier one said is forgotten. */
static void take_wanted(struct exchange *x, const char *line, size_t name, const char *value,
			size_t len)
{
	bool first = name > 5 && strncasecmp(line, "HTTP/", 5) == 0;

	for (struct http_wanted *at = x->request->wanted; at && at->name; at++) {
		if (first) {
			at->value[0] = '\0';
		} else if (strlen(at->name) == name && strncasecmp(line, at->name, name) == 0) {
			if (len >= sizeof(at->value))
				len = sizeof(at->value) - 1;
			memcpy(at->value, value, len);
			at->value[len] = '\0';
		}
	}
}

/* Headers and, after the body, trailers. */
static size_t on_header(char *data, size_t size, size_t n, void *arg)
{
	struct exchange *x = arg;
	size_t len = size * n, name = 0;

	x->last_byte = now_ms();
	x->header_bytes += len;
	if (x->header_bytes > HEADERS_MAX) {
		err_set(x->err, ERR_KUBE, "headers of more than %d bytes", HEADERS_MAX);
		x->ended_by_us = true;
		return 0;
	}
	while (name < len && data[name] != ':')
		name++;
	size_t start = name + 1, end = len;
	while (start < end && data[start] == ' ')
		start++;
	while (end > start && strchr("\r\n ", data[end - 1]))
		end--;
	take_wanted(x, data, name, end > start ? data + start : "", end > start ? end - start : 0);
	if (name == 11 && strncasecmp(data, "grpc-status", 11) == 0 && end > start &&
	    end - start < 4) {
		scoped(mem) char *digits = mem_printf("%.*s", (int)(end - start), data + start);
		uint64_t code;
		x->answer->grpc_status = parse_uint(digits, 999, &code) ? 2 : (int)code;
	} else if (name == 12 && strncasecmp(data, "grpc-message", 12) == 0) {
		take_message(data + start, end - start, x->answer->grpc_message);
	}
	return len;
}

static CURLcode set_blob(CURL *easy, CURLoption option, const char *pem)
{
	struct curl_blob blob = { .data = (void *)(uintptr_t)pem,
				  .len = strlen(pem),
				  .flags = CURL_BLOB_NOCOPY };

	return blob.len ? curl_easy_setopt(easy, option, &blob) : CURLE_BAD_FUNCTION_ARGUMENT;
}

static int set_tls(struct exchange *x)
{
	const struct http_tls *tls = &x->request->tls;
	CURLcode failed = CURLE_OK;

	curl_easy_setopt(x->easy, CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2);
	curl_easy_setopt(x->easy, CURLOPT_KEYPASSWD, ""); /* or OpenSSL asks on the terminal */
	if (tls->ca) {
		curl_easy_setopt(x->easy, CURLOPT_CAINFO, NULL);
		curl_easy_setopt(x->easy, CURLOPT_CAPATH, NULL);
		failed = set_blob(x->easy, CURLOPT_CAINFO_BLOB, tls->ca);
	}
	if (!failed && tls->cert && tls->key) {
		failed = set_blob(x->easy, CURLOPT_SSLCERT_BLOB, tls->cert);
		if (!failed)
			failed = set_blob(x->easy, CURLOPT_SSLKEY_BLOB, tls->key);
	}
	if (tls->skip_verify) {
		curl_easy_setopt(x->easy, CURLOPT_SSL_VERIFYPEER, 0L);
		curl_easy_setopt(x->easy, CURLOPT_SSL_VERIFYHOST, 0L);
	}
	return failed ? err_set(x->err, ERR_CONFIG,
				"a CA, a client certificate or its key cannot be used: %s",
				curl_easy_strerror(failed))
		      : 0;
}

/* curl verifies the URL's host: for another name that name goes into the URL, and the host is dialled. */
static int set_server_name(struct exchange *x)
{
	const struct http_request *request = x->request;
	CURLU *url = curl_url();
	char *host = NULL, *port = NULL, *whole = NULL;
	int failed = 0;

	if (!url)
		abort();
	if (!curl_url_set(url, CURLUPART_URL, request->url, 0) &&
	    !curl_url_get(url, CURLUPART_HOST, &host, 0) &&
	    !curl_url_get(url, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT) &&
	    !curl_url_set(url, CURLUPART_HOST, request->tls.server_name, 0) &&
	    !curl_url_get(url, CURLUPART_URL, &whole, 0)) {
		scoped(mem) char *to = mem_printf("::%s:%s", host, port);
		scoped(mem) char *header = mem_printf("Host: %s:%s", host, port);
		x->connect_to = curl_slist_append(NULL, to);
		x->headers = curl_slist_append(x->headers, header);
		curl_easy_setopt(x->easy, CURLOPT_URL, whole);
	} else {
		failed =
			err_set(x->err, ERR_CONFIG, "TLS server name \"%s\": it or the URL is none",
				request->tls.server_name);
	}
	curl_free(host);
	curl_free(port);
	curl_free(whole);
	curl_url_cleanup(url);
	return failed;
}

static int set_url(struct exchange *x)
{
	const struct http_request *request = x->request;

	if (request->tls.server_name) {
		if (set_server_name(x))
			return -1;
	} else {
		curl_easy_setopt(x->easy, CURLOPT_URL, request->url);
	}
	curl_easy_setopt(x->easy, CURLOPT_CONNECT_TO, x->connect_to);
	return 0;
}

static int set_request(struct exchange *x)
{
	const struct http_request *request = x->request;
	CURL *easy = x->easy;

	for (size_t i = 0; request->headers && request->headers[i]; i++)
		x->headers = curl_slist_append(x->headers, request->headers[i]);
	if (set_url(x) || set_tls(x))
		return -1;
	curl_easy_setopt(easy, CURLOPT_HTTPHEADER, x->headers);
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request->method);
	if (strcmp(request->method, "HEAD") == 0)
		curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
	if (request->body) {
		curl_easy_setopt(easy, CURLOPT_POST, 1L);
		curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request->body);
		curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body_len);
	}
	if (request->http2)
		curl_easy_setopt(easy, CURLOPT_HTTP_VERSION,
				 strncmp(request->url, "https:", 6) == 0
					 ? (long)CURL_HTTP_VERSION_2TLS
					 : (long)CURL_HTTP_VERSION_2_PRIOR_KNOWLEDGE);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, x);
	curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(easy, CURLOPT_HEADERDATA, x);
	curl_easy_setopt(easy, CURLOPT_XFERINFOFUNCTION, on_progress);
	curl_easy_setopt(easy, CURLOPT_XFERINFODATA, x);
	curl_easy_setopt(easy, CURLOPT_NOPROGRESS, 0L);
	curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, x->error);
	curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, 64 * 1024L);
	if (request->proxy)
		curl_easy_setopt(easy, CURLOPT_PROXY, request->proxy);
	if (request->carrier) {
		curl_easy_setopt(easy, CURLOPT_PROXY, "");
		curl_easy_setopt(easy, CURLOPT_ABSTRACT_UNIX_SOCKET, request->carrier->local);
	}
	return 0;
}

/* Waits for curl's sockets, the carrier's and the cancel pipe. */
static int wait_any(struct exchange *x, CURLM *multi)
{
	const struct http_request *request = x->request;
	struct curl_waitfd fds[5];
	struct pollfd own[4];
	int n = request->carrier ? request->carrier->fds(request->carrier->arg, own) : 0;
	unsigned count = 0;

	for (int i = 0; i < n; i++) {
		short events = 0;
		if (own[i].events & POLLIN)
			events |= CURL_WAIT_POLLIN;
		if (own[i].events & POLLOUT)
			events |= CURL_WAIT_POLLOUT;
		fds[count++] = (struct curl_waitfd){ own[i].fd, events, 0 };
	}
	const bool listens = request->cancel_fd >= 0 && !x->cancelled_until;
	if (listens)
		fds[count++] = (struct curl_waitfd){ request->cancel_fd, CURL_WAIT_POLLIN, 0 };
	int left = ms_until(request->deadline);
	if (curl_multi_poll(multi, fds, count, left < POLL_MS ? left : POLL_MS, NULL))
		return err_set(x->err, ERR_BUG, "curl_multi_poll failed");
	if (listens && fds[count - 1].revents)
		x->cancelled_until = deadline_in(request->cancel_ms);
	if (x->cancelled_until && now_ms() >= x->cancelled_until)
		return err_set(x->err, ERR_CANCELLED, "interrupted");
	if (now_ms() >= request->deadline)
		return err_set(x->err, ERR_TIMEOUT, "no answer in time");
	if (request->stall_ms && now_ms() - x->last_byte > request->stall_ms)
		return err_set(x->err, ERR_TIMEOUT, "nothing came for %llu s",
			       (unsigned long long)request->stall_ms / 1000);
	return 0;
}

static int drive(struct exchange *x, CURLM *multi, CURLcode *result)
{
	const struct http_carrier *carrier = x->request->carrier;
	int running = 1, queued;

	for (;;) {
		if (carrier && carrier->step(carrier->arg, x->err))
			return -1;
		if (curl_multi_perform(multi, &running))
			return err_set(x->err, ERR_BUG, "curl_multi_perform failed");
		if (x->ended_by_us)
			return -1;
		if (!running)
			break;
		/* what curl has just written goes out before anything is waited for */
		if (carrier && carrier->step(carrier->arg, x->err))
			return -1;
		if (wait_any(x, multi))
			return -1;
	}
	CURLMsg *message = curl_multi_info_read(multi, &queued);
	*result = message ? message->data.result : CURLE_RECV_ERROR;
	return 0;
}

/* Not among them: what TLS says of a certificate, and what we could not make curl do. */
static bool is_broken(CURLcode result)
{
	static const CURLcode list[] = { CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_CONNECT,
					 CURLE_PARTIAL_FILE,         CURLE_GOT_NOTHING,
					 CURLE_SEND_ERROR,           CURLE_RECV_ERROR,
					 CURLE_SEND_FAIL_REWIND,     CURLE_HTTP2,
					 CURLE_HTTP2_STREAM,         CURLE_OPERATION_TIMEDOUT };

	for (size_t i = 0; i < sizeof(list) / sizeof(list[0]); i++) {
		if (list[i] == result)
			return true;
	}
	return false;
}

/* curl's error to ours; the text is curl's own, which names hosts and never headers. */
/* curl says which host, the system why: "connection refused" is not among curl's own words. */
static int explain(struct exchange *x, CURLcode result)
{
	long number = 0;

	x->answer->broken = is_broken(result);
	if (result == CURLE_COULDNT_CONNECT &&
	    !curl_easy_getinfo(x->easy, CURLINFO_OS_ERRNO, &number) && number) {
		errno = (int)number;
		return err_errno(x->err, ERR_KUBE, "%s",
				 x->error[0] ? x->error : curl_easy_strerror(result));
	}
	return err_set(x->err, result == CURLE_OPERATION_TIMEDOUT ? ERR_TIMEOUT : ERR_KUBE, "%s",
		       x->error[0] ? x->error : curl_easy_strerror(result));
}

static int take_status(struct exchange *x)
{
	long version = CURL_HTTP_VERSION_NONE;

	curl_easy_getinfo(x->easy, CURLINFO_RESPONSE_CODE, &x->answer->status);
	curl_easy_getinfo(x->easy, CURLINFO_HTTP_VERSION, &version);
	if (x->request->http2 && version != CURL_HTTP_VERSION_2)
		return err_set(x->err, ERR_KUBE, "the server does not speak HTTP/2");
	return 0;
}

/* An Authorization header is a secret. */
static void wipe_headers(struct curl_slist *headers)
{
	for (struct curl_slist *at = headers; at; at = at->next)
		mem_wipe(at->data, strlen(at->data));
	curl_slist_free_all(headers);
}

int http_do(const struct http_request *request, struct http_answer *answer, struct err *err)
{
	struct exchange x = {
		.request = request, .answer = answer, .err = err, .last_byte = now_ms()
	};
	CURLcode result = CURLE_OK;

	*answer = (struct http_answer){ .grpc_status = -1 };
	for (struct http_wanted *at = request->wanted; at && at->name; at++)
		at->value[0] = '\0';
	answer->body.max = request->body_max;
	x.easy = curl_easy_init();
	CURLM *multi = curl_multi_init();
	if (!x.easy || !multi)
		abort();
	int failed = set_request(&x);
	if (!failed) {
		curl_multi_add_handle(multi, x.easy);
		failed = drive(&x, multi, &result);
		if (!failed)
			failed = result != CURLE_OK ? explain(&x, result) : take_status(&x);
		curl_multi_remove_handle(multi, x.easy);
	}
	curl_easy_cleanup(x.easy);
	curl_multi_cleanup(multi);
	wipe_headers(x.headers);
	curl_slist_free_all(x.connect_to);
	return failed ? -1 : 0;
}
