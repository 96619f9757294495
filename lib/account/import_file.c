/* import_file.c - lines from a file, and what CSV and JSON make of them. */

#include <csv.h>
#include <json-c/json.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "account/import_file.h"

#define BLANKS " \t\r\n"
#define BYTE_ORDER_MARK "\xef\xbb\xbf"
#define JSON_DEPTH 4

const char *const import_field_names[IMPORT_FIELD_COUNT] = {
	[IMPORT_EMAIL] = "email",
	[IMPORT_NAME] = "name",
	[IMPORT_HASH] = "hash",
	[IMPORT_VERIFIED] = "verified",
};

#define NAMES "email, name, hash and verified"

struct reader {
	FILE *file;
	import_take *take;
	void *closure;
	struct arena *arena; /* of one record */
	struct import_record *fatal;

	char text[IMPORT_LINE_MAX + 1]; /* a line or, if too long, a piece */
	size_t len;
	int64_t line;
	bool whole; /* the line ends here */

	/* CSV */
	struct csv_parser csv;
	bool has_header;
	size_t columns; /* in the header */
	enum import_field order[IMPORT_FIELD_COUNT];
	size_t column; /* in the row at hand */
	size_t rows;   /* that ended in the line at hand */
	struct import_record record;
	enum status st;
};

/*
 * The next line with its end, or so much of it as there is room for. false: the
 * file is over, or ferror tells.
 */
static bool
read_line(struct reader *reader)
{
	int byte = EOF;

	if (reader->line == 0 || reader->whole)
		reader->line++;
	reader->len = 0;
	while (reader->len < IMPORT_LINE_MAX && byte != '\n') {
		byte = getc_unlocked(reader->file);
		if (byte == EOF)
			break;
		reader->text[reader->len++] = (char)byte;
	}
	reader->text[reader->len] = '\0';
	reader->whole = byte == '\n' || byte == EOF;
	return reader->len > 0;
}

static bool
is_blank(const struct reader *reader)
{
	return strspn(reader->text, BLANKS) == reader->len;
}

static enum status
give_up(struct reader *reader, int64_t line, const char *why)
{
	*reader->fatal = (struct import_record){ .line = line, .fault = why };
	return ST_INVALID;
}

static enum status
hand_over(struct reader *reader, struct import_record *record)
{
	enum status st = reader->take(reader->closure, record);

	arena_reset(reader->arena);
	return st;
}

/* --- JSON lines --- */

static int
field_of(const char *name)
{
	int field = 0;

	while (field < IMPORT_FIELD_COUNT &&
	    strcasecmp(import_field_names[field], name) != 0)
		field++;
	return field;
}

static void
read_member(struct arena *arena, struct import_record *record, const char *name,
    struct json_object *value)
{
	int field = field_of(name);
	bool fits;

	if (field == IMPORT_FIELD_COUNT) {
		record->fault = "there is a member besides " NAMES;
		return;
	}
	fits = json_object_is_type(value,
	    field == IMPORT_VERIFIED ? json_type_boolean : json_type_string);
	if (!fits)
		record->fault = field == IMPORT_VERIFIED
		    ? "verified must be true or false"
		    : "email, name and hash must be strings";
	else if (field != IMPORT_VERIFIED &&
	    strlen(json_object_get_string(value)) !=
		(size_t)json_object_get_string_len(value))
		record->fault = "there is a null character";
	else
		record->values[field] =
		    arena_strdup(arena, json_object_get_string(value));
}

/* The object that the line consists of; NULL: it does not. */
static struct json_object *
parse(const struct reader *reader)
{
	struct json_tokener *tokener = json_tokener_new_ex(JSON_DEPTH);
	struct json_object *json;
	size_t used;

	json_tokener_set_flags(
	    tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
	json = json_tokener_parse_ex(tokener, reader->text, (int)reader->len);
	used = json_tokener_get_parse_end(tokener);
	if (json_tokener_get_error(tokener) != json_tokener_success ||
	    !json_object_is_type(json, json_type_object) ||
	    used + strspn(reader->text + used, BLANKS) != reader->len) {
		json_object_put(json);
		json = NULL;
	}
	json_tokener_free(tokener);
	return json;
}

static enum status
read_object(struct reader *reader)
{
	struct import_record record = { .line = reader->line };
	struct json_object *json = parse(reader);
	struct json_object_iterator at, end;

	if (json == NULL) {
		record.fault = "this is not a JSON object";
	} else {
		for (at = json_object_iter_begin(json),
		    end = json_object_iter_end(json);
		     !json_object_iter_equal(&at, &end);
		     json_object_iter_next(&at))
			read_member(reader->arena, &record,
			    json_object_iter_peek_name(&at),
			    json_object_iter_peek_value(&at));
	}
	json_object_put(json);
	return hand_over(reader, &record);
}

/* The line at hand is the first. */
static enum status
read_json(struct reader *reader)
{
	enum status st = ST_OK;

	do {
		if (!reader->whole) {
			struct import_record record = { .line = reader->line,
				.fault = "the line is too long" };

			while (!reader->whole && read_line(reader))
				;
			st = hand_over(reader, &record);
		} else if (!is_blank(reader)) {
			st = read_object(reader);
		}
	} while (st == ST_OK && read_line(reader));
	return st;
}

/* --- CSV --- */

/* A quote that is not closed must not gather the rest of the file. */
static void *
grow(void *memory, size_t size)
{
	return size <= IMPORT_LINE_MAX ? realloc(memory, size) : NULL;
}

/* The names of the columns, in the order of the file. */
static void
take_name(struct reader *reader, size_t column, const char *name)
{
	int field = field_of(name);

	if (field == IMPORT_FIELD_COUNT ||
	    reader->record.values[field] != NULL) {
		/* Which, is not said: it may be no header at all. */
		reader->st = give_up(reader, reader->record.line,
		    "the first row has to name the columns: " NAMES
		    ", each once");
		return;
	}
	reader->record.values[field] = name;
	reader->order[column] = (enum import_field)field;
}

/* Beyond the columns nothing is kept: a row may have no end. */
static void
take_field(void *text, size_t len, void *closure)
{
	struct reader *reader = closure;
	size_t column = reader->column++;
	const char *copy;

	if (reader->st != ST_OK)
		return;
	if (reader->has_header && column >= reader->columns) {
		reader->record.fault =
		    "there are more fields than the first row names";
		return;
	}
	/* text may be NULL */
	copy = len > 0 ? arena_strndup(reader->arena, text, len) : "";
	if (!reader->has_header)
		take_name(reader, column, copy);
	else if (strlen(copy) != len)
		reader->record.fault = "there is a null character";
	else
		reader->record.values[reader->order[column]] = copy;
}

static void
end_row(int terminator, void *closure)
{
	struct reader *reader = closure;
	int64_t line = reader->record.line;

	(void)terminator;
	reader->rows++;
	if (reader->st == ST_OK && reader->has_header) {
		reader->st = hand_over(reader, &reader->record);
	} else if (reader->st == ST_OK && reader->column < IMPORT_FIELD_COUNT) {
		reader->st = give_up(reader, line,
		    "the first row has to name all columns: " NAMES);
	}
	reader->columns = reader->has_header ? reader->columns : reader->column;
	reader->has_header = true;
	reader->column = 0;
	/* Should more follow in the line, it begins there as well. */
	reader->record = (struct import_record){ .line = line };
	arena_reset(reader->arena);
}

/* The line at hand is the first. */
static enum status
read_rows(struct reader *reader)
{
	bool inside = false; /* a row that began in an earlier line */

	do {
		if (!inside)
			reader->record.line = reader->line;
		reader->rows = 0;
		if (csv_parse(&reader->csv, reader->text, reader->len,
			take_field, end_row, reader) != reader->len)
			return give_up(reader, reader->record.line,
			    "a field is too long; is a quote not closed?");
		inside = reader->rows == 0 && (inside || !is_blank(reader));
	} while (reader->st == ST_OK && read_line(reader));
	if (reader->st != ST_OK || ferror(reader->file))
		return reader->st;
	/* Odd quotes elsewhere are text; this one may hide lines. */
	if (csv_set_opts(&reader->csv, CSV_STRICT | CSV_STRICT_FINI) != 0)
		return ST_FAULT;
	if (csv_fini(&reader->csv, take_field, end_row, reader) != 0)
		return give_up(
		    reader, reader->record.line, "a quote is not closed");
	return reader->st;
}

static enum status
read_csv(struct reader *reader)
{
	enum status st;

	if (csv_init(&reader->csv, 0) != 0)
		return ST_FAULT;
	csv_set_realloc_func(&reader->csv, grow);
	st = read_rows(reader);
	csv_free(&reader->csv);
	return st;
}

/* --- either --- */

static enum status
read_all(struct reader *reader, enum import_format format)
{
	const char *text = reader->text;

	if (!read_line(reader))
		return ST_OK;
	if (strncmp(text, BYTE_ORDER_MARK, strlen(BYTE_ORDER_MARK)) == 0) {
		reader->len -= strlen(BYTE_ORDER_MARK);
		memmove(reader->text, text + strlen(BYTE_ORDER_MARK),
		    reader->len + 1);
	}
	while (is_blank(reader))
		if (!read_line(reader))
			return ST_OK;
	if (format == IMPORT_GUESS)
		format = text[strspn(text, BLANKS)] == '{' ? IMPORT_JSON
							   : IMPORT_CSV;
	return format == IMPORT_JSON ? read_json(reader) : read_csv(reader);
}

enum status
import_file_read(FILE *file, enum import_format format, import_take *take,
    void *closure, struct import_record *fatal)
{
	struct arena *arena = arena_new();
	struct reader *reader = arena_alloc(arena, sizeof(*reader));
	enum status st;

	*reader = (struct reader){
		.file = file,
		.take = take,
		.closure = closure,
		.arena = arena_new(),
		.fatal = fatal,
	};
	st = read_all(reader, format);
	if (st == ST_OK && ferror(file))
		st = ST_FAULT;
	arena_free(reader->arena);
	arena_free(arena);
	return st;
}
