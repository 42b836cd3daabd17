/**
 * The same picture as lightweight.js, drawn by klinecharts.
 */
(() => {
  let made = 0;

  /** An indicator whose figures were computed elsewhere, as ours are. */
  function given(values) {
    const name = `given-${made++}`;
    klinecharts.registerIndicator({
      name,
      shortName: name,
      figures: [{ key: 'value', title: '', type: 'line' }],
      calc: bars => bars.map((_, i) => ({ value: values[i] ?? undefined }))
    });
    return name;
  }

  window.libraries = window.libraries ?? {};
  window.libraries.klinecharts = {
    draw(node, { columns, lines = [] }) {
      const { time, open, high, low, close, volume } = columns;
      const bars = time.map((timestamp, i) => ({
        timestamp,
        open: open[i],
        high: high[i],
        low: low[i],
        close: close[i],
        volume: volume[i] ?? 0
      }));
      const chart = klinecharts.init(node);
      let update = () => undefined;
      chart.setBarSpace(node.clientWidth / 164);
      chart.setSymbol({ ticker: 'BENCH', pricePrecision: 2, volumePrecision: 0 });
      chart.setPeriod({ type: 'minute', span: 1 });
      chart.setDataLoader({
        getBars: ({ type, callback }) => callback(type === 'init' ? bars : [], false),
        subscribeBar: ({ callback }) => {
          update = callback;
        }
      });
      chart.createIndicator({ name: 'VOL', calcParams: [], paneId: 'volume' });
      for (const { values, pane } of lines) {
        const paneId = pane === 0 ? 'candle_pane' : `pane-${pane}`;
        chart.createIndicator({ name: given(values), paneId }, true);
      }
      return {
        update: ({ time: timestamp, ...bar }) => update({ timestamp, ...bar }),
        remove: () => klinecharts.dispose(node)
      };
    }
  };
})();
