/* check_body.c - what bodies become pairs, and which are refused. */

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"
#include "web/body.h"

#define BYTES(literal) literal, sizeof(literal) - 1

typedef enum status parse(
    struct arena *, const char *, size_t, struct pairs *, enum wording *);

static struct arena *arena;
static struct pairs pairs;
static enum wording why;

static void
setup(void)
{
	arena = arena_new();
}

static void
teardown(void)
{
	arena_free(arena);
}

#define MULTIPART "multipart/form-data; boundary=xYz"

static enum status
parse_multipart(struct arena *into, const char *text, size_t len,
    struct pairs *found, enum wording *wrong)
{
	return body_parse_multipart(into, MULTIPART, text, len, found, wrong);
}

/* From a piece of memory of exactly this size, so that an overrun is seen. */
static enum status
read_exactly(parse *parser, const char *text, size_t len)
{
	char *exact = malloc(len != 0 ? len : 1);
	enum status st;

	ck_assert_ptr_nonnull(exact);
	memcpy(exact, text, len);
	why = WORDING_COUNT;
	st = parser(arena, exact, len, &pairs, &why);
	free(exact);
	if (st == ST_OK) {
		ck_assert_int_eq(why, WORDING_NONE);
	} else {
		ck_assert_int_eq(st, ST_INVALID);
		ck_assert_uint_eq(pairs.count, 0);
		ck_assert_int_ne(why, WORDING_NONE);
		ck_assert_int_ne(why, WORDING_COUNT);
	}
	return st;
}

/* The pairs as "name=text|name=text", wrong ones as "name!". */
static const char *
written(void)
{
	struct strbuf sb;

	strbuf_init(&sb, arena);
	for (size_t i = 0; i < pairs.count; i++) {
		const struct pair *pair = &pairs.list[i];

		if (i != 0)
			strbuf_char(&sb, '|');
		strbuf_str(&sb, pair->name);
		if (pair->wrong == WORDING_NONE) {
			strbuf_printf(&sb, "=%s", pair->text);
			continue;
		}
		ck_assert_str_eq(pair->text, "");
		strbuf_str(
		    &sb, pair->wrong == WORDING_FIELD_FILE ? "!file" : "!type");
	}
	return sb.text;
}

struct good {
	const char *text;
	size_t len;
	const char *pairs;
};

struct bad {
	const char *text;
	size_t len;
	enum wording why;
};

static void
reads(parse *parser, const struct good *good)
{
	ck_assert_msg(read_exactly(parser, good->text, good->len) == ST_OK,
	    "refused (%d): %s", why, good->text);
	ck_assert_str_eq(written(), good->pairs);
}

static void
refuses(parse *parser, const struct bad *bad)
{
	ck_assert_msg(read_exactly(parser, bad->text, bad->len) == ST_INVALID,
	    "accepted: %s", bad->text);
	ck_assert_msg(
	    why == bad->why, "%d, not %d: %s", why, bad->why, bad->text);
}

/* Which kind of body */

static const struct {
	const char *type;
	enum body_type body;
} types[] = {
	{ NULL, BODY_NONE },
	{ "", BODY_NONE },
	{ "application/x-www-form-urlencoded", BODY_FORM },
	{ "application/x-www-form-urlencoded;charset=UTF-8", BODY_FORM },
	{ "application/json", BODY_JSON },
	{ " Application/JSON ; Charset=\"Utf-8\" ", BODY_JSON },
	{ "application/json; a=b; c=\"d;e\\\"\"", BODY_JSON },
	{ "application/merge-patch+json", BODY_JSON },
	{ MULTIPART, BODY_MULTIPART },
	{ "application/json; charset=iso-8859-1", BODY_UNKNOWN },
	{ "application/json; charset=utf-8; charset=utf-16", BODY_UNKNOWN },
	{ "application/json; charset", BODY_UNKNOWN },
	{ "application/json; charset=", BODY_UNKNOWN },
	{ "application/json; charset=\"utf-8", BODY_UNKNOWN },
	{ "application/json, application/json", BODY_UNKNOWN },
	{ "application/json x", BODY_UNKNOWN },
	{ "application/jsonx", BODY_UNKNOWN },
	{ "application/", BODY_UNKNOWN },
	{ "json", BODY_UNKNOWN },
	{ "/", BODY_UNKNOWN },
	{ "text/plain", BODY_UNKNOWN },
	{ "multipart/mixed; boundary=x", BODY_UNKNOWN },
};

START_TEST(tells_the_kind_of_a_body)
{
	ck_assert_int_eq(body_type(types[_i].type), types[_i].body);
}
END_TEST

/* Forms and query strings */

static const struct good good_forms[] = {
	{ BYTES(""), "" },
	{ BYTES("&&"), "" },
	{ BYTES("a=1"), "a=1" },
	{ BYTES("a=1&b=2&a=3"), "a=1|b=2|a=3" },
	{ BYTES("&a=1&&b=2&"), "a=1|b=2" },
	{ BYTES("a"), "a=" },
	{ BYTES("a="), "a=" },
	{ BYTES("=a"), "=a" },
	{ BYTES("="), "=" },
	{ BYTES("a=b=c"), "a=b=c" },
	{ BYTES("a=1;b=2"), "a=1;b=2" },
	{ BYTES("a+b=+c+"), "a b= c " },
	{ BYTES("%61=%2b%26%3D%25"), "a=+&=%" },
	{ BYTES("a=%C3%a9\xc3\xa9"), "a=éé" },
	{ BYTES("a=%F0%9F%94%91"), "a=\xf0\x9f\x94\x91" },
	{ BYTES("a=%0D%0A%09"), "a=\r\n\t" },
};

static const struct bad bad_forms[] = {
	{ BYTES("%"), WORDING_BODY_ENCODING },
	{ BYTES("a=%"), WORDING_BODY_ENCODING },
	{ BYTES("a=%4"), WORDING_BODY_ENCODING },
	{ BYTES("a=%4&b=1"), WORDING_BODY_ENCODING },
	{ BYTES("a=%%41"), WORDING_BODY_ENCODING },
	{ BYTES("a=%4g"), WORDING_BODY_ENCODING },
	{ BYTES("a=%g4"), WORDING_BODY_ENCODING },
	{ BYTES("a=% 4"), WORDING_BODY_ENCODING },
	{ BYTES("a=%+4"), WORDING_BODY_ENCODING },
	{ BYTES("a=%-1"), WORDING_BODY_ENCODING },
	{ BYTES("a=%u0041"), WORDING_BODY_ENCODING },
	{ BYTES("%4=1"), WORDING_BODY_ENCODING },
	{ BYTES("a=%00"), WORDING_BODY_UTF8 },
	{ BYTES("a=x\0y"), WORDING_BODY_UTF8 },
	{ BYTES("a%00b=x"), WORDING_BODY_UTF8 },
	{ BYTES("a=\xff"), WORDING_BODY_UTF8 },
	{ BYTES("\xff=a"), WORDING_BODY_UTF8 },
	{ BYTES("a=%80"), WORDING_BODY_UTF8 },
	{ BYTES("a=%C3"), WORDING_BODY_UTF8 },
	{ BYTES("a=%C3&b=%A9"), WORDING_BODY_UTF8 },
	{ BYTES("a=%C0%80"), WORDING_BODY_UTF8 },
	{ BYTES("a=%C0%AF"), WORDING_BODY_UTF8 },
	{ BYTES("a=%E0%80%AF"), WORDING_BODY_UTF8 },
	{ BYTES("a=%F0%80%80%AF"), WORDING_BODY_UTF8 },
	{ BYTES("a=%ED%A0%80"), WORDING_BODY_UTF8 },
	{ BYTES("a=%ED%BF%BF"), WORDING_BODY_UTF8 },
	{ BYTES("a=%F4%90%80%80"), WORDING_BODY_UTF8 },
	{ BYTES("a=%F5%80%80%80"), WORDING_BODY_UTF8 },
	{ BYTES("a=%F8%88%80%80%80"), WORDING_BODY_UTF8 },
};

START_TEST(reads_a_form)
{
	reads(body_parse_form, &good_forms[_i]);
}
END_TEST

START_TEST(refuses_a_malformed_form)
{
	refuses(body_parse_form, &bad_forms[_i]);
}
END_TEST

/* A cut form is either refused or shows what was there up to the cut. */
START_TEST(reads_of_a_cut_form_what_is_left)
{
	const char text[] = "a=x%20y&b=%C3%A9";

	for (size_t len = 0; len < sizeof(text) - 1; len++) {
		if (read_exactly(body_parse_form, text, len) != ST_OK)
			continue;
		ck_assert_msg(
		    strncmp("a=x y|b=é", written(), strlen(written())) == 0 ||
			strcmp(written(), "a=x y|b=") == 0 ||
			strcmp(written(), "a=") == 0,
		    "%zu: %s", len, written());
	}
}
END_TEST

/* JSON */

static const struct good good_json[] = {
	{ BYTES("{}"), "" },
	{ BYTES(" \t\r\n{ \"a\" : \"b\" } \t\r\n"), "a=b" },
	{ BYTES("{\"b\":\"1\",\"a\":\"2\",\"c\":\"3\"}"), "b=1|a=2|c=3" },
	{ BYTES("{\"\":\"x\"}"), "=x" },
	{ BYTES("{\"a\":true,\"b\":false,\"c\":null}"), "a=true|b=false" },
	{ BYTES("{\"a\":[],\"b\":{},\"c\":\"d\"}"), "a!type|b!type|c=d" },
	{ BYTES("{\"a\":{\"b\":1,\"b\":2},\"c\":[{\"a\":[\":\"]}]}"),
	    "a!type|c!type" },
	{ BYTES("{\"a\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t:{}[],\"}"),
	    "a=\"\\/\b\f\n\r\t:{}[]," },
	{ BYTES("{\"\\u0061\":\"\\u00e9\\u20AC\xc3\xa9\"}"),
	    "a=\xc3\xa9\xe2\x82\xac\xc3\xa9" },
	{ BYTES("{\"a\":\"\\ud83d\\udd11\\uD83D\\uDD11\"}"),
	    "a=\xf0\x9f\x94\x91\xf0\x9f\x94\x91" },
	{ BYTES("{\"a\":\"\\\\u0000\\\\ud800\"}"), "a=\\u0000\\ud800" },
	/* numbers, as they were written */
	{ BYTES("{\"a\":0,\"b\":-0,\"c\":-0.0,\"d\":1.0}"),
	    "a=0|b=-0|c=-0.0|d=1.0" },
	{ BYTES("{\"a\": 12 ,\"b\"\n:\n-3\n}"), "a=12|b=-3" },
	{ BYTES("{\"a\":12345678901234567890123}"),
	    "a=12345678901234567890123" },
	{ BYTES("{\"a\":18446744073709551616}"), "a=18446744073709551616" },
	{ BYTES("{\"a\":-9223372036854775809}"), "a=-9223372036854775809" },
	{ BYTES("{\"a\":1e999,\"b\":-1E+5,\"c\":0.1e-7}"),
	    "a=1e999|b=-1E+5|c=0.1e-7" },
	{ BYTES("{\"a\":0.1000000000000000055511151231257827021181583404541}"),
	    "a=0.1000000000000000055511151231257827021181583404541" },
};

#define JSON WORDING_BODY_JSON

static const struct bad bad_json[] = {
	{ BYTES(""), JSON },
	{ BYTES(" "), JSON },
	{ BYTES("null"), JSON },
	{ BYTES("true"), JSON },
	{ BYTES("1"), JSON },
	{ BYTES("\"a\""), JSON },
	{ BYTES("[]"), JSON },
	{ BYTES("[{\"a\":\"b\"}]"), JSON },
	{ BYTES("{"), JSON },
	{ BYTES("}"), JSON },
	{ BYTES("{}}"), JSON },
	{ BYTES("{}{}"), JSON },
	{ BYTES("{} x"), JSON },
	{ BYTES("{}\r\n\t {}"), JSON },
	{ BYTES("{},"), JSON },
	{ BYTES("{,}"), JSON },
	{ BYTES("{\"a\"}"), JSON },
	{ BYTES("{\"a\":}"), JSON },
	{ BYTES("{\"a\":\"b\",}"), JSON },
	{ BYTES("{\"a\":\"b\" \"c\":\"d\"}"), JSON },
	{ BYTES("{\"a\":[1,]}"), JSON },
	{ BYTES("{\"a\":[1}"), JSON },
	{ BYTES("{a:1}"), JSON },
	{ BYTES("{1:1}"), JSON },
	{ BYTES("{'a':1}"), JSON },
	{ BYTES("{'a\"':1,\"b\":'\"'}"), JSON },
	{ BYTES("{\"a\":'b'}"), JSON },
	{ BYTES("{\"a\":1}//x"), JSON },
	{ BYTES("/**/{\"a\":1}"), JSON },
	{ BYTES("{\"a\":/**/1}"), JSON },
	{ BYTES("\xef\xbb\xbf{\"a\":1}"), JSON },
	{ BYTES("\v{}"), JSON },
	{ BYTES("{}\f"), JSON },
	{ BYTES("{\"a\":\xc2\xa0"
		"1}"),
	    JSON },
	/* words and numbers that are none */
	{ BYTES("{\"a\":NaN}"), JSON },
	{ BYTES("{\"a\":nan}"), JSON },
	{ BYTES("{\"a\":Infinity}"), JSON },
	{ BYTES("{\"a\":-Infinity}"), JSON },
	{ BYTES("{\"a\":[NaN]}"), JSON },
	{ BYTES("{\"a\":True}"), JSON },
	{ BYTES("{\"a\":NULL}"), JSON },
	{ BYTES("{\"a\":tru}"), JSON },
	{ BYTES("{\"a\":nullnull}"), JSON },
	{ BYTES("{\"a\":undefined}"), JSON },
	{ BYTES("{\"a\":01}"), JSON },
	{ BYTES("{\"a\":00}"), JSON },
	{ BYTES("{\"a\":-01}"), JSON },
	{ BYTES("{\"a\":[-01]}"), JSON },
	{ BYTES("{\"a\":1.}"), JSON },
	{ BYTES("{\"a\":.1}"), JSON },
	{ BYTES("{\"a\":+1}"), JSON },
	{ BYTES("{\"a\":-}"), JSON },
	{ BYTES("{\"a\":1e}"), JSON },
	{ BYTES("{\"a\":1e+}"), JSON },
	{ BYTES("{\"a\":1.e5}"), JSON },
	{ BYTES("{\"a\":1-2}"), JSON },
	{ BYTES("{\"a\":0x10}"), JSON },
	{ BYTES("{\"a\":1 2}"), JSON },
	/* strings */
	{ BYTES("{\"a\":\"}"), JSON },
	{ BYTES("{\"a\":\"\\\"}"), JSON },
	{ BYTES("{\"a\":\"\\x41\"}"), JSON },
	{ BYTES("{\"a\":\"\\'\"}"), JSON },
	{ BYTES("{\"a\":\"\\u12g4\"}"), JSON },
	{ BYTES("{\"a\":\"\\u123\"}"), JSON },
	{ BYTES("{\"a\":\"x\ny\"}"), JSON },
	{ BYTES("{\"a\":\"x\ty\"}"), JSON },
	{ BYTES("{\"a\tb\":\"x\"}"), JSON },
	{ BYTES("{\"a\":\"\x01\"}"), JSON },
	{ BYTES("{\"a\":\"\\u0000\"}"), JSON },
	{ BYTES("{\"a\\u0000b\":\"x\"}"), JSON },
	{ BYTES("{\"a\":[\"\\u0000\"]}"), JSON },
	{ BYTES("{\"a\":\"\\ud800\"}"), JSON },
	{ BYTES("{\"a\":\"\\udc00\"}"), JSON },
	{ BYTES("{\"a\":\"\\udbff\"}"), JSON },
	{ BYTES("{\"a\":\"\\uDFFF\"}"), JSON },
	{ BYTES("{\"a\":\"\\ud800x\"}"), JSON },
	{ BYTES("{\"a\":\"\\ud800\\n\"}"), JSON },
	{ BYTES("{\"a\":\"\\ud800\\u0041\"}"), JSON },
	{ BYTES("{\"a\":\"\\ud800\\ud800\"}"), JSON },
	{ BYTES("{\"a\":\"\\udd11\\ud83d\"}"), JSON },
	{ BYTES("{\"a\\ud800\":\"x\"}"), JSON },
	/* a name twice */
	{ BYTES("{\"a\":1,\"a\":1}"), JSON },
	{ BYTES("{\"a\":1,\"b\":2,\"\\u0061\":3}"), JSON },
	{ BYTES("{\"a\":null,\"a\":1}"), JSON },
	{ BYTES("{\"a\":1,\"a\":null}"), JSON },
	{ BYTES("{\"\":1,\"\":2}"), JSON },
	{ BYTES("{\"a\":{\"x\":1},\"a\":[2]}"), JSON },
	/* bytes */
	{ BYTES("{\"a\":\"\0\"}"), WORDING_BODY_UTF8 },
	{ BYTES("{}\0"), WORDING_BODY_UTF8 },
	{ BYTES("\0{}"), WORDING_BODY_UTF8 },
	{ BYTES("{\"a\":\"\xff\"}"), WORDING_BODY_UTF8 },
	{ BYTES("{\"\xc3\":\"a\"}"), WORDING_BODY_UTF8 },
	{ BYTES("{\"a\":\"\xc0\x80\"}"), WORDING_BODY_UTF8 },
	{ BYTES("{\"a\":\"\xe0\x80\xaf\"}"), WORDING_BODY_UTF8 },
	{ BYTES("{\"a\":\"\xed\xa0\x80\"}"), WORDING_BODY_UTF8 },
	{ BYTES("{\"a\":\"\xf4\x90\x80\x80\"}"), WORDING_BODY_UTF8 },
	{ BYTES("{\0\"\0a\0\"\0:\0"
		"1\0}\0"),
	    WORDING_BODY_UTF8 },
};

START_TEST(reads_json)
{
	reads(body_parse_json, &good_json[_i]);
}
END_TEST

START_TEST(refuses_malformed_json)
{
	refuses(body_parse_json, &bad_json[_i]);
}
END_TEST

START_TEST(refuses_json_cut_anywhere)
{
	const char text[] =
	    "{\"a\\u00e9\":\"\\ud83d\\udd11\xc3\xa9\",\"b\":-1.5e+7,"
	    "\"c\":[true,{\"d\":null}],\"e\":false}";

	ck_assert_int_eq(
	    read_exactly(body_parse_json, text, sizeof(text) - 1), ST_OK);
	for (size_t len = 0; len < sizeof(text) - 1; len++)
		ck_assert_msg(
		    read_exactly(body_parse_json, text, len) == ST_INVALID,
		    "cut at %zu", len);
}
END_TEST

/* {"a":[[[...]]]}, depth levels in all */
static enum status
read_nested(size_t depth, const char *inside)
{
	struct strbuf sb;

	strbuf_init(&sb, arena);
	strbuf_str(&sb, "{\"a\":");
	for (size_t i = 1; i < depth; i++)
		strbuf_char(&sb, '[');
	strbuf_str(&sb, inside);
	for (size_t i = 1; i < depth; i++)
		strbuf_char(&sb, ']');
	strbuf_char(&sb, '}');
	return read_exactly(body_parse_json, sb.text, sb.len);
}

START_TEST(refuses_json_nested_too_deep)
{
	static const char *const inside[] = { "1", "\"\"", "1,2" };

	for (size_t i = 0; i < ARRAY_LEN(inside); i++) {
		ck_assert_int_eq(
		    read_nested(BODY_JSON_DEPTH, inside[i]), ST_OK);
		ck_assert_int_eq(
		    read_nested(BODY_JSON_DEPTH + 1, inside[i]), ST_INVALID);
		ck_assert_int_eq(read_nested(100000, inside[i]), ST_INVALID);
	}
	ck_assert_int_eq(read_nested(BODY_JSON_DEPTH, "{}"), ST_INVALID);
	ck_assert_int_eq(read_nested(BODY_JSON_DEPTH - 1, "{}"), ST_OK);
}
END_TEST

/* Multipart */

#define PART(name) \
	"--xYz\r\nContent-Disposition: form-data; name=\"" name "\"\r\n"
#define TAIL "--xYz--\r\n"
#define DISPOSED(disposition) \
	"--xYz\r\nContent-Disposition: " disposition "\r\n\r\n1\r\n" TAIL
#define WITH(header) PART("a") header "\r\n\r\n1\r\n" TAIL

static const struct good good_multiparts[] = {
	{ BYTES(TAIL), "" },
	{ BYTES("--xYz--"), "" },
	{ BYTES(PART("a") "\r\n1\r\n" TAIL), "a=1" },
	{ BYTES(PART("a") "\r\n1\r\n" PART("b") "\r\n2\r\n" PART(
	      "a") "\r\n3\r\n--xYz--"),
	    "a=1|b=2|a=3" },
	{ BYTES(PART("a") "\r\n\r\n" TAIL), "a=" },
	{ BYTES(PART("a") "\r\n" TAIL), "a=" }, /* one CRLF for both */
	{ BYTES(PART("a") "\r\n\r\n\r\n" TAIL), "a=\r\n" },
	{ BYTES(PART("a") "\r\nx\ry\nz--xYz\r\n\r\n-\r\n--xY\r\n" TAIL),
	    "a=x\ry\nz--xYz\r\n\r\n-\r\n--xY" },
	{ BYTES("preamble\r\n--xY\r\n" PART(
	      "a") "\r\n1\r\n" TAIL "epilogue\r\n" PART("b") "\r\n2\r\n" TAIL),
	    "a=1" },
	{ BYTES("--xYz \t\r\nContent-Disposition: form-data; name=a\r\n\r\n"
		"1\r\n--xYz--\t "),
	    "a=1" },
	{ BYTES(PART("a b") "\r\n\xc3\xa9\r\n" TAIL), "a b=\xc3\xa9" },
	{ BYTES(PART("\xc3\xa9") "\r\n1\r\n" TAIL), "\xc3\xa9=1" },
	{ BYTES(PART("") "\r\n1\r\n" TAIL), "=1" },
	{ BYTES(PART("a%22b%0d%0Ac%41%2") "\r\n1\r\n" TAIL),
	    "a\"b\r\nc%41%2=1" },
	{ BYTES(PART("a;b=c") "\r\n1\r\n" TAIL), "a;b=c=1" },
	{ BYTES(DISPOSED("form-data; name=a")), "a=1" },
	{ BYTES(DISPOSED("Form-Data;NAME=\"a\" ; ; x=y")), "a=1" },
	{ BYTES(WITH("X-Other: \xff\x80 anything; at all=")), "a=1" },
	{ BYTES(WITH("content-type: TEXT/plain; charset=\"UTF-8\"")), "a=1" },
	{ BYTES(WITH("Content-Type:text/plain")), "a=1" },
	{ BYTES(WITH("Content-Transfer-Encoding: 8BIT ")), "a=1" },
	/* files */
	{ BYTES(DISPOSED("form-data; name=\"a\"; filename=\"x.txt\"")),
	    "a!file" },
	{ BYTES(DISPOSED("form-data; filename=\"\"; name=\"a\"")), "a!file" },
	{ BYTES(DISPOSED("form-data; name=a; filename*=utf-8''x")), "a!file" },
	{ BYTES(WITH("Content-Type: application/octet-stream")), "a!file" },
	{ BYTES(PART("a") "Content-Type: image/png\r\n\r\n\0\xff\r\n" TAIL),
	    "a!file" },
};

#define MULTI WORDING_BODY_MULTIPART
#define CUT WORDING_BODY_CUT

static const struct bad bad_multiparts[] = {
	{ BYTES(""), CUT },
	{ BYTES("--xYz"), CUT },
	{ BYTES("--xYz-"), CUT },
	{ BYTES("--xYz\r"), CUT },
	{ BYTES("--xyz--"), CUT },
	{ BYTES(" --xYz--"), CUT },
	{ BYTES("x\n--xYz--"), CUT },
	{ BYTES("a=1&b=2"), CUT },
	{ BYTES(PART("a") "\r\n1\r\n"), CUT },
	{ BYTES(PART("a") "\r\n1" TAIL), CUT },
	{ BYTES(PART("a") "\r\n1\n" TAIL), CUT },
	{ BYTES(PART("a") "\r\n1\r\n--xYz"), CUT },
	{ BYTES(PART("a") "\r\n1\r\n--xYz\r\n"), CUT },
	{ BYTES(PART("a") "\r\n1\r\n" PART("b") "\r\n"), CUT },
	{ BYTES(
	      "--xYzz\r\nContent-Disposition: form-data; name=a\r\n\r\n1\r\n" TAIL),
	    MULTI },
	{ BYTES("--xYz\nContent-Disposition: form-data; name=a\n\n1\n--xYz--"),
	    MULTI },
	{ BYTES("--xYz--x"), MULTI },
	{ BYTES("--xYz--\n"), MULTI },
	{ BYTES("--xYz--\r"), CUT },
	{ BYTES("--xYz\rx"), MULTI },
	{ BYTES("--xYz\r\n\r\n1\r\n" TAIL), MULTI },
	{ BYTES("--xYz\r\nContent-Type: text/plain\r\n\r\n1\r\n" TAIL), MULTI },
	{ BYTES("--xYz\r\n" TAIL), MULTI },
	{ BYTES(PART("a") TAIL), MULTI },
	/* header lines */
	{ BYTES(WITH("no colon")), MULTI },
	{ BYTES(WITH(": x")), MULTI },
	{ BYTES(WITH("X : y")), MULTI },
	{ BYTES(WITH(" folded")), MULTI },
	{ BYTES(WITH("X: y\r\n folded")), MULTI },
	{ BYTES(WITH("X: y\nZ: z")), MULTI },
	{ BYTES(WITH("X: y\rZ: z")), MULTI },
	{ BYTES(WITH("X: \0")), MULTI },
	{ BYTES(WITH("X: \x7f")), MULTI },
	/* Content-Disposition */
	{ BYTES(DISPOSED("")), MULTI },
	{ BYTES(DISPOSED("form-data")), MULTI },
	{ BYTES(DISPOSED("attachment; name=a")), MULTI },
	{ BYTES(DISPOSED("form-data; filename=a")), MULTI },
	{ BYTES(DISPOSED("form-data; name")), MULTI },
	{ BYTES(DISPOSED("form-data; name=")), MULTI },
	{ BYTES(DISPOSED("form-data; name=\"a")), MULTI },
	{ BYTES(DISPOSED("form-data; name=\"a\"b")), MULTI },
	{ BYTES(DISPOSED("form-data; name=\"a\", x")), MULTI },
	{ BYTES(DISPOSED("form-data; name=a; name=b")), MULTI },
	{ BYTES(DISPOSED("form-data; name=\"a\\\"b\"")), MULTI },
	{ BYTES(DISPOSED("form-data; name=\"a\\\"; filename=\"b\"")), MULTI },
	{ BYTES(DISPOSED("form-data; name=\"a\"; filename=\"b\\c\"")), MULTI },
	{ BYTES(DISPOSED("form-data; name=\"a\"; filename=\"b\\\"")), MULTI },
	{ BYTES(DISPOSED("form-data; name=a b")), MULTI },
	{ BYTES(DISPOSED("form-data name=a")), MULTI },
	{ BYTES(WITH("Content-Disposition: form-data; name=b")), MULTI },
	{ BYTES(WITH("Content-Disposition: form-data; filename=b")), MULTI },
	/* Content-Type and encoding */
	{ BYTES(WITH("Content-Type: text/plain; charset=iso-8859-1")), MULTI },
	{ BYTES(WITH("Content-Type: text/plain; charset=utf-16")), MULTI },
	{ BYTES(WITH("Content-Type: multipart/mixed; boundary=in")), MULTI },
	{ BYTES(WITH("Content-Type: Multipart/Form-Data")), MULTI },
	{ BYTES(WITH("Content-Type: text")), MULTI },
	{ BYTES(WITH("Content-Type: text/plain; x")), MULTI },
	{ BYTES(WITH("Content-Type: text/plain x")), MULTI },
	{ BYTES(WITH("Content-Transfer-Encoding: base64")), MULTI },
	{ BYTES(WITH("Content-Transfer-Encoding: quoted-printable")), MULTI },
	{ BYTES(WITH("Content-Transfer-Encoding: 8bit, base64")), MULTI },
	/* bytes */
	{ BYTES(PART("a") "\r\n\0\r\n" TAIL), WORDING_BODY_UTF8 },
	{ BYTES(PART("a") "\r\n\xff\r\n" TAIL), WORDING_BODY_UTF8 },
	{ BYTES(PART("a") "\r\n\xc0\x80\r\n" TAIL), WORDING_BODY_UTF8 },
	{ BYTES(PART("a") "\r\n\xed\xa0\x80\r\n" TAIL), WORDING_BODY_UTF8 },
	{ BYTES(PART("a") "\r\n\xc3\r\n" TAIL), WORDING_BODY_UTF8 },
	{ BYTES(PART("\xff") "\r\n1\r\n" TAIL), WORDING_BODY_UTF8 },
};

START_TEST(reads_multipart)
{
	reads(parse_multipart, &good_multiparts[_i]);
}
END_TEST

START_TEST(refuses_malformed_multipart)
{
	refuses(parse_multipart, &bad_multiparts[_i]);
}
END_TEST

START_TEST(refuses_multipart_cut_anywhere)
{
	const char text[] = "preamble\r\n" PART("a") "\r\n1\r\n" PART(
	    "b") "Content-Type: text/plain; charset=utf-8\r\n\r\n\xc3\xa9\r\n"
		 "--xYz--";

	ck_assert_int_eq(
	    read_exactly(parse_multipart, text, sizeof(text) - 1), ST_OK);
	for (size_t len = 0; len < sizeof(text) - 1; len++) {
		ck_assert_msg(
		    read_exactly(parse_multipart, text, len) == ST_INVALID,
		    "cut at %zu", len);
		ck_assert_int_eq(why, WORDING_BODY_CUT);
	}
}
END_TEST

#define SEVENTY                                    \
	"0123456789012345678901234567890123456789" \
	"012345678901234567890123456789"

static const struct {
	const char *content_type;
	const char *boundary; /* NULL: refused */
} boundaries[] = {
	{ "multipart/form-data; boundary=x", "x" },
	{ "Multipart/Form-Data;BOUNDARY=x ", "x" },
	{ "multipart/form-data; a=b; boundary=\"x\"; charset=utf-8", "x" },
	{ "multipart/form-data; boundary=----WebKitFormBoundaryA1b2",
	    "----WebKitFormBoundaryA1b2" },
	{ "multipart/form-data; boundary=\"'()+_,-./:=? x\"",
	    "'()+_,-./:=? x" },
	{ "multipart/form-data; boundary=" SEVENTY, SEVENTY },
	{ "multipart/form-data; boundary=" SEVENTY "0", NULL },
	{ "multipart/form-data; boundary=\"" SEVENTY "0\"", NULL },
	{ "multipart/form-data", NULL },
	{ "multipart/form-data; boundary", NULL },
	{ "multipart/form-data; boundary=", NULL },
	{ "multipart/form-data; boundary=\"\"", NULL },
	{ "multipart/form-data; boundary=\"x \"", NULL },
	{ "multipart/form-data; boundary=\"x", NULL },
	{ "multipart/form-data; boundary=\"x\\y\"", NULL },
	{ "multipart/form-data; boundary=x*", NULL },
	{ "multipart/form-data; boundary=\"x\ty\"", NULL },
	{ "multipart/form-data; boundary=x, y", NULL },
	{ "multipart/form-data; boundary=x y", NULL },
	{ "multipart/form-data; boundary=x; boundary=x", NULL },
	{ "multipart; boundary=x", NULL },
};

START_TEST(takes_the_boundary_from_the_content_type)
{
	const char *boundary = boundaries[_i].boundary;
	const char *text;
	enum status st;

	text = arena_printf(arena,
	    "--%1$s\r\nContent-Disposition: form-data; name=a\r\n\r\n1\r\n"
	    "--%1$s--\r\n",
	    boundary != NULL ? boundary : "x");
	st = body_parse_multipart(arena, boundaries[_i].content_type, text,
	    strlen(text), &pairs, &why);
	if (boundary == NULL) {
		ck_assert_int_eq(st, ST_INVALID);
		ck_assert_int_eq(why, WORDING_BODY_MULTIPART);
	} else {
		ck_assert_int_eq(st, ST_OK);
		ck_assert_str_eq(written(), "a=1");
	}
}
END_TEST

START_TEST(bounds_the_header_of_a_part)
{
	static const struct {
		size_t lines, len;
		enum status st;
	} cases[] = { { 15, 10, ST_OK }, { 16, 10, ST_INVALID },
		{ 100000, 10, ST_INVALID }, { 1, 1024, ST_OK },
		{ 1, 1025, ST_INVALID }, { 1, 1000000, ST_INVALID } };
	struct strbuf sb;

	strbuf_init(&sb, arena);
	strbuf_str(&sb, PART("a"));
	for (size_t i = 0; i < cases[_i].lines; i++) {
		strbuf_str(&sb, "X:");
		for (size_t len = 2; len < cases[_i].len; len++)
			strbuf_char(&sb, 'x');
		strbuf_str(&sb, "\r\n");
	}
	strbuf_str(&sb, "\r\n1\r\n" TAIL);
	ck_assert_int_eq(
	    read_exactly(parse_multipart, sb.text, sb.len), cases[_i].st);
	if (cases[_i].st != ST_OK)
		ck_assert_int_eq(why, WORDING_BODY_MULTIPART);
}
END_TEST

/* All three */

enum kind { FORM, JSON_OBJECT, PARTS, KINDS };

static parse *const parsers[KINDS] = { body_parse_form, body_parse_json,
	parse_multipart };

/* count fields "nI" of one text. */
static enum status
read_many(enum kind kind, size_t count, const char *text)
{
	static const char *const between[KINDS] = { "&", ",", "\r\n" };
	static const char *const ends[KINDS] = { "", "}", "\r\n--xYz--" };
	struct strbuf sb;

	strbuf_init(&sb, arena);
	strbuf_str(&sb, kind == JSON_OBJECT ? "{" : "");
	for (size_t i = 0; i < count; i++) {
		strbuf_str(&sb, i != 0 ? between[kind] : "");
		switch (kind) {
		case FORM:
			strbuf_printf(&sb, "n%zu=%s", i, text);
			break;
		case JSON_OBJECT:
			strbuf_printf(&sb, "\"n%zu\":\"%s\"", i, text);
			break;
		default:
			strbuf_printf(&sb,
			    "--xYz\r\nContent-Disposition: form-data; "
			    "name=n%zu\r\n\r\n%s",
			    i, text);
		}
	}
	strbuf_str(&sb, ends[kind]);
	return read_exactly(parsers[kind], sb.text, sb.len);
}

START_TEST(refuses_too_many_fields)
{
	ck_assert_int_eq(read_many((enum kind)_i, BODY_PAIRS_MAX, "x"), ST_OK);
	ck_assert_uint_eq(pairs.count, BODY_PAIRS_MAX);
	ck_assert_str_eq(pairs.list[BODY_PAIRS_MAX - 1].name, "n63");
	ck_assert_int_eq(
	    read_many((enum kind)_i, BODY_PAIRS_MAX + 1, "x"), ST_INVALID);
	ck_assert_int_eq(why, WORDING_BODY_TOO_MANY);
	ck_assert_int_eq(read_many((enum kind)_i, 10000, "x"), ST_INVALID);
	ck_assert_int_eq(why, WORDING_BODY_TOO_MANY);
}
END_TEST

START_TEST(reads_a_text_of_a_megabyte)
{
	enum { SIZE = 1024 * 1024 };
	char *text = arena_alloc(arena, SIZE + 1);

	memset(text, 'x', SIZE);
	ck_assert_int_eq(read_many((enum kind)_i, 2, text), ST_OK);
	ck_assert_str_eq(pairs.list[0].text, text);
	ck_assert_str_eq(pairs.list[1].text, text);
}
END_TEST

/* Every byte of good bodies changed to each of some others: never a crash. */
START_TEST(survives_any_changed_byte)
{
	static const char bytes[] =
	    "\0\r\n \"%&+-:;={}[]\\0axu\x7f\x80\xc3\xff";
	static const struct {
		const char *text;
		size_t len;
	} samples[KINDS] = { { BYTES("a=x%20y&b+c=%C3%A9&d") },
		{ BYTES(
		    "{\"a\":\"\\ud83d\\udd11\",\"b\":-1.5e+7,\"c\":[null,{}]}") },
		{ BYTES(
		    PART("a") "Content-Type: text/plain\r\n\r\n1\r\n" TAIL) } };
	char *text = arena_copy(arena, samples[_i].text, samples[_i].len);

	for (size_t i = 0; i < samples[_i].len; i++) {
		for (size_t j = 0; j < sizeof(bytes); j++) {
			text[i] = bytes[j];
			(void)!read_exactly(parsers[_i], text, samples[_i].len);
		}
		text[i] = samples[_i].text[i];
	}
}
END_TEST

/* Path segments */

static const struct good good_segments[] = {
	{ BYTES(""), "" },
	{ BYTES("acme"), "acme" },
	{ BYTES("a+b"), "a+b" },
	{ BYTES("%61%20%C3%A9%25"), "a é%" },
	{ BYTES("..%5C&=;"), "..\\&=;" },
};

static const struct bad bad_segments[] = {
	{ BYTES("%"), 0 },
	{ BYTES("a%2"), 0 },
	{ BYTES("%zz"), 0 },
	{ BYTES("a%2Fb"), 0 },
	{ BYTES("%2f"), 0 },
	{ BYTES("a/b"), 0 },
	{ BYTES("%00"), 0 },
	{ BYTES("a\0b"), 0 },
	{ BYTES("%FF"), 0 },
	{ BYTES("\xc3"), 0 },
	{ BYTES("%C0%AF"), 0 },
	{ BYTES("%ED%A0%80"), 0 },
};

static enum status
decode(const char *text, size_t len, const char **decoded)
{
	char *exact = malloc(len != 0 ? len : 1);
	enum status st;

	ck_assert_ptr_nonnull(exact);
	memcpy(exact, text, len);
	st = body_decode_segment(arena, exact, len, decoded);
	free(exact);
	return st;
}

START_TEST(decodes_a_path_segment)
{
	const struct good *good = &good_segments[_i];
	const char *decoded;

	ck_assert_int_eq(decode(good->text, good->len, &decoded), ST_OK);
	ck_assert_str_eq(decoded, good->pairs);
}
END_TEST

START_TEST(refuses_a_malformed_segment)
{
	const struct bad *bad = &bad_segments[_i];
	const char *decoded;

	ck_assert_int_eq(decode(bad->text, bad->len, &decoded), ST_INVALID);
}
END_TEST

static TCase *
new_case(Suite *suite, const char *name)
{
	TCase *tcase = tcase_create(name);

	tcase_add_checked_fixture(tcase, setup, teardown);
	suite_add_tcase(suite, tcase);
	return tcase;
}

static void
add_json(TCase *tcase)
{
	tcase_add_loop_test(tcase, reads_json, 0, ARRAY_LEN(good_json));
	tcase_add_loop_test(
	    tcase, refuses_malformed_json, 0, ARRAY_LEN(bad_json));
	tcase_add_test(tcase, refuses_json_cut_anywhere);
	tcase_add_test(tcase, refuses_json_nested_too_deep);
}

static void
add_multipart(TCase *tcase)
{
	tcase_add_loop_test(
	    tcase, reads_multipart, 0, ARRAY_LEN(good_multiparts));
	tcase_add_loop_test(
	    tcase, refuses_malformed_multipart, 0, ARRAY_LEN(bad_multiparts));
	tcase_add_test(tcase, refuses_multipart_cut_anywhere);
	tcase_add_loop_test(tcase, takes_the_boundary_from_the_content_type, 0,
	    ARRAY_LEN(boundaries));
	tcase_add_loop_test(tcase, bounds_the_header_of_a_part, 0, 6);
}

int
main(void)
{
	Suite *suite = suite_create("body");
	SRunner *runner = srunner_create(suite);
	TCase *tcase = new_case(suite, "form");
	int failed;

	tcase_add_loop_test(
	    tcase, tells_the_kind_of_a_body, 0, ARRAY_LEN(types));
	tcase_add_loop_test(tcase, reads_a_form, 0, ARRAY_LEN(good_forms));
	tcase_add_loop_test(
	    tcase, refuses_a_malformed_form, 0, ARRAY_LEN(bad_forms));
	tcase_add_test(tcase, reads_of_a_cut_form_what_is_left);
	tcase_add_loop_test(
	    tcase, decodes_a_path_segment, 0, ARRAY_LEN(good_segments));
	tcase_add_loop_test(
	    tcase, refuses_a_malformed_segment, 0, ARRAY_LEN(bad_segments));
	add_json(new_case(suite, "json"));
	add_multipart(new_case(suite, "multipart"));
	tcase = new_case(suite, "all");
	tcase_add_loop_test(tcase, refuses_too_many_fields, 0, KINDS);
	tcase_add_loop_test(tcase, reads_a_text_of_a_megabyte, 0, KINDS);
	tcase_add_loop_test(tcase, survives_any_changed_byte, 0, KINDS);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
