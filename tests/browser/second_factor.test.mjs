/* second_factor.test.mjs - a code besides the password, from on to off. */

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { codeAt, codeStep } from "./code.mjs";
import { newPerson } from "./instance.mjs";
import { guard, visit } from "./visitor.mjs";

/* With the password; the page for the code is what comes. */
async function givePassword(visitor, person, path = "/auth/signin") {
	await visitor.send(path,
	    { email: person.email, password: person.password }, "Sign in");
	assert.equal(visitor.status, 403);
	assert.equal(await visitor.heading(), "Enter the code");
}

async function signOut(visitor) {
	await visitor.open("/auth/session");
	await visitor.press("Sign out");
	assert.equal(visitor.path(), "/auth/signin");
}

async function wholeWay(visitor) {
	const person = await newPerson();
	const step = codeStep();

	await visitor.signIn(person);
	await visitor.open("/auth/account");
	await visitor.click("Set up or change your second factor");
	await visitor.press("Set it up");
	const secret = await visitor.text("code.key");

	await visitor.fill({ code: "000000" });
	await visitor.press("Switch it on");
	assert.equal(visitor.status, 422);
	assert.equal(await visitor.text("code.key"), secret);
	await visitor.fill({ code: codeAt(secret, step) });
	await visitor.press("Switch it on");
	assert.equal(await visitor.heading(), "Your recovery codes");
	const codes = await visitor.page.locator("main li").allInnerTexts();

	assert.equal(codes.length, 10);
	await visitor.click("I have kept them");
	assert.equal(visitor.path(), "/auth/session");

	await signOut(visitor);
	await givePassword(visitor, person, "/auth/signin?next=/auth/account");
	await visitor.fill({ code: codeAt(secret, step) });
	await visitor.press("Sign in");
	assert.equal(visitor.status, 422);
	const next = codeAt(secret, step + 1);

	await visitor.fill({ code: `${next.slice(0, 3)} ${next.slice(3)}` });
	await visitor.press("Sign in");
	assert.equal(visitor.path(), "/auth/account");

	await signOut(visitor);
	await givePassword(visitor, person);
	await visitor.fill({ code: codes[0].replaceAll("-", " ") });
	await visitor.press("Sign in");
	await visitor.open("/auth/second-factor");
	assert.equal(await visitor.text("dd >> nth=1"), "9");
	await visitor.press("Make new recovery codes");
	assert.equal((await visitor.page.locator("main li").all()).length, 10);
	await visitor.open("/auth/second-factor");
	await visitor.press("Switch it off");
	assert.equal(await visitor.text(".notice"),
	    "Your second factor is off, and your recovery codes no longer work.");
	await signOut(visitor);
	await visitor.signIn(person);
}

for (const script of [true, false])
	describe(`with script ${script ? "on" : "off"}`, () => {
		it("goes all the way with a second factor", guard, () =>
		    visit({ script }, wholeWay));
	});
