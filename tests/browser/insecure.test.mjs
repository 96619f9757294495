/*
 * insecure.test.mjs - a site by plain HTTP that isn't this machine itself: no
 * password is asked for.
 */

import assert from "node:assert/strict";
import { it } from "node:test";
import { look } from "./look.mjs";
import { guard, visit } from "./visitor.mjs";
import { say } from "./wording.mjs";

const heading = say("insecure_site_title");

async function refused(visitor) {
	await visitor.open("/auth/account");
	assert.equal(visitor.path(), "/auth/signin");
	await look(visitor, "insecure-site", { heading, status: 403 });
	assert.match(await visitor.text("main"), /begins with https:/);
	await visitor.click("Go to the start page");
	assert.equal(await visitor.heading(), heading);
	/* As it should say, of an address like this. */
	visitor.complaints = visitor.complaints.filter((text) =>
	    !/Cross-Origin-Opener-Policy header has been ignored/.test(text));
}

for (const script of [true, false])
	it(`says so, with script ${script ? "on" : "off"}`, guard, () =>
	    visit({ script }, refused));
