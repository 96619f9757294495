/* check_template.c - the Mustache core by its rules, and the HTML contexts. */

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/template.h"

static struct arena *arena;
static struct template_set *set;

static void
setup(void)
{
	arena = arena_new();
	set = template_set_new(arena);
}

static void
teardown(void)
{
	arena_free(arena);
}

static void
put(void *object)
{
	(void)json_object_put(object);
}

static struct json_object *
parse(const char *text)
{
	enum json_tokener_error error;
	struct json_object *json = json_tokener_parse_verbose(text, &error);

	ck_assert_int_eq(error, json_tokener_success);
	arena_defer(arena, put, json);
	return json;
}

static enum status
add(const char *name, enum template_kind kind, const char *text)
{
	return template_add(set, name, kind, text, strlen(text));
}

static enum status
render(const char *name, enum template_kind kind, struct json_object *data,
    struct strbuf *out)
{
	strbuf_init(out, arena);
	return template_render(set, name, kind, &data, 1, out);
}

/* What call() logs, as standard error is where it goes. */
static char *
logged(enum status (*call)(const void *), const void *argument, enum status *st)
{
	static char text[4096];
	FILE *file = tmpfile();
	int saved = dup(STDERR_FILENO);
	size_t len;

	ck_assert_ptr_nonnull(file);
	ck_assert_int_ge(dup2(fileno(file), STDERR_FILENO), 0);
	*st = call(argument);
	ck_assert_int_ge(dup2(saved, STDERR_FILENO), 0);
	(void)close(saved);
	rewind(file);
	len = fread(text, 1, sizeof(text) - 1, file);
	text[len] = '\0';
	(void)fclose(file);
	return text;
}

/* One rule: a template, the partial "part" if there is one, and what is made. */
struct rule {
	const char *claim;
	const char *data;
	const char *text;
	const char *expected;
	const char *part;
};

/* clang-format off */
static const struct rule rules[] = {
	/* Comments */
	{ "a comment leaves nothing", "{}",
	  "left{{! gone, } and { too }}right", "leftright", NULL },
	{ "a comment may have lines", "{}",
	  "left{{!\n one\n two\n}}right\n", "leftright\n", NULL },
	{ "a comment alone takes its line", "{}",
	  "top\n{{! x }}\nend\n", "top\nend\n", NULL },
	{ "an indented comment alone takes its line", "{}",
	  "top\n \t{{! x }} \t\nend\n", "top\nend\n", NULL },
	{ "a comment takes its CR LF", "{}",
	  "a\r\n{{! x }}\r\nb", "a\r\nb", NULL },
	{ "a comment on the first line is alone", "{}",
	  "  {{! x }}\nb", "b", NULL },
	{ "a comment on the last line is alone", "{}",
	  "a\n  {{! x }}", "a\n", NULL },
	{ "a comment of lines alone takes them all", "{}",
	  "top\n  {{!\n   x\n  }}\nend\n", "top\nend\n", NULL },
	{ "a comment beside text keeps the blanks", "{}",
	  "  12 {{! x }}\n", "  12 \n", NULL },
	{ "a comment between words keeps the blanks", "{}",
	  "one {{! x }} two", "one  two", NULL },
	{ "a comment is no value", "{\"! x\":1,\"x\":2}", "({{! x }})", "()", NULL },
	{ "two comments on a line are not alone", "{}",
	  "{{!a}}{{!b}}\nend", "\nend", NULL },
	{ "a lone CR is no newline", "{}", "a\r{{!x}}\rb", "a\r\rb", NULL },

	/* Set delimiters */
	{ "delimiters change in pairs", "{\"k\":\"key\"}",
	  "{{=<% %>=}}(<%k%>){{k}}", "(key){{k}}", NULL },
	{ "delimiters may be any characters", "{\"k\":\"key\"}",
	  "{{=[ ]=}}([k]){{[k]}}", "(key){{key}}", NULL },
	{ "the same for both", "{\"k\":\"key\"}", "{{=| |=}}|k|", "key", NULL },
	{ "delimiters can change back", "{\"k\":1}",
	  "{{=| |=}}|k||={{ }}=|{{k}}|k|", "11|k|", NULL },
	{ "delimiters reach into sections and past them",
	  "{\"s\":true,\"k\":\"v\"}",
	  "{{#s}}{{=$ $=}}$k${{k}}$/s$$k$", "v{{k}}v", NULL },
	{ "delimiters reach into inverted sections", "{\"k\":\"v\"}",
	  "{{= | | =}}\n|^s|\n {{k}}|k|\n|/s|\n.", " {{k}}v\n.", NULL },
	{ "delimiters do not reach into a partial", "{\"k\":\"v\"}",
	  "{{=| |=}}|>part||k|", "(v|k|)v", "({{k}}|k|)" },
	{ "delimiters do not leak from a partial", "{\"k\":\"v\"}",
	  "{{>part}}{{k}}|k|", "(v)v|k|", "{{=| |=}}(|k|)" },
	{ "a partial may set its own", "{\"k\":\"v\"}",
	  "{{>part}}.{{k}}|k|", "v{{k}}.v|k|", "{{=| |=}}|k|{{k}}" },
	{ "delimiters keep the blanks around", "{}",
	  "a {{=@ @=}} b\n", "a  b\n", NULL },
	{ "delimiters alone take their line", "{}",
	  "a\n  {{=@ @=}}\nb\n", "a\nb\n", NULL },
	{ "delimiters take their CR LF", "{}",
	  "a\r\n{{=@ @=}}\r\nb", "a\r\nb", NULL },
	{ "delimiters alone on the first line", "{}",
	  "  {{=@ @=}}\nb", "b", NULL },
	{ "delimiters alone on the last line", "{}",
	  "a\n  {{=@ @=}}", "a\n", NULL },
	{ "delimiters may be padded", "{\"k\":1}",
	  "({{=  @ \t @  =}})@k@", "()1", NULL },

	/* Values */
	{ "text without tags is as it was", "{}",
	  "{ braces } and a } }{ too\n", "{ braces } and a } }{ too\n", NULL },
	{ "a value takes the place of its tag", "{\"who\":\"Ada\"}",
	  "Dear {{who}},\n", "Dear Ada,\n", NULL },
	{ "a value is escaped", "{\"v\":\"a & b < c > \\\"d' e\"}",
	  "{{v}}", "a &amp; b &lt; c &gt; &quot;d&#39; e", NULL },
	{ "a value is escaped once and is no template",
	  "{\"v\":\"&amp;{{w}}\",\"w\":1}", "{{v}}", "&amp;amp;{{w}}", NULL },
	{ "whole numbers", "{\"v\":85,\"w\":-9223372036854775808,\"z\":0}",
	  "{{v}} {{w}} {{z}}", "85 -9223372036854775808 0", NULL },
	{ "the largest numbers",
	  "{\"v\":9223372036854775807,\"w\":18446744073709551615}",
	  "{{v}} {{w}}", "9223372036854775807 18446744073709551615", NULL },
	{ "other numbers, shortest",
	  "{\"v\":[1.210,0.1,-2.5,3.0,1e300,0.30000000000000004]}",
	  "{{#v}}{{.}} {{/v}}",
	  "1.21 0.1 -2.5 3 1e+300 0.30000000000000004 ", NULL },
	{ "null is empty", "{\"v\":null}", "({{v}})", "()", NULL },
	{ "true and false are words", "{\"t\":true,\"f\":false}",
	  "{{t}} {{f}}", "true false", NULL },
	{ "objects and lists print nothing", "{\"o\":{\"a\":1},\"l\":[1]}",
	  "({{o}}{{l}}{{.}})", "()", NULL },
	{ "a missing value is empty", "{}", "({{v}})", "()", NULL },
	{ "a byte of any value comes through", "{\"v\":\"z\\u00fcg\\t\\n\"}",
	  "{{v}}", "z\xc3\xbcg\t\n", NULL },
	{ "a dotted name goes down", "{\"a\":{\"name\":\"Ada\"}}",
	  "{{a.name}} {{#a}}{{name}}{{/a}}", "Ada Ada", NULL },
	{ "as far down as it likes", "{\"a\":{\"b\":{\"c\":{\"d\":4}}}}",
	  "{{a.b.c.d}}", "4", NULL },
	{ "a broken chain is empty", "{\"a\":{}}", "({{a.b.c}})", "()", NULL },
	{ "a chain through a string is empty", "{\"a\":\"b\"}",
	  "({{a.b}})", "()", NULL },
	{ "a chain through null is empty", "{\"a\":null,\"b\":1}",
	  "({{a.b}})", "()", NULL },
	{ "a broken chain does not start again",
	  "{\"a\":{\"b\":{}},\"c\":{\"name\":\"wrong\"}}",
	  "({{a.b.c.name}})", "()", NULL },
	{ "the first part is found as any name",
	  "{\"a\":{\"b\":{\"c\":1}},\"b\":{\"c\":2}}",
	  "{{#a}}{{b.c}}{{/a}}", "1", NULL },
	{ "the innermost first part decides",
	  "{\"a\":{\"b\":{}},\"b\":{\"c\":\"wrong\"}}",
	  "({{#a}}{{b.c}}{{/a}})", "()", NULL },
	{ "a dot in a key is no path", "{\"a.b\":\"wrong\",\"a\":{\"b\":1}}",
	  "{{a.b}}", "1", NULL },
	{ "a dotted key alone is not found", "{\"a.b\":\"wrong\"}",
	  "({{a.b}})", "()", NULL },
	{ "null hides an outer value", "{\"a\":{\"b\":null},\"b\":\"wrong\"}",
	  "({{#a}}{{b}}{{/a}})", "()", NULL },
	{ "a dot is the context itself", "\"top\"", "{{.}}", "top", NULL },
	{ "a dot is escaped too", "[\"<\"]", "{{#.}}{{.}}{{/.}}", "&lt;", NULL },
	{ "a value keeps the blanks around", "{\"v\":\"-\"}",
	  "| {{v}} |", "| - |", NULL },
	{ "a value is never alone on its line", "{\"v\":\"-\"}",
	  "  {{v}}\n", "  -\n", NULL },
	{ "an empty value leaves its line", "{}", "a\n{{v}}\nb", "a\n\nb", NULL },
	{ "a tag may be padded", "{\"v\":\"-\"}", "|{{ v\t\n}}|", "|-|", NULL },

	/* Sections */
	{ "a true section is rendered", "{\"b\":true}",
	  "({{#b}}yes{{/b}})", "(yes)", NULL },
	{ "a false section is not", "{\"b\":false}",
	  "({{#b}}no{{/b}})", "()", NULL },
	{ "null is false", "{\"b\":null}", "({{#b}}no{{/b}})", "()", NULL },
	{ "missing is false", "{}", "({{#b}}no{{/b}})", "()", NULL },
	{ "an empty list is false", "{\"b\":[]}", "({{#b}}no{{/b}})", "()", NULL },
	{ "0 and an empty string are false", "{\"a\":0,\"b\":\"\",\"c\":0.0}",
	  "({{#a}}no{{/a}}{{#b}}no{{/b}}{{#c}}no{{/c}})", "()", NULL },
	{ "a string is true, and no list", "{\"b\":\"123\"}",
	  "({{#b}}yes{{/b}})", "(yes)", NULL },
	{ "an empty object is true", "{\"b\":{}}",
	  "({{#b}}yes{{/b}})", "(yes)", NULL },
	{ "an object becomes the context", "{\"o\":{\"name\":\"Ada\"}}",
	  "{{#o}}Hi {{name}}{{/o}}", "Hi Ada", NULL },
	{ "outer contexts stay in sight",
	  "{\"a\":1,\"b\":\"wrong\",\"o\":{\"b\":2},\"c\":{\"d\":3}}",
	  "{{#o}}{{a}}{{b}}{{c.d}}{{/o}}{{b}}", "123wrong", NULL },
	{ "a scalar becomes the context too", "{\"v\":\"bar\"}",
	  "{{#v}}{{.}} is {{v}}{{/v}}", "bar is bar", NULL },
	{ "lists within lists see everything",
	  "{\"h\":[{\"n\":{\"u\":\"A\"},\"r\":[{\"m\":1,\"w\":[{\"k\":\"x\"},"
	  "{\"k\":\"y\"}]}]}]}",
	  "{{#h}}{{#r}}{{n.u}}{{m}}{{#w}}-{{n.u}}{{m}}{{k}}{{/w}}{{/r}}{{/h}}",
	  "A1-A1x-A1y", NULL },
	{ "deep contexts come and go",
	  "{\"a\":{\"i\":1},\"b\":{\"j\":2},\"c\":{\"k\":3,\"d\":{\"l\":4}}}",
	  "{{#a}}\n{{i}}\n{{#b}}\n{{i}}{{j}}\n{{#c}}\n{{i}}{{j}}{{k}}\n{{#d}}\n"
	  "{{i}}{{j}}{{k}}{{l}}\n{{/d}}\n{{k}}{{l}}\n{{/c}}\n{{j}}{{k}}\n{{/b}}\n"
	  "{{i}}{{j}}\n{{/a}}\n",
	  "1\n12\n123\n1234\n3\n2\n1\n", NULL },
	{ "a list repeats the section", "{\"l\":[{\"n\":1},{\"n\":2},{\"n\":3}]}",
	  "{{#l}}<b>{{n}}</b>{{/l}}", "<b>1</b><b>2</b><b>3</b>", NULL },
	{ "an item need not be true", "{\"l\":[0,false,null,\"\"]}",
	  "{{#l}}({{.}}){{/l}}", "(0)(false)()()", NULL },
	{ "a section may come again", "{\"b\":true,\"v\":2}",
	  "{{#b}}\n1\n{{/b}}\n{{v}}\n{{#b}}\n3\n{{/b}}\n", "1\n2\n3\n", NULL },
	{ "a section may hold its own name, true", "{\"b\":true}",
	  "|a {{#b}}b {{#b}}c{{/b}} d{{/b}} e|", "|a b c d e|", NULL },
	{ "a section may hold its own name, false", "{\"b\":false}",
	  "|a {{#b}}b {{#b}}c{{/b}} d{{/b}} e|", "|a  e|", NULL },
	{ "strings in a list", "{\"l\":[\"a\",\"b\"]}",
	  "{{#l}}({{.}}){{/l}}", "(a)(b)", NULL },
	{ "numbers in a list", "{\"l\":[1,2.50]}",
	  "{{#l}}({{.}}){{/l}}", "(1)(2.5)", NULL },
	{ "lists in a list", "{\"l\":[[1,2],[\"a\"]]}",
	  "{{#l}}({{#.}}{{.}}{{/.}}){{/l}}", "(12)(a)", NULL },
	{ "a list at the top", "[{\"v\":1},{\"v\":2}]",
	  "{{#.}}{{v}}{{/.}}", "12", NULL },
	{ "a dotted section, true", "{\"a\":{\"b\":{\"c\":true}}}",
	  "({{#a.b.c}}yes{{/a.b.c}})", "(yes)", NULL },
	{ "a dotted section, false", "{\"a\":{\"b\":{\"c\":false}}}",
	  "({{#a.b.c}}no{{/a.b.c}})", "()", NULL },
	{ "a dotted section, broken", "{\"a\":{}}",
	  "({{#a.b.c}}no{{/a.b.c}})", "()", NULL },
	{ "a dotted section pushes its last part alone",
	  "{\"a\":{\"b\":{\"c\":1},\"d\":2}}",
	  "({{#a.b}}{{c}}{{d}}{{/a.b}})", "(1)", NULL },
	{ "a section keeps the blanks around", "{\"b\":1}",
	  " | {{#b}}\t|\t{{/b}} | \n", " | \t|\t | \n", NULL },
	{ "a section keeps the blanks within", "{\"b\":1}",
	  "| {{#b}} {{!x}}\n {{/b}} |\n", "|  \n  |\n", NULL },
	{ "a section on one line is not alone", "{\"b\":1}",
	  " {{#b}}x{{/b}}\n {{#b}}y{{/b}}\n", " x\n y\n", NULL },
	{ "both ends alone take their lines", "{\"b\":1}",
	  "a\n{{#b}}\nb\n{{/b}}\nc\n", "a\nb\nc\n", NULL },
	{ "both ends, indented, take their lines", "{\"b\":1}",
	  "a\n  {{#b}}\nb\n\t{{/b}} \nc\n", "a\nb\nc\n", NULL },
	{ "both ends take their CR LF", "{\"b\":1}",
	  "a\r\n{{#b}}\r\n{{/b}}\r\nb", "a\r\nb", NULL },
	{ "a section alone on the first line", "{\"b\":1}",
	  "  {{#b}}\n#{{/b}}\n/", "#\n/", NULL },
	{ "a section's end alone on the last line", "{\"b\":1}",
	  "#{{#b}}\n/\n  {{/b}}", "#\n/\n", NULL },
	{ "both ends on one line are not alone", "{\"b\":1}",
	  "a\n  {{#b}}{{/b}}  \nb", "a\n    \nb", NULL },
	{ "the names may be padded", "{\"b\":1}",
	  "|{{# b }}={{/\tb\n}}|", "|=|", NULL },

	/* Inverted sections */
	{ "inverted, false is rendered", "{\"b\":false}",
	  "({{^b}}yes{{/b}})", "(yes)", NULL },
	{ "inverted, null is rendered", "{\"b\":null}",
	  "({{^b}}yes{{/b}})", "(yes)", NULL },
	{ "inverted, missing is rendered", "{}",
	  "({{^b}}yes{{/b}})", "(yes)", NULL },
	{ "inverted, an empty list is rendered", "{\"b\":[]}",
	  "({{^b}}yes{{/b}})", "(yes)", NULL },
	{ "inverted, 0 and an empty string are rendered", "{\"a\":0,\"b\":\"\"}",
	  "({{^a}}yes{{/a}}{{^b}}yes{{/b}})", "(yesyes)", NULL },
	{ "inverted, true is not", "{\"b\":true}",
	  "({{^b}}no{{/b}})", "()", NULL },
	{ "inverted, a string is not", "{\"b\":\"x\"}",
	  "({{^b}}no{{/b}})", "()", NULL },
	{ "inverted, an object is not", "{\"b\":{\"n\":1}}",
	  "({{^b}}no {{n}}{{/b}})", "()", NULL },
	{ "inverted, a list is not", "{\"b\":[{\"n\":1},{\"n\":2}]}",
	  "({{^b}}{{n}}{{/b}})", "()", NULL },
	{ "inverted may come again", "{\"v\":2}",
	  "{{^b}}\n1\n{{/b}}\n{{v}}\n{{^b}}\n3\n{{/b}}\n", "1\n2\n3\n", NULL },
	{ "inverted may hold its own name, false", "{}",
	  "|a {{^b}}b {{^b}}c{{/b}} d{{/b}} e|", "|a b c d e|", NULL },
	{ "inverted may hold its own name, true", "{\"b\":1}",
	  "|a {{^b}}b {{^b}}c{{/b}} d{{/b}} e|", "|a  e|", NULL },
	{ "inverted in its own section is empty", "{\"b\":1}",
	  "({{#b}}{{^b}}no{{/b}}{{/b}})", "()", NULL },
	{ "inverted pushes no context", "{\"v\":1}",
	  "{{^b}}{{v}}{{/b}}", "1", NULL },
	{ "inverted and dotted, true", "{\"a\":{\"b\":{\"c\":true}}}",
	  "({{^a.b.c}}no{{/a.b.c}})", "()", NULL },
	{ "inverted and dotted, false", "{\"a\":{\"b\":{\"c\":false}}}",
	  "({{^a.b.c}}yes{{/a.b.c}})", "(yes)", NULL },
	{ "inverted and dotted, broken", "{\"a\":{}}",
	  "({{^a.b.c}}yes{{/a.b.c}})", "(yes)", NULL },
	{ "inverted keeps the blanks around", "{}",
	  " | {{^b}}\t|\t{{/b}} | \n", " | \t|\t | \n", NULL },
	{ "inverted keeps the blanks within", "{}",
	  "| {{^b}} {{!x}}\n {{/b}} |\n", "|  \n  |\n", NULL },
	{ "inverted on one line is not alone", "{}",
	  " {{^b}}x{{/b}}\n {{^b}}y{{/b}}\n", " x\n y\n", NULL },
	{ "inverted ends alone take their lines", "{}",
	  "a\n{{^b}}\nb\n{{/b}}\nc\n", "a\nb\nc\n", NULL },
	{ "inverted ends, indented, take their lines", "{}",
	  "a\n  {{^b}}\nb\n  {{/b}}\nc\n", "a\nb\nc\n", NULL },
	{ "inverted ends take their CR LF", "{}",
	  "a\r\n{{^b}}\r\n{{/b}}\r\nb", "a\r\nb", NULL },
	{ "inverted alone on the first line", "{}",
	  "  {{^b}}\n#{{/b}}\n/", "#\n/", NULL },
	{ "inverted end alone on the last line", "{}",
	  "#{{^b}}\n/\n  {{/b}}", "#\n/\n", NULL },
	{ "inverted names may be padded", "{}", "|{{^ b }}={{/ b }}|", "|=|", NULL },

	/* Partials */
	{ "a partial takes the place of its tag", "{}",
	  "({{>part}})", "(text)", "text" },
	{ "a partial sees the context", "{\"v\":1,\"o\":{\"v\":2}}",
	  "{{>part}}{{#o}}{{>part}}{{/o}}", "*1**2*", "*{{v}}*" },
	{ "a partial may name itself",
	  "{\"v\":\"X\",\"n\":[{\"v\":\"Y\",\"n\":[]},{\"v\":\"Z\",\"n\":[]}]}",
	  "{{>part}}", "X(Y()Z())", "{{v}}({{#n}}{{>part}}{{/n}})" },
	{ "a partial keeps the blanks around", "{}",
	  "| {{>part}} |", "| \t|\t |", "\t|\t" },
	{ "a partial beside text is not indented", "{\"v\":\"|\"}",
	  "  {{v}}  {{>part}}\n", "  |  a\nb\n", "a\nb" },
	{ "a partial alone takes its line", "{}",
	  "a\n{{>part}}\nb", "a\nx\nb", "x\n" },
	{ "a partial takes its CR LF", "{}",
	  "|\r\n{{>part}}\r\n|", "|\r\nx|", "x" },
	{ "a partial alone on the first line is indented", "{}",
	  "  {{>part}}\n;", "  a\n  b;", "a\nb" },
	{ "a partial alone on the last line is indented", "{}",
	  "a\n  {{>part}}", "a\n  b\n  c", "b\nc" },
	{ "each line of a partial is indented, no value is", "{\"v\":\"[\\n]\"}",
	  "a\n \t{{>part}}\nz\n", "a\n \t1\n \t[\n]\n \t2\nz\n", "1\n{{v}}\n2\n" },
	{ "lines a partial's tags stand on alone are not", "{\"b\":[1,2]}",
	  "  {{>part}}\n.", "  1\n  2\n  e\n.",
	  "{{#b}}\n{{.}}\n{{/b}}\n{{! x }}\ne\n" },
	{ "a line that begins with a tag is indented", "{\"b\":1}",
	  "  {{>part}}\n.", "  x\n  y\n  z\n.",
	  "{{#b}}x{{/b}}\n{{!c}}y\n{{#b}}\nz\n{{/b}}\n" },
	{ "a section's end that begins a line is indented", "{\"b\":1}",
	  " {{>part}}\n.", " x\n  y\n.", "{{#b}}x\n{{/b}} y\n" },
	{ "a partial may be padded", "{}", "|{{> part }}|", "|[]|", "[]" },
};
/* clang-format on */

START_TEST(renders_html_by_the_rule)
{
	const struct rule *rule = &rules[_i];
	struct strbuf out;

	if (rule->part != NULL)
		ck_assert_int_eq(add("part", TEMPLATE_HTML, rule->part), ST_OK);
	ck_assert_msg(
	    add("page", TEMPLATE_HTML, rule->text) == ST_OK, "%s", rule->claim);
	ck_assert_int_eq(
	    render("page", TEMPLATE_HTML, parse(rule->data), &out), ST_OK);
	ck_assert_msg(strcmp(out.text, rule->expected) == 0,
	    "%s: \"%s\", not \"%s\"", rule->claim, out.text, rule->expected);
}
END_TEST

START_TEST(leaves_text_as_it_is)
{
	struct strbuf out;

	/* What is markup in HTML is none here. */
	ck_assert_int_eq(add("mail/part", TEMPLATE_TEXT, "<{{v}}>"), ST_OK);
	ck_assert_int_eq(add("mail/note", TEMPLATE_TEXT,
			     "{{#v}}<a href={{/v}}{{v}} <!-- {{>mail/part}}"),
	    ST_OK);
	ck_assert_int_eq(render("mail/note", TEMPLATE_TEXT,
			     parse("{\"v\":\"a & 'b'\\u0001\"}"), &out),
	    ST_OK);
	ck_assert_str_eq(out.text, "<a href=a & 'b'\001 <!-- <a & 'b'\001>");
}
END_TEST

START_TEST(indents_partials_within_partials)
{
	struct strbuf out;

	ck_assert_int_eq(add("c", TEMPLATE_TEXT, "1\n2\n"), ST_OK);
	ck_assert_int_eq(
	    add("b", TEMPLATE_TEXT, "b\n{{>c}}\n  {{>c}}\nx {{>c}}"), ST_OK);
	ck_assert_int_eq(add("a", TEMPLATE_TEXT, "a\n  {{>b}}\nz"), ST_OK);
	ck_assert_int_eq(render("a", TEMPLATE_TEXT, parse("{}"), &out), ST_OK);
	ck_assert_str_eq(
	    out.text, "a\n  b\n  1\n  2\n    1\n    2\n  x 1\n2\nz");
}
END_TEST

START_TEST(looks_names_up_from_the_last_context)
{
	struct json_object *contexts[] = { parse("{\"a\":1,\"b\":1,\"c\":1}"),
		NULL, parse("{\"b\":2,\"c\":null}") };
	struct strbuf out;

	strbuf_init(&out, arena);
	strbuf_str(&out, "before ");
	ck_assert_int_eq(
	    add("page", TEMPLATE_HTML, "{{a}}{{b}}{{c}}{{.}}"), ST_OK);
	ck_assert_int_eq(template_render(set, "page", TEMPLATE_HTML, contexts,
			     ARRAY_LEN(contexts), &out),
	    ST_OK);
	ck_assert_str_eq(out.text, "before 12");
	ck_assert_int_eq(
	    template_render(set, "page", TEMPLATE_HTML, NULL, 0, &out), ST_OK);
	ck_assert_str_eq(out.text, "before 12");
}
END_TEST

START_TEST(lets_partials_nest_to_the_depth)
{
	struct strbuf out;
	struct json_object *none = NULL;

	ck_assert_int_eq(add("loop", TEMPLATE_HTML, "x{{>loop}}"), ST_OK);
	strbuf_init(&out, arena);
	strbuf_str(&out, "before");
	ck_assert_int_eq(
	    template_render(set, "loop", TEMPLATE_HTML, &none, 1, &out),
	    ST_FAULT);
	ck_assert_str_eq(out.text, "before");
}
END_TEST

/* depth sections, each in the one before. */
static const char *
nested(int depth)
{
	struct strbuf text;

	strbuf_init(&text, arena);
	for (int i = 0; i < depth; i++)
		strbuf_str(&text, "{{#a}}");
	for (int i = 0; i < depth; i++)
		strbuf_str(&text, "{{/a}}");
	return text.text;
}

START_TEST(lets_sections_nest_to_the_depth)
{
	const char *most = nested(TEMPLATE_DEPTH);

	ck_assert_int_eq(
	    add("most", TEMPLATE_HTML, arena_printf(arena, "%s%s", most, most)),
	    ST_OK);
	ck_assert_int_eq(
	    add("more", TEMPLATE_HTML, nested(TEMPLATE_DEPTH + 1)), ST_INVALID);
}
END_TEST

START_TEST(tells_a_missing_page_from_a_taken_name)
{
	struct strbuf out;

	ck_assert_int_eq(add("page", TEMPLATE_HTML, "x"), ST_OK);
	ck_assert_int_eq(add("page", TEMPLATE_HTML, "y"), ST_CONFLICT);
	ck_assert_int_eq(
	    render("page", TEMPLATE_TEXT, NULL, &out), ST_NOT_FOUND);
	ck_assert_int_eq(
	    render("pag", TEMPLATE_HTML, NULL, &out), ST_NOT_FOUND);
	ck_assert_int_eq(add("../page", TEMPLATE_HTML, "x"), ST_INVALID);
	ck_assert_int_eq(add("/page", TEMPLATE_HTML, "x"), ST_INVALID);
}
END_TEST

/* Markup in which the tags stand well. */
/* clang-format off */
static const struct rule contexts[] = {
	{ "a boolean attribute", "{\"on\":true}",
	  "<input {{#on}}checked{{/on}}>", "<input checked>", NULL },
	{ "a boolean attribute left out", "{}",
	  "<input {{#on}}checked{{/on}}>", "<input >", NULL },
	{ "the blank within the section", "{\"on\":1}",
	  "<option{{#on}} selected{{/on}}>", "<option selected>", NULL },
	{ "behind a quoted value", "{\"on\":1}",
	  "<input type=\"radio\"{{#on}} checked{{/on}}/>",
	  "<input type=\"radio\" checked/>", NULL },
	{ "several of them", "{\"a\":1,\"b\":0,\"c\":1}",
	  "<input{{#a}} checked{{/a}}{{#b}} b{{/b}}{{^b}} c=d {{/b}} id=x>",
	  "<input checked c=d  id=x>", NULL },
	{ "behind a bare attribute", "{\"a\":1}",
	  "<input required {{#a}}checked{{/a}} id=x>",
	  "<input required checked id=x>", NULL },
	{ "an attribute with its value", "{\"e\":\"x\"}",
	  "<p {{#e}}id=\"{{e}}\" class='{{e}}'{{/e}} >",
	  "<p id=\"x\" class='x' >", NULL },
	{ "sections in sections", "{\"a\":1,\"b\":1}",
	  "<p {{#a}}{{#b}}x {{/b}}y{{/a}}>", "<p x y>", NULL },
	{ "a section within a value", "{\"a\":[1,2]}",
	  "<p class=\"c{{#a}} c{{.}}{{/a}}\">", "<p class=\"c c1 c2\">", NULL },
	{ "a value is escaped in either quotes", "{\"v\":\"\\\"'>\"}",
	  "<p a=\"{{v}}\" b='{{v}}'>",
	  "<p a=\"&quot;&#39;&gt;\" b='&quot;&#39;&gt;'>", NULL },
	{ "a title and a textarea", "{\"v\":\"</title>\"}",
	  "<title>a <b> {{#v}}{{v}}{{/v}}</title><TEXTAREA>{{v}}</textArea >{{v}}",
	  "<title>a <b> &lt;/title&gt;</title><TEXTAREA>&lt;/title&gt;"
	  "</textArea >&lt;/title&gt;", NULL },
	{ "behind a script", "{\"v\":1}",
	  "<script>if (a</b/) '</scrip>'</script>{{v}}",
	  "<script>if (a</b/) '</scrip>'</script>1", NULL },
	{ "behind a comment", "{\"v\":1}",
	  "<!-->{{v}}<!--->{{v}}<!--x-->{{v}}<!-- > -- -> --->{{v}}<!--a--!>{{v}}",
	  "<!-->1<!--->1<!--x-->1<!-- > -- -> --->1<!--a--!>1", NULL },
	{ "behind a doctype and what is no tag", "{\"v\":1}",
	  "<!DOCTYPE html>{{v}}<?x?>{{v}}</ x>{{v}}</>{{v}} 1 < {{v}} <3 <> {{v}}",
	  "<!DOCTYPE html>1<?x?>1</ x>1</>1 1 < 1 <3 <> 1", NULL },
	{ "a comment tag anywhere", "{}",
	  "<p {{! x }}class={{!y}}b><style>{{! z }}</style><!--{{! c }}-->",
	  "<p class=b><style></style><!---->", NULL },
	{ "whole elements in sections", "{\"a\":[1,2]}",
	  "<ul>{{#a}}<li><a href='/x'>{{.}}</a>{{/a}}</ul>",
	  "<ul><li><a href='/x'>1</a><li><a href='/x'>2</a></ul>", NULL },
	{ "the content of a named meta", "{\"v\":\"x\"}",
	  "<meta name=csrf content=\"{{v}}\"><meta http-equiv=x content=\"1\">",
	  "<meta name=csrf content=\"x\"><meta http-equiv=x content=\"1\">", NULL },
	{ "a slash in a bare value is its own", "{\"v\":1}",
	  "<a href=/x/>{{v}}</a>", "<a href=/x/>1</a>", NULL },
	{ "a partial between tags", "{}",
	  "<div>\n  {{>part}}\n</div>\n", "<div>\n  <p>x</p>\n</div>\n",
	  "<p>x</p>\n" },

	/* URLs */
	{ "behind a path", "{\"t\":\"a b/c?d&e=\\u00e9~.-_\\\"\"}",
	  "<a href=\"/auth/verify?token={{t}}\">",
	  "<a href=\"/auth/verify?token=a%20b%2Fc%3Fd%26e%3D%C3%A9~.-_%22\">",
	  NULL },
	{ "behind a single slash", "{\"t\":\"/evil\"}",
	  "<a href='/{{t}}/x'>", "<a href='/%2Fevil/x'>", NULL },
	{ "behind a host", "{\"t\":\"a\"}",
	  "<img src=\"https://host/{{t}}\"><img src='HTTP://h?{{t}}'>",
	  "<img src=\"https://host/a\"><img src='HTTP://h?a'>", NULL },
	{ "behind a query or fragment", "{\"t\":\"a:b\"}",
	  "<a href='?{{t}}'><a href='#{{t}}'>",
	  "<a href='?a%3Ab'><a href='#a%3Ab'>", NULL },
	{ "a number", "{\"t\":-7}", "<a href='/{{t}}'>", "<a href='/-7'>", NULL },
	{ "nothing, behind a path", "{}", "<a href='/a/{{t}}/b'>",
	  "<a href='/a//b'>", NULL },
	{ "a section behind a path", "{\"t\":\"x\"}",
	  "<form action='/a{{#t}}?t={{t}}{{/t}}'>", "<form action='/a?t=x'>",
	  NULL },
	{ "any attribute that holds none", "{\"t\":\"javascript:1\"}",
	  "<p data-href='{{t}}' title='{{t}}'>",
	  "<p data-href='javascript:1' title='javascript:1'>", NULL },
};
/* clang-format on */

START_TEST(renders_where_it_is_safe)
{
	const struct rule *rule = &contexts[_i];
	struct strbuf out;

	if (rule->part != NULL)
		ck_assert_int_eq(add("part", TEMPLATE_HTML, rule->part), ST_OK);
	ck_assert_msg(
	    add("page", TEMPLATE_HTML, rule->text) == ST_OK, "%s", rule->claim);
	ck_assert_int_eq(
	    render("page", TEMPLATE_HTML, parse(rule->data), &out), ST_OK);
	ck_assert_msg(strcmp(out.text, rule->expected) == 0,
	    "%s: \"%s\", not \"%s\"", rule->claim, out.text, rule->expected);
}
END_TEST

/* What must not load, and a part of what the log says of it. */
struct refusal {
	const char *text;
	const char *message;
};

/* clang-format off */
static const struct refusal refusals[] = {
	/* The tags themselves */
	{ "{{{v}}}", "page.html:1: {{{v}} is raw" },
	{ "a\n{{&v}}", "page.html:2: {{&v}} is raw" },
	{ "a\n\n{{v", "page.html:3: a tag is not closed" },
	{ "{{=| |=}}{{v}} |v", "page.html:1: a tag is not closed" },
	{ "{{}}", "{{}} is no name" },
	{ "{{ }}", "{{}} is no name" },
	{ "{{a b}}", "{{a b}} is no name" },
	{ "{{a..b}}", "{{a..b}} is no name" },
	{ "{{.a}}", "{{.a}} is no name" },
	{ "{{a.}}", "{{a.}} is no name" },
	{ "{{*a}}", "{{*a}} is no name" },
	{ "{{#}}{{/}}", "{{#}} is no name" },
	{ "{{>a.b}}", "{{>a.b}} is no name" },
	{ "{{>../a}}", "{{>../a}} is no name" },
	{ "{{>/a}}", "{{>/a}} is no name" },
	{ "{{=a=}}", "{{=a=}} sets no delimiters" },
	{ "{{=a b}}", "{{=a b}} sets no delimiters" },
	{ "{{=a bc}}", "{{=a bc}} sets no delimiters" },
	{ "{{=a b c=}}", "{{=a b c=}} sets no delimiters" },
	{ "{{=a= b=}}", "{{=a= b=}} sets no delimiters" },
	{ "{{==}}", "{{==}} sets no delimiters" },
	{ "{{=}}", "{{=}} sets no delimiters" },
	{ "a\n{{#s}}\n{{v}}\n", "page.html:2: the section s is not closed" },
	{ "{{^s}}{{#t}}{{/t}}", "page.html:1: the section s is not closed" },
	{ "a\n\n {{/s}}", "page.html:3: {{/s}} closes no section" },
	{ "{{#a}}{{#b}}\n{{/a}}{{/b}}", ":2: {{/a}} closes the section b" },
	{ "{{#a}}{{/ab}}", "{{/ab}} closes the section a" },
	{ "{{#a}}{{^a}}", "the section a is not closed" },
	{ "x\n  {{>missing}}\n", "page.html:2: {{>missing}} is not there" },
	{ "{{>wrong}}", "page.html:1: {{>wrong}} is wrong itself" },

	/* Values out of place */
	{ "<{{v}}>", "{{v}} stands right after <" },
	{ "<<{{v}}>", "{{v}} stands right after <" },
	{ "</{{v}}>", "{{v}} stands right after </" },
	{ "<p{{v}}>", "{{v}} stands in the name of a tag" },
	{ "<p {{v}}>", "{{v}} stands between attributes" },
	{ "<p a{{v}}='x'>", "{{v}} stands in the name of an attribute" },
	{ "<p a {{v}}>", "{{v}} stands between attributes" },
	{ "<p a={{v}}>", "{{v}} stands in an attribute without quotes" },
	{ "<p a=b{{v}}>", "{{v}} stands in an attribute without quotes" },
	{ "<p a='b'{{v}}>", "{{v}} stands between attributes" },
	{ "<script>\nx = \"{{v}}\"</script>", ":2: {{v}} stands in a script" },
	{ "<SCRIPT >{{v}}</script>", "{{v}} stands in a script" },
	{ "<script/>{{v}}</script>", "{{v}} stands in a script" },
	{ "<style>{{v}}</style>", "{{v}} stands in a script, a style" },
	{ "<iframe>{{v}}</iframe>", "{{v}} stands in a script" },
	{ "<script></scriptx>{{v}}</script>", "{{v}} stands in a script" },
	{ "<script></{{v}}script>", "{{v}} stands in a script" },
	{ "<title></t{{v}}itle></title>", "{{v}} stands in a title" },
	{ "<!--{{v}}-->", "{{v}} stands in a comment" },
	{ "<!-- - - > {{v}}-->", "{{v}} stands in a comment" },
	{ "<!{{v}}>", "{{v}} stands right after <!" },
	{ "<!-{{v}}>", "{{v}} stands right after <!" },
	{ "<!doctype {{v}}>", "{{v}} stands in a declaration" },
	{ "<?{{v}}>", "{{v}} stands in a declaration" },
	{ "</ {{v}}>", "{{v}} stands in a declaration" },
	{ "<p onclick='x({{v}})'>", "{{v}} stands in an event handler" },
	{ "<p ONCLICK='x({{v}})'>", "{{v}} stands in an event handler" },
	{ "<p style=\"color:{{v}}\">", "{{v}} stands in an event handler" },
	{ "<img srcset=\"{{v}}\">", "{{v}} stands in an event handler" },
	{ "<iframe srcdoc='{{v}}'>", "{{v}} stands in an event handler" },
	{ "<meta http-equiv=refresh content='0;url={{v}}'>", "http-equiv" },
	{ "<meta content='{{v}}' http-equiv='refresh'>", "http-equiv" },

	/* URLs */
	{ "<a href='javascript:{{v}}'>", "{{v}} could change the scheme" },
	{ "<a href='x{{v}}'>", "{{v}} could change the scheme" },
	{ "<a href=' /{{v}}'>", "{{v}} could change the scheme" },
	{ "<a href='//{{v}}'>", "{{v}} could change the scheme" },
	{ "<a href='/\\{{v}}'>", "{{v}} could change the scheme" },
	{ "<a href='/\t{{v}}'>", "{{v}} could change the scheme" },
	{ "<a href='/&#47;{{v}}'>", "{{v}} could change the scheme" },
	{ "<a href='https{{v}}'>", "{{v}} could change the scheme" },
	{ "<a href='https:/{{v}}'>", "{{v}} could change the scheme" },
	{ "<a href='https://{{v}}'>", "{{v}} could change the scheme" },
	{ "<a href='https:///{{v}}'>", "{{v}} could change the scheme" },
	{ "<a href='https:///x/{{v}}'>", "{{v}} could change the scheme" },
	{ "<a href='https://\\x/{{v}}'>", "{{v}} could change the scheme" },
	{ "<a href='https://host{{v}}'>", "{{v}} could change the scheme" },
	{ "<a href='httpss://host/{{v}}'>", "{{v}} could change the scheme" },
	{ "<a HREF='x:{{v}}'>", "{{v}} could change the scheme" },
	{ "<img src='x:{{v}}'>", "{{v}} could change the scheme" },
	{ "<form action='x:{{v}}'>", "{{v}} could change the scheme" },
	{ "<button formaction='x:{{v}}'>", "{{v}} could change the scheme" },
	{ "<object data='x:{{v}}'>", "{{v}} could change the scheme" },
	{ "<a href='{{v}}{{v}}'>", "{{v}} could change the scheme" },
	{ "<a href='{{v}}.org/{{v}}'>", "{{v}} could change the scheme" },
	{ "<a href='{{v}}{{#s}}/{{/s}}'>", "{{#s}} stands right after the value" },
	{ "<a href='{{#s}}/{{/s}}{{v}}'>", "{{/s}} settles the beginning" },
	{ "<a href='{{#s}}{{v}}{{/s}}'>", "{{/s}} settles the beginning" },

	/* Sections whose ends are not at the same place */
	{ "{{#s}}<a href=\"{{/s}}x\">", "{{/s}} ends at another place" },
	{ "{{#s}}<a {{/s}}>", "{{/s}} ends at another place" },
	{ "<a {{#s}}>{{/s}}", "{{/s}} ends at another place" },
	{ "<a {{^s}}><b {{/s}}>", "{{/s}} ends at another place" },
	{ "{{#s}}<script>{{/s}}</script>", "{{/s}} ends at another place" },
	{ "<title>{{#s}}</title>{{/s}}", "{{/s}} ends at another place" },
	{ "<title>{{#s}}</title><title>{{/s}}</title>",
	  "{{/s}} ends at another place" },
	{ "<title>{{#s}}</ti{{/s}}tle>", "{{/s}} ends at another place" },
	{ "<p a='{{#s}}' b='{{/s}}'>", "{{/s}} ends at another place" },
	{ "<p a='{{#s}}'>{{/s}}", "{{/s}} ends at another place" },
	{ "{{#s}}<{{/s}}b>", "{{/s}} ends at another place" },
	{ "{{#s}}<!--{{/s}}-->", "{{/s}} ends at another place" },
	{ "<p {{#s}}a={{/s}}b>", "{{/s}} stands in an attribute without" },
	{ "<p {{#s}}a=b{{/s}}>", "{{/s}} stands in an attribute without" },
	{ "<p {{#s}}a='{{/s}}'>", "{{/s}} stands in an attribute" },
	{ "<p {{#s}}click='{{v}}' on{{/s}}>", "{{/s}} needs a space before it" },
	{ "<p {{#s}}on{{/s}}click='x'>", "no space between attributes" },
	{ "<p {{#s}}on{{/s}} ='x'>", "a stray =" },
	{ "<p on {{#s}}a{{/s}}='x'>", "no space between attributes" },
	{ "<p on{{#s}}click{{/s}}='x'>", "no space between attributes" },
	{ "<p{{#s}}re{{/s}}>", "no space between attributes" },
	{ "<p a='x'{{#s}}b{{/s}}>", "no space between attributes" },
	{ "<p {{#a}}a{{/a}}{{#b}}b{{/b}}>", "no space between attributes" },
	{ "<{{#s}}b{{/s}}>", "{{#s}} stands right after <" },
	{ "<p a={{#s}}b{{/s}}>", "{{#s}} stands in an attribute without" },
	{ "<p style='{{#s}}a{{/s}}'>", "{{#s}} stands in an event handler" },
	{ "<p onclick='{{^s}}a{{/s}}'>", "{{^s}} stands in an event handler" },
	{ "<script>{{#s}}a{{/s}}</script>", "{{#s}} stands in a script" },
	{ "<!--{{^s}}a{{/s}}-->", "{{^s}} stands in a comment" },

	/* Partials out of place, files that end early, markup gone wrong */
	{ "<p {{>part}}>", "{{>part}} stands between attributes" },
	{ "<p a='{{>part}}'>", "{{>part}} stands in an attribute" },
	{ "<title>{{>part}}</title>", "{{>part}} stands in a title" },
	{ "<script>{{>part}}</script>", "{{>part}} stands in a script" },
	{ "a\n<p class=", "page.html:2: the file ends inside a tag" },
	{ "<script>", "the file ends inside" },
	{ "<!-- x --", "the file ends inside" },
	{ "x <", "the file ends inside" },
	{ "<p>\n<a <b>", "page.html:2: a stray = or quote or <" },
	{ "<p a\"b>", "a stray quote" },
	{ "<p a='b'c>", "no space between attributes" },
	{ "<p a=>", "= without a value" },
	{ "<p a=b\"c>", "a stray = or quote" },
	{ "<script><!--<script></script>{{v}}-->", "<! in a script" },
};
/* clang-format on */

static enum status
add_refused(const void *argument)
{
	const struct refusal *refusal = argument;

	return add("page", TEMPLATE_HTML, refusal->text);
}

static enum status
add_wrong(const void *unused)
{
	(void)unused;
	return add("wrong", TEMPLATE_HTML, "{{");
}

START_TEST(refuses_to_load)
{
	const struct refusal *refusal = &refusals[_i];
	struct strbuf out;
	enum status st;
	char *text;

	ck_assert_int_eq(add("part", TEMPLATE_HTML, "part"), ST_OK);
	(void)logged(add_wrong, NULL, &st);
	ck_assert_int_eq(st, ST_INVALID);
	text = logged(add_refused, refusal, &st);
	ck_assert_msg(st == ST_INVALID, "%s loads", refusal->text);
	/* The log's JSON escapes quotes; the messages here have none. */
	ck_assert_msg(strstr(text, refusal->message) != NULL, "%s: %s",
	    refusal->text, text);
	ck_assert_int_eq(
	    render("page", TEMPLATE_HTML, parse("{}"), &out), ST_FAULT);
}
END_TEST

START_TEST(refuses_a_nul_byte)
{
	ck_assert_int_eq(
	    template_add(set, "page", TEMPLATE_TEXT, "a\0b", 3), ST_INVALID);
}
END_TEST

/* A value at the beginning of a URL. */
struct link {
	const char *text;
	const char *value;    /* JSON */
	enum status marked;   /* what template_url says of it */
	const char *expected; /* NULL: rendering fails */
};

/* clang-format off */
static const struct link links[] = {
	{ "<a href=\"{{v}}\">", "\"https://host/a?b=1&c\"", ST_OK,
	  "<a href=\"https://host/a?b=1&amp;c\">" },
	{ "<a href='{{v}}'>", "\"HTTP://host\"", ST_OK,
	  "<a href='HTTP://host'>" },
	{ "<a href='{{v}}'>", "\"/it's\"", ST_OK, "<a href='/it&#39;s'>" },
	{ "<a href='{{v}}'>", "\"/\"", ST_OK, "<a href='/'>" },
	{ "<a href='{{v}}/x'>", "\"https://host\"", ST_OK,
	  "<a href='https://host/x'>" },
	{ "<a href='{{v}}/x'>", "\"https://host/\"", ST_OK,
	  "<a href='https://host/x'>" },
	{ "<a href='{{v}}/x'>", "\"/\"", ST_OK, "<a href='/x'>" },
	{ "<a href='{{v}}/{{w}}'>", "\"/\"", ST_OK, "<a href='/a%2Fb'>" },
	{ "<a href='{{v}}{{! c }}/x'>", "\"/\"", ST_OK, "<a href='/x'>" },
	{ "<a href='{{v}}?w={{w}}'>", "\"/p/\"", ST_OK,
	  "<a href='/p/?w=a%2Fb'>" },
	{ "<a href='{{v}}'>", "\"otpauth://totp/a:b?secret=C&issuer='\"", ST_OK,
	  "<a href='otpauth://totp/a:b?secret=C&amp;issuer=&#39;'>" },
	{ "<a href='{{v}}'>", "\"otpauth://hotp/a\"", ST_INVALID, NULL },
	{ "<a href='{{v}}'>", "\"otpauth:totp/a\"", ST_INVALID, NULL },
	{ "<a href='{{v}}'>", "\"javascript:alert(1)\"", ST_INVALID, NULL },
	{ "<a href='{{v}}'>", "\"//host\"", ST_INVALID, NULL },
	{ "<a href='{{v}}'>", "\"/\\\\host\"", ST_INVALID, NULL },
	{ "<a href='{{v}}'>", "\"/\\t/host\"", ST_INVALID, NULL },
	{ "<a href='{{v}}'>", "\" https://host\"", ST_INVALID, NULL },
	{ "<a href='{{v}}'>", "\"https:///x\"", ST_INVALID, NULL },
	{ "<a href='{{v}}'>", "\"https://\\\\x\"", ST_INVALID, NULL },
	{ "<a href='{{v}}'>", "\"https://\"", ST_INVALID, NULL },
	{ "<a href='{{v}}'>", "\"https://host/\\n\"", ST_INVALID, NULL },
	{ "<a href='{{v}}'>", "\"https://host/\\u0000\"", ST_INVALID, NULL },
	{ "<a href='{{v}}'>", "\"https://host/\\u007f\"", ST_INVALID, NULL },
	{ "<a href='{{v}}'>", "\"ftp://host/\"", ST_INVALID, NULL },
	{ "<a href='{{v}}'>", "\"page\"", ST_INVALID, NULL },
	{ "<a href='{{v}}'>", "\"\"", ST_INVALID, NULL },
	{ "<a href='{{v}}'>", "7", ST_INVALID, NULL },
	{ "<a href='{{v}}'>", "null", ST_INVALID, NULL },
};
/* clang-format on */

START_TEST(lets_only_marked_values_begin_a_url)
{
	const struct link *link = &links[_i];
	struct json_object *data = parse("{\"w\":\"a/b\"}");
	struct json_object *value;
	struct strbuf out;
	enum status st;

	value = json_tokener_parse(link->value);
	ck_assert_int_eq(json_object_object_add(data, "v", value), 0);
	ck_assert_int_eq(add("page", TEMPLATE_HTML, link->text), ST_OK);
	/* As good as it may be, it must be marked. */
	ck_assert_int_eq(render("page", TEMPLATE_HTML, data, &out), ST_FAULT);
	ck_assert_int_eq(template_url(value), link->marked);
	st = render("page", TEMPLATE_HTML, data, &out);
	ck_assert_int_eq(st, link->expected != NULL ? ST_OK : ST_FAULT);
	ck_assert_str_eq(
	    out.text, link->expected != NULL ? link->expected : "");
}
END_TEST

static enum status
render_page(const void *unused)
{
	struct strbuf out;
	enum status st;

	(void)unused;
	strbuf_init(&out, arena);
	strbuf_str(&out, "before");
	st = template_render(set, "page", TEMPLATE_HTML, NULL, 0, &out);
	ck_assert_str_eq(out.text, "before");
	return st;
}

START_TEST(names_the_tag_that_is_no_url)
{
	enum status st;
	char *text;

	ck_assert_int_eq(
	    add("page", TEMPLATE_HTML, "a\n<a href='{{o.link}}'>"), ST_OK);
	text = logged(render_page, NULL, &st);
	ck_assert_int_eq(st, ST_FAULT);
	ck_assert_ptr_nonnull(strstr(text, "page.html:2: {{o.link}} begins"));
}
END_TEST

START_TEST(lets_no_empty_value_follow_a_single_slash)
{
	enum status st;
	char *text;

	ck_assert_int_eq(
	    add("page", TEMPLATE_HTML, "<a href='/{{v}}/host'>"), ST_OK);
	text = logged(render_page, NULL, &st);
	ck_assert_int_eq(st, ST_FAULT);
	ck_assert_ptr_nonnull(strstr(text, "page.html:1: {{v}} is empty"));
}
END_TEST

/* Files */

static char dir[] = "/tmp/check_template.XXXXXX";

static const char *
path_of(const char *name)
{
	return arena_printf(arena, "%s/%s", dir, name);
}

static void
write_file(const char *name, const char *text)
{
	FILE *file = fopen(path_of(name), "w");

	ck_assert_ptr_nonnull(file);
	ck_assert_int_ge(fputs(text, file), 0);
	ck_assert_int_eq(fclose(file), 0);
}

static const char *const files[] = { "a.html", "b.html", "a.txt", "auth/a.html",
	"style.css", "x.y.html", "new.html" };

static void
setup_dir(void)
{
	setup();
	ck_assert_ptr_nonnull(mkdtemp(dir));
	ck_assert_int_eq(mkdir(path_of("auth"), 0700), 0);
	write_file("a.html", "A {{>b}}");
	write_file("b.html", "B {{#n}}{{>a}}{{/n}}");
	write_file("a.txt", "text");
	write_file("auth/a.html", "auth {{v}}");
	write_file("style.css", "{{");
	write_file("x.y.html", "{{");
	ck_assert_int_eq(template_load(arena, dir, &set), ST_OK);
}

static void
teardown_dir(void)
{
	for (size_t i = 0; i < ARRAY_LEN(files); i++)
		(void)unlink(path_of(files[i]));
	(void)rmdir(path_of("auth"));
	(void)rmdir(dir);
	teardown();
}

START_TEST(loads_at_the_first_use)
{
	struct strbuf out;

	write_file("auth/a.html", "changed {{v}}");
	ck_assert_int_eq(
	    render("auth/a", TEMPLATE_HTML, parse("{\"v\":1}"), &out), ST_OK);
	ck_assert_str_eq(out.text, "changed 1");
	write_file("auth/a.html", "again");
	ck_assert_int_eq(render("auth/a", TEMPLATE_HTML, NULL, &out), ST_OK);
	ck_assert_str_eq(out.text, "changed ");
	ck_assert_int_eq(render("a", TEMPLATE_TEXT, NULL, &out), ST_OK);
	ck_assert_str_eq(out.text, "text");
	write_file("new.html", "new");
	ck_assert_int_eq(render("new", TEMPLATE_HTML, NULL, &out), ST_OK);
}
END_TEST

START_TEST(lets_partials_name_each_other)
{
	struct strbuf out;

	ck_assert_int_eq(
	    render("a", TEMPLATE_HTML, parse("{\"n\":{\"n\":false}}"), &out),
	    ST_OK);
	ck_assert_str_eq(out.text, "A B A B ");
	ck_assert_int_eq(render("b", TEMPLATE_HTML, NULL, &out), ST_OK);
}
END_TEST

START_TEST(says_a_value_in_words)
{
	struct json_object *root = json_object_new_object();
	struct json_object *time = json_object_new_string("2026-11-21");
	static const char text[] = "{{a.t}} {{a.t.words}} {{b.words}}";
	struct strbuf out;

	set = template_set_new(arena);
	template_words(time, "21 <November>");
	json_object_object_add(root, "a", json_object_new_object());
	json_object_object_add(json_object_object_get(root, "a"), "t", time);
	json_object_object_add(root, "b", json_object_new_string("plain"));
	strbuf_init(&out, arena);
	ck_assert_int_eq(
	    template_add(set, "t", TEMPLATE_HTML, text, sizeof(text) - 1),
	    ST_OK);
	ck_assert_int_eq(
	    template_render(set, "t", TEMPLATE_HTML, &root, 1, &out), ST_OK);
	ck_assert_str_eq(out.text, "2026-11-21 21 &lt;November&gt; ");
	json_object_put(root);
}
END_TEST

START_TEST(checks_every_template)
{
	struct strbuf out;

	ck_assert_int_eq(template_check(set), ST_OK);
	ck_assert_int_eq(unlink(path_of("b.html")), 0);
	ck_assert_int_eq(render("b", TEMPLATE_HTML, NULL, &out), ST_OK);
	ck_assert_int_eq(template_check(set), ST_OK);
}
END_TEST

static enum status
check_set(const void *unused)
{
	(void)unused;
	return template_check(set);
}

START_TEST(names_each_wrong_file_and_goes_on)
{
	enum status st;
	char *text;

	write_file("auth/a.html", "\n{{&v}}");
	write_file("a.txt", "{{#v}}");
	ck_assert_int_eq(unlink(path_of("b.html")), 0);
	text = logged(check_set, NULL, &st);
	ck_assert_int_eq(st, ST_INVALID);
	ck_assert_ptr_nonnull(strstr(text, path_of("auth/a.html:2: {{&v}}")));
	ck_assert_ptr_nonnull(strstr(text, path_of("a.txt:1: the section v")));
	ck_assert_ptr_nonnull(
	    strstr(text, path_of("a.html:1: {{>b}} is not there")));
	/* It stays wrong, and is not reported again. */
	text = logged(check_set, NULL, &st);
	ck_assert_int_eq(st, ST_INVALID);
	ck_assert_str_eq(text, "");
}
END_TEST

START_TEST(faults_on_what_it_cannot_read)
{
	struct strbuf out;
	enum status st;
	char *text;

	ck_assert_int_eq(symlink("loop.html", path_of("new.html")), 0);
	ck_assert_int_eq(
	    render("new", TEMPLATE_HTML, NULL, &out), ST_NOT_FOUND);
	ck_assert_int_eq(unlink(path_of("new.html")), 0);
	ck_assert_int_eq(symlink("new.html", path_of("new.html")), 0);
	ck_assert_int_eq(render("new", TEMPLATE_HTML, NULL, &out), ST_FAULT);
	ck_assert_int_eq(unlink(path_of("new.html")), 0);
	ck_assert_int_eq(mkdir(path_of("new.html"), 0700), 0);
	ck_assert_int_eq(render("new", TEMPLATE_HTML, NULL, &out), ST_FAULT);
	ck_assert_int_eq(rmdir(path_of("new.html")), 0);
	ck_assert_int_eq(
	    template_load(arena, path_of("none"), &set), ST_NOT_FOUND);
	ck_assert_int_eq(
	    template_load(arena, path_of("a.txt"), &set), ST_NOT_FOUND);
	ck_assert_int_eq(template_load(arena, path_of("auth"), &set), ST_OK);
	ck_assert_int_eq(rename(path_of("auth"), path_of("moved")), 0);
	text = logged(check_set, NULL, &st);
	ck_assert_int_eq(rename(path_of("moved"), path_of("auth")), 0);
	ck_assert_int_eq(st, ST_FAULT);
	ck_assert_ptr_nonnull(strstr(text, path_of("auth")));
}
END_TEST

START_TEST(stays_inside_the_directory)
{
	struct strbuf out;

	ck_assert_int_eq(template_load(arena, path_of("auth"), &set), ST_OK);
	ck_assert_int_eq(render("a", TEMPLATE_HTML, NULL, &out), ST_OK);
	ck_assert_int_eq(
	    render("../a", TEMPLATE_HTML, NULL, &out), ST_NOT_FOUND);
	ck_assert_int_eq(render("", TEMPLATE_HTML, NULL, &out), ST_NOT_FOUND);
	ck_assert_int_eq(render("/a", TEMPLATE_HTML, NULL, &out), ST_NOT_FOUND);
}
END_TEST

START_TEST(loads_no_endless_chain_of_partials)
{
	enum { LENGTH = TEMPLATE_DEPTH + 3 };
	struct strbuf out;

	for (int i = 0; i < LENGTH; i++)
		write_file(arena_printf(arena, "auth/%d.html", i),
		    arena_printf(arena, "{{>auth/%d}}", i + 1));
	write_file(arena_printf(arena, "auth/%d.html", LENGTH), "end");
	ck_assert_int_eq(render("auth/3", TEMPLATE_HTML, NULL, &out), ST_OK);
	ck_assert_str_eq(out.text, "end");
	ck_assert_int_eq(template_load(arena, dir, &set), ST_OK);
	ck_assert_int_eq(template_check(set), ST_INVALID);
	for (int i = 0; i <= LENGTH; i++)
		(void)unlink(path_of(arena_printf(arena, "auth/%d.html", i)));
}
END_TEST

static TCase *
memory_case(void)
{
	TCase *tcase = tcase_create("memory");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_loop_test(
	    tcase, renders_html_by_the_rule, 0, ARRAY_LEN(rules));
	tcase_add_test(tcase, leaves_text_as_it_is);
	tcase_add_test(tcase, indents_partials_within_partials);
	tcase_add_test(tcase, looks_names_up_from_the_last_context);
	tcase_add_test(tcase, lets_partials_nest_to_the_depth);
	tcase_add_test(tcase, lets_sections_nest_to_the_depth);
	tcase_add_test(tcase, tells_a_missing_page_from_a_taken_name);
	tcase_add_loop_test(
	    tcase, renders_where_it_is_safe, 0, ARRAY_LEN(contexts));
	tcase_add_loop_test(tcase, refuses_to_load, 0, ARRAY_LEN(refusals));
	tcase_add_test(tcase, refuses_a_nul_byte);
	tcase_add_loop_test(
	    tcase, lets_only_marked_values_begin_a_url, 0, ARRAY_LEN(links));
	tcase_add_test(tcase, names_the_tag_that_is_no_url);
	tcase_add_test(tcase, lets_no_empty_value_follow_a_single_slash);
	return tcase;
}

static TCase *
file_case(void)
{
	TCase *tcase = tcase_create("files");

	tcase_add_checked_fixture(tcase, setup_dir, teardown_dir);
	tcase_add_test(tcase, loads_at_the_first_use);
	tcase_add_test(tcase, lets_partials_name_each_other);
	tcase_add_test(tcase, checks_every_template);
	tcase_add_test(tcase, says_a_value_in_words);
	tcase_add_test(tcase, names_each_wrong_file_and_goes_on);
	tcase_add_test(tcase, faults_on_what_it_cannot_read);
	tcase_add_test(tcase, stays_inside_the_directory);
	tcase_add_test(tcase, loads_no_endless_chain_of_partials);
	return tcase;
}

int
main(void)
{
	Suite *suite = suite_create("template");
	SRunner *runner = srunner_create(suite);
	int failed;

	suite_add_tcase(suite, memory_case());
	suite_add_tcase(suite, file_case());
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
