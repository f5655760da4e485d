"use strict";
// Every page: what needs a script is shown, tables can be filtered, commands can be copied.
(() => {
  document.documentElement.classList.add("js");

  // What a page needs besides comes when it is painted and nothing else is to do, each script after the one before it.
  const later = document.currentScript.dataset.later?.split(" ") ?? [];
  const idle = globalThis.requestIdleCallback ?? ((then) => setTimeout(then, 100));
  const fetchLater = () => {
    for (const path of later) {
      const script = document.createElement("script");
      script.src = path;
      script.async = false;
      document.head.append(script);
    }
  };
  addEventListener("load", () => requestAnimationFrame(() => idle(fetchLater, { timeout: 1000 })));

  for (const input of document.querySelectorAll("input[data-filter]")) {
    const rows = [...document.getElementById(input.dataset.filter).tBodies[0].rows];
    const texts = rows.map((row) => row.textContent.toLowerCase());
    const count = document.querySelector(`[data-count="${input.dataset.filter}"]`);
    input.addEventListener("input", () => {
      const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
      let shown = 0;
      rows.forEach((row, index) => {
        row.hidden = !words.every((word) => texts[index].includes(word));
        shown += !row.hidden;
      });
      count.textContent = shown === rows.length ? `${shown} shown` : `${shown} of ${rows.length} shown`;
    });
  }

  if (navigator.clipboard) {
    for (const block of document.querySelectorAll("pre[data-copy]")) {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = "Copy";
      button.addEventListener("click", async () => {
        try {
          await navigator.clipboard.writeText(block.querySelector("code").textContent);
          button.textContent = "Copied";
        } catch {
          button.textContent = "Not allowed";
        }
      });
      block.append(button);
    }
  }
})();
