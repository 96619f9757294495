/* limits.test.mjs - a password was tried too often: the page says for how long. */

import assert from "node:assert/strict";
import { it } from "node:test";
import { newPerson } from "./instance.mjs";
import { look } from "./look.mjs";
import { guard, visit } from "./visitor.mjs";

async function guess(visitor, email) {
	await visitor.send("/auth/signin", { email, password: "not this one" },
	    "Sign in");
}

async function blocked(visitor) {
	const { email } = await newPerson();

	await guess(visitor, email);
	assert.equal(visitor.status, 401);
	await guess(visitor, email);
	const told = await visitor.text(".errors li");

	assert.match(told, /^That was tried too often\. .* Wait \d+ (seconds|minutes?), until .* UTC, and try again\.$/);
	await look(visitor, "too-many-requests", { heading: "Sign in",
		status: 429, problems: { "": told }, kept: { email } });
}

for (const script of [true, false])
	it(`says when to come again, with script ${script ? "on" : "off"}`, guard,
	    () => visit({ script }, blocked));
