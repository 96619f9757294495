/*
 * chatelaine.js - small comforts. Every page works without it.
 */
"use strict";

/* Lead to what went wrong, or to what was done. */
function focusNews() {
	const news = document.querySelector("[data-focus]");

	if (news)
		news.focus();
}

/* Give a password field a button that shows what was typed. */
function addShowButton(box) {
	const input = box.querySelector("input");
	const button = document.createElement("button");

	function show(shown) {
		input.type = shown ? "text" : "password";
		button.textContent = shown ? box.dataset.hide : box.dataset.show;
	}

	button.type = "button";
	button.id = input.id + "-show";
	button.className = "plain";
	button.setAttribute("aria-controls", input.id);
	button.setAttribute("aria-labelledby",
	    button.id + " " + input.id + "-label");
	button.addEventListener("click",
	    () => show(input.type === "password"));
	show(false);
	box.append(button);

	/* Browsers remember what stood in text fields, but not passwords. */
	input.form.addEventListener("submit", () => show(false));
}

/*
 * Let a double click send a form once. The button comes back after a while,
 * as nothing tells that the person has stopped the page from loading.
 */
function sendOnce(form) {
	const button = form.querySelector("button:not([type])");

	form.addEventListener("submit", () => {
		setTimeout(() => { button.disabled = true; });
		setTimeout(() => { button.disabled = false; }, 8000);
	});
	/* Coming back to the page by the browser's history. */
	addEventListener("pageshow", () => { button.disabled = false; });
}

document.querySelectorAll("[data-show]").forEach(addShowButton);
document.querySelectorAll("form").forEach(sendOnce);
focusNews();
