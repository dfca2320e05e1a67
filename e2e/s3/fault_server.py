#!/usr/bin/env python3
"""A small S3 server that keeps objects in memory and misbehaves by the name of the bucket.

Prints its port; with the files of a certificate and its key as arguments it speaks TLS.  It checks the sha256 of each body, not signatures (radosgw does that in these tests).
"""
import hashlib
import socket
import ssl
import sys
import threading
import time
import urllib.parse
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from xml.sax.saxutils import escape

lock = threading.Lock()
objects = {}   # (bucket, key) -> (data, headers, etag)
uploads = {}   # id -> (bucket, key, headers, parts)
seen = {}      # what was asked -> how often


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "fault"
    date = None

    def log_message(self, *args):
        pass

    def date_time_string(self, timestamp=None):
        return formatdate(time.time() if timestamp is None else timestamp, usegmt=True)

    def answer(self, status, body=b"", headers=(), date=None, length=None):
        self.send_response_only(status)
        self.send_header("Date", self.date_time_string(date))
        self.send_header("x-amz-request-id", "REQ-1")
        self.send_header("Content-Length", str(len(body) if length is None else length))
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def refuse(self, status, code, message="no", headers=(), extra="", date=None):
        body = f'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>{code}</Code><Message>{message}</Message>' \
               f'<RequestId>REQ-1</RequestId>{extra}</Error>'
        self.answer(status, b"" if self.command == "HEAD" else body.encode(), headers, date)

    def drop(self):
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)

    def times(self):
        with lock:
            what = (self.command, self.path)
            seen[what] = seen.get(what, 0) + 1
            return seen[what]

    def run(self):
        url = urllib.parse.urlsplit(self.path)
        path = urllib.parse.unquote(url.path).lstrip("/")
        self.bucket, _, self.key = path.partition("/")
        self.query = dict(urllib.parse.parse_qsl(url.query, keep_blank_values=True))
        length = int(self.headers.get("Content-Length") or 0)
        stuck = self.bucket == "slowparts" and "partNumber" in self.query
        body = b"" if stuck else self.rfile.read(length)
        if stuck:
            time.sleep(60)
            return self.drop()
        if hashlib.sha256(body).hexdigest() != self.headers.get("x-amz-content-sha256"):
            return self.refuse(400, "XAmzContentSHA256Mismatch")
        if not self.headers.get("Authorization", "").startswith("AWS4-HMAC-SHA256 Credential="):
            return self.refuse(403, "AccessDenied")
        if self.fault(body):
            return None
        return self.serve(body)

    do_GET = do_PUT = do_HEAD = do_POST = do_DELETE = run

    # --- faults of whole buckets; True when the request was answered

    def fault(self, body):
        name = "fault_" + self.bucket.replace("-", "_")
        return getattr(self, name)(body) if hasattr(self, name) else False

    def fault_flaky(self, _body):
        n = self.times()
        if n % 3 == 1:
            self.refuse(500, "InternalError")
        elif n % 3 == 2:
            self.refuse(503, "SlowDown")
        return n % 3 != 0

    def fault_always500(self, _body):
        self.refuse(500, "InternalError", "We had a bad day")
        return True

    def fault_drops(self, _body):
        if self.times() % 2 == 0:
            return False
        self.drop()
        return True

    def fault_skewed(self, _body):
        self.refuse(403, "RequestTimeTooSkewed", "The difference is too large", date=time.time() - 3600)
        return True

    def fault_denied(self, _body):
        self.refuse(403, "AccessDenied", "Access Denied")
        return True

    def fault_region(self, _body):
        self.refuse(301, "PermanentRedirect", "Elsewhere", [("x-amz-bucket-region", "eu-west-7"),
                    ("Location", "http://127.0.0.1:1/")])
        return True

    def fault_malformed(self, _body):
        self.refuse(400, "AuthorizationHeaderMalformed", "wrong region", extra="<Region>eu-west-8</Region>")
        return True

    def fault_elsewhere(self, _body):
        self.refuse(307, "TemporaryRedirect", "Elsewhere", [("Location", "http://127.0.0.1:1/")])
        return True

    def fault_nobucket(self, _body):
        self.refuse(404, "NoSuchBucket", "The specified bucket does not exist")
        return True

    def listing(self, inner):
        self.answer(200, f"<ListBucketResult><EncodingType>url</EncodingType>{inner}</ListBucketResult>".encode())
        return True

    def fault_sametoken(self, _body):
        return self.listing("<IsTruncated>true</IsTruncated><NextContinuationToken>t</NextContinuationToken>")

    def fault_notoken(self, _body):
        return self.listing("<IsTruncated>true</IsTruncated>")

    def fault_endless(self, _body):
        n = self.times() + int(self.query.get("continuation-token", 0))
        keys = "".join(f"<Contents><Key>o{n}-{i}</Key><Size>1</Size></Contents>" for i in range(1000))
        return self.listing(f"{keys}<IsTruncated>true</IsTruncated>"
                            f"<NextContinuationToken>{n}</NextContinuationToken>")

    def fault_unasked(self, _body):
        return self.listing("<Contents><Key>other</Key><Size>1</Size></Contents>")

    def fault_garbled(self, _body):
        self.answer(200, b"<ListBucketResult><Contents><Key>a</Con")
        return True

    def fault_doctype(self, _body):
        self.answer(200, b'<!DOCTYPE a [<!ENTITY x "y">]><ListBucketResult/>')
        return True

    def fault_badpart(self, _body):
        if self.query.get("partNumber") != "2":
            return False
        self.refuse(400, "EntityTooLarge", "this part is not wanted")
        return True

    def fault_unconditional(self, _body):
        if not self.headers.get("If-None-Match"):
            return False
        self.refuse(501, "NotImplemented", "A header you provided implies functionality that is not implemented")
        return True

    def fault_fewrights(self, _body):
        if self.command in ("GET", "PUT"):
            return False
        self.refuse(403, "AccessDenied", "Access Denied")
        return True

    def fault_putsonce(self, _body):
        if self.command != "PUT" or self.times() == 1:
            return False
        self.refuse(403, "QuotaExceeded", "no more")
        return True

    def fault_late(self, _body):
        if self.command != "POST" or "uploadId" not in self.query or self.times() > 1:
            return False
        self.answer(200, b"<?xml version=\"1.0\"?>\n  <Error><Code>InternalError</Code>"
                         b"<Message>at last</Message></Error>")
        return True

    # --- what a server does

    def serve(self, body):
        if self.command == "GET" and "uploads" in self.query:
            mine = [u for u in uploads.values() if u[0] == self.bucket]
            inner = "".join(f"<Upload><Key>{escape(u[1])}</Key></Upload>" for u in mine)
            return self.answer(200, f"<ListMultipartUploadsResult>{inner}</ListMultipartUploadsResult>".encode())
        if self.command == "GET" and not self.key:
            return self.list()
        if self.command in ("GET", "HEAD"):
            return self.get()
        if self.command == "PUT" and "partNumber" in self.query:
            return self.put_part(body)
        if self.command == "PUT" and self.key:
            return self.put(body, dict(self.headers))
        if self.command == "POST":
            return self.post(body)
        if self.command == "DELETE":
            with lock:
                if "uploadId" in self.query:
                    uploads.pop(self.query["uploadId"], None)
                else:
                    objects.pop((self.bucket, self.key), None)
            return self.answer(204)
        return self.answer(200)

    def is_taken(self):
        return self.headers.get("If-None-Match") == "*" and (self.bucket, self.key) in objects

    def keep(self, data, headers):
        kept = ("x-amz-meta-", "x-amz-server-side-encryption")
        meta = [(n.lower(), v) for n, v in headers.items() if n.lower().startswith(kept)]
        etag = '"' + hashlib.md5(data).hexdigest() + '"'
        objects[(self.bucket, self.key)] = (data, meta, etag)
        return etag

    def put(self, body, headers):
        with lock:
            taken = self.is_taken() and self.bucket != "dropsall"
            etag = None if taken else self.keep(body, headers)
        if taken:
            return self.refuse(412, "PreconditionFailed")
        if self.bucket == "dropsall" or (self.bucket == "dropafter" and self.times() == 1):
            return self.drop()
        return self.answer(200, headers=[("ETag", etag)])

    def put_part(self, body):
        if self.headers.get("x-amz-server-side-encryption"):
            return self.refuse(400, "InvalidArgument", "that was to be said when the upload was begun")
        etag = '"' + hashlib.md5(body).hexdigest() + '"'
        with lock:
            upload = uploads.get(self.query["uploadId"])
            if upload:
                upload[3][int(self.query["partNumber"])] = (etag, body)
        return self.answer(200, headers=[("ETag", etag)]) if upload else self.refuse(404, "NoSuchUpload")

    def post(self, _body):
        if "uploads" in self.query:
            with lock:
                name = f"id/{len(seen)}+{len(uploads)}&{time.time()}"
                uploads[name] = (self.bucket, self.key, dict(self.headers), {})
            if self.bucket == "slowbegin":
                time.sleep(2)
            return self.answer(200, f"<InitiateMultipartUploadResult><UploadId>{escape(name)}</UploadId>"
                                    "</InitiateMultipartUploadResult>".encode())
        with lock:
            upload = uploads.get(self.query["uploadId"])
            taken = self.is_taken()
            if upload and not taken:
                del uploads[self.query["uploadId"]]
                self.keep(b"".join(upload[3][n][1] for n in sorted(upload[3])), upload[2])
        if taken:
            return self.refuse(412, "PreconditionFailed")
        if not upload:
            return self.refuse(404, "NoSuchUpload")
        if self.bucket == "dropafter" and self.times() == 1:
            return self.drop()
        return self.answer(200, b"<CompleteMultipartUploadResult><ETag>x</ETag></CompleteMultipartUploadResult>")

    def get(self):
        with lock:
            found = objects.get((self.bucket, self.key))
        if not found:
            return self.refuse(404, "NoSuchKey", "The specified key does not exist.")
        data, meta, etag = found
        n = self.times()
        if self.bucket == "rotpki" and self.key.endswith(".pki.tar.zst.age"):
            data = data[:-1] + bytes([data[-1] ^ 1])
        if self.bucket == "changes" and n > 1:
            etag = '"other"'
        start = 0
        asked = self.headers.get("Range")
        if asked and self.bucket != "norange":
            start = int(asked[len("bytes="):].split("-")[0])
        if self.headers.get("If-Match", etag) != etag:
            return self.refuse(412, "PreconditionFailed")
        headers = list(meta) + [("Last-Modified", self.date_time_string(1600000000))]
        if self.bucket != "noetag":
            headers.append(("ETag", etag))
        if start:
            headers.append(("Content-Range", f"bytes {start}-{len(data) - 1}/{len(data)}"))
        whole = len(data) - start
        cuts = {"cut": n % 3 != 0, "cutalways": True, "noetag": True, "changes": True, "norange": True}
        if self.command == "GET" and cuts.get(self.bucket):
            self.answer(206 if start else 200, data[start:start + 100000], headers, length=whole)
            return self.drop()
        if self.command == "GET" and self.bucket == "stalls":
            self.answer(200, data[:1000], headers, length=whole)
            self.wfile.flush()
            return time.sleep(30)
        return self.answer(206 if start else 200, data[start:], headers)

    def list(self):
        prefix = self.query.get("prefix", "")
        with lock:
            keys = sorted(k for b, k in objects if b == self.bucket and k.startswith(prefix))
        keys = [k for k in keys if "/" not in k[len(prefix):]]
        start = int(self.query.get("continuation-token", 0))
        page = keys[start:start + 2]  # small pages: that there are several is what is tested
        more = start + 2 < len(keys)
        inner = "".join(f"<Contents><Key>{urllib.parse.quote_plus(k, safe='/')}</Key>"
                        f"<Size>{len(objects[(self.bucket, k)][0])}</Size>"
                        "<LastModified>2020-09-13T12:26:40.000Z</LastModified></Contents>" for k in page)
        if more:
            inner += f"<NextContinuationToken>{start + 2}</NextContinuationToken>"
        return self.listing(inner + f"<IsTruncated>{'true' if more else 'false'}</IsTruncated>")


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, request, client_address):
        pass  # connections that are dropped, by either side, are what this is for


server = Server(("127.0.0.1", 0), Handler)
if len(sys.argv) == 3:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[1], sys.argv[2])
    # the handshake in the thread of the connection, not in accept()
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
print(server.server_address[1], flush=True)
sys.stdout.close()
server.serve_forever()
