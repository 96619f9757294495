/* jwks_rotation.mjs - tokens from before and after a rotation: by npm's jose. */

import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const { TEST_NPM_DIR, TEST_URL, TEST_TOKENS } = process.env;
const packages = createRequire(`${TEST_NPM_DIR}/package.json`);
const { createRemoteJWKSet, jwtVerify } =
    await import(pathToFileURL(packages.resolve("jose")));

const site = { issuer: TEST_URL, audience: TEST_URL, algorithms: ["ES256"] };
const address = `${TEST_URL}/.well-known/jwks.json`;
const keys = createRemoteJWKSet(new URL(address));
const kids = new Set();

for (const token of TEST_TOKENS.split(" "))
	kids.add((await jwtVerify(token, keys, site)).protectedHeader.kid);
assert.equal(kids.size, 2);

/* The retiring, the active and the next one. */
const answer = await fetch(address);
const tag = answer.headers.get("ETag");

assert.equal((await answer.json()).keys.length, 3);
assert.equal(answer.headers.get("Cache-Control"), "public, max-age=3600");

/* Who has them is told so, whatever the method. */
for (const method of ["GET", "HEAD"]) {
	const again = await fetch(address,
	    { method, headers: { "If-None-Match": tag } });

	assert.equal(again.status, 304);
	assert.equal(again.headers.get("ETag"), tag);
	assert.equal(await again.text(), "");
	assert.equal((await fetch(address, { method })).status, 200);
}
