"use strict";
// Plots are drawn from the table below them by uPlot; whoever cannot see them reads the table.
(() => {
  const css = () => getComputedStyle(document.documentElement);
  const colour = (name) => css().getPropertyValue(`--${name}`).trim();
  const lines = ["key", "token"];
  let drawn = [];

  const values = (table) => {
    const rows = [...table.tBodies[0].rows].reverse();
    const days = rows.map((row) => Date.parse(row.cells[0].textContent) / 1000);
    return (column) => (column === 0 ? days : rows.map((row) => Number(row.cells[column].textContent)));
  };

  const draw = () => {
    for (const each of drawn) each.destroy();
    drawn = [...document.querySelectorAll("[data-plot]")].map((place) => {
      const table = document.getElementById(place.dataset.plot);
      const columns = place.dataset.columns.split(",").map(Number);
      const column = values(table);
      const axis = { stroke: colour("dim"), grid: { stroke: colour("line"), width: 1 }, ticks: { stroke: colour("line") } };
      const series = columns.map((index, line) => ({
        label: table.tHead.rows[0].cells[index].textContent,
        stroke: colour(lines[line]),
        width: 2,
        dash: line ? [8, 4] : undefined,
        points: { show: column(0).length < 60 },
      }));
      const options = {
        width: place.clientWidth,
        height: 280,
        tzDate: (stamp) => uPlot.tzDate(new Date(stamp * 1000), "Etc/UTC"),
        scales: { y: { range: (_, low, high) => [0, Math.max(high * 1.05, 4)] } },
        axes: [axis, { ...axis, size: 60, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000, 50000] }],
        series: [{ label: "Day", value: "{YYYY}-{MM}-{DD}" }, ...series],
      };
      return new uPlot(options, [column(0), ...columns.map(column)], place);
    });
  };

  draw();
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
  addEventListener("resize", () => {
    for (const each of drawn) each.setSize({ width: each.root.parentElement.clientWidth, height: 280 });
  });
})();
