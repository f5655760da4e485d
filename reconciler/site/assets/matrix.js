"use strict";
// The picture of the matrix: only what is in view is drawn. d3-zoom moves it; the arrow keys go from grant to grant.
(() => {
  const canvas = document.getElementById("matrix");
  if (!canvas) return;
  const said = document.getElementById("matrix-said");
  const fields = ["team", "product", "how", "where", "ends"].map((name) => document.getElementById(`m-${name}`));
  const [byTeam, byProduct, byHow, byWhere, byEnds] = fields;
  const pen = canvas.getContext("2d");
  const cell = 22;
  const smallest = 9; // pixels of a cell below which its row has no name
  const names = { width: 0, height: 0 };
  let size = { width: 0, height: 0 };
  let view = d3.zoomIdentity;
  let colours = {};
  let rows = [];
  let columns = [];
  let cells = [];
  let at = null; // the cell that is pointed at, or gone to by keys
  let drawing = 0;

  // ------------------------------------------------------------------ what is shown

  const choose = () => {
    const words = (field) => field.value.toLowerCase().split(/\s+/).filter(Boolean);
    const teams = words(byTeam);
    const products = words(byProduct);
    const where = byWhere && byWhere.value !== "" ? 1 << byWhere.value : 0;
    const until = byEnds.value === "" || byEnds.value === "never" ? 0 : matrix.day + Number(byEnds.value);
    const fits = (name, wanted) => wanted.every((word) => name.toLowerCase().includes(word));
    const team = matrix.teams.map(([name]) => fits(name, teams));
    const product = matrix.products.map(([name]) => fits(name, products));
    const kept = matrix.cells.filter(
      ([row, column, ways, , , end, places]) =>
        team[row] &&
        product[column] &&
        (!where || places & where) &&
        (byHow.value === "" || (byHow.value === "4" ? ways === 4 : ways & byHow.value)) &&
        (byEnds.value === "" || (byEnds.value === "never" ? end === null : end !== null && end <= until && end >= matrix.day)),
    );
    arrange(kept);
  };

  const arrange = (kept) => {
    const shown = (index) => [...new Set(kept.map((each) => each[index]))].sort((a, b) => a - b);
    rows = shown(0);
    columns = shown(1);
    const rowOf = new Map(rows.map((team, index) => [team, index]));
    const columnOf = new Map(columns.map((product, index) => [product, index]));
    const merged = new Map();
    for (const each of kept) {
      const row = rowOf.get(each[0]);
      const column = columnOf.get(each[1]);
      const key = row * columns.length + column;
      const there = merged.get(key) ?? { row, column, ways: 0, grants: [], soon: false };
      there.grants.push(each);
      if (each[3]) there.ways |= each[2];
      there.soon ||= Boolean(each[3] && each[5] !== null && each[5] <= matrix.day + matrix.soon);
      merged.set(key, there);
    }
    cells = [...merged.entries()].sort((a, b) => a[0] - b[0]).map((entry) => entry[1]);
    byPlace = merged;
    at = null;
    said.textContent = cells.length ? `${count(rows.length, "team")}, ${count(columns.length, "product")}, ${cells.length} held` : "Nothing is held by such a filter.";
  };
  let byPlace = new Map();
  const count = (number, noun) => `${number} ${noun}${number === 1 ? "" : "s"}`;

  // ------------------------------------------------------------------ drawing

  const style = () => {
    const css = getComputedStyle(document.documentElement);
    for (const name of ["ink", "dim", "line", "paper", "soft", "key", "token", "both", "off", "soon", "focus"]) {
      colours[name] = css.getPropertyValue(`--${name}`).trim();
    }
    colours.font = getComputedStyle(document.body).fontFamily;
  };

  const measure = () => {
    const scale = devicePixelRatio || 1;
    const box = canvas.getBoundingClientRect();
    size = { width: box.width, height: box.height };
    canvas.width = Math.round(box.width * scale);
    canvas.height = Math.round(box.height * scale);
    pen.setTransform(scale, 0, 0, scale, 0, 0);
    names.width = Math.min(150, box.width * 0.3);
    names.height = 110;
  };

  const soon = () => {
    if (!drawing) drawing = requestAnimationFrame(draw);
  };

  const draw = () => {
    drawing = 0;
    const step = cell * view.k;
    const left = names.width + view.x;
    const top = names.height + view.y;
    const first = { row: Math.max(0, Math.floor(-view.y / step)), column: Math.max(0, Math.floor(-view.x / step)) };
    const last = {
      row: Math.min(rows.length, Math.ceil((size.height - top) / step)),
      column: Math.min(columns.length, Math.ceil((size.width - left) / step)),
    };
    pen.fillStyle = colours.paper;
    pen.fillRect(0, 0, size.width, size.height);
    pen.save();
    pen.beginPath();
    pen.rect(names.width, names.height, size.width, size.height);
    pen.clip();
    if (step >= smallest) grid(left, top, step, first, last);
    for (const each of cells) {
      if (each.row >= first.row && each.row < last.row && each.column >= first.column && each.column < last.column) {
        mark(each, left + each.column * step, top + each.row * step, step);
      }
    }
    if (at) pointed(left, top, step);
    pen.restore();
    labels(left, top, step, first, last);
  };

  const grid = (left, top, step, first, last) => {
    pen.strokeStyle = colours.line;
    pen.lineWidth = 1;
    pen.beginPath();
    const right = left + columns.length * step;
    const bottom = top + rows.length * step;
    for (let row = first.row; row <= last.row; row += 1) {
      pen.moveTo(left, Math.round(top + row * step) + 0.5);
      pen.lineTo(right, Math.round(top + row * step) + 0.5);
    }
    for (let column = first.column; column <= last.column; column += 1) {
      pen.moveTo(Math.round(left + column * step) + 0.5, top);
      pen.lineTo(Math.round(left + column * step) + 0.5, bottom);
    }
    pen.stroke();
  };

  // Not by colour alone: a key is a square, a token a disc, both a square with a hole, the portal a frame.
  const mark = (each, x, y, step) => {
    const inset = step >= smallest ? step * 0.18 : step > 3 ? 0.5 : 0;
    const side = Math.max(1.5, step - 2 * inset);
    const key = each.ways & 1;
    const token = each.ways & 2;
    if (step < smallest) {
      pen.fillStyle = key && token ? colours.both : key ? colours.key : token ? colours.token : each.ways & 4 ? colours.dim : colours.off;
      pen.fillRect(x + inset, y + inset, side, side);
      return;
    }
    if (each.ways === 0) {
      pen.fillStyle = colours.off;
      pen.fillRect(x + step * 0.36, y + step * 0.36, step * 0.28, step * 0.28);
    } else if (key) {
      pen.fillStyle = token ? colours.both : colours.key;
      pen.fillRect(x + inset, y + inset, side, side);
      if (token) disc(x, y, step, 0.17, colours.paper);
    } else if (token) {
      disc(x, y, step, 0.32, colours.token);
    } else {
      pen.strokeStyle = colours.key;
      pen.lineWidth = Math.max(1.5, step * 0.09);
      pen.strokeRect(x + inset + 1, y + inset + 1, side - 2, side - 2);
    }
    if (each.soon) {
      pen.strokeStyle = colours.soon;
      pen.lineWidth = Math.max(2, step * 0.1);
      pen.strokeRect(x + step * 0.08, y + step * 0.08, step * 0.84, step * 0.84);
    }
  };

  const disc = (x, y, step, radius, colour) => {
    pen.fillStyle = colour;
    pen.beginPath();
    pen.arc(x + step / 2, y + step / 2, step * radius, 0, 2 * Math.PI);
    pen.fill();
  };

  const pointed = (left, top, step) => {
    pen.fillStyle = colours.focus;
    pen.globalAlpha = 0.12;
    pen.fillRect(names.width, top + at.row * step, size.width, step);
    pen.fillRect(left + at.column * step, names.height, step, size.height);
    pen.globalAlpha = 1;
    pen.strokeStyle = colours.focus;
    pen.lineWidth = 2;
    const side = Math.max(step, 6);
    pen.strokeRect(left + at.column * step - (side - step) / 2, top + at.row * step - (side - step) / 2, side, side);
  };

  const labels = (left, top, step, first, last) => {
    pen.fillStyle = colours.soft;
    pen.fillRect(0, 0, size.width, names.height);
    pen.fillRect(0, 0, names.width, size.height);
    pen.font = `${Math.max(10, Math.min(13, step * 0.62))}px ${colours.font}`;
    pen.textBaseline = "middle";
    if (step >= smallest) {
      for (let row = first.row; row < last.row; row += 1) {
        const y = top + (row + 0.5) * step;
        if (y > names.height) label(matrix.teams[rows[row]][0], 6, y, at?.row === row, names.width - 10, 0);
      }
      for (let column = first.column; column < last.column; column += 1) {
        const x = left + (column + 0.5) * step;
        if (x > names.width) label(matrix.products[columns[column]][0], x, names.height - 6, at?.column === column, names.height - 10, -Math.PI / 2);
      }
    } else {
      label(count(rows.length, "team"), 6, names.height + 14, false, names.width - 10, 0);
      label(count(columns.length, "product"), names.width + 6, names.height - 12, false, size.width, 0);
    }
    pen.fillStyle = colours.soft;
    pen.fillRect(0, 0, names.width, names.height);
    pen.strokeStyle = colours.line;
    pen.lineWidth = 1;
    pen.beginPath();
    pen.moveTo(0, names.height + 0.5);
    pen.lineTo(size.width, names.height + 0.5);
    pen.moveTo(names.width + 0.5, 0);
    pen.lineTo(names.width + 0.5, size.height);
    pen.stroke();
  };

  const label = (text, x, y, strong, room, turned) => {
    pen.save();
    pen.translate(x, y);
    pen.rotate(turned);
    pen.fillStyle = strong ? colours.focus : colours.ink;
    pen.fillText(short(text, room), 0, 0);
    pen.restore();
  };

  const widths = new Map();
  const short = (text, room) => {
    const key = `${pen.font}|${Math.round(room)}|${text}`;
    let fits = widths.get(key);
    if (fits === undefined) {
      fits = text;
      for (let length = text.length; pen.measureText(fits).width > room && length > 1; ) {
        length = Math.min(length - 1, Math.floor((length * room) / pen.measureText(fits).width));
        fits = `${text.slice(0, Math.max(1, length))}…`;
      }
      if (widths.size > 20000) widths.clear();
      widths.set(key, fits);
    }
    return fits;
  };

  // ------------------------------------------------------------------ moving

  const zoom = d3
    .zoom()
    .scaleExtent([0.02, 3])
    .on("zoom", (event) => {
      view = event.transform;
      soon();
    });
  const picture = d3.select(canvas).call(zoom).on("dblclick.zoom", null);

  const fit = () => {
    const width = size.width - names.width;
    const height = size.height - names.height;
    const k = Math.min(1.4, Math.max(0.02, Math.min(width / (columns.length * cell || 1), height / (rows.length * cell || 1))));
    zoom.extent([[0, 0], [width, height]]);
    zoom.scaleExtent([Math.min(k, 1), 3]);
    zoom.translateExtent([[-cell, -cell], [Math.max(columns.length * cell, width / k) + cell, Math.max(rows.length * cell, height / k) + cell]]);
    picture.call(zoom.transform, d3.zoomIdentity.scale(k));
  };

  const inView = (each) => {
    const step = cell * view.k;
    const x = view.x + each.column * step;
    const y = view.y + each.row * step;
    const width = size.width - names.width;
    const height = size.height - names.height;
    const beyond = (place, room) => (place < 0 ? place : place + step > room ? place + step - room : 0);
    const over = { x: beyond(x, width), y: beyond(y, height) };
    if (over.x || over.y) picture.call(zoom.translateBy, -over.x / view.k, -over.y / view.k);
  };

  // ------------------------------------------------------------------ telling

  const date = (days) => new Date(days * 86400000).toISOString().slice(0, 10);
  const tell = (each) => {
    const ways = (bits) => ["key", "token", "sees it in the portal"].filter((_, bit) => bits & (1 << bit)).join(", ") || "nothing";
    const parts = each.grants.map(([, , bits, force, tier, end, places]) =>
      [
        force ? ways(bits) : "not in force",
        matrix.tiers[tier] && `tier ${matrix.tiers[tier]}`,
        end === null ? "no end" : `until ${date(end)}`,
        matrix.environments.filter((_, index) => places & (1 << index)).join(", "),
      ]
        .filter(Boolean)
        .join(", "),
    );
    return `${matrix.teams[rows[each.row]][0]}, ${matrix.products[columns[each.column]][0]}: ${parts.join("; ")}`;
  };

  const goTo = (each) => {
    at = each;
    said.textContent = each ? tell(each) : "\u00a0";
    soon();
  };

  const under = (event) => {
    const box = canvas.getBoundingClientRect();
    const step = cell * view.k;
    const x = event.clientX - box.left - names.width;
    const y = event.clientY - box.top - names.height;
    if (x < 0 || y < 0) return null;
    const row = Math.floor((y - view.y) / step);
    const column = Math.floor((x - view.x) / step);
    if (row < 0 || column < 0 || row >= rows.length || column >= columns.length) return null;
    return byPlace.get(row * columns.length + column) ?? null;
  };

  // The next one in a direction, in the same row or column where there is one, else the nearest line that has any.
  const next = (rowStep, columnStep) => {
    if (!at) return cells[0];
    if (columnStep) {
      const index = cells.indexOf(at) + columnStep;
      return cells[Math.max(0, Math.min(cells.length - 1, index))];
    }
    const beyond = cells.filter((each) => Math.sign(each.row - at.row) === rowStep);
    const far = (each) => Math.abs(each.column - at.column) * rows.length + Math.abs(each.row - at.row);
    return beyond.reduce((best, each) => (best && far(best) <= far(each) ? best : each), null) ?? at;
  };

  const keys = {
    ArrowRight: () => next(0, 1),
    ArrowLeft: () => next(0, -1),
    ArrowDown: () => next(1, 0),
    ArrowUp: () => next(-1, 0),
    Home: () => cells[0],
    End: () => cells[cells.length - 1],
  };
  const zoomed = (by) => picture.call(zoom.scaleBy, by);
  const around = (by) => {
    zoomed(by);
    if (at) inView(at);
  };

  canvas.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || !cells.length) return;
    if (keys[event.key]) {
      goTo(keys[event.key]());
      inView(at);
    } else if (event.key === "+" || event.key === "=") around(1.4);
    else if (event.key === "-") around(1 / 1.4);
    else if (event.key === "0") fit();
    else if (event.key === "Enter" && at) location.href = matrix.products[columns[at.column]][1];
    else return;
    event.preventDefault();
  });
  canvas.addEventListener("focus", () => {
    if (!at && cells.length && canvas.matches(":focus-visible")) goTo(cells[0]);
  });
  canvas.addEventListener("pointermove", (event) => {
    if (event.buttons) return;
    const each = under(event);
    canvas.style.cursor = each ? "pointer" : "grab";
    if (each && each !== at) goTo(each);
  });
  canvas.addEventListener("click", (event) => {
    const each = under(event);
    if (each) goTo(each);
  });
  canvas.addEventListener("dblclick", (event) => {
    const each = under(event);
    if (each) location.href = matrix.products[columns[each.column]][1];
  });
  document.getElementById("m-in").addEventListener("click", () => around(1.4));
  document.getElementById("m-out").addEventListener("click", () => around(1 / 1.4));
  document.getElementById("m-fit").addEventListener("click", fit);
  for (const field of fields.filter(Boolean)) {
    field.addEventListener("input", () => {
      choose();
      fit();
    });
  }
  document.getElementById("matrix-tools").addEventListener("submit", (event) => event.preventDefault());
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
    style();
    soon();
  });
  new ResizeObserver(() => {
    measure();
    fit();
  }).observe(canvas);

  style();
  choose();
  canvas.parentElement.style.height = `${Math.max(260, 130 + rows.length * cell * 1.4)}px`; // no more than it has; at most as the style says
  measure();
  fit();
})();
