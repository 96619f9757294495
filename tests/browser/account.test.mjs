/* account.test.mjs - another password, another address, an end, a new start. */

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { describe, it } from "node:test";
import { mailedLink, newAddress, newPerson, password, sql } from
    "./instance.mjs";
import { guard, visit } from "./visitor.mjs";

const another = "eleven dry otters on a kettle";

async function signInAgain(visitor, person) {
	await visitor.context.clearCookies();
	await visitor.signIn(person);
}

async function anotherPassword(visitor) {
	const person = await newPerson();

	await visitor.signIn(person);
	await visitor.click("Change your account");
	await visitor.click("Change your password");
	await visitor.fill({ current_password: password, password: another });
	await visitor.press("Change password");
	assert.match(await visitor.text(".notice"), /^Your password is changed/);
	await signInAgain(visitor, { ...person, password: another });
}

/* The new mailbox and the old one are in other browsers. */
async function anotherAddress(visitor) {
	const person = await newPerson();
	const email = newAddress("new");

	await visitor.signIn(person);
	await visitor.click("Change your account");
	await visitor.click("Change your email address");
	await visitor.fill({ email, password });
	await visitor.press("Send the link");
	assert.equal(await visitor.text("main strong"), email);
	await visitor.context.clearCookies();
	await visitor.open(await mailedLink(email));
	await visitor.press("Use this address");
	await signInAgain(visitor, { ...person, email });
	await visitor.context.clearCookies();
	await visitor.open(await mailedLink(person.email));
	await visitor.press("Take it back");
	assert.equal(await visitor.heading(), "Choose a new password");
	await visitor.fill({ password: another });
	await visitor.press("Change my password");
	await signInAgain(visitor, { ...person, password: another });
}

async function endAndNewStart(visitor) {
	const { email } = await newPerson();

	await visitor.signIn({ email, password });
	await visitor.click("Change your account");
	await visitor.click("Delete your account");
	await visitor.fill({ password });
	await visitor.press("Delete my account");
	assert.match(await visitor.text(".notice"), /will be deleted/);
	await visitor.fill({ email, password });
	await visitor.press("Sign in");
	assert.match(await visitor.text(".notice"), /not deleted/);
}

/* A file comes, and the page stays. */
async function download(visitor, deed) {
	const [file] = await Promise.all(
	    [visitor.page.waitForEvent("download"), deed()]);

	assert.equal(file.suggestedFilename(), "account.json");
	return JSON.parse(await readFile(await file.path(), "utf8"));
}

async function takeAway(visitor) {
	const { email } = await newPerson();
	const { page } = visitor;

	await visitor.signIn({ email, password });
	await visitor.click("Change your account");
	const link = page.getByRole("link",
	    { name: "Download all that is kept about you" });

	assert.equal((await download(visitor, () => link.click())).account.email,
	    email);
	await sql("UPDATE session SET confirmed_at = now() - interval '1 h'" +
	    " FROM account a WHERE a.id = account_id AND a.email = :'email'",
	    { email });
	await visitor.follow(() => link.click());
	assert.equal(await visitor.heading(), "Confirm that it is you");
	await visitor.fill({ password });
	const button = page.locator("main").getByRole("button",
	    { name: "Confirm", exact: true });

	assert.equal((await download(visitor, () => button.click()))
	    .sessions.length, 1);
}

const walks = {
	"leads to another password": anotherPassword,
	"leads to another address and back": anotherAddress,
	"leads to the end, and to a new start": endAndNewStart,
	"hands out all that is held": takeAway,
};

for (const script of [true, false]) {
	describe(`with script ${script ? "on" : "off"}`, { concurrency: 2 },
	    () => {
		for (const [name, walk] of Object.entries(walks))
			it(name, guard, () => visit({ script }, walk));
	});
}
