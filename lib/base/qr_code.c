/* qr_code.c - libqrencode's matrix, written row by row. */

#include <qrencode.h>

#include "base/qr_code.h"
#include "base/strbuf.h"

/* The dark modules of a row that stand side by side are one rectangle. */
static void
add_row(struct strbuf *path, const QRcode *matrix, int y)
{
	const unsigned char *row = matrix->data + y * matrix->width;
	int x = 0;

	while (x < matrix->width) {
		int begin = x;

		while (x < matrix->width && (row[x] & 1) != 0)
			x++;
		if (x > begin)
			strbuf_printf(path, "M%d %dh%dv1h-%dz",
			    begin + QR_CODE_MARGIN, y + QR_CODE_MARGIN,
			    x - begin, x - begin);
		else
			x++;
	}
}

enum status
qr_code_make(struct arena *arena, const char *text, struct qr_code *code)
{
	QRcode *matrix = QRcode_encodeString8bit(text, 0, QR_ECLEVEL_M);
	struct strbuf path;

	if (matrix == NULL)
		return ST_INVALID;
	strbuf_init(&path, arena);
	for (int y = 0; y < matrix->width; y++)
		add_row(&path, matrix, y);
	code->path = path.text;
	code->size = matrix->width + 2 * QR_CODE_MARGIN;
	QRcode_free(matrix);
	return ST_OK;
}
