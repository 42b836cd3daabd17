/**
 * What bench pages do with a library: open charts on files, and take them away.
 */
const frame = () => new Promise(done => requestAnimationFrame(done));

/** The frame in which something was drawn has been shown. */
const shown = async () => {
  await frame();
  await frame();
};

const charts = [];

/** Open a chart for each address, in cells of a grid; the milliseconds until all are shown. */
async function openCharts(library, addresses, { width, height, columns }) {
  const begun = performance.now();
  const grid = document.getElementById('charts');
  grid.style.width = `${width}px`;
  grid.style.height = `${height}px`;
  grid.style.gridTemplateColumns = `repeat(${columns}, 1fr)`;
  await Promise.all(
    addresses.map(async address => {
      const cell = grid.appendChild(document.createElement('div'));
      const answer = await fetch(address, { cache: 'no-cache' });
      charts.push(libraries[library].draw(cell, await answer.json()));
    })
  );
  await shown();
  return performance.now() - begun;
}

/** Take all charts away. */
function closeCharts() {
  for (const chart of charts.splice(0)) {
    chart.remove();
  }
  document.getElementById('charts').replaceChildren();
}
