/**
 * A page with lightweight-charts and nothing else: bars from a static file as candles with volume.
 */
(() => {
  const UP = '#26a69a';
  const DOWN = '#ef5350';
  const { CandlestickSeries, HistogramSeries, LineSeries, createChart } =
    LightweightCharts;

  const line = (time, values) =>
    time.map((at, i) => ({ time: at / 1000, value: values[i] }));

  window.libraries = window.libraries ?? {};
  window.libraries.lightweight = {
    /**
     * Draw bars (columns, times in milliseconds) and lines of studies; the newest 160 bars are in sight. Volume is
     * drawn as our charts do it, below the prices, or in the pane `volumePane`.
     */
    draw(node, { columns, lines = [], volumePane = 0 }) {
      const { time, open, high, low, close, volume } = columns;
      const chart = createChart(node, { autoSize: true });
      const prices = chart.addSeries(CandlestickSeries, {});
      const format = { priceFormat: { type: 'volume' } };
      const own = volumePane > 0;
      const amounts = chart.addSeries(
        HistogramSeries,
        own ? format : { ...format, priceScaleId: 'volume' },
        volumePane
      );
      if (!own) {
        prices.priceScale().applyOptions({ scaleMargins: { top: 0.06, bottom: 0.24 } });
        amounts.priceScale().applyOptions({ scaleMargins: { top: 0.8, bottom: 0 } });
      }
      prices.setData(
        time.map((at, i) => ({
          time: at / 1000,
          open: open[i],
          high: high[i],
          low: low[i],
          close: close[i]
        }))
      );
      amounts.setData(
        time.map((at, i) => ({
          time: at / 1000,
          value: volume[i] ?? 0,
          color: close[i] < open[i] ? DOWN : UP
        }))
      );
      for (const { values, pane } of lines) {
        chart.addSeries(LineSeries, { lineWidth: 1 }, pane).setData(line(time, values));
      }
      chart.timeScale().setVisibleLogicalRange({
        from: Math.max(0, time.length - 160) - 0.5,
        to: time.length + 4
      });
      return {
        update(bar) {
          const at = bar.time / 1000;
          prices.update({ ...bar, time: at });
          amounts.update({
            time: at,
            value: bar.volume ?? 0,
            color: bar.close < bar.open ? DOWN : UP
          });
        },
        remove: () => chart.remove()
      };
    }
  };
})();
