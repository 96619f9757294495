/* jwks.mjs - an access token, as another service sees it: by npm's jose. */

import assert from "node:assert/strict";
import { webcrypto } from "node:crypto";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

/* Node 18, Debian's, has it, but not by the name that jose looks for. */
globalThis.crypto ??= webcrypto;

const { TEST_NPM_DIR, TEST_URL, TEST_EMAIL, TEST_PASSWORD } = process.env;
const packages = createRequire(`${TEST_NPM_DIR}/package.json`);
const { calculateJwkThumbprint, createRemoteJWKSet, jwtVerify } =
    await import(pathToFileURL(packages.resolve("jose")));

const site = { issuer: TEST_URL, audience: TEST_URL, algorithms: ["ES256"] };
const keys = createRemoteJWKSet(new URL(`${TEST_URL}/.well-known/jwks.json`));

async function signIn() {
	const answer = await fetch(`${TEST_URL}/auth/signin`, {
		method: "POST",
		headers: { "Content-Type": "application/json",
			Accept: "application/json" },
		body: JSON.stringify({ email: TEST_EMAIL,
			password: TEST_PASSWORD, client: "api" }),
	});

	assert.equal(answer.status, 200);
	return answer.json();
}

async function session(token, method = "GET", what = "session") {
	return fetch(`${TEST_URL}/auth/${what}`, { method, headers: {
		Accept: "application/json", Authorization: `Bearer ${token}` } });
}

/* What is in a token agrees with what sign-in said. */
const { access_token: token, user, session: row, expires_at: expires } =
    await signIn();
const { payload, protectedHeader, key } = await jwtVerify(token, keys, site);

assert.deepEqual(protectedHeader, { alg: "ES256", typ: "JWT",
	kid: protectedHeader.kid });
assert.equal(payload.sub, user.id);
assert.equal(payload.sid, row.id);
assert.equal(payload.gen, 0);
assert.equal(payload.exp, Date.parse(expires) / 1000);
assert.equal(payload.exp - payload.iat, 600);
assert.equal(payload.nbf, payload.iat);
assert.equal(payload.auth_time, Date.parse(row.confirmed_at) / 1000);
assert.equal(key.type, "public");

/* The key is named by its thumbprint, RFC 7638. */
const jwks = await (await fetch(`${TEST_URL}/.well-known/jwks.json`)).json();
const jwk = jwks.keys.find((each) => each.kid === protectedHeader.kid);

assert.equal(await calculateJwkThumbprint(jwk), jwk.kid);
assert.deepEqual(Object.keys(jwk).sort(),
    ["alg", "crv", "kid", "kty", "use", "x", "y"]);

/* Nobody else's token will do, nor this one for anybody else. */
for (const [claim, wrong] of [["issuer", "https://elsewhere.example"],
	["audience", "https://elsewhere.example"]])
	await assert.rejects(jwtVerify(token, keys, { ...site, [claim]: wrong }),
	    { code: "ERR_JWT_CLAIM_VALIDATION_FAILED" });
await assert.rejects(jwtVerify(token, keys, { ...site, algorithms: ["RS256"] }),
    { code: "ERR_JOSE_ALG_NOT_ALLOWED" });
await assert.rejects(jwtVerify(token, keys, { ...site,
	currentDate: new Date((payload.exp + 60) * 1000) }),
    { code: "ERR_JWT_EXPIRED" });

const [head, claims, signature] = token.split(".");
const bent = `${claims.slice(0, -4)}${claims.at(-4) === "A" ? "B" : "A"}` +
    claims.slice(-3);

await assert.rejects(jwtVerify(`${head}.${bent}.${signature}`, keys, site));

/* No two are alike. */
const { access_token: other } = await signIn();
const second = await jwtVerify(other, keys, site);

assert.notEqual(second.payload.jti, payload.jti);
assert.notEqual(second.payload.sid, payload.sid);
assert.equal(second.protectedHeader.kid, protectedHeader.kid);

/* After sign-out it is still signed, and worth nothing here. */
assert.equal((await session(token)).status, 200);
assert.equal((await session(token, "POST", "signout")).status, 204);
await jwtVerify(token, keys, site);
assert.equal((await session(token)).status, 401);
assert.equal((await session(other)).status, 200);
