/* fault.test.mjs - something is broken: a table that is needed isn't there. */

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, it } from "node:test";
import { newPerson, sql, until } from "./instance.mjs";
import { look } from "./look.mjs";
import { guard, visit } from "./visitor.mjs";
import { say } from "./wording.mjs";

const heading = say("fault_title");
const log = `${process.env.TEST_INSTANCE}/log/lighttpd.log`;

const repair = () =>
    sql("ALTER TABLE IF EXISTS audit_log_away RENAME TO audit_log");

after(repair);

/*
 * What can't be told to the audit log isn't done at all, and the page has a
 * number by which an operator finds out why.
 */
async function fault(visitor) {
	const person = await newPerson();

	await visitor.signIn(person);
	await visitor.open("/auth/account");
	await visitor.fill({ name: "Ada King" });
	await sql("ALTER TABLE audit_log RENAME TO audit_log_away");
	await visitor.press("Save");
	await look(visitor, "fault", { heading, status: 500, who: person.name });
	const number = await visitor.text("dt:text('Request number') + dd");

	await until(`line of ${number}`, async () => {
		const lines = (await readFile(log, "utf8")).split("\n");

		return lines.find((line) => line.includes(`"${number}"`) &&
		    line.includes("42P01"));
	});

	await repair();
	await visitor.follow(() => visitor.page.goBack());
	assert.equal(await visitor.page.inputValue("#name"), "Ada King");
	await visitor.press("Save");
	assert.equal(await visitor.text("nav .who"), "Ada King");
}

for (const script of [true, false])
	it(`says that it is broken, with script ${script ? "on" : "off"}`, guard,
	    () => visit({ script }, fault));
