/* forms.c - one table of forms, and the accounts they are tried with. */

#include <check.h>

#include "account/password.h"
#include "tests/auth/forms.h"
#include "tests/harness/fixture.h"
#include "tests/harness/harness.h"

extern const struct handler auth_handler, reset_handler;

const struct form forms[FORM_COUNT] = {
	{ &auth_handler, "/auth/signup",
	    "name=Ada&password=seven+damp+owls+in+a+teapot", 202 },
	{ &auth_handler, "/auth/signin", "password=seven+dry+owls+in+a+teapot",
	    401 },
	{ &auth_handler, "/auth/verify/resend", "", 202 },
	{ &reset_handler, "/reset", "", 202 },
	{ &auth_handler, "/auth/account/email",
	    "password=seven+damp+owls+in+a+teapot", 202, .member = true },
};

void
forms_enter(struct visitor *visitor, const struct form *form)
{
	const char *hash;

	if (!form->member)
		return;
	(void)visitor_sign_in(visitor, "member@example.org");
	ck_assert_int_eq(password_hash(visitor->site->config, visitor->kept,
			     TEST_PASSWORD, &hash),
	    ST_OK);
	test_execute(arena_printf(visitor->kept,
	    "UPDATE account SET password_hash = '%s'"
	    " WHERE email = 'member@example.org'",
	    hash));
}

void
forms_fill(const struct site *site, size_t count)
{
	static const struct db_stmt add = { "forms_fill",
		"INSERT INTO account (email, name, password_hash, verified_at,"
		" disabled_at) SELECT format('k%s@example.org',"
		" lpad(n::text, 5, '0')), 'Ada', $2,"
		" CASE WHEN n % 3 <> 1 THEN now() END,"
		" CASE WHEN n % 3 = 2 THEN now() END"
		" FROM generate_series(0, $1::bigint - 1) AS n" };
	struct db *db = db_open(test_database_url(), "forms");
	struct arena *arena = arena_new();
	const char *hash;

	ck_assert_int_eq(
	    password_hash(site->config, arena, TEST_PASSWORD, &hash), ST_OK);
	ck_assert_int_eq(
	    db_query(db, arena, &add,
		DB_ARGS(DB_INT((int64_t)count), DB_TEXT(hash)), NULL),
	    ST_OK);
	db_close(db);
	arena_free(arena);
	test_execute("ANALYZE account");
}

const char *
forms_address(struct arena *arena, size_t nth, bool known)
{
	return arena_printf(
	    arena, "%c%05zu@example.org", known ? 'k' : 'u', nth);
}

void
forms_open(struct visitor *visitor, const struct form *form)
{
	visitor->handler = form->handler;
	ck_assert_int_eq(visitor_get(visitor, form->path), 200);
}

int
forms_send(
    struct visitor *visitor, const struct form *form, const char *address)
{
	visitor->handler = form->handler;
	return visitor_submit(visitor, form->path,
	    arena_printf(visitor->kept, "%s&email=%s", form->fields, address));
}
