/*
 * check_report.c - what mail servers report: a real one (tests/mail/reports, as
 * make_reports.sh makes them), and nobody in particular.
 */

#include <check.h>
#include <string.h>

#include "base/file.h"
#include "base/strbuf.h"
#include "mail/report.h"
#include "tests/harness/harness.h"

#define TO "bounces+pkoc2duvvnge5d3gb4vyvvi7e4imaxpidxfjmgj63w@house.example"

static struct arena *arena;
static struct report report;

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

static void
read_text(const char *text)
{
	report_read(arena, text, strlen(text), &report);
}

/* A report with these fields about the recipient. */
static const char *
with_fields(const char *fields)
{
	return arena_printf(arena,
	    "To: " TO "\nMIME-Version: 1.0\n"
	    "Content-Type: multipart/report; report-type=delivery-status;"
	    " boundary=b\n\n"
	    "--b\nContent-Type: text/plain\n\nSorry.\n"
	    "--b\nContent-Type: message/delivery-status\n\n"
	    "Reporting-MTA: dns; mx.example\n\n%s\n"
	    "--b\nContent-Type: message/rfc822\n\n"
	    "Subject: Hello\n\nHello\n--b--\n",
	    fields);
}

static const struct sample {
	const char *name;
	enum report_kind kind;
	const char *status;
	const char *reason;
} samples[] = {
	{ "postfix-unknown", REPORT_FAILED, "5.1.1",
	    "550 5.1.1 no such mailbox" },
	{ "postfix-rejected", REPORT_FAILED, "5.6.0",
	    "554 5.6.0 message not wanted" },
	{ "postfix-local", REPORT_FAILED, "5.1.1",
	    "unknown user: \"nobody-here\"" },
	{ "postfix-delayed", REPORT_DELAYED, "4.3.0",
	    "451 4.3.0 try again later" },
	{ "postfix-expired", REPORT_GAVE_UP, "4.3.0",
	    "451 4.3.0 try again later" },
};

START_TEST(reads_what_postfix_says)
{
	const struct sample *sample = &samples[_i];
	char *text;
	size_t size;

	ck_assert_int_eq(file_read(arena,
			     arena_printf(arena, "%s/tests/mail/reports/%s.eml",
				 test_srcdir(), sample->name),
			     REPORT_MAX, &text, &size),
	    ST_OK);
	report_read(arena, text, size, &report);
	ck_assert_int_eq(report.kind, sample->kind);
	ck_assert_str_eq(report.status, sample->status);
	ck_assert_str_eq(report.reason, sample->reason);
	ck_assert_uint_eq(report.address_count, 1);
	ck_assert_str_eq(report.addresses[0], TO);
}
END_TEST

static const struct {
	const char *fields;
	enum report_kind kind;
	const char *status;
} fields[] = {
	{ "Action: failed\nStatus: 5.1.1\n", REPORT_FAILED, "5.1.1" },
	{ "action: FAILED\r\nSTATUS: 5.1.1\r\n", REPORT_FAILED, "5.1.1" },
	{ "Action: failed (gone)\nStatus: 5.1.1 (gone)\n", REPORT_FAILED,
	    "5.1.1" },
	{ "Action:\n failed\nStatus:\n 5.1.1\n", REPORT_FAILED, "5.1.1" },
	{ "Action: failed\nStatus: 5.123.12345678901234567890\n", REPORT_FAILED,
	    "5.123.12345" },
	{ "Action: failed\nStatus: 4.4.7\n", REPORT_GAVE_UP, "4.4.7" },
	{ "Action: delayed\nStatus: 4.4.7\n", REPORT_DELAYED, "4.4.7" },
	/* The worst of several. */
	{ "Action: delayed\nStatus: 4.0.0\n\n"
	  "Action: failed\nStatus: 5.2.1\n\nAction: failed\nStatus: 4.0.0\n",
	    REPORT_FAILED, "5.2.1" },
	{ "Action: delivered\nStatus: 2.0.0\n", REPORT_NONE, "" },
	{ "Action: relayed\nStatus: 2.0.0\n", REPORT_NONE, "" },
	{ "Action: expanded\nStatus: 2.0.0\n", REPORT_NONE, "" },
	{ "Action: failed\nStatus: 2.0.0\n", REPORT_NONE, "" },
	{ "Action: failed\n", REPORT_NONE, "" },
	{ "Status: 5.1.1\n", REPORT_NONE, "" },
	{ "Action: failedly\nStatus: 5.1.1\n", REPORT_NONE, "" },
	{ "Action: not failed\nStatus: 5.1.1\n", REPORT_NONE, "" },
	{ "\n\n\n", REPORT_NONE, "" },
	{ "no field at all", REPORT_NONE, "" },
	{ "", REPORT_NONE, "" },
};

START_TEST(reads_fields_as_the_standard_has_them)
{
	read_text(with_fields(fields[_i].fields));
	ck_assert_int_eq(report.kind, fields[_i].kind);
	ck_assert_str_eq(report.status, fields[_i].status);
}
END_TEST

START_TEST(keeps_a_reason_to_one_line)
{
	const char *text = with_fields(arena_printf(arena,
	    "Action: failed\nStatus: 5.1.1\n"
	    "Diagnostic-Code: smtp; 550-one\n two \x01\xc3\xa4%0300d\n",
	    0));

	read_text(text);
	ck_assert_ptr_nonnull(strstr(report.reason, "550-one"));
	ck_assert_uint_le(strlen(report.reason), 160);
	for (const char *at = report.reason; *at != '\0'; at++)
		ck_assert(*at >= ' ' && *at <= '~');
}
END_TEST

START_TEST(takes_addresses_from_three_headers)
{
	read_text("X-Original-To: c@d.example\nDelivered-To: a@b.example\n"
		  "Cc: x@y.example\nTo: House <e@f.example>, g@h.example,\n"
		  " \"i\" <j@k.example>; undisclosed\n\nHello\n");
	ck_assert_uint_eq(report.address_count, 5);
	ck_assert_str_eq(report.addresses[0], "a@b.example");
	ck_assert_str_eq(report.addresses[1], "c@d.example");
	ck_assert_str_eq(report.addresses[2], "e@f.example");
	ck_assert_str_eq(report.addresses[3], "g@h.example");
	ck_assert_str_eq(report.addresses[4], "j@k.example");
	ck_assert_int_eq(report.kind, REPORT_NONE);
}
END_TEST

START_TEST(takes_only_so_many_addresses)
{
	struct strbuf text;

	strbuf_init(&text, arena);
	for (int i = 0; i < 1000; i++)
		strbuf_printf(&text, "To: a%d@b.example, c@d.example\n", i);
	read_text(text.text);
	ck_assert_uint_eq(report.address_count, REPORT_ADDRESSES);
}
END_TEST

/* What came back may be a report itself, and is not read as ours. */
START_TEST(does_not_look_into_the_mail_that_came_back)
{
	read_text(arena_printf(arena,
	    "To: " TO "\nContent-Type: multipart/mixed; boundary=o\n\n"
	    "--o\nContent-Type: message/rfc822\n\n%s\n--o--\n",
	    with_fields("Action: failed\nStatus: 5.1.1\n")));
	ck_assert_int_eq(report.kind, REPORT_NONE);
}
END_TEST

static const char *
nested(int depth)
{
	struct strbuf text;

	strbuf_init(&text, arena);
	for (int i = 0; i < depth; i++)
		strbuf_printf(&text,
		    "Content-Type: multipart/mixed; boundary=\"b%d\"\n\n"
		    "--b%d\n",
		    i, i);
	strbuf_str(&text,
	    "Content-Type: message/delivery-status\n\n"
	    "Action: failed\nStatus: 5.1.1\n");
	return text.text;
}

START_TEST(looks_only_so_deep)
{
	read_text(nested(2));
	ck_assert_int_eq(report.kind, REPORT_FAILED);
	read_text(nested(REPORT_DEPTH + 1));
	ck_assert_int_eq(report.kind, REPORT_NONE);
	read_text(nested(4000));
	ck_assert_int_eq(report.kind, REPORT_NONE);
}
END_TEST

/* One group for each recipient, and our mails have one recipient. */
START_TEST(looks_at_only_so_many_groups)
{
	struct strbuf groups;

	strbuf_init(&groups, arena);
	for (int i = 0; i < 100; i++)
		strbuf_str(&groups, "Action: delayed\nStatus: 4.4.7\n\n");
	strbuf_str(&groups, "Action: failed\nStatus: 5.1.1\n");
	read_text(with_fields(groups.text));
	ck_assert_int_eq(report.kind, REPORT_DELAYED);
}
END_TEST

START_TEST(looks_only_so_far)
{
	size_t size = 64 * 1024 * 1024;
	char *text = arena_alloc(arena, size);

	/* A report that is good but for its length: its head fills it up. */
	for (int room = 100; room >= 0; room -= 100) {
		memset(text, 'x', REPORT_MAX - (size_t)room);
		memcpy(text, "X: ", 3);
		(void)snprintf(text + REPORT_MAX - room, 200, "%s",
		    "\nContent-Type: message/delivery-status\n\n"
		    "Action: failed\nStatus: 5.1.1\n");
		report_read(arena, text, strlen(text), &report);
		ck_assert_int_eq(
		    report.kind, room > 0 ? REPORT_FAILED : REPORT_NONE);
	}

	memset(text, 'x', size);
	report_read(arena, text, size, &report);
	ck_assert_int_eq(report.kind, REPORT_NONE);
	memset(text, '\n', size);
	report_read(arena, text, size, &report);
	ck_assert_int_eq(report.kind, REPORT_NONE);
}
END_TEST

static const char *const rubbish[] = { "", "\n", "\r\n\r\n", "To",
	"To:", "To: @", "\xff\xfe\xfd",
	"MIME-Version: 1.0\nContent-Type: ;;;\n\n",
	"Content-Type: multipart/report\n\n--\n----\n",
	"Content-Type: multipart/report; boundary=\"\"\n\n--\n",
	"Content-Type: message/delivery-status\n"
	"Content-Transfer-Encoding: base64\n\n!!!!\n" };

START_TEST(bears_rubbish)
{
	read_text(rubbish[_i]);
	ck_assert_int_eq(report.kind, REPORT_NONE);
	ck_assert_str_eq(report.status, "");
	report_read(arena, "To: a\0b@c\n\n\0", 12, &report);
	ck_assert_int_eq(report.kind, REPORT_NONE);
}
END_TEST

START_TEST(reads_an_encoded_report)
{
	/* Action: failed, Status: 5.1.1 */
	read_text("To: " TO "\nContent-Type: message/delivery-status\n"
		  "Content-Transfer-Encoding: base64\n\n"
		  "QWN0aW9uOiBmYWlsZWQKU3RhdHVzOiA1LjEuMQo=\n");
	ck_assert_int_eq(report.kind, REPORT_FAILED);
	ck_assert_str_eq(report.status, "5.1.1");
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("report");
	TCase *tcase = tcase_create("report");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_set_timeout(tcase, 60);
	tcase_add_loop_test(
	    tcase, reads_what_postfix_says, 0, (int)ARRAY_LEN(samples));
	tcase_add_loop_test(tcase, reads_fields_as_the_standard_has_them, 0,
	    (int)ARRAY_LEN(fields));
	tcase_add_test(tcase, keeps_a_reason_to_one_line);
	tcase_add_test(tcase, takes_addresses_from_three_headers);
	tcase_add_test(tcase, takes_only_so_many_addresses);
	tcase_add_test(tcase, does_not_look_into_the_mail_that_came_back);
	tcase_add_test(tcase, looks_only_so_deep);
	tcase_add_test(tcase, looks_at_only_so_many_groups);
	tcase_add_test(tcase, looks_only_so_far);
	tcase_add_loop_test(tcase, bears_rubbish, 0, (int)ARRAY_LEN(rubbish));
	tcase_add_test(tcase, reads_an_encoded_report);
	suite_add_tcase(suite, tcase);
	return harness_run(suite, 0);
}
