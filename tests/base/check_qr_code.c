/* check_qr_code.c - the path draws libqrencode's matrix, module by module. */

#include <check.h>
#include <qrencode.h>
#include <stdio.h>
#include <string.h>

#include "base/qr_code.h"
#include "tests/harness/harness.h"

#define SIDE 200 /* modules, more than any code has */

static struct arena *arena;
static unsigned char drawn[SIDE][SIDE];

static void
setup(void)
{
	arena = arena_new();
	memset(drawn, 0, sizeof(drawn));
}

static void
teardown(void)
{
	arena_free(arena);
}

/* Draw rectangles of one row each, the only thing that a path may hold. */
static void
draw(const char *path)
{
	int x, y, width, back, read;

	while (*path != '\0') {
		ck_assert_int_eq(sscanf(path, "M%d %dh%dv1h-%dz%n", &x, &y,
				     &width, &back, &read),
		    4);
		ck_assert_int_eq(width, back);
		ck_assert(x >= 0 && y >= 0 && x + width < SIDE && y < SIDE);
		for (int i = 0; i < width; i++)
			drawn[y][x + i]++;
		path += read;
	}
}

static const char *const texts[] = {
	"A",
	"otpauth://totp/Chatelaine:ada%40example.org?secret="
	"GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Chatelaine&algorithm=SHA1"
	"&digits=6&period=30",
	"\xc3\xa4\xe2\x82\xac",
};

START_TEST(the_path_is_the_matrix)
{
	QRcode *matrix = QRcode_encodeString8bit(texts[_i], 0, QR_ECLEVEL_M);
	struct qr_code code;

	ck_assert_int_eq(qr_code_make(arena, texts[_i], &code), ST_OK);
	draw(code.path);
	ck_assert_int_eq(code.size, matrix->width + 8);
	for (int y = 0; y < SIDE; y++)
		for (int x = 0; x < SIDE; x++) {
			int column = x - QR_CODE_MARGIN;
			int row = y - QR_CODE_MARGIN;
			bool inside = column >= 0 && row >= 0 &&
			    column < matrix->width && row < matrix->width;

			ck_assert_int_eq(drawn[y][x],
			    inside
				? matrix->data[row * matrix->width + column] & 1
				: 0);
		}
	QRcode_free(matrix);
}
END_TEST

START_TEST(what_is_too_long_is_refused)
{
	char *text = arena_alloc(arena, 4001);
	struct qr_code code;

	memset(text, 'a', 4000);
	ck_assert_int_eq(qr_code_make(arena, text, &code), ST_INVALID);
	ck_assert_int_eq(qr_code_make(arena, "", &code), ST_INVALID);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("qr_code");
	TCase *tcase = tcase_create("qr_code");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_loop_test(
	    tcase, the_path_is_the_matrix, 0, (int)ARRAY_LEN(texts));
	tcase_add_test(tcase, what_is_too_long_is_refused);
	suite_add_tcase(suite, tcase);
	return harness_run(suite, 0);
}
