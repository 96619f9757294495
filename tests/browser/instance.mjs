/* instance.mjs - the instance under test, seen by its operator. */

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { setTimeout as pause } from "node:timers/promises";
import { promisify } from "node:util";

const { TEST_URL, TEST_MAIL_URL, TEST_INSTANCE, TEST_BUILD } = process.env;
const run = promisify(execFile);

export const site = TEST_URL;
export const password = "gentle otter paints seven lanterns";

/* Where we reach a URL whose host has a name in the browser alone. */
export function reachable(url) {
	const at = new URL(url);

	at.hostname = "127.0.0.1";
	return at;
}

/* Ask until there is an answer other than undefined; 20 s are enough for it. */
export async function until(what, ask) {
	const end = Date.now() + 20000;

	for (;;) {
		const answer = await ask();

		if (answer !== undefined)
			return answer;
		assert.ok(Date.now() < end, `no ${what}`);
		await pause(50);
	}
}

/* The admin command; its standard input is one line. */
export async function chatelaine(args, line = "") {
	const running = run(`${TEST_BUILD}/sbin/chatelaine`,
	    ["--config", `${TEST_INSTANCE}/chatelaine.conf`, ...args]);

	running.child.stdin.end(`${line}\n`);
	return (await running).stdout;
}

/* SQL with the worker's rights; :'name' stands for a value. */
export async function sql(text, values = {}) {
	const psql = run("psql", ["-XqAt", "-v", "ON_ERROR_STOP=1",
	    "-h", `${TEST_INSTANCE}/pg/sock`, "-U", "chatelaine",
	    "-d", "chatelaine",
	    ...Object.entries(values).flatMap(([k, v]) => ["-v", `${k}=${v}`])]);

	psql.child.stdin.end(text);
	return (await psql).stdout.trim();
}

/* The stop isn't the one that is fast: that forgets the latest commits. */
const fast = { start: ["--fast"], stop: [] };

/* conf/quickstart/postgres start or stop. */
export async function postgres(command) {
	const { stdout } = await run("stat",
	    ["-c", "%U", `${TEST_INSTANCE}/pg/data`]);

	await run(new URL("../../conf/quickstart/postgres",
	    import.meta.url).pathname,
	    [command, `${TEST_INSTANCE}/pg`, ...fast[command],
		"--user", stdout.trim()]);
}

/* An address that nobody has had yet. */
let addresses = 0;

export function newAddress(name = "ada") {
	return `${name}.${process.pid}.${++addresses}@example.org`;
}

/* Somebody whose address is proven already. */
export async function newPerson(name = "Ada Lovelace", email = newAddress()) {
	await chatelaine(["user", "create", "--name", name, email], password);
	return { name, email, password };
}

/*
 * The link in the newest mail to an address, the count-th that was sent; of
 * several the first, or the first one to a path.
 */
export function mailedLink(email, count = 1, path = "/") {
	return until(`mail number ${count} to ${email}`, async () => {
		const answer = await fetch(`${TEST_MAIL_URL}/email?` +
		    new URLSearchParams({ "to.address": email }));
		const mails = await answer.json();

		if (mails.length < count)
			return undefined;
		return mails.at(-1).text.match(/^http\S+$/mg)
		    .find((link) => link.includes(path));
	});
}
