/*
 * code.mjs - the person's app: a code from a secret in base32 and the time
 * (RFC 6238), by node's own HMAC.
 */

import { createHmac } from "node:crypto";

export const codeStep = () => Math.floor(Date.now() / 30000);

export function codeAt(secret, step) {
	const bits = [...secret.replaceAll(" ", "")].map((c) =>
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(c).toString(2)
		.padStart(5, "0")).join("");
	const key = Buffer.from(bits.match(/.{8}/g).map((b) => parseInt(b, 2)));
	const counter = Buffer.alloc(8);

	counter.writeBigUInt64BE(BigInt(step));
	const mac = createHmac("sha1", key).update(counter).digest();
	const number = mac.readUInt32BE(mac.at(-1) & 15) & 0x7fffffff;

	return String(number % 1000000).padStart(6, "0");
}
