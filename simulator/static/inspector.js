// Keeps the part marked data-live as fresh as the server's, and puts a copy button over data-copy.
// The page says the same without it: by its Refresh link.
"use strict";

const PERIOD = 1000; // milliseconds

async function refresh() {
  const shown = document.querySelector("[data-live]");
  if (!shown) return;
  try {
    if (!document.hidden) {
      const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const fresh = page.querySelector("[data-live]") ?? page.querySelector("main > div");
      if (answer.ok && fresh && fresh.innerHTML !== shown.innerHTML) {
        const focused = document.activeElement?.getAttribute("href");
        shown.innerHTML = fresh.innerHTML;
        if (!fresh.hasAttribute("data-live")) shown.removeAttribute("data-live");
        if (focused) shown.querySelector(`a[href="${CSS.escape(focused)}"]`)?.focus();
        addCopyButtons();
      }
      pulse("live");
    }
  } catch {
    pulse("the simulator does not answer");
  }
  setTimeout(refresh, PERIOD);
}

function pulse(words) {
  const place = document.querySelector("[data-pulse]");
  if (place && place.dataset.pulse !== words) {
    place.dataset.pulse = words;
  }
}

function addCopyButtons() {
  for (const text of document.querySelectorAll("[data-copy]")) {
    if (text.previousElementSibling?.matches(".copy")) continue;
    const button = document.createElement("button");
    button.type = "button";
    button.className = "copy quiet";
    button.textContent = "Copy";
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(text.textContent);
      button.textContent = "Copied";
    });
    text.before(button);
  }
}

addCopyButtons();
setTimeout(refresh, PERIOD);
