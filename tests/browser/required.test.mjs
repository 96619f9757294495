/* required.test.mjs - a site that asks everybody for a second factor. */

import assert from "node:assert/strict";
import { it } from "node:test";
import { codeAt, codeStep } from "./code.mjs";
import { newPerson } from "./instance.mjs";
import { guard, visit } from "./visitor.mjs";

async function setUp(visitor) {
	const { email, password } = await newPerson();

	await visitor.send("/auth/signin", { email, password }, "Sign in");
	assert.equal(visitor.path(), "/auth/second-factor");
	/* Nothing else is to be had before. */
	await visitor.open("/auth/sessions");
	assert.equal(visitor.path(), "/auth/second-factor");
	assert.match(await visitor.text(".notice"),
	    /asks everybody for a second factor\. .* led on/);

	await visitor.press("Set it up");
	const secret = await visitor.text("code.key");

	await visitor.fill({ code: codeAt(secret, codeStep()) });
	await visitor.press("Switch it on");
	await visitor.click("I have kept them");
	assert.equal(visitor.path(), "/auth/sessions");

	await visitor.open("/auth/second-factor");
	assert.equal(await visitor.page.getByRole("button",
	    { name: "Switch it off" }).count(), 0);
	await visitor.open("/auth/session");
	await visitor.press("Sign out");
	assert.equal(visitor.path(), "/auth/signin");
}

for (const script of [true, false])
	it(`is set up before all else, with script ${script ? "on" : "off"}`,
	    guard, () => visit({ script }, setUp));
