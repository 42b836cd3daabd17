/**
 * What charts ask of the service.
 */
import type {
  Bars,
  Instrument,
  Study,
  StudyEvaluation,
  StudyRange
} from '../api/models';

export interface IMarketClient {
  instrument(symbol: string, signal?: AbortSignal): Promise<Instrument>;
  bars(
    query: {
      symbol: string;
      timeframe: string;
      from?: number;
      to?: number;
      limit: number;
    },
    signal?: AbortSignal
  ): Promise<Bars>;
  studies(): Promise<Study[]>;
  evaluateStudies(
    body: StudyRange,
    signal?: AbortSignal
  ): Promise<StudyEvaluation>;
}

/** What is said of an instrument seldom changes; charts that are opened one after the other ask once. Milliseconds. */
const KEPT = 30_000;

type Instruments = Map<string, { asked: Promise<Instrument>; until: number }>;

const instruments = new WeakMap<IMarketClient, Instruments>();

/** What is known of an instrument, at most half a minute old; rejects as the client does. */
export function instrumentOf(
  client: IMarketClient,
  symbol: string
): Promise<Instrument> {
  const all = instruments.get(client) ?? (new Map() as Instruments);
  instruments.set(client, all);
  for (const [one, { until }] of all) {
    if (until <= Date.now()) {
      all.delete(one);
    }
  }
  const known = all.get(symbol);
  if (known) {
    return known.asked;
  }
  const asked = client.instrument(symbol);
  all.set(symbol, { asked, until: Date.now() + KEPT });
  asked.catch(() => all.delete(symbol));
  return asked;
}

const catalogues = new WeakMap<IMarketClient, Promise<Study[]>>();

/** The studies there are. Charts of one page ask once between them; rejects as the client does. */
export function studiesOf(client: IMarketClient): Promise<Study[]> {
  let asked = catalogues.get(client);
  if (!asked) {
    asked = client.studies();
    catalogues.set(client, asked);
    asked.catch(() => catalogues.delete(client));
  }
  return asked;
}
