/* SHA-256 and HMAC-SHA-256 against published examples. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "controller/base/sha256.h"

static void assert_hex(const uint8_t got[SHA256_LEN], const char *expected)
{
    char text[2 * SHA256_LEN + 1];

    for (size_t i = 0; i < SHA256_LEN; i++) {
        snprintf(&text[2 * i], 3, "%02x", got[i]);
    }
    assert_string_equal(text, expected);
}

/* The examples of NIST's "Secure Hash Standard" pages: one block, two blocks, none, a million a. */
static void test_sha256(void **state)
{
    static const struct {
        const char *text, *hash;
    } vectors[] = {
        {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
        {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
         "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
        {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
    };
    uint8_t out[SHA256_LEN];
    struct sha256 s;

    (void)state;
    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
        sha256_init(&s);
        sha256_add(&s, vectors[i].text, strlen(vectors[i].text));
        sha256_end(&s, out);
        assert_hex(out, vectors[i].hash);
    }
    sha256_init(&s);
    for (unsigned n = 0; n < 1000000; n += 8) {
        sha256_add(&s, "aaaaaaaa", 8);
    }
    sha256_end(&s, out);
    assert_hex(out, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

/* However a message is cut, the hash is that of the whole; every length around the block's end. */
static void test_pieces(void **state)
{
    uint8_t data[200], whole[SHA256_LEN], pieces[SHA256_LEN];
    struct sha256 s;

    (void)state;
    for (size_t i = 0; i < sizeof data; i++) {
        data[i] = (uint8_t)(i * 37 + 11);
    }
    for (size_t len = 0; len <= sizeof data; len++) {
        sha256_init(&s);
        sha256_add(&s, data, len);
        sha256_end(&s, whole);
        sha256_init(&s);
        for (size_t at = 0, part = 1; at < len; at += part, part = part % 23 + 7) {
            part = part < len - at ? part : len - at;
            sha256_add(&s, &data[at], part);
        }
        sha256_end(&s, pieces);
        assert_memory_equal(whole, pieces, SHA256_LEN);
    }
}

/* RFC 4231 §4.2 to §4.8, without the truncated one (§4.6), of which the first half is compared. */
static void test_hmac(void **state)
{
    static const char long_key[] = "Test Using Larger Than Block-Size Key - Hash Key First";
    static const char long_both[] =
        "This is a test using a larger than block-size key and a larger than block-size data. "
        "The key needs to be hashed before being used by the HMAC algorithm.";
    uint8_t key[131], data[50], out[SHA256_LEN];

    (void)state;
    memset(key, 0x0b, 20);
    hmac_sha256(key, 20, "Hi There", 8, out);
    assert_hex(out, "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
    hmac_sha256("Jefe", 4, "what do ya want for nothing?", 28, out);
    assert_hex(out, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    memset(key, 0xaa, sizeof key);
    memset(data, 0xdd, sizeof data);
    hmac_sha256(key, 20, data, sizeof data, out);
    assert_hex(out, "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe");
    for (uint8_t i = 0; i < 25; i++) {
        key[i] = (uint8_t)(i + 1);
    }
    memset(data, 0xcd, sizeof data);
    hmac_sha256(key, 25, data, sizeof data, out);
    assert_hex(out, "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b");
    memset(key, 0x0c, 20);
    hmac_sha256(key, 20, "Test With Truncation", 20, out);
    assert_memory_equal(out, "\xa3\xb6\x16\x74\x73\x10\x0e\xe0\x6e\x0c\x79\x6c\x29\x55\x55\x2b",
                        16);
    memset(key, 0xaa, sizeof key);
    hmac_sha256(key, sizeof key, long_key, strlen(long_key), out);
    assert_hex(out, "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
    hmac_sha256(key, sizeof key, long_both, strlen(long_both), out);
    assert_hex(out, "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2");
    hmac_sha256(NULL, 0, NULL, 0, out);
    assert_hex(out, "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

static void test_equality(void **state)
{
    uint8_t a[16], b[16];

    (void)state;
    memset(a, 0x5a, sizeof a);
    memcpy(b, a, sizeof b);
    assert_true(bytes_eq_ct(a, b, sizeof a));
    for (size_t i = 0; i < sizeof a; i++) {
        b[i] ^= (uint8_t)(1U << i % 8);
        assert_false(bytes_eq_ct(a, b, sizeof a));
        b[i] = a[i];
    }
    assert_true(bytes_eq_ct(a, "x", 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sha256),
        cmocka_unit_test(test_pieces),
        cmocka_unit_test(test_hmac),
        cmocka_unit_test(test_equality),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
