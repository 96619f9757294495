/*
 * states.mjs - all pages, and the states they can be in. Each is reached as a
 * person reaches it; what look.mjs is to find then stands beside it. What
 * isn't known before is returned by reach.
 */

import assert from "node:assert/strict";

import { codeAt, codeStep } from "./code.mjs";
import { chatelaine, newAddress, newPerson, mailedLink, password, sql } from
    "./instance.mjs";
import { say, sayOf, sayWhole } from "./wording.mjs";

const longName = "Wolfeschlegelsteinhausen".repeat(5).slice(0, 100);
const scripts = {
	long: longName,
	cjk: "山田太郎（東京都千代田区霞が関一丁目一番一号）",
	rtl: "שרה בת אברהם (هدى) 12",
};
const agent = "M".repeat(200) + " " + "Chromium/1 ".repeat(9);

/* As long as an address may be: 254 characters, 64 of them before the @. */
function longAddress() {
	const domain = `${"host".repeat(15)}.`.repeat(4).slice(0, 185) + ".org";

	return newAddress("a").split("@")[0].padEnd(64, "x") + "@" + domain;
}

const ada = { name: "Ada Lovelace", email: "ada@example.org", password };

/* The sign-up form, sent with some fields otherwise than they should be. */
function signUp(values, problems) {
	const { password: _, ...kept } = { ...ada, ...values };

	return {
		heading: "Sign up",
		status: 422,
		reach: (visitor) => visitor.send("/auth/signup",
		    { ...ada, ...values }, "Sign up"),
		problems,
		kept,
	};
}

function signIn(values, status, problems) {
	return {
		heading: "Sign in",
		status,
		reach: (visitor) => visitor.send("/auth/signin",
		    { email: ada.email, password, ...values }, "Sign in"),
		problems,
		kept: { email: values.email ?? ada.email },
	};
}

function problem(name, status, reach) {
	return { heading: say(`${name}_title`), status, reach };
}

/* The same for somebody who is signed in, and sees so. */
function problemOf(name, status, reach) {
	return { ...problem(name, status, async (visitor) => {
		await visitor.beSignedIn(await newPerson());
		await reach(visitor);
	}), who: ada.name };
}

/* The form as a browser sends it when its enctype is the third there is. */
async function sendAsText(visitor, button) {
	await visitor.page.locator("main form").evaluate((form) => {
		form.enctype = "text/plain";
	});
	await visitor.press(button);
}

/* Signed in as somebody new, on one of the pages for that. */
function signedIn(path, heading, name, more = {}) {
	return {
		heading,
		reach: async (visitor) => {
			const email = name === scripts.long ? longAddress()
			    : newAddress();

			await visitor.beSignedIn(await newPerson(name, email));
			await visitor.open(path);
			return path === "/auth/account" ? { kept: { name } } : {};
		},
		...more,
	};
}

/* The account's page, once a name was sent from it. */
function rename(name, more) {
	return {
		heading: "Your account",
		reach: async (visitor) => {
			await visitor.beSignedIn(await newPerson());
			await visitor.send("/auth/account", { name }, "Save");
		},
		kept: { name },
		...more,
	};
}

/* Sent to the sign-in page from somewhere else. */
function refused(reason, end) {
	return {
		heading: "Sign in",
		reason,
		reach: async (visitor) => {
			const person = await newPerson();

			await visitor.beSignedIn(person);
			await end(person);
			await visitor.open("/auth/account");
		},
	};
}

/* All sessions of somebody, by the clock or by the operator. */
function endSession(assignment) {
	return (person) => sql(`UPDATE session SET ${assignment} FROM account a
	    WHERE a.id = account_id AND a.email = :'email'`, person);
}

/* As many more sessions of whoever is signed in, begun one a minute. */
function haveSessions(visitor, count, userAgent) {
	return sql(`INSERT INTO session (account_id, created_at, last_seen_at,
	    user_agent, ip, idle_expires_at, expires_at)
	    SELECT account_id, created_at - n * interval '1 minute',
	    created_at - n * interval '1 minute', :'userAgent', '2001:db8::7',
	    idle_expires_at, expires_at FROM session, generate_series(1, :count) n
	    WHERE id = :'id'`, { userAgent, count, id: visitor.session });
}

/* The link of a reminder to somebody. */
async function openUnsubscribe(visitor) {
	const person = await newPerson();

	await sql(`UPDATE account SET delete_after = now() + interval '1 day'
	    WHERE email = :'email';
	    UPDATE job SET run_at = now(), leased_until = NULL
	    WHERE kind = 'deletions'; SELECT pg_notify('job', '')`,
	    { email: person.email });
	await visitor.open(
	    await mailedLink(person.email, 1, "/auth/unsubscribe/"));
	return person;
}

/* Signed in on four devices. */
function sessions(reach, more = {}) {
	return {
		heading: "Your sessions",
		reach: async (visitor) => {
			const person = await newPerson();

			await visitor.beSignedIn(person);
			visitor.session = await sql(`SELECT s.id FROM session s
			    JOIN account a ON a.id = account_id
			    WHERE a.email = :'email'`, person);
			for (const userAgent of ["curl/7.88.1", "",
			    "Mozilla/5.0 (X11; Linux x86_64) Firefox/128.0"])
				await haveSessions(visitor, 1, userAgent);
			await reach(visitor);
		},
		...more,
	};
}

function confirmation(reach, more = {}) {
	return {
		heading: "Confirm that it is you",
		reach: async (visitor) => {
			await visitor.beSignedIn(await newPerson());
			await visitor.open("/auth/confirm");
			await reach(visitor);
		},
		...more,
	};
}

/* A mailed link, opened in the browser that signed up or in another one. */
async function openLink(visitor, sameBrowser) {
	const email = newAddress();

	await visitor.signUp({ name: ada.name, email });
	if (!sameBrowser)
		await visitor.context.clearCookies();
	await visitor.open(await mailedLink(email));
	return email;
}

/* A mailed link to choose a new password, and what becomes of it. */
function forgotten(heading, reach, more = {}) {
	return {
		heading,
		reach: async (visitor) => {
			const person = await newPerson();

			await visitor.send("/reset", { email: person.email },
			    "Send me a link");
			await visitor.open(await mailedLink(person.email));
			await reach(visitor, person);
			return {};
		},
		...more,
	};
}

/* The form behind its button, sent with this password. */
function newPassword(text, status, problems = {}) {
	return forgotten("Choose a new password", async (visitor) => {
		await visitor.press("Choose a new password");
		await visitor.fill({ password: text });
		await visitor.press("Change my password");
	}, { status, problems });
}

/* The link, once something has happened to it meanwhile. */
function deadLink(name, happening) {
	return forgotten(say(`${name}_title`), async (visitor, person) => {
		const link = visitor.page.url();

		await happening(visitor, person);
		await visitor.open(link);
	}, { status: 410 });
}

/* As many more devices that somebody has used, in the minutes before now. */
function haveDevices(person, count, userAgent) {
	return sql(`INSERT INTO known_device (account_id, hash, last_used_at,
	    user_agent) SELECT id, sha256(gen_random_uuid()::text::bytea),
	    now() - n * interval '1 minute', :'userAgent'
	    FROM account, generate_series(1, :count) n
	    WHERE email = :'email'`, { userAgent, count, ...person });
}

/* Signed in, with three devices that are known besides. */
function devices(reach, more = {}) {
	return {
		heading: "Your devices",
		reach: async (visitor) => {
			const person = await newPerson();

			await visitor.beSignedIn(person);
			for (const userAgent of ["curl/7.88.1", "",
			    "Mozilla/5.0 (X11; Linux x86_64) Firefox/128.0"])
				await haveDevices(person, 1, userAgent);
			await reach(visitor, person);
		},
		...more,
	};
}

/* The mailed alert of a second sign-in, opened by whoever is not signed in. */
function alerted(heading, reach, more = {}) {
	return {
		heading,
		reach: async (visitor) => {
			const person = await newPerson();

			await visitor.beSignedIn(person);
			await visitor.context.clearCookies();
			await visitor.beSignedIn(person);
			await visitor.context.clearCookies();
			const link = await mailedLink(person.email);

			await reach(visitor, link, person);
			await visitor.open(link);
			return {};
		},
		...more,
	};
}

/* Signed in, on the page of the second factor, and on from there. */
function secondFactor(heading, reach, more = {}) {
	return {
		heading,
		reach: async (visitor) => {
			const person = await newPerson();

			await visitor.beSignedIn(person);
			await visitor.open("/auth/second-factor");
			await reach(visitor, person);
			return {};
		},
		...more,
	};
}

/* The recovery codes are what is on the page then. */
async function switchOn(visitor) {
	await visitor.press("Set it up");
	await visitor.fill({ code: codeAt(await visitor.text("code.key"),
	    codeStep()) });
	await visitor.press("Switch it on");
}

/* The password was right, and these codes are given, one after the other. */
function codeAsked(codes, status, problems = {}) {
	return secondFactor("Enter the code", async (visitor, person) => {
		await switchOn(visitor);
		await visitor.context.clearCookies();
		await visitor.send("/auth/signin",
		    { email: person.email, password }, "Sign in");
		for (const code of codes) {
			await visitor.fill({ code });
			await visitor.press("Sign in");
		}
	}, { status, problems });
}

/* A form of ours on a page of somebody else's. */
async function postFromElsewhere(visitor, path) {
	const elsewhere = "http://elsewhere.test/";
	const { origin } = new URL(visitor.page.url());

	visitor.origins.add("http://elsewhere.test");
	await visitor.context.route(elsewhere, (route) => route.fulfill({
		contentType: "text/html",
		body: `<link rel=icon href=data:,>
		    <main><form method=post action="${origin}${path}">
		    <input name=email value="${ada.email}">
		    <button>Win</button></form></main>`,
	}), { times: 1 });
	await visitor.page.goto(elsewhere);
	await visitor.press("Win");
}

/* A form of the account's pages, sent with these values. */
function ofAccount(path, heading, button, values, problems) {
	return {
		heading,
		status: 422,
		reach: async (visitor) => {
			await visitor.beSignedIn(await newPerson());
			await visitor.send(path, values, button);
		},
		problems,
		kept: values.email === undefined ? {} : { email: values.email },
	};
}

const changePassword = (values, problems) => ofAccount(
    "/auth/account/password", "Change your password", "Change password",
    values, problems);
const changeEmail = (values, problems) => ofAccount("/auth/account/email",
    "Change your email address", "Send the link", values, problems);

/* The link that was mailed to a new address, opened in another browser. */
function emailLink(heading, reach, more = {}) {
	return {
		heading,
		reach: async (visitor) => {
			const person = await newPerson();
			const email = newAddress("new");

			await visitor.beSignedIn(person);
			await visitor.send("/auth/account/email",
			    { email, password }, "Send the link");
			await visitor.context.clearCookies();
			await visitor.open(await mailedLink(email));
			await reach(visitor, { ...person, newEmail: email });
			return {};
		},
		...more,
	};
}

/* The link back, after the change. */
function linkBack(heading, reach, more = {}) {
	return emailLink(heading, async (visitor, person) => {
		await visitor.press("Use this address");
		await visitor.open(await mailedLink(person.email));
		await reach(visitor, person);
	}, more);
}

/* Somebody else has an account with this address by now. */
function have(email) {
	return chatelaine(["user", "create", email], password);
}

/* Signed out, as the account is to be deleted. */
async function askForDeletion(visitor) {
	const person = await newPerson();

	await visitor.beSignedIn(person);
	await visitor.send("/auth/account/delete", { password },
	    "Delete my account");
	return person;
}

export const states = {
	"sign-up": {
		heading: "Sign up",
		reach: (visitor) => visitor.open("/auth/signup"),
	},
	"sign-up with nothing filled in":
	    signUp({ name: "", email: "", password: "" }, {
		name: say("name_missing"),
		email: say("email_missing"),
		password: say("password_missing"),
	}),
	"sign-up with half an address":
	    signUp({ email: "ada@" }, { email: say("email_invalid") }),
	"sign-up with everything wrong":
	    signUp({ name: "", email: "ada@", password: "otter" }, {
		name: say("name_missing"),
		email: say("email_invalid"),
		password: say("password_too_short"),
	}),
	"sign-up with a short password":
	    signUp({ password: "otter" }, { password: say("password_too_short") }),
	"sign-up with a guessable password":
	    signUp({ password: "passwordpassword" },
		{ password: say("password_guessable") }),
	"sign-up with a password beyond all measure":
	    signUp({ password: "otter".repeat(205) },
		{ password: sayOf("field_too_long", "password", 1024) }),
	"sign-up with too long a name":
	    signUp({ name: `${longName}x`, email: "x".repeat(260) }, {
		name: sayOf("field_too_long", "name", 100),
		email: sayOf("field_too_long", "email", 254),
	}),
	"sign-up in Chinese":
	    signUp({ name: scripts.cjk, password: "" },
		{ password: say("password_missing") }),
	"sign-up in Hebrew and Arabic":
	    signUp({ name: scripts.rtl, password: "" },
		{ password: say("password_missing") }),
	"sign-up on a page that was open for too long": {
		heading: "Sign up",
		status: 403,
		reach: async (visitor) => {
			await visitor.open("/auth/signup");
			await visitor.fill(ada);
			await visitor.context.clearCookies();
			await visitor.press("Sign up");
		},
		problems: { "": sayWhole("stale_form") },
		kept: { name: ada.name, email: ada.email },
	},
	"sign-up sent by another site": {
		heading: "Sign up",
		status: 403,
		reach: async (visitor) => {
			await visitor.open("/auth/signup");
			await postFromElsewhere(visitor, "/auth/signup");
		},
		problems: { "": sayWhole("cross_site") },
		kept: { email: ada.email },
	},

	"mail sent": {
		heading: "Look into your mailbox",
		status: 202,
		reach: (visitor) => visitor.signUp(
		    { name: ada.name, email: newAddress() }),
	},
	"mail sent to a long address": {
		heading: "Look into your mailbox",
		status: 202,
		reach: (visitor) => visitor.signUp(
		    { name: longName, email: longAddress() }),
	},
	"send again": {
		heading: "Send a new link",
		reach: (visitor) => visitor.open("/auth/verify/resend"),
	},
	"send again to nobody": {
		heading: "Send a new link",
		status: 422,
		reach: (visitor) => visitor.send("/auth/verify/resend", {},
		    "Send a new link"),
		problems: { email: say("email_missing") },
	},
	"send again to half an address": {
		heading: "Send a new link",
		status: 422,
		reach: (visitor) => visitor.send("/auth/verify/resend",
		    { email: "ada" }, "Send a new link"),
		problems: { email: say("email_invalid") },
		kept: { email: "ada" },
	},

	"link": {
		heading: "Confirm your address",
		reach: (visitor) => openLink(visitor, true).then(() => ({})),
	},
	"link used": {
		heading: "Your address is confirmed",
		reach: async (visitor) => {
			await openLink(visitor, true);
			await visitor.press("Confirm my address");
		},
	},
	"link used before": {
		heading: "This link no longer works",
		status: 410,
		reach: async (visitor) => {
			await openLink(visitor, true);
			const link = visitor.page.url();

			await visitor.press("Confirm my address");
			await visitor.open(link);
		},
	},
	"link cut short": {
		heading: "This link no longer works",
		status: 410,
		reach: (visitor) => visitor.open("/auth/verify?token=AAAA"),
	},
	"link in another browser": {
		heading: "Confirm your address",
		reach: (visitor) => openLink(visitor, false).then(() => ({})),
	},
	"link in another browser without the password": {
		heading: "Confirm your address",
		status: 422,
		reach: async (visitor) => {
			await openLink(visitor, false);
			await visitor.press("Confirm my address");
		},
		problems: { password: say("password_missing") },
	},
	"link in another browser with a wrong password": {
		heading: "Confirm your address",
		status: 422,
		reach: async (visitor) => {
			await openLink(visitor, false);
			await visitor.fill({ password: "not what was chosen" });
			await visitor.press("Confirm my address");
		},
		problems: { password: say("password_wrong") },
	},

	"sign-in": {
		heading: "Sign in",
		reach: (visitor) => visitor.open("/auth/signin"),
	},
	"sign-in with nothing filled in":
	    signIn({ email: "", password: "" }, 422, {
		email: say("email_missing"),
		password: say("password_missing"),
	}),
	"sign-in with half an address":
	    signIn({ email: "@example.org" }, 422,
		{ email: say("email_invalid") }),
	"sign-in with a wrong password":
	    signIn({ password: "not what was chosen" }, 401,
		{ "": sayWhole("wrong_credentials") }),
	"sign-in on a page that was open for too long": {
		heading: "Sign in",
		status: 403,
		reach: async (visitor) => {
			await visitor.open("/auth/signin");
			await visitor.fill({ email: ada.email, password });
			await visitor.context.clearCookies();
			await visitor.press("Sign in");
		},
		problems: { "": sayWhole("stale_form") },
		kept: { email: ada.email },
	},
	"sign-in after signing out": {
		heading: "Sign in",
		reason: "You have signed out.",
		reach: async (visitor) => {
			await visitor.beSignedIn(await newPerson());
			await visitor.open("/auth/session");
			await visitor.press("Sign out");
		},
	},
	"sign-in for a page that needs it": {
		heading: "Sign in",
		reason: "Please sign in to see that page." +
		    " You will be led on to it.",
		reach: (visitor) => visitor.open("/auth/account"),
	},
	"sign-in after the session expired":
	    refused("Your session has expired. Please sign in again." +
		" You will be led back to where you were.",
		endSession("idle_expires_at = now()")),
	"sign-in after the session was revoked":
	    refused("Your session was ended for your safety. Please sign in" +
		" again. You will be led back to where you were.",
		endSession("revoked_at = now(), revoked_reason = 'operator'")),
	"sign-in after the session was ended elsewhere":
	    refused("Your session was ended from another of your devices or" +
		" tabs. Please sign in again. You will be led back to where" +
		" you were.",
		endSession("revoked_at = now(), revoked_reason = 'revoked'")),
	"sign-in after the account was disabled":
	    refused("Your session was ended because this account has been" +
		" disabled. If that is a mistake, ask whoever runs" +
		" Chatelaine.",
		endSession("revoked_at = now()," +
		    " revoked_reason = 'account-disabled'")),
	"sign-in before the address is confirmed": {
		heading: "Confirm your address first",
		status: 403,
		reach: async (visitor) => {
			const email = newAddress();

			await visitor.signUp({ name: ada.name, email });
			await visitor.send("/auth/signin", { email, password },
			    "Sign in");
		},
	},
	"sign-in before a long address is confirmed": {
		heading: "Confirm your address first",
		status: 403,
		reach: async (visitor) => {
			const email = longAddress();

			await visitor.signUp({ name: longName, email });
			await visitor.send("/auth/signin", { email, password },
			    "Sign in");
		},
	},
	"sign-in to a disabled account":
	    problem("account_disabled", 403, async (visitor) => {
		const { email } = await newPerson();

		await sql(`UPDATE account SET disabled_at = now()
		    WHERE email = :'email'`, { email });
		await visitor.send("/auth/signin", { email, password }, "Sign in");
	    }),

	"home": signedIn("/auth/session", "You are signed in", ada.name),
	"home of a long name": signedIn("/auth/session", "You are signed in",
	    scripts.long, { browser: { userAgent: agent } }),
	"home in Chinese":
	    signedIn("/auth/session", "You are signed in", scripts.cjk),
	"home in Hebrew and Arabic":
	    signedIn("/auth/session", "You are signed in", scripts.rtl),

	"account": signedIn("/auth/account", "Your account", ada.name),
	"account of a long name":
	    signedIn("/auth/account", "Your account", scripts.long),
	"account saved": rename("Ada King", {}),
	"account saved in Hebrew and Arabic": rename(scripts.rtl, {}),
	"account without a name": rename("", {
		status: 422,
		problems: { name: say("name_missing") },
	}),
	"account with too long a name": rename(`${longName}x`, {
		status: 422,
		problems: { name: sayOf("field_too_long", "name", 100) },
	}),
	"home of somebody whose mail came back": {
		heading: "You are signed in",
		reach: async (visitor) => {
			const person = await newPerson();

			await visitor.beSignedIn(person);
			await sql(`UPDATE account SET email_bounced_at = now()
			    WHERE email = :'email'`, { email: person.email });
			await visitor.open("/auth/session");
		},
	},
	"preferences":
	    signedIn("/auth/preferences", "Your mail", ada.name),
	"preferences saved": {
		heading: "Your mail",
		reach: async (visitor) => {
			await visitor.beSignedIn(await newPerson());
			await visitor.open("/auth/preferences");
			await visitor.page.getByLabel("Send me none").check();
			await visitor.press("Save");
		},
	},
	"unsubscribe": {
		heading: "Get less mail",
		reach: async (visitor) => {
			await openUnsubscribe(visitor);
		},
	},
	"unsubscribed": {
		heading: "You will get less mail",
		reach: async (visitor) => {
			const { email } = await openUnsubscribe(visitor);

			await visitor.press("Send me no reminders");
			assert.equal(await sql(`SELECT category
			    FROM mail_opt_out o JOIN account a ON a.id = account_id
			    WHERE email = :'email'`, { email }), "reminders");
		},
	},
	"link to unsubscribe that is none of ours": problem("link_unknown", 410,
	    (visitor) => visitor.open("/auth/unsubscribe/x")),

	"account after the password was changed": {
		heading: "Your account",
		reason: "Your password is changed, and you are signed out on all" +
		    " other devices.",
		reach: async (visitor) => {
			await visitor.beSignedIn(await newPerson());
			await visitor.send("/auth/account/password", {
				current_password: password,
				password: "eleven dry otters on a kettle",
			}, "Change password");
		},
		kept: { name: ada.name },
	},
	"account after its deletion was undone": {
		heading: "Your account",
		reason: "Welcome back. As you have signed in, your account is not" +
		    " deleted.",
		reach: async (visitor) => {
			const { email } = await askForDeletion(visitor);

			await visitor.fill({ email, password });
			await visitor.press("Sign in");
		},
		kept: { name: ada.name },
	},

	"password": signedIn("/auth/account/password", "Change your password",
	    ada.name),
	"password with nothing filled in": changePassword({}, {
		current_password: say("current_password_missing"),
		password: say("new_password_missing"),
	}),
	"password with a wrong one": changePassword({
		current_password: "not what was chosen",
		password: "eleven dry otters on a kettle",
	}, { current_password: say("password_wrong") }),
	"password with a guessable one": changePassword(
	    { current_password: password, password: "passwordpassword" },
	    { password: say("password_guessable") }),

	"address": signedIn("/auth/account/email", "Change your email address",
	    ada.name),
	"address of a long name": signedIn("/auth/account/email",
	    "Change your email address", scripts.long),
	"address with nothing filled in": changeEmail({}, {
		email: say("new_email_missing"),
		password: say("password_missing"),
	}),
	"address with half a one": changeEmail({ email: "ada", password },
	    { email: say("email_invalid") }),
	"address with a wrong password": changeEmail(
	    { email: ada.email, password: "not what was chosen" },
	    { password: say("password_wrong") }),
	"address as it is already": {
		heading: "Change your email address",
		status: 422,
		reach: async (visitor) => {
			const { email } = await newPerson();

			await visitor.beSignedIn({ email, password });
			await visitor.send("/auth/account/email",
			    { email, password }, "Send the link");
			return { kept: { email } };
		},
		problems: { email: say("email_same") },
	},
	"address asked for": {
		heading: "Look into your new mailbox",
		status: 202,
		reach: async (visitor) => {
			await visitor.beSignedIn(await newPerson());
			await visitor.send("/auth/account/email",
			    { email: longAddress(), password }, "Send the link");
		},
	},
	"address link": emailLink("Use this email address", () => undefined),
	"address link on a page that was open for too long":
	    emailLink("Use this email address", async (visitor) => {
		await visitor.context.clearCookies();
		await visitor.press("Use this address");
	}, { status: 403, problems: { "": sayWhole("stale_form") } }),
	"address changed": emailLink("Your email address is changed",
	    (visitor) => visitor.press("Use this address")),
	"address link used before": emailLink(say("link_used_title"),
	    async (visitor) => {
		const link = visitor.page.url();

		await visitor.press("Use this address");
		await visitor.open(link);
	}, { status: 410 }),
	"address link of an address that is taken":
	    emailLink(say("address_taken_title"), async (visitor, person) => {
		await have(person.newEmail);
		await visitor.press("Use this address");
	}, { status: 409 }),
	"address link cut short": {
		heading: say("link_gone_title"),
		status: 410,
		reach: (visitor) => visitor.open("/auth/email/AAAA"),
	},
	"address link back": linkBack("Take your email address back",
	    () => undefined),
	"address link back on a page that was open for too long":
	    linkBack("Take your email address back", async (visitor) => {
		await visitor.context.clearCookies();
		await visitor.press("Take it back");
	}, { status: 403, problems: { "": sayWhole("stale_form") } }),
	"address taken back": linkBack("Choose a new password",
	    (visitor) => visitor.press("Take it back")),
	"address link back to one that is taken":
	    linkBack(say("address_taken_title"), async (visitor, person) => {
		await have(person.email);
		await visitor.press("Take it back");
	}, { status: 409 }),

	"deletion": signedIn("/auth/account/delete", "Delete your account",
	    ada.name),
	"deletion without the password": ofAccount("/auth/account/delete",
	    "Delete your account", "Delete my account", {},
	    { password: say("password_missing") }),
	"deletion with a wrong password": ofAccount("/auth/account/delete",
	    "Delete your account", "Delete my account",
	    { password: "not what was chosen" },
	    { password: say("password_wrong") }),
	"sign-in after asking for deletion": {
		heading: "Sign in",
		reason: "Your account will be deleted, and you are signed out" +
		    " everywhere. We have sent you a mail that says when. To" +
		    " keep the account, sign in before that.",
		reach: async (visitor) => {
			await askForDeletion(visitor);
		},
	},

	"account on a page of an earlier session": {
		heading: "Your account",
		status: 403,
		reach: async (visitor) => {
			const person = await newPerson();

			await visitor.beSignedIn(person);
			await visitor.open("/auth/account");
			await visitor.fill({ name: "Ada King" });
			const { page } = visitor;

			visitor.page = await visitor.newTab();
			await visitor.context.clearCookies();
			await visitor.beSignedIn(person);
			await visitor.page.close();
			visitor.page = page;
			await visitor.press("Save");
		},
		problems: { "": sayWhole("stale_form") },
		kept: { name: "Ada King" },
	},

	"sessions": signedIn("/auth/sessions", "Your sessions", ada.name),
	"sessions on several devices": sessions((visitor) =>
	    visitor.open("/auth/sessions")),
	"sessions of absurd devices": signedIn("/auth/sessions",
	    "Your sessions", scripts.long, { browser: { userAgent: agent } }),
	"sessions after one ended": sessions(async (visitor) => {
		await visitor.open("/auth/sessions");
		await visitor.press("End session Firefox on Linux");
	}, { reason: "That session has ended." }),
	"sessions after all others ended": sessions(async (visitor) => {
		await visitor.open("/auth/sessions");
		await visitor.press("End all other sessions");
	}, { reason: "All your other sessions have ended." }),
	"sessions on a second page": sessions(async (visitor) => {
		await haveSessions(visitor, 50, "curl/7.88.1");
		await visitor.open("/auth/sessions");
		await visitor.click("More sessions");
	}),

	"sign-in after the password was reset":
	    refused("Your session was ended because a new password was chosen" +
		" for this account. Please sign in with it. You will be led" +
		" back to where you were.",
		endSession("revoked_at = now()," +
		    " revoked_reason = 'password-reset'")),

	"reset": {
		heading: "Forgotten your password?",
		reach: (visitor) => visitor.open("/reset"),
	},
	"reset of nobody": {
		heading: "Forgotten your password?",
		status: 422,
		reach: (visitor) => visitor.send("/reset", {}, "Send me a link"),
		problems: { email: say("email_missing") },
	},
	"reset of half an address": {
		heading: "Forgotten your password?",
		status: 422,
		reach: (visitor) => visitor.send("/reset", { email: "ada" },
		    "Send me a link"),
		problems: { email: say("email_invalid") },
		kept: { email: "ada" },
	},
	"reset by somebody who is signed in": {
		heading: "Forgotten your password?",
		reach: async (visitor) => {
			const person = await newPerson();

			await visitor.beSignedIn(person);
			await visitor.open("/reset");
			return { kept: { email: person.email } };
		},
	},
	"reset sent": {
		heading: "Look into your mailbox",
		status: 202,
		reach: (visitor) => visitor.send("/reset",
		    { email: newAddress() }, "Send me a link"),
	},
	"reset sent to a long address": {
		heading: "Look into your mailbox",
		status: 202,
		reach: (visitor) => visitor.send("/reset",
		    { email: longAddress() }, "Send me a link"),
	},
	"reset link": forgotten("Choose a new password", () => undefined),
	"reset link opened": forgotten("Choose a new password", (visitor) =>
	    visitor.press("Choose a new password")),
	"reset link opened on a page of an earlier cookie":
	    forgotten("Choose a new password", async (visitor) => {
		await visitor.context.clearCookies();
		await visitor.press("Choose a new password");
	    }, { status: 403, problems: { "": sayWhole("stale_form") } }),
	"reset with no password":
	    newPassword("", 422, { password: say("password_missing") }),
	"reset with a short password":
	    newPassword("otter", 422, { password: say("password_too_short") }),
	"reset with the own name":
	    newPassword("Ada Lovelace Ada Lovelace", 422,
		{ password: say("password_guessable") }),
	"reset done": {
		...newPassword("nine wet herons on a kettle", 200),
		heading: "Your password is changed",
	},
	"reset link used": deadLink("link_used", async (visitor) => {
		await visitor.press("Choose a new password");
		await visitor.fill({ password: "nine wet herons on a kettle" });
		await visitor.press("Change my password");
	}),
	"reset link replaced": deadLink("link_replaced",
	    async (visitor, { email }) => {
		await visitor.send("/reset", { email }, "Send me a link");
		await mailedLink(email, 2);
	    }),
	"reset link expired": deadLink("link_expired",
	    (visitor, person) => sql(`UPDATE link SET expires_at = now()
	    FROM account a WHERE a.id = account_id
	    AND a.email = :'email'`, person)),
	"reset link cut short": {
		heading: say("link_gone_title"),
		status: 410,
		reach: (visitor) => visitor.open("/reset/AAAA"),
	},

	"devices": signedIn("/auth/devices", "Your devices", ada.name),
	"devices, several": devices((visitor) => visitor.open("/auth/devices")),
	"devices of absurd names": signedIn("/auth/devices", "Your devices",
	    scripts.long, { browser: { userAgent: agent } }),
	"devices after one was forgotten": devices(async (visitor) => {
		await visitor.open("/auth/devices");
		await visitor.press("Forget Firefox on Linux");
	}, { reason: "That device is forgotten." }),
	"devices after all others were forgotten": devices(
	    async (visitor) => {
		await visitor.open("/auth/devices");
		await visitor.press("Forget all other devices");
	}, { reason: "All your other devices are forgotten." }),
	"devices on a second page": devices(async (visitor, person) => {
		await haveDevices(person, 50, "curl/7.88.1");
		await visitor.open("/auth/devices");
		await visitor.click("More devices");
	}),

	"alert": alerted("Was this you?", () => undefined),
	"alert of a session that has ended": alerted("Was this you?",
	    (visitor, link, person) => sql(`UPDATE session s SET
	    revoked_at = now(), revoked_reason = 'signed-out' FROM account a
	    WHERE a.id = account_id AND a.email = :'email'`, person)),
	"alert used before": alerted(say("link_used_title"),
	    (visitor, link, person) => sql(`UPDATE link SET used_at = now()
	    FROM account a WHERE a.id = account_id
	    AND a.email = :'email'`, person), { status: 410 }),
	"alert expired": alerted(say("link_expired_title"),
	    (visitor, link, person) => sql(`UPDATE link SET expires_at = now()
	    FROM account a WHERE a.id = account_id
	    AND a.email = :'email'`, person), { status: 410 }),

	"second factor": secondFactor("Second factor", () => undefined,
	    { who: ada.name }),
	"second factor, to be set up": secondFactor("Set up your second factor",
	    (visitor) => visitor.press("Set it up")),
	"second factor with a wrong code": secondFactor(
	    "Set up your second factor", async (visitor) => {
		await visitor.press("Set it up");
		await visitor.fill({ code: "000000" });
		await visitor.press("Switch it on");
	}, { status: 422, problems: { code: say("code_wrong") } }),
	"second factor without a code": secondFactor(
	    "Set up your second factor", async (visitor) => {
		await visitor.press("Set it up");
		await visitor.press("Switch it on");
	}, { status: 422, problems: { code: say("code_missing") } }),
	"recovery codes": secondFactor("Your recovery codes", switchOn),
	"recovery codes made anew": secondFactor("Your recovery codes",
	    async (visitor) => {
		await switchOn(visitor);
		await visitor.open("/auth/second-factor");
		await visitor.press("Make new recovery codes");
	}),
	"second factor switched on": secondFactor("Second factor",
	    async (visitor) => {
		await switchOn(visitor);
		await visitor.open("/auth/second-factor");
	}),
	"second factor switched off": secondFactor("Second factor",
	    async (visitor) => {
		await switchOn(visitor);
		await visitor.open("/auth/second-factor");
		await visitor.press("Switch it off");
	}),
	"code asked for": codeAsked([], 403),
	"code wrong": codeAsked(["000000"], 422, { code: say("code_wrong") }),
	"code missing": codeAsked([""], 422, { code: say("code_missing") }),
	"confirmation with a code": secondFactor("Confirm that it is you",
	    async (visitor) => {
		await switchOn(visitor);
		await visitor.open("/auth/confirm");
	}),
	"confirmation with a wrong code": secondFactor("Confirm that it is you",
	    async (visitor) => {
		await switchOn(visitor);
		await visitor.send("/auth/confirm", { password, code: "000000" },
		    "Confirm");
	}, { status: 422, problems: { code: say("code_wrong") } }),
	"confirmation": confirmation(() => undefined),
	"confirmation before something": confirmation((visitor) =>
	    visitor.open("/auth/confirm?next=/auth/account")),
	"confirmation without the password": confirmation((visitor) =>
	    visitor.press("Confirm"), {
		status: 422,
		problems: { password: say("password_missing") },
	}),
	"confirmation with a wrong password": confirmation(
	    async (visitor) => {
		await visitor.fill({ password: "not what was chosen" });
		await visitor.press("Confirm");
	}, {
		status: 422,
		problems: { password: say("password_wrong") },
	}),

	"no such page": problem("not_found", 404,
	    (visitor) => visitor.open("/auth/nothing-here")),
	"a page that is none": problem("method_not_allowed", 405,
	    (visitor) => visitor.open("/auth/signout")),
	"an address that can't be read": problem("bad_request", 400,
	    (visitor) => visitor.open("/auth/signin?next=%zz")),
	"an address too long": problem("target_too_long", 414,
	    (visitor) => visitor.open(`/auth/signin?next=/${"x".repeat(5000)}`)),
	"a form too large": problem("too_large", 413,
	    (visitor) => visitor.send("/auth/signup",
		{ ...ada, name: "x".repeat(70000) }, "Sign up")),
	"a form of a kind that isn't read": problem("unsupported_type", 415,
	    async (visitor) => {
		await visitor.open("/auth/signup");
		await visitor.fill(ada);
		await sendAsText(visitor, "Sign up");
	    }),

	"no such page, signed in": problemOf("not_found", 404,
	    (visitor) => visitor.open("/auth/nothing-here")),
	"a page that is none, signed in": problemOf("method_not_allowed", 405,
	    (visitor) => visitor.open("/auth/signout")),
	"an address that can't be read, signed in":
	    problemOf("bad_request", 400,
		(visitor) => visitor.open("/auth/account?next=%zz")),
	"a form too large, signed in": problemOf("too_large", 413,
	    (visitor) => visitor.send("/auth/account",
		{ name: "x".repeat(70000) }, "Save")),
	"a form of a kind that isn't read, signed in":
	    problemOf("unsupported_type", 415, async (visitor) => {
		await visitor.open("/auth/account");
		await sendAsText(visitor, "Save");
	    }),
};
