"use strict";
// The start page: what is searched is fetched when somebody begins to search, and found by uFuzzy, in any order of words.
(() => {
  const input = document.getElementById("q");
  const list = document.getElementById("found");
  const count = document.getElementById("found-count");
  const hint = count.textContent;
  const most = 30;
  const fuzzy = new uFuzzy({ intraMode: 0, interIns: Infinity });
  let rows = [];
  let texts = null;
  let asked = false;

  const fetchOnce = () => {
    if (asked) return;
    asked = true;
    const script = document.createElement("script");
    script.src = input.dataset.index;
    script.onload = () => {
      rows = [...searched.rows, ...searched.grants.map(grant)];
      texts = rows.map(([what, title, also]) => `${title} ${also} ${what}`);
      show();
    };
    script.onerror = () => (count.textContent = "What is searched could not be read; is the folder whole?");
    document.head.append(script);
  };

  const grant = ([team, thing, places, name]) => {
    const [title, path] = searched.teams[team];
    const where = searched.environments.filter((_, index) => places & (1 << index)).join(", ");
    return ["grant", `${title} → ${searched.things[thing]}`, `${where} · ${name}`, `${path}#grant-${name}`];
  };

  const found = (words) => {
    const [indexes, info, order] = fuzzy.search(texts, words, 4, 10000);
    if (!indexes) return [];
    const ranked = order ? order.map((at) => info.idx[at]) : indexes;
    return kinds(ranked);
  };

  // APIs, products and teams before grants: there are few of those, and each names many of these.
  const kinds = (ranked) => {
    const grants = ranked.filter((at) => rows[at][0] === "grant");
    return [...ranked.filter((at) => rows[at][0] !== "grant"), ...grants];
  };

  const item = (at) => {
    const [what, title, also, path] = rows[at];
    const link = document.createElement("a");
    link.href = path;
    const kind = document.createElement("span");
    kind.className = "what";
    kind.textContent = what;
    const small = document.createElement("small");
    small.textContent = also;
    link.append(kind, " ", title, small);
    const row = document.createElement("li");
    row.append(link);
    return row;
  };

  const show = () => {
    const words = input.value.trim();
    if (!texts || !words) {
      list.replaceChildren();
      count.textContent = words ? "Reading…" : hint;
      return;
    }
    const all = found(words);
    list.replaceChildren(...all.slice(0, most).map(item));
    const more = all.length > most ? `, the first ${most} shown` : "";
    count.textContent = all.length === 1 ? "1 found" : `${all.length.toLocaleString("en")} found${more}`;
  };

  input.addEventListener("focus", fetchOnce);
  input.addEventListener("input", () => {
    fetchOnce();
    show();
  });
  input.form.addEventListener("submit", (event) => {
    event.preventDefault();
    list.querySelector("a")?.click();
  });
  input.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown") {
      event.preventDefault();
      list.querySelector("a")?.focus();
    }
  });
  list.addEventListener("keydown", (event) => {
    if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
    event.preventDefault();
    const links = [...list.querySelectorAll("a")];
    const next = links.indexOf(document.activeElement) + (event.key === "ArrowDown" ? 1 : -1);
    (next < 0 ? input : links[Math.min(next, links.length - 1)]).focus();
  });
  input.setAttribute("aria-keyshortcuts", "/");
  document.addEventListener("keydown", (event) => {
    if (event.key === "/" && !/INPUT|SELECT|TEXTAREA/.test(document.activeElement.tagName)) {
      event.preventDefault();
      input.focus();
    }
  });
  const query = new URLSearchParams(location.search).get("q");
  if (query || input.value) {
    input.value = query || input.value;
    fetchOnce();
  }
})();
