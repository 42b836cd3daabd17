/**
 * Panes of a chart in a document: their heights and scales, and what a chart calls them.
 */
import { MAIN_PANE } from '../charts/ids';
import type { IPaneScale } from '../charts/scales';
import { PLAIN } from '../charts/scales';
import type { IChartState } from '../charts/state';
import type { LayoutChart } from './document';

type ChartPane = NonNullable<LayoutChart['panes']>[number];
type ChartStudy = NonNullable<LayoutChart['studies']>[number];

/** What a chart's state says of its panes; studies that share one have the same. */
export function panesOf(
  chart: LayoutChart
): Required<Pick<IChartState, 'scale' | 'inverted' | 'heights' | 'scales'>> {
  const panes = new Map((chart.panes ?? []).map(pane => [pane.id, pane]));
  const main = panes.get(MAIN_PANE);
  const { mode, inverted } = scaleOf(main);
  const placed = (chart.studies ?? []).flatMap(({ key, id, pane }) => {
    const there = pane && pane !== MAIN_PANE ? panes.get(pane) : undefined;
    return there ? [[key ?? id, there] as const] : [];
  });
  return {
    scale: mode,
    inverted,
    heights: {
      [MAIN_PANE]: main?.height ?? 3,
      ...Object.fromEntries(placed.map(([key, one]) => [key, one.height ?? 1]))
    },
    scales: Object.fromEntries(placed.map(([key, one]) => [key, scaleOf(one)]))
  };
}

/** Panes as a state has them; a study whose pane was never named gets one by its own key when there is a need. */
export function withPanes(
  chart: Pick<LayoutChart, 'panes'>,
  studies: ChartStudy[],
  state: IChartState
): Pick<LayoutChart, 'panes' | 'studies'> {
  const { scale, inverted = false, heights = {}, scales = {} } = state;
  const there = chart.panes ?? [];
  const main = there.find(pane => pane.id === MAIN_PANE);
  const panes = new Map(
    // The prices are the first pane where the document names none.
    (main ? there : [{ ...newPane(MAIN_PANE), height: 3 }, ...there]).map(
      pane => [
        pane.id,
        pane.id === MAIN_PANE
          ? changed(pane, heights[MAIN_PANE], { mode: scale, inverted })
          : pane
      ]
    )
  );
  const placed = studies.map(study => {
    const key = study.key ?? study.id;
    const isNamed = heights[key] !== undefined || scales[key] !== undefined;
    if (!isNamed || study.pane === MAIN_PANE) {
      return study;
    }
    const pane = study.pane ?? key;
    const before = panes.get(pane) ?? newPane(pane);
    panes.set(pane, changed(before, heights[key], scales[key]));
    return { ...study, pane };
  });
  return { panes: [...panes.values()], studies: placed };
}

/** Panes without those whose last study has gone: a document holds only so many. */
export function panesLeft(
  before: LayoutChart,
  { studies, drawings }: IChartState
): ChartPane[] {
  const there = new Set(studies.map(study => study.id));
  const [gone, left] = [new Set<string>(), new Set([MAIN_PANE])];
  for (const { key, id, pane } of before.studies ?? []) {
    const own = key ?? id;
    (there.has(own) ? left : gone).add(pane ?? own);
  }
  drawings.forEach(drawing => left.add(drawing.pane));
  return (before.panes ?? []).filter(({ id }) => left.has(id) || !gone.has(id));
}

/** A pane with another height and scale; the very same pane when that says nothing new. */
function changed(
  pane: ChartPane,
  height: number | undefined,
  scale: IPaneScale | undefined
): ChartPane {
  const before = scaleOf(pane);
  const after = scale ?? before;
  const isScaled =
    before.mode !== after.mode || before.inverted !== after.inverted;
  const isHigher = height !== undefined && height !== (pane.height ?? 1);
  return isScaled || isHigher
    ? {
        ...pane,
        ...(isHigher ? { height } : {}),
        ...(isScaled ? { scale: { ...pane.scale, ...after } } : {})
      }
    : pane;
}

function scaleOf(pane: ChartPane | undefined): IPaneScale {
  return {
    mode: pane?.scale?.mode ?? PLAIN.mode,
    inverted: pane?.scale?.inverted ?? PLAIN.inverted
  };
}

function newPane(id: string): ChartPane {
  const scale = { mode: 'linear', auto: true, inverted: false } as const;
  return { id, height: 1, scale: { ...scale, low: null, high: null } };
}
