/*
 * certificate: see certificate.h.
 */
#include "base/certificate.h"

#include "base/digest.h"
#include "base/mem.h"

#include <limits.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

enum { HOUR = 3600 };

/* Whose certificate by whose key. */
struct made {
	X509 *cert;
	EVP_PKEY *key;
};

static void made_scoped(struct made *made)
{
	X509_free(made->cert);
	EVP_PKEY_free(made->key);
}

static bool set_name(X509 *cert, const char *name)
{
	return X509_NAME_add_entry_by_txt(X509_get_subject_name(cert), "CN", MBSTRING_UTF8,
					  (const unsigned char *)name, -1, -1, 0);
}

static bool set_serial(X509 *cert)
{
	uint32_t number;

	random_bytes(&number, sizeof(number));
	return ASN1_INTEGER_set_uint64(X509_get_serialNumber(cert), 1 + (uint64_t)number);
}

static bool extend(X509 *cert, X509 *issuer, int nid, const char *value)
{
	X509V3_CTX ctx;

	X509V3_set_ctx(&ctx, issuer, cert, NULL, NULL, 0);
	X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	bool done = extension && X509_add_ext(cert, extension, -1);
	X509_EXTENSION_free(extension);
	return done;
}

/* Key and certificate without extensions, not signed yet. */
static bool begin(struct made *made, const char *name, unsigned hours)
{
	made->key = EVP_EC_gen("P-256");
	made->cert = X509_new();
	return made->key && made->cert && X509_set_version(made->cert, X509_VERSION_3) &&
	       set_serial(made->cert) && set_name(made->cert, name) &&
	       X509_gmtime_adj(X509_getm_notBefore(made->cert), -HOUR) &&
	       X509_gmtime_adj(X509_getm_notAfter(made->cert), (long)hours * HOUR) &&
	       X509_set_pubkey(made->cert, made->key);
}

static bool make_ca(struct made *ca, const char *name, unsigned hours)
{
	scoped(mem) char *own = mem_printf("%s CA", name);

	return begin(ca, own, hours) &&
	       X509_set_issuer_name(ca->cert, X509_get_subject_name(ca->cert)) &&
	       extend(ca->cert, ca->cert, NID_basic_constraints, "critical,CA:TRUE,pathlen:0") &&
	       extend(ca->cert, ca->cert, NID_key_usage, "critical,keyCertSign") &&
	       extend(ca->cert, ca->cert, NID_subject_key_identifier, "hash") &&
	       X509_sign(ca->cert, ca->key, EVP_sha256());
}

static bool make_leaf(struct made *leaf, const struct made *ca, const char *name,
		      const char *address, unsigned hours)
{
	scoped(mem) char *alternative = mem_printf("IP:%s", address);

	return begin(leaf, name, hours) &&
	       X509_set_issuer_name(leaf->cert, X509_get_subject_name(ca->cert)) &&
	       extend(leaf->cert, ca->cert, NID_basic_constraints, "critical,CA:FALSE") &&
	       extend(leaf->cert, ca->cert, NID_key_usage, "critical,digitalSignature") &&
	       extend(leaf->cert, ca->cert, NID_ext_key_usage, "serverAuth,clientAuth") &&
	       extend(leaf->cert, ca->cert, NID_subject_alt_name, alternative) &&
	       extend(leaf->cert, ca->cert, NID_subject_key_identifier, "hash") &&
	       extend(leaf->cert, ca->cert, NID_authority_key_identifier, "keyid") &&
	       X509_sign(leaf->cert, ca->key, EVP_sha256());
}

/* Whatever `write` puts into the BIO, as text. */
static bool as_text(struct buf *out, const struct made *made, bool key)
{
	BIO *bio = BIO_new(key ? BIO_s_secmem() : BIO_s_mem());
	char *data;
	bool done = bio &&
		    (key ? PEM_write_bio_PKCS8PrivateKey(bio, made->key, NULL, NULL, 0, NULL, NULL)
			 : PEM_write_bio_X509(bio, made->cert));
	long len = done ? BIO_get_mem_data(bio, &data) : 0;

	done = done && len > 0 && !buf_add(out, data, (size_t)len);
	BIO_free(bio);
	return done;
}

int certificate_make(const char *name, const char *address, unsigned hours, struct certificate *out,
		     struct err *err)
{
	scoped(made) struct made ca = { NULL, NULL };
	scoped(made) struct made leaf = { NULL, NULL };
	struct certificate texts = { .ca = BUF_INIT(CERTIFICATE_MAX),
				     .cert = BUF_INIT(CERTIFICATE_MAX),
				     .key = BUF_SECRET(CERTIFICATE_MAX) };

	if (!make_ca(&ca, name, hours) || !make_leaf(&leaf, &ca, name, address, hours) ||
	    !as_text(&texts.ca, &ca, false) || !as_text(&texts.cert, &leaf, false) ||
	    !as_text(&texts.key, &leaf, true)) {
		unsigned long why = ERR_get_error();
		const char *words = why ? ERR_reason_error_string(why) : NULL;
		certificate_release(&texts);
		ERR_clear_error();
		return err_set(err, ERR_CONFIG, "cannot make a certificate for %s: %s", address,
			       words ? words : "OpenSSL does not say why");
	}
	*out = texts;
	return 0;
}

void certificate_release(struct certificate *certificate)
{
	buf_release(&certificate->ca);
	buf_release(&certificate->cert);
	buf_release(&certificate->key);
}

void certificate_scoped(struct certificate *certificate)
{
	certificate_release(certificate);
}
