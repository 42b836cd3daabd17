/**
 * What new charts start with: kept in the person's profile, so that it is the same on every device.
 */
import type { QuantLabClient } from '../api/client';
import type { ChartDefaults } from '../api/models';
import type { IChartState } from './state';
import { FIRST_CHART, readState } from './state';

/** The service takes so many studies as a default. */
const STUDIES = 10;

/** What a new chart of the signed-in person shows. Never rejects: without a profile it is the product's own default. */
export async function firstChart(client: QuantLabClient): Promise<IChartState> {
  try {
    return stateOfDefaults((await client.profile()).preferences.chart_defaults);
  } catch {
    // Opening a chart says by itself what is wrong.
    return FIRST_CHART;
  }
}

/** Defaults as a state; what they leave open is the product's own. */
export function stateOfDefaults(
  defaults: ChartDefaults | undefined
): IChartState {
  const { studies, volume, ...rest } = defaults ?? {};
  return readState({
    ...rest,
    volume: volume ?? FIRST_CHART.volume,
    studies: (studies ?? []).map(study => ({
      study: study.id,
      inputs: { ...study.inputs },
      colours: { ...study.colours },
      visible: study.visible
    }))
  });
}

/** A chart as the default of those to come. Drawings and comparisons belong to the one chart. */
export function defaultsOf(state: IChartState): ChartDefaults {
  const { symbol, timeframe, style, volume, scale, studies } = state;
  return {
    symbol,
    timeframe,
    style,
    volume,
    scale,
    studies: studies.slice(0, STUDIES).map(one => ({
      id: one.study,
      key: one.id,
      inputs: one.inputs,
      colours: one.colours ?? {},
      visible: one.visible ?? true
    }))
  };
}

/** Keep defaults for the signed-in person; other preferences stay. Rejects as the client does. */
export async function keepDefaults(
  client: QuantLabClient,
  defaults: ChartDefaults
): Promise<void> {
  const { preferences } = await client.profile();
  await client.updateProfile({
    preferences: { ...preferences, chart_defaults: defaults }
  });
}
